"""The tables of the pages are those that today's commands make: their columns and counts, from small sets."""

import json
import re
import runpy
import sys
from collections import Counter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "benchmarks"))

import pages  # noqa: E402
import reproduce  # noqa: E402


def columns_of(text):
    """Give the heads of the first table in a text."""
    lines = text.splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("==="))
    edges, start = [], 0
    for mark in lines[rule].split():
        start = lines[rule].index(mark, start)
        edges.append(slice(start, start + len(mark)))
        start += len(mark)
    return [lines[rule + 1][edge].strip() for edge in edges]


def committed(name):
    """Read a table of the pages."""
    return (PROJECT / "docs" / "reproducing" / f"{name}.inc").read_text(encoding="utf-8")


def test_every_included_file_says_which_command_makes_it():
    docs = PROJECT / "docs"
    folders = [folder for folder in docs.iterdir() if any(folder.glob("*.inc"))]
    there = {f"{path.parent.name}/{path.name}" for folder in folders for path in folder.iterdir()}
    said = {name for entry in pages.read_pages().values() for name in entry.get("files", ())}
    assert there == {name for name in said if "/" in name}
    assert all((docs / name).is_file() for name in said)


def test_the_commands_name_programs_that_exist():
    for entry in pages.read_pages().values():
        for command in entry["commands"]:
            program, script, *_ = command.split()
            assert program == "astroclassify" or (PROJECT / script).is_file()


def test_every_benchmark_that_a_page_names_is_in_the_list():
    commands = " ".join(command for entry in pages.read_pages().values() for command in entry["commands"])
    for page in sorted((PROJECT / "docs").glob("*.rst")):
        for script in set(re.findall(r"benchmarks/\w+\.py", page.read_text(encoding="utf-8"))):
            assert script in commands, f"{page.name} names {script}, which pages.toml does not run"


def test_what_commands_need_is_described():
    named = {name for entry in pages.read_pages().values() for name in pages.placeholders(entry)}
    assert named <= set(pages.NEEDED)


def test_what_an_entry_prints_is_kept_for_its_pages(tmp_path):
    commands = ["astroclassify --version", "python benchmarks/pages.py --list"]
    pages.run("one", {"pages": ["identifying.rst"], "commands": commands}, {"work": tmp_path})
    text = (tmp_path / "one.txt").read_text(encoding="utf-8")
    assert text.startswith("astroclassify")
    assert "tables of identifying.rst" in text


@pytest.mark.parametrize("page", ["judged", "limits", "explaining"])
def test_a_page_with_figures_of_the_present_weights_names_them(page):
    card = json.loads((PROJECT / "astroclassify/models/data/patchnet.json").read_text(encoding="utf-8"))
    text = (PROJECT / "docs" / f"{page}.rst").read_text(encoding="utf-8")
    present = re.findall(r"present\s+weights,?\s+``(\w{12})``|weights\s+``(\w{12})``\s+that\s+ship", text)
    assert present
    assert {one or other for one, other in present} == {card["sha256"][:12]}


def test_the_table_of_unusual_inputs_counts_them_all():
    found = runpy.run_path(str(PROJECT / "tests" / "corpus" / "test_corpus.py"))["CORPUS"]
    inputs = Counter(case.kind for case in found.all_cases())
    text = (PROJECT / "docs" / "reading_frames.rst").read_text(encoding="utf-8")
    rows = {kind: int(re.search(rf"^{kind} +(\d+) ", text, flags=re.MULTILINE)[1]) for kind in inputs}
    assert rows == inputs
    assert f"All {inputs.total()} unusual inputs" in text


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Give an evaluation of the default model on twelve small frames."""
    from astroclassify.datasets import LabelledFrame
    from astroclassify.evaluation import evaluate
    from astroclassify.simulate import random_frames

    frames = []
    for kind in ("spiral", "globular"):
        for seed in range(6):
            (one,) = random_frames(seed, kind=kind, shape=(96, 96))
            frames.append(LabelledFrame(one.array, one.label, body=f"{kind} {seed}", name=f"{kind} {seed}"))
    folder = tmp_path_factory.mktemp("small")
    return evaluate(["patchnet"], frames, folder, draws=200, progress=False)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("table4", reproduce.table4),
        ("times", reproduce.table4_times),
        ("blurry", reproduce.table_blurry),
        ("rules", reproduce.table_rules),
    ],
)
def test_a_table_of_the_paper_has_the_columns_of_the_page(small, name, make):
    assert columns_of(make(small)) == columns_of(committed(name))


def test_the_list_of_bodies_has_the_columns_of_the_page(small):
    assert columns_of(reproduce.table_bodies(small))[:4] == columns_of(committed("bodies"))[:4]


def test_a_missing_figure_is_no_list_item(small):
    assert " - " not in reproduce.table4(small)
    assert reproduce.NONE in reproduce.table4(small)
