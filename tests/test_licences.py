"""No extra installs a package under the GPL or the AGPL, and no code of such a package is imported."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, requires
from itertools import chain
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1]
#: Said by name in a licence or classifier; the LGPL, which libraries may be used under, is none of them.
_GPL = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|(?<!Lesser )General Public License|Affero", re.IGNORECASE)
#: Distributions that say nothing in their metadata that can be read, and the licence in their files; and
#: those of an extra that are not installed here.
_SAID_IN_FILES = dict.fromkeys(
    (
        *("asdf-astropy", "asdf-coordinates-schemas", "asdf-standard", "asdf-transform-schemas"),
        *("asdf-wcs-schemas", "gwcs"),
    ),
    "BSD-3-Clause",
)
_NOT_INSTALLED = {"stsynphot": "BSD-3-Clause"}
_NEVER = ("ultralytics", "yolov5", "yolov7", "zoobot", "galaxy-datasets", "scopesim", "cosmic-conn")


def roots():
    """Requirements of the package and of all its extras."""
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [told["dependencies"], *told["optional-dependencies"].values()]
    return {Requirement(each) for each in chain(*lists)}


def installed():
    """Names of everything that these need and that is installed here, however deep."""
    found, left = {}, [(each, frozenset(each.extras)) for each in roots()]
    while left:
        each, extras = left.pop()
        name = re.sub(r"[-_.]+", "-", each.name).lower()
        if name in found and extras <= found[name]:
            continue
        try:
            needed = requires(each.name) or []
        except PackageNotFoundError:
            continue
        found[name] = found.get(name, frozenset()) | extras
        for text in needed:
            further = Requirement(text)
            environments = [{**default_environment(), "extra": extra} for extra in ("", *extras)]
            wanted = further.marker is None or any(map(further.marker.evaluate, environments))
            if wanted:
                left.append((further, frozenset(further.extras)))
    return sorted(found)


def licences_of(name):
    """What a distribution says of its licence: alternatives, each a text."""
    meta = distribution(name).metadata
    if expression := meta.get("License-Expression"):
        return alternatives(expression)
    classifiers = [each for each in meta.get_all("Classifier") or [] if each.startswith("License ::")]
    named = [each for each in classifiers if each != "License :: OSI Approved"]
    first = (meta.get("License") or "").strip().split("\n")[0]
    return named or alternatives(first) or alternatives(_SAID_IN_FILES.get(name, ""))


def alternatives(expression):
    """Licences to choose from; ``A AND B`` is one, under both; what has brackets is taken as one."""
    if "(" in expression:
        return [expression]
    return [each.strip() for each in re.split(r"\bOR\b", expression) if each.strip()]


def is_gpl(licences):
    """Whether every one of the alternatives is, or has a part under, the GPL or the AGPL."""
    return all(_GPL.search(each) for each in licences)


def test_no_extra_needs_a_package_under_the_gpl():
    names = [name for name in installed() if name != "astroclassify"]
    assert len(names) > 60  # the walk goes deep
    assert [name for name in names if not licences_of(name)] == []  # who says nothing may be anything
    assert [name for name in names if is_gpl(licences_of(name))] == []


def test_every_requirement_of_an_extra_is_looked_at():
    here = default_environment()
    asked = [each for each in roots() if each.marker is None or each.marker.evaluate(here)]
    names = {re.sub(r"[-_.]+", "-", each.name).lower() for each in asked}
    missing = names - set(installed()) - set(_NOT_INSTALLED)
    if len(missing) > 3:
        pytest.skip("an environment of a part of the extras")
    assert not missing, f"not installed here, so that nobody knows what they bring: {sorted(missing)}"


@pytest.mark.parametrize(
    ("said", "gpl"),
    [
        (["AGPL-3.0"], True),
        (["License :: OSI Approved :: GNU General Public License v3 (GPLv3)"], True),
        (["GNU Affero General Public License v3"], True),
        (["License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"], False),
        (["LGPL-3.0-only"], False),
        (["BSD-3-Clause"], False),
        (alternatives("MIT OR GPL-2.0"), False),
        (alternatives("MIT AND GPL-3.0-only"), True),
        (alternatives("BSD-3-Clause AND Apache-2.0"), False),
        (alternatives("GPL-2.0-only OR AGPL-3.0-only"), True),
        (
            [
                "License :: OSI Approved :: BSD License",
                "License :: OSI Approved :: GNU General Public License",
            ],
            False,
        ),
    ],
)
def test_what_is_told_as_the_gpl(said, gpl):
    assert is_gpl(said) is gpl


def test_known_ones_are_not_asked_for():
    names = {re.sub(r"[-_.]+", "-", each.name).lower() for each in roots()}
    assert not names & set(_NEVER)
