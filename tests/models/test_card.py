"""What a card says of calibration, novelty and prior is taken, or refused with what was expected."""

import math

import pytest

from astroclassify.core import WeightsError
from astroclassify.models import Calibration, calibration_entries, calibration_of

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
