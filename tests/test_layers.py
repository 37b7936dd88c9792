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
    ("room", "line", "named"),
    [
        ("core", "import astroclassify.models", "astroclassify.core.planted -> astroclassify.models"),
        ("io", "def f():\n    import torch", "astroclassify.io.planted -> torch"),
        (
            "photometry",
            "import astroclassify.simulate",
            "astroclassify.photometry.planted -> astroclassify.simulate",
        ),
        ("inference", "import matplotlib", "astroclassify.inference.planted -> matplotlib"),
        ("identify", "import astroclassify.models", "astroclassify.identify.planted -> astroclassify.models"),
        ("models", "import astroclassify._api", "astroclassify.models.planted -> astroclassify._api"),
    ],
)
def test_a_planted_breach_is_caught(copy_of_the_package, room, line, named):
    (copy_of_the_package / "astroclassify" / room / "planted.py").write_text(f"{line}\n", encoding="utf-8")
    status, output = lint(copy_of_the_package)
    assert status == 1
    assert named in " ".join(output.split())
