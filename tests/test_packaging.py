"""Files that packagers and archives read say the same as pyproject.toml."""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FOR_DEVELOPERS = {"all", "bench", "docs", "lint", "test"}
#: Names at conda-forge that differ from those at PyPI.
CONDA_NAMES = {"torch": "pytorch"}


def _conda_name(requirement):
    name, minimum = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
    return f"{CONDA_NAMES.get(name, name)} >={minimum}"


def test_the_extra_all_holds_every_extra_for_users():
    (everything,) = PROJECT["optional-dependencies"]["all"]
    listed = set(re.fullmatch(r"astroclassify\[(.+)\]", everything).group(1).split(","))
    assert set(PROJECT["optional-dependencies"]) - FOR_DEVELOPERS <= listed


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
