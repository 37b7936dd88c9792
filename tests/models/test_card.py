"""What a card says of calibration, novelty and prior is taken, or refused with what was expected."""

import math

import pytest

from astroclassify.core import WeightsError
from astroclassify.models import Calibration, calibration_entries, calibration_of, find_spec, spec_of
from astroclassify.models._card import read_card

FINE = ("galaxy", "nebula", "star cluster", "field")


def test_an_empty_card_leaves_everything_as_it_is():
    found = calibration_of({}, FINE)
    assert (found.novelty_score, found.novelty_above, found.prior) == ("", math.inf, ())
    assert (found.uncertain_below, found.field_above) == (0.6, 0.5)


def test_novelty_and_prior_are_taken_in_the_order_of_the_classes():
    prior = {"field": 0.1, "star cluster": 0.2, "nebula": 0.3, "galaxy": 0.4}
    found = calibration_of({"novelty": {"score": "mahalanobis", "above": 21}, "prior": prior}, FINE)
    assert (found.novelty_score, found.novelty_above) == ("mahalanobis", 21.0)
    assert found.prior == pytest.approx((0.4, 0.3, 0.2, 0.1))


@pytest.mark.parametrize(
    "calibration",
    [
        Calibration(1.0, (0.0,) * 4),
        Calibration(0.8, (0.1, -0.2, 0.0, 0.1), 0.7, "energy", -1.5, (0.5, 0.25, 0.125, 0.125), 0.2),
    ],
)
def test_what_is_written_on_a_card_is_read_from_it(calibration):
    assert calibration_of(calibration_entries(calibration, FINE), FINE) == calibration


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"field_above": 1.5}, "field_above is 1.5; expected 0 to 1"),
        ({"novelty": 7}, "novelty is 7; expected a mapping"),
        ({"novelty": {"score": "entropy"}}, "'entropy'; expected one of"),
        ({"novelty": {"above": "high"}}, "expected a finite number"),
        ({"prior": {"galaxy": 1.0}}, "expected the classes"),
        ({"prior": dict.fromkeys(FINE, 0.5)}, "sum to 1"),
        ({"prior": dict(zip(FINE, (0.5, 0.5, 0.0, 0.0), strict=True))}, "above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(card, message):
    with pytest.raises(WeightsError, match=message):
        calibration_of(card, FINE)


@pytest.mark.parametrize("temperature", [1e-320, 1e-4, 1e308, 0, -1, 10**400])
def test_a_temperature_that_makes_no_probabilities_is_refused(temperature):
    with pytest.raises(WeightsError, match="temperature is"):
        calibration_of({"calibration": {"temperature": temperature}}, FINE)


def test_offsets_beyond_any_logits_are_refused():
    with pytest.raises(WeightsError, match="bias is"):
        calibration_of({"calibration": {"bias": [1e308, -1e308, 0, 0]}}, FINE)


def test_a_card_of_lists_in_lists_in_lists_is_no_card(tmp_path):
    (tmp_path / "weights.json").write_text("[" * 100_000)
    with pytest.raises(WeightsError, match=r"weights\.json cannot be read"):
        read_card(tmp_path / "weights.safetensors")


def test_weights_say_how_the_planes_are_made_that_they_learnt_from():
    spec = find_spec("resnet18-resize")
    found = spec_of({"preprocessing_options": {"scale": "noise"}}, spec)
    assert dict(found.preprocessing_options) == {"height": 224, "width": 448, "scale": "noise"}
    assert spec_of({}, spec) is spec


@pytest.mark.parametrize("options", [["scale"], {"not a name": 1}, {"scale": object()}])
def test_options_of_the_preprocessing_that_are_none_are_told(options):
    with pytest.raises(WeightsError, match="preprocessing_options"):
        spec_of({"preprocessing_options": options}, find_spec("resnet18-resize"))
