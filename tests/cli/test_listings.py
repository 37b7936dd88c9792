"""The listings show every entry, and what is wrong with a broken one."""

import json

import pytest

from astroclassify.core import PluginError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.models import MODELS


def test_every_model_is_listed_with_its_owner_and_weights(command):
    status, out, _ = command("models", "--format", "json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert status == 0
    assert set(rows) >= {"patchnet", "hr-celestialnet"}
    assert rows["hr-celestialnet"]["weights"] == "none"
    assert rows["hr-celestialnet"]["owner"] == "astroclassify"


def test_the_list_fits_a_line_of_100_characters_and_loses_no_word(command):
    status, out, _ = command("models")
    assert status == 0
    assert max(map(len, out.splitlines())) <= 100
    words = set(out.split())
    assert all(word in words for name in MODELS for word in MODELS[name].description.split())
    assert set(MODELS) <= {line.split()[0] for line in out.splitlines()}


def test_the_wide_list_and_a_file_have_classes_and_owners(command, tmp_path):
    _, out, _ = command("models", "--wide")
    assert out.split()[:6] == ["name", "task", "classes", "weights", "owner", "description"]
    assert len(out.splitlines()) == len(MODELS) + 2
    command("models", "-o", tmp_path / "models.txt")
    assert (tmp_path / "models.txt").read_text() == out


def test_the_weights_of_the_default_model_ship_with_the_package(command):
    _, out, _ = command("models", "--format", "json")
    assert next(row for row in json.loads(out) if row["name"] == "patchnet")["weights"] == "yes"


def test_a_broken_model_is_listed_as_broken(command, monkeypatch):
    def broken(name):
        raise PluginError(f"the model {name} cannot be loaded")

    monkeypatch.setattr(type(MODELS), "__getitem__", lambda self, name: broken(name))
    status, out, err = command("models")
    assert status == 0
    assert out.count("broken") == len(MODELS)
    assert "cannot be loaded" in err


def test_a_broken_instrument_is_listed_as_broken(command, monkeypatch):
    def broken(name):
        raise PluginError(f"the instrument {name} cannot be loaded")

    monkeypatch.setattr(type(INSTRUMENTS), "__getitem__", lambda self, name: broken(name))
    status, out, err = command("instruments")
    assert status == 0
    assert out.count("broken") == len(INSTRUMENTS)
    assert "cannot be loaded" in err


def test_a_summary_ends_with_the_sum_of_its_parameters(command):
    status, out, err = command("models", "summary", "hr-celestialnet", "--format", "json")
    assert status == 0
    assert sum(row["parameters"] for row in json.loads(out)) == 97_048_130
    assert "97,048,130" in err


def test_a_summary_tells_what_the_card_of_the_weights_says(command, monkeypatch):
    card = {"training": {"data": "simulated frames"}, "metrics": {"the sky": {"accuracy": "0.9 (0.8-1.0)"}}}
    monkeypatch.setattr("astroclassify.models.locate_weights", lambda spec: (None, card, ""))
    _, _, err = command("models", "summary", "patchnet")
    assert "trained on: simulated frames" in err
    assert "measured on the sky: accuracy 0.9 (0.8-1.0)" in err


def test_a_summary_tells_when_an_answer_is_uncertain(command, monkeypatch):
    card = {"uncertain_below": 0.653, "field_above": 0.0464, "novelty": {"score": "energy", "above": -1.3}}
    monkeypatch.setattr("astroclassify.models.locate_weights", lambda spec: (None, card, ""))
    _, _, err = command("models", "summary", "patchnet")
    assert "novelty (energy) is above -1.3" in err
    assert "probability of field is above 0.0464" in err
    assert "probability is below 0.653" in err


def test_a_comparison_counts_the_figures_that_equal_the_papers(command):
    status, out, err = command("models", "compare", "resnet18-resize", "patchnet", "--format", "json")
    rows = json.loads(out)
    assert status == 0
    assert [row["equal"] for row in rows] == [3, None]
    assert "3 of 3 figures" in err


def test_a_comparison_without_printed_figures_claims_nothing(command):
    status, out, err = command("models", "compare", "patchnet")
    assert status == 0
    assert "3057477" in out
    assert "figures" not in err


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_instrument_is_listed(command, name):
    status, out, _ = command("instruments")
    assert status == 0
    assert name in out
