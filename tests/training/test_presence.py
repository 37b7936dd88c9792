"""Presence classifiers learn from patches of wide fields, and their cards say whose pictures they know."""

import json
from argparse import Namespace
from dataclasses import replace

import pytest
from PIL import Image

from astroclassify.core import ParameterError
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


def asked_for(folder, **changes):
    usual = {"model": "patchnet", "weights": None, "patches": 40, "pictures": None, "half": False}
    return Namespace(**(usual | {"output": folder, "device": "cpu", "resume": False} | changes))


@pytest.mark.parametrize("model", ["resnet18-resize", "fieldnet", "star-galaxy-image"])
def test_a_model_that_knows_no_empty_field_is_refused_before_patches_are_drawn(model, tmp_path, monkeypatch):
    monkeypatch.setattr(presence, "patches", None)
    with pytest.raises(ParameterError, match="expected one that has the class 'field' too"):
        presence.fit_presence(asked_for(tmp_path, model=model), PRESETS["fine-tune"])


def test_a_folder_with_a_training_is_refused_before_patches_are_drawn(trained, monkeypatch):
    monkeypatch.setattr(presence, "patches", None)
    with pytest.raises(ParameterError, match="holds a training; pass resume=True to go on"):
        presence.fit_presence(asked_for(trained.weights.parent), PRESETS["fine-tune"])


@pytest.mark.parametrize("number", [0, -8, 2.5])
def test_there_is_a_patch_at_least(number):
    with pytest.raises(ParameterError, match="expected a whole number, 1 or more"):
        presence.patches(number)


def test_pictures_of_which_none_is_learnt_from_are_told(tmp_path):
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "m33.png")
    (tmp_path / "labels.csv").write_text("file,body,label\nm33.png,M33,galaxy\n")  # it is held out
    with pytest.raises(ParameterError, match="none is there to be learnt from"):
        presence.fit_presence(asked_for(tmp_path / "run", pictures=tmp_path), PRESETS["fine-tune"])


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
