"""The contract kit of detectors passes good ones and names what is wrong with others."""

import dataclasses
import sys
import types

import numpy as np
import pytest
from astropy.table import QTable

from astroclassify.core import ParameterError
from astroclassify.detect import DETECTION_COLUMNS, DetectorSpec
from astroclassify.testing import ContractError, check_detector


@pytest.fixture
def make_spec(monkeypatch):
    """Give a function that makes a spec of a function (callable)."""

    def made(function):
        module = types.ModuleType("a_detector_for_a_test")
        module.detect = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return DetectorSpec("for-a-test", "For a test", "a_detector_for_a_test:detect", classes=("nebula",))

    return made


def table(*rows):
    types = (str, *[float] * 5)
    return QTable(rows=rows or None, names=DETECTION_COLUMNS, dtype=types)


def untyped(*row):
    return QTable(rows=[row], names=DETECTION_COLUMNS)


WHOLE = ("nebula", 0.9, -0.5, 63.5, -0.5, 63.5)


def overwriting(image):
    image.data[0, 0] = -1
    return table(WHOLE)


@pytest.mark.parametrize("rows", [(), (WHOLE,), (WHOLE, ("nebula", 0.2, 3.0, 4.0, 5.0, 6.0))])
def test_a_good_detector_passes_whether_or_not_it_finds_anything(make_spec, rows):
    check_detector(make_spec(lambda image: table(*rows)), shapes=[(64, 64)])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda image: [WHOLE], "list, not a Table"),
        (lambda image: table(WHOLE)["class", "score"], r"no column \['x_min'"),
        (lambda image: table(("comet", *WHOLE[1:])), r"classes \['comet'\]"),
        (lambda image: table(("nebula", 1.5, *WHOLE[2:])), "scores outside 0 to 1"),
        (lambda image: table(("nebula", 0.1, *WHOLE[2:]), WHOLE), "begin with the highest score"),
        (lambda image: table(("nebula", 0.5, 5, 5, 1, 2)), "along x"),
        (lambda image: table(("nebula", 0.5, 1, 5, 1, 64)), "along y"),
        (lambda image: table(("nebula", np.random.default_rng().random(), *WHOLE[2:])), "same each time"),
        (lambda image: 1 / 0, "ZeroDivisionError"),
        (lambda image: None, "NoneType, not a Table"),
        (lambda image: untyped("nebula", "high", *WHOLE[2:]), r"no numbers: \['score'\]"),
        (lambda image: untyped(*WHOLE[:5], "end"), r"no numbers: \['y_max'\]"),
        (overwriting, "it changed"),
    ],
)
def test_a_broken_detector_is_named(make_spec, function, message):
    with pytest.raises(ContractError, match=message) as caught:
        check_detector(make_spec(function), shapes=[(64, 64)])
    assert len(caught.value.problems) == 1


def test_what_is_not_a_spec_is_named():
    with pytest.raises(ContractError, match="expected a DetectorSpec"):
        check_detector({"name": "a dict"})


@pytest.mark.parametrize("changes", [{"name": "No Name"}, {"detector": "no path"}, {"classes": ()}])
def test_a_malformed_spec_is_refused(make_spec, changes):
    with pytest.raises(ParameterError):
        dataclasses.replace(make_spec(len), **changes)
