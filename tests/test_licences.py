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
#: Their metadata name several licences to choose from, or a licence of tools that are not installed.
_CHOICE = re.compile(r"\bOR\b|BSD|MIT|Apache|PSF|Python Software|MPL|LGPL|Lesser", re.IGNORECASE)
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


def licence_of(name):
    """What a distribution says of its licence: expression, classifiers, first line of the text."""
    meta = distribution(name).metadata
    said = [meta.get("License-Expression") or "", *(meta.get_all("Classifier") or [])]
    said = [each for each in said if "License" in each or " " not in each or "OR" in each]
    return [*said, (meta.get("License") or "").strip().split("\n")[0]]


def is_gpl(said):
    told = [each for each in said if _GPL.search(each)]
    return bool(told) and not any(_CHOICE.search(each) for each in said)


def test_no_extra_needs_a_package_under_the_gpl():
    names = installed()
    assert len(names) > 60  # the walk goes deep
    assert [name for name in names if is_gpl(licence_of(name))] == []


@pytest.mark.parametrize(
    ("said", "gpl"),
    [
        (["AGPL-3.0"], True),
        (["License :: OSI Approved :: GNU General Public License v3 (GPLv3)"], True),
        (["GNU Affero General Public License v3"], True),
        (["License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"], False),
        (["LGPL-3.0-only"], False),
        (["BSD-3-Clause"], False),
        (["MIT OR GPL-2.0"], False),
    ],
)
def test_what_is_told_as_the_gpl(said, gpl):
    assert is_gpl(said) is gpl


def test_known_ones_are_not_asked_for():
    names = {re.sub(r"[-_.]+", "-", each.name).lower() for each in roots()}
    assert not names & set(_NEVER)
