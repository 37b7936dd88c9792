"""Objects found by what makes a classifier say that there is one."""

import numpy as np
import pytest

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.detect import DETECTORS, _by_explanation, detect
from astroclassify.explain import explain
from astroclassify.simulate import random_frames


@pytest.fixture(scope="module")
def spiral():
    return random_frames(7, kind="spiral", shape=(160, 160))[0].array


@pytest.mark.parametrize(
    ("method", "options"),
    [("xrai", {"steps": 2, "cells": 48}), ("xrai", {"explainer": "grad-cam++"}), ("heatmap", {})],
)
def test_a_galaxy_is_found_where_it_is(spiral, method, options):
    found = detect(spiral, method=method, **options)
    assert len(found)
    best = found[0]
    assert best["class"] == "galaxy"
    assert best["x_min"] < 80 < best["x_max"]
    assert best["y_min"] < 80 < best["y_max"]


@pytest.mark.parametrize("method", ["xrai", "heatmap"])
def test_where_no_object_is_probable_nothing_is_looked_for(spiral, method):
    assert len(detect(spiral, method=method, presence=1.0)) == 0


@pytest.mark.parametrize("option", ["model", "regions"])
def test_a_model_that_knows_no_empty_field_is_refused(spiral, option):
    with pytest.raises(
        ParameterError, match="the classes galaxy, nsc; expected one that has the class 'field'"
    ):
        detect(spiral, method="xrai", **{option: "resnet18-resize"})


@pytest.mark.parametrize("wrong", [{"explainer": "nothing"}, {"regions": "nothing"}])
def test_a_wrong_name_is_told_of_an_empty_image_too(wrong):
    empty = np.random.default_rng(1).normal(100, 1, (64, 64))
    with pytest.raises(UnknownNameError, match="'nothing'"):
        detect(empty, method="xrai", **wrong)


@pytest.mark.parametrize("method", ["xrai", "heatmap"])
def test_nothing_is_found_in_an_image_of_one_value(method):
    assert len(detect(np.full((128, 128), 65535, dtype=np.uint16), method=method)) == 0


def test_the_evidence_of_an_object_adds_up_to_its_log_odds(spiral):
    why = explain(spiral, target="object", method="evidence")
    said = float(why.map.data.sum(dtype=float)) + why.map.meta["ACOFFSET"]
    field = why.answer.probabilities["field"]
    assert said == pytest.approx(np.log((1 - field) / field), abs=1e-3)


def test_patches_of_wide_fields_train_a_presence_classifier():
    from astroclassify.models import RESNET50_PRESENCE
    from astroclassify.training.presence import patches

    made = patches(8, seed=5)
    assert {each.label for each in made} <= set(RESNET50_PRESENCE.classes)
    assert any(each.label == "field" for each in made)
    assert len({each.body for each in made}) == 1
    assert RESNET50_PRESENCE.planes(made[0].frame).shape[0] == 5


@pytest.mark.parametrize(("regions", "shown"), [("default", "patchnet"), ("same", "patchnet-presence")])
def test_one_model_says_whether_there_is_an_object_and_one_where(spiral, monkeypatch, regions, shown):
    asked, plain = [], _by_explanation.explain

    def explained(image, *, model, **options):
        asked.append(model.spec.name)
        return plain(image, model=model, **options)

    monkeypatch.setattr(_by_explanation, "explain", explained)
    DETECTORS["xrai"].detect(spiral, regions=regions, explainer="grad-cam++", presence=0.0)
    assert asked == [shown]


def test_xrai_asks_a_model_that_was_trained_on_patches():
    assert DETECTORS["xrai"].options()["model"] == "patchnet-presence"


def test_detectors_say_how_they_are_tiled():
    assert DETECTORS["xrai"].tile == 304
    assert DETECTORS["starless"].colour
