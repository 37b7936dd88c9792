"""The floors of the house hold, and a breach of them is seen."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

pytest.importorskip("importlinter")


def lint(folder):
    """Run import-linter on the package in ``folder``; give exit status and output."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--config", "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy_of_the_package(tmp_path):
    ignore = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(PROJECT / "astroclassify", tmp_path / "astroclassify", ignore=ignore)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_go_down_the_house():
    status, output = lint(PROJECT)
    assert status == 0, output


@pytest.mark.parametrize(
    ("module", "line", "named"),
    [
        ("core.planted", "import astroclassify.models", "astroclassify.models"),
        ("io.planted", "def f():\n    import torch", "torch"),
        ("photometry.planted", "import astroclassify.simulate", "astroclassify.simulate"),
        ("inference.planted", "import matplotlib", "matplotlib"),
        ("models.planted", "import astroclassify._api", "astroclassify._api"),
        ("curation.planted", "import astroclassify.training", "astroclassify.training"),
        ("archive.planted", "import astroclassify.curation", "astroclassify.curation"),
        ("degrade._kernel", "import astroclassify.inference", "astroclassify.inference"),
        ("datasets.planted", "import astroclassify.simulate", "astroclassify.simulate"),
        ("simulate._light", "import astroclassify.simulate.sets", "astroclassify.simulate.sets"),
        ("simulate.optics._psf", "import astroclassify.simulate.detector", "astroclassify.simulate.detector"),
        (
            "simulate.scenes._palette",
            "import astroclassify.simulate.scenes._bodies",
            "astroclassify.simulate.scenes._bodies",
        ),
        ("identify.planted", "import astroclassify.models", "astroclassify.models"),
    ],
)
def test_a_planted_breach_is_caught(copy_of_the_package, module, line, named):
    path = copy_of_the_package / "astroclassify" / f"{module.replace('.', '/')}.py"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, output = lint(copy_of_the_package)
    assert status == 1
    assert f"astroclassify.{module} -> {named}" in " ".join(output.split())


@pytest.mark.parametrize("room", ["simulate", "simulate.scenes", "simulate.sets"])
def test_a_module_of_the_simulator_without_a_floor_is_caught(copy_of_the_package, room):
    folder = copy_of_the_package / "astroclassify" / room.replace(".", "/")
    (folder / "_planted.py").touch()
    status, output = lint(copy_of_the_package)
    assert status == 1
    assert "_planted" in output
