"""Files that packagers and archives read say the same as pyproject.toml."""

import ast
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FOR_DEVELOPERS = {"all", "bench", "docs", "lint", "test"}
#: Names at conda-forge that differ from those at PyPI.
CONDA_NAMES = {"torch": "pytorch"}
#: Packages whose names at PyPI differ from those of their modules.
NAMES_OF_MODULES = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


def _conda_name(requirement):
    name, minimum = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
    return f"{CONDA_NAMES.get(name, name)} >={minimum}"


def test_the_extra_all_holds_every_extra_for_users():
    (everything,) = PROJECT["optional-dependencies"]["all"]
    listed = set(re.fullmatch(r"astroclassify\[(.+)\]", everything).group(1).split(","))
    assert set(PROJECT["optional-dependencies"]) - FOR_DEVELOPERS <= listed


def _optional_imports():
    """Yield the module and the extra of each call of `optional_import`."""
    for path in sorted((ROOT / "astroclassify").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "optional_import":
                first = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
                extra = next(keyword.value for keyword in node.keywords if keyword.arg == "extra")
                yield first.value.partition(".")[0], extra.value


def test_the_extra_that_an_error_names_holds_the_missing_package():
    extras = PROJECT["optional-dependencies"]
    asked = set(_optional_imports())
    held = {(re.match(r"[\w-]+", requirement)[0], extra) for extra in extras for requirement in extras[extra]}
    assert len(asked) > 20
    assert {(NAMES_OF_MODULES.get(module, module), extra) for module, extra in asked} <= held


def test_the_page_on_installing_tells_of_every_extra():
    page = (ROOT / "docs" / "install.rst").read_text("utf-8")
    assert set(PROJECT["optional-dependencies"]) <= set(re.findall(r"^``(\w+)``", page, flags=re.MULTILINE))


def test_the_conda_recipe_asks_for_the_same_versions():
    recipe = (ROOT / "recipe" / "meta.yaml").read_text("utf-8")
    run = recipe.split("  run:\n")[1].split("  run_constrained:")[0]
    asked = {line.strip().removeprefix("- ") for line in run.splitlines() if line.strip()}
    assert asked == {"python >=3.11", *map(_conda_name, PROJECT["dependencies"])}


def test_citation_and_archive_have_one_title():
    archived = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))["title"]
    assert f'title: "{archived}"' in (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_article_cites_only_what_its_bibliography_has():
    article = (ROOT / "paper" / "paper.md").read_text("utf-8")
    bibliography = (ROOT / "paper" / "paper.bib").read_text("utf-8")
    cited = set(re.findall(r"@([a-z]+\d{4})", article))
    assert cited == set(re.findall(r"^@\w+\{(\w+),", bibliography, flags=re.MULTILINE))
