"""The contract kit of explainers passes good ones and names what is wrong with others."""

import dataclasses
import sys
import types

import numpy as np
import pytest
from astropy.nddata import CCDData

from astroclassify.core import ParameterError
from astroclassify.explain import EXPLAINERS, ExplainerSpec
from astroclassify.explain._pix2pix import Generator
from astroclassify.explain.fit import save
from astroclassify.inference import map_on_frame
from astroclassify.models import build_model
from astroclassify.testing import ContractError, check_explainer


@pytest.fixture
def make_spec(monkeypatch):
    """Give a function that makes a spec of a function (callable)."""

    def made(function, **changes):
        module = types.ModuleType("an_explainer_for_a_test")
        module.explain = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        spec = ExplainerSpec("for-a-test", "For a test", "an_explainer_for_a_test:explain")
        return dataclasses.replace(spec, **changes)

    return made


def check(spec):
    check_explainer(spec, shapes=[(64, 64)])


def flat(frame):
    return np.zeros((4, 5), "f4")


def good(model, frame, *, target):
    return map_on_frame(flat(frame) + (target == "galaxy"), frame)


def overwriting(model, frame, *, target):
    frame.data[3, 3] = -1
    return good(model, frame, target=target)


def unranked(model, frame, *, target):
    found = good(model, frame, target=target)
    found.flags = np.full(found.data.shape, 0.5)
    return found


def shifted(model, frame, *, target):
    found = good(model, frame, target=target)
    if found.wcs is not None:
        found.wcs.wcs.crpix += 2
    return found


QUICK = {"integrated-gradients": {"steps": 2}, "xrai": {"steps": 2}, "occlusion": {"squares": 3}}


@pytest.mark.filterwarnings("ignore:2 steps missed")
@pytest.mark.parametrize("name", list(EXPLAINERS))
def test_every_registered_explainer_keeps_the_contract(name, tmp_path):
    options = QUICK.get(name, {})
    if name == "pix2pix":
        options = {"fast_map": tmp_path / "fast.safetensors"}
        save(Generator(), options["fast_map"], build_model("default"), {})
    check_explainer(name, shapes=[(64, 64)] if options else [(64, 64), (97, 203)], options=options)


def test_a_good_explainer_passes(make_spec):
    check(make_spec(good))


def too_large(model, frame, *, target):
    return map_on_frame(np.zeros((65, 3)), frame)


def not_finite(model, frame, *, target):
    return map_on_frame(flat(frame) + np.nan, frame)


def forgetful(model, frame, *, target):
    return map_on_frame(np.random.default_rng().random((3, 3)), frame)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda model, frame, *, target: flat(frame), "ndarray, not a CCDData"),
        (lambda model, frame, *, target: map_on_frame(flat(frame)), "has no WCS"),
        (lambda model, frame, *, target: 1 / 0, "ZeroDivisionError"),
        (lambda model, frame: None, "TypeError"),
        (lambda model, frame, *, target: None, "NoneType, not a CCDData"),
        (lambda model, frame, *, target: CCDData(np.full((4, 5), "much"), unit=""), "not numbers"),
        (too_large, r"no longer than \(64, 64\)"),
        (not_finite, "is not finite"),
        (forgetful, "same each time"),
        (overwriting, "it changed"),
        (unranked, "no ranks"),
        (shifted, "beside the frame on the sky"),
    ],
)
def test_a_broken_explainer_is_named(make_spec, function, message):
    with pytest.raises(ContractError, match=f"'for-a-test'.*(?s:.*){message}") as caught:
        check(make_spec(function))
    assert len(caught.value.problems) == 1


def test_what_is_not_a_spec_is_named():
    with pytest.raises(ContractError, match="expected an ExplainerSpec"):
        check_explainer({"name": "a dict"})


def test_the_evidence_explainer_gives_what_classify_gives_and_its_negative():
    from astroclassify import classify

    frame = np.random.default_rng(2).normal(100, 5, (128, 160))
    answer, model = classify(frame), build_model("patchnet")
    maps = {
        name: EXPLAINERS["evidence"].explain(model, frame, target=name).data for name in ("galaxy", "nsc")
    }
    assert np.array_equal(maps[answer.leaning], answer.evidence.data)
    assert np.array_equal(maps["galaxy"], -maps["nsc"])


@pytest.mark.parametrize(
    ("changes", "target", "message"),
    [
        ({}, "weather", "'galaxy', 'nsc', 'object'"),
        ({"tasks": ("source",)}, "nsc", "explains models of the tasks"),
        ({"models": ("another",)}, "nsc", "named"),
    ],
)
def test_what_it_does_not_explain_is_refused(make_spec, changes, target, message):
    with pytest.raises(ParameterError, match=message):
        make_spec(good, **changes).explain(build_model("patchnet"), np.zeros((64, 64)), target=target)


@pytest.mark.parametrize(
    "changes", [{"name": "No Name"}, {"description": ""}, {"explainer": "no path"}, {"tasks": ("weather",)}]
)
def test_a_malformed_spec_is_refused(changes):
    with pytest.raises(ParameterError):
        dataclasses.replace(EXPLAINERS["evidence"], **changes)


def test_an_option_that_it_does_not_have_is_refused_with_those_that_it_has():
    with pytest.raises(ParameterError, match="no option 'step'; its options are baseline, steps, flips"):
        EXPLAINERS["integrated-gradients"].explain(
            build_model("patchnet"), np.zeros((64, 64)), target="nsc", step=3
        )
