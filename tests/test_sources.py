"""The page on sources knows every module that holds physical numbers, and code cites nothing private."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "astroclassify"
PAGE = (ROOT / "docs" / "sources.rst").read_text(encoding="utf-8")
PHYSICS = ("instruments", "photometry", "degrade", "simulate")
#: What is no physics: campaigns of simulated sets, grids, threads, pictures as files.
EXEMPT = ("simulate/sets/",)
GRADES = ("read", "derived", "cited", "textbook", "recalled", "chosen")


def _constants(tree):
    """Yield the names that a module assigns numbers with a decimal point to, outside of functions."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            numbers = (n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant))
            if any(isinstance(number, float) for number in numbers):
                yield ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)


def _modules():
    for room in PHYSICS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            name = path.relative_to(PACKAGE).as_posix()
            constants = list(_constants(ast.parse(path.read_text(encoding="utf-8"))))
            if constants and not name.startswith(EXEMPT):
                yield pytest.param(name, constants, id=name)


@pytest.mark.parametrize(("name", "constants"), list(_modules()))
def test_a_module_with_physical_numbers_is_on_the_page(name, constants):
    assert f"``{name}``" in PAGE, f"{name} holds {', '.join(constants)}; docs/sources.rst does not list it"


def test_the_page_names_no_module_that_is_gone():
    named = re.findall(r"``((?:instruments|photometry|degrade|simulate)/[\w/]+\.py)``", PAGE)
    assert [name for name in named if not (PACKAGE / name).is_file()] == []


@pytest.mark.parametrize("grade", GRADES)
def test_every_grade_is_defined_and_used(grade):
    assert re.search(rf"^\*{grade}\*$", PAGE, flags=re.MULTILINE)
    assert len(re.findall(rf"\*{grade}\*", PAGE)) > 1


def test_code_cites_no_private_notes():
    modules = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    texts = {path: path.read_text(encoding="utf-8").lower() for path in modules if path != Path(__file__)}
    private = re.compile("dossier|not confirmed")
    assert [str(path.relative_to(ROOT)) for path, text in texts.items() if private.search(text)] == []
