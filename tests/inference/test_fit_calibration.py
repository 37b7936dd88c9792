"""The fit of temperature and offsets, and how far a few bodies may move them."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from astroclassify.core import ParameterError
from astroclassify.inference import calibrated_logits, fit_calibration, galaxy_probability
from astroclassify.inference._fit_calibration import _Problem
from astroclassify.models import Calibration

FINE = ("galaxy", "nebula", "star cluster", "field")
TWO = ("galaxy", "nsc")


def drawn(number, rng, *, spread=1.5, classes=4):
    """True logits, and labels drawn from their softmax, as rows of booleans."""
    true = rng.normal(0, spread, (number, classes))
    return true, np.eye(classes, dtype=bool)[(true + rng.gumbel(size=true.shape)).argmax(axis=1)]


def all_right(bodies, *, margin=1.0, frames=1):
    """Frames of so many bodies of two classes that a network ranks right, by a margin of the logits."""
    right = np.eye(2, dtype=bool)[np.arange(bodies) % 2].repeat(frames, axis=0)
    return margin * right, right, np.arange(bodies).repeat(frames)


def test_many_frames_find_the_temperature_that_spoilt_the_logits():
    true, right = drawn(10_000, np.random.default_rng(0))
    found = fit_calibration(true * 3 + 1, right, ("galaxy", "nsc", "field", "nebula"))
    assert found.temperature == pytest.approx(3, rel=0.08)


def test_many_frames_find_the_offset_that_spoilt_the_logits():
    true, right = drawn(10_000, np.random.default_rng(1), classes=2)
    found = fit_calibration(true + np.array([0.8, 0.0]), right, TWO)
    assert found.bias[0] - found.bias[1] == pytest.approx(-0.8, abs=0.12)  # 4 standard errors


def test_the_calibration_holds_for_equal_shares_whatever_the_frames_shares():
    true, right = drawn(12_000, np.random.default_rng(2), classes=2)
    kept = right[:, 0] | (np.random.default_rng(3).random(len(true)) < 0.25)
    alike = fit_calibration(true, right, TWO)
    rare = fit_calibration(true[kept], right[kept], TWO)
    np.testing.assert_allclose(rare.bias, alike.bias, atol=0.1)


def test_few_bodies_move_the_calibration_little_and_many_all_the_way():
    rng = np.random.default_rng(4)
    true, right = drawn(4000, rng, classes=2)
    spoilt = true + np.array([2.0, 0.0])
    offsets = [fit_calibration(spoilt[:n], right[:n], TWO).bias for n in (6, 60, 4000)]
    moved = [second - first for first, second in offsets]
    assert 0 < moved[0] < moved[1] < moved[2]
    assert moved[2] == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("margin", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("bodies", [2, 4, 10])
def test_a_few_bodies_that_are_all_right_ask_for_no_certainty(bodies, margin):
    logits, right, names = all_right(bodies, margin=margin, frames=3)
    start = Calibration(1.5)
    found = fit_calibration(logits, right, TWO, bodies=names, start=start)
    assert found.temperature >= 0.75
    before, after = (
        np.abs(galaxy_probability(calibrated_logits(logits, one), TWO) - 0.5).max() for one in (start, found)
    )
    assert after < before + 0.2


def test_frames_of_a_body_count_as_one():
    logits, right, names = all_right(6)
    once = fit_calibration(logits, right, TWO, bodies=names)
    often = fit_calibration(
        *(np.repeat(one, 20, axis=0) for one in (logits, right)), TWO, bodies=np.repeat(names, 20)
    )
    assert often.temperature == pytest.approx(once.temperature, rel=1e-5)
    assert (
        fit_calibration(np.repeat(logits, 20, axis=0), np.repeat(right, 20, axis=0), TWO).temperature
        < 0.9 * once.temperature
    )


def test_a_body_of_twice_the_weight_counts_as_two():
    rng = np.random.default_rng(5)
    logits, right = drawn(300, rng, classes=2)
    weighted = fit_calibration(logits, right, TWO, weights=np.where(np.arange(300) < 100, 2.0, 1.0))
    repeated = fit_calibration(*(np.concatenate([one[:100], one]) for one in (logits, right)), TWO)
    assert weighted.temperature == pytest.approx(repeated.temperature, rel=1e-4)
    assert weighted.bias == pytest.approx(repeated.bias, abs=1e-4)


def test_weights_of_another_number_are_refused():
    logits, right = drawn(3, np.random.default_rng(5), classes=2)
    with pytest.raises(ParameterError, match=r"weights of the shape \(2,\) of 3 frames; expected one each"):
        fit_calibration(logits, right, TWO, weights=[1, 1])


def test_a_class_without_frames_keeps_its_offset():
    true, right = drawn(400, np.random.default_rng(5))
    seen = ~right[:, 3]
    start = Calibration(1.0, (0.3, 0.1, -0.2, 0.7))
    found = fit_calibration(true[seen], right[seen], FINE, start=start)
    assert found.bias[3] == 0.7
    assert sum(found.bias) == pytest.approx(sum(start.bias), abs=1e-6)


def test_frames_of_one_side_say_nothing():
    right = np.zeros((5, 4), dtype=bool)
    right[:, 1:3] = True  # nsc, of either part
    start = Calibration(0.8, (0.3, 0.1, -0.2, 0.7))
    assert fit_calibration(np.ones((5, 4)), right, FINE, start=start) == start


def test_limits_and_prior_are_carried_over():
    start = Calibration(0.8, (0.1, -0.1), 0.7, "energy", -1.5, (0.3, 0.7), 0.2)
    found = fit_calibration(*all_right(4)[:2], TWO, start=start)
    assert found.temperature != 0.8
    kept = ("uncertain_below", "novelty_score", "novelty_above", "prior", "field_above")
    assert all(getattr(found, name) == getattr(start, name) for name in kept)


def test_the_gradient_is_that_of_the_posterior():
    rng = np.random.default_rng(6)
    right = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1]], dtype=bool)
    problem = _Problem(
        rng.normal(size=(3, 3)), right, np.array([1.0, 0.5, 0.5]), np.array([0.2, -0.1, 0.0]), 0.1
    )
    given = np.array([0.1, 0.0, 0.0, 0.0]), np.array([0.4, 1.0, 1.0, 1.0])
    at = np.array([0.3, 0.5, -0.2, 0.1])
    assert check_grad(lambda x: problem.value(x, *given)[0], lambda x: problem.value(x, *given)[1], at) < 1e-6


@pytest.mark.parametrize(
    ("logits", "right", "bodies"),
    [
        (np.zeros((2, 3)), np.eye(2), None),
        (np.zeros((0, 2)), np.zeros((0, 2)), None),
        (np.eye(2), np.eye(2), ["one"]),
    ],
)
def test_what_does_not_belong_together_is_refused(logits, right, bodies):
    with pytest.raises(ParameterError, match="expected"):
        fit_calibration(logits, right, TWO, bodies=bodies)
