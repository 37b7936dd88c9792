"""Presence classifiers learn from patches of wide fields, and their cards say whose pictures they know."""

import json
from argparse import Namespace
from dataclasses import replace

import pytest

from astroclassify.detect._by_explanation import presence_of
from astroclassify.models import PATCHNET, locate_weights, ready_model
from astroclassify.training import PRESETS, presence


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    asked = {"model": "patchnet", "weights": "default", "patches": 40, "pictures": None, "half": True}
    folder = tmp_path_factory.mktemp("presence")
    recipe = replace(PRESETS["fine-tune"], epochs=1, batch_size=8, trainable="convolutions")
    return presence.fit_presence(Namespace(**asked, output=folder, device="cpu", resume=False), recipe)


def test_a_card_lists_the_pictures_of_the_weights_that_a_training_started_from(trained):
    _, before, _ = locate_weights(PATCHNET)
    card = json.loads(trained.weights.with_suffix(".json").read_text())
    assert card == trained.card
    for name in ("pictures", "pretrained"):
        assert card["training"][name] == before["training"][name]
    assert card["licence"] == before["licence"]


def test_a_card_names_bodies_but_no_simulated_fields(trained):
    _, before, _ = locate_weights(PATCHNET)
    assert trained.card["bodies"] == before["bodies"]


def test_fields_show_the_pictures_that_are_given(monkeypatch):
    shown, draw = [], presence.wide_field

    def wide_field(seed, **settings):
        shown.append(settings.pop("pictures"))
        return draw(seed, **settings)

    monkeypatch.setattr(presence, "wide_field", wide_field)
    presence.patches(4, seed=5, pictures=("a picture",))
    assert shown == [("a picture",)]


def test_the_model_that_ships_tells_whether_patches_of_other_fields_show_an_object():
    drawn = presence.patches(60, seed=3_000_000)
    model = ready_model("patchnet-presence")
    right = [(presence_of(model, each.frame) >= 0.5) == (each.label != "field") for each in drawn]
    assert sum(right) >= 0.75 * len(drawn)  # 87% of 342 patches; the default model has 67%
