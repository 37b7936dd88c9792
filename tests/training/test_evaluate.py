"""Metrics by class, and intervals from bodies drawn at once."""

import time

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.training import (
    accuracy,
    area_under_curve,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    f1_galaxy,
    f1_nsc,
)

METRICS = (accuracy, balanced_accuracy, area_under_curve, calibration_error, f1_galaxy, f1_nsc)


@pytest.fixture
def answers():
    """Frames of bodies of very unequal numbers of frames: probabilities, truth, bodies."""
    rng = np.random.default_rng(5)
    bodies = rng.permutation(np.repeat(np.arange(40), rng.integers(1, 9, 40)))
    truth = bodies % 3 == 0
    return np.clip(0.35 * truth + rng.random(bodies.size) * 0.65, 0, 1), truth, bodies


def test_scores_of_each_class_agree_with_scikit_learn(answers):
    from sklearn.metrics import accuracy_score, f1_score

    p, truth, _ = answers
    assert accuracy(p, truth) == pytest.approx(accuracy_score(truth, p > 0.5))
    assert f1_galaxy(p, truth) == pytest.approx(f1_score(truth, p > 0.5))
    assert f1_nsc(p, truth) == pytest.approx(f1_score(~truth, p <= 0.5))


def test_the_scores_of_one_class_are_those_of_the_other_when_both_are_swapped(answers):
    p, truth, _ = answers
    assert f1_nsc(p, truth) == pytest.approx(f1_galaxy(1 - p, ~truth))


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_are_those_of_drawing_whole_bodies_one_after_the_other(answers, metric):
    p, truth, bodies = answers
    score = bootstrap(metric, p, truth, bodies, draws=60, rng=8)
    rng, names, values = np.random.default_rng(8), np.unique(bodies), []
    for _ in range(60):
        drawn = [np.flatnonzero(bodies == names[i]) for i in rng.integers(0, names.size, names.size)]
        chosen = np.concatenate(drawn)
        values.append(metric(p[chosen], truth[chosen]))
    assert (score.low, score.high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])))
    assert score.value == metric(p, truth)


def test_the_interval_of_an_accuracy_is_that_of_a_binomial_if_each_body_has_one_frame():
    rng = np.random.default_rng(1)
    truth = rng.random(400) < 0.5
    p = np.where(rng.random(400) < 0.9, truth, ~truth).astype(float)
    score = bootstrap(accuracy, p, truth, np.arange(400))
    expected = 2 * 1.96 * np.sqrt(score.value * (1 - score.value) / 400)
    assert score.high - score.low == pytest.approx(expected, rel=0.15)


def test_accuracy_can_be_scored_where_one_class_is_there():
    score = bootstrap(accuracy, [0.2, 0.9, 0.8], [True, True, True], [1, 2, 3])
    assert score.value == pytest.approx(2 / 3)
    assert 0 <= score.low < score.value < score.high <= 1


@pytest.mark.parametrize("metric", [balanced_accuracy, area_under_curve])
def test_what_needs_both_classes_says_so(metric):
    with pytest.raises(ParameterError, match="both classes must be there"):
        bootstrap(metric, [0.2, 0.9], [True, True], [1, 2])


def test_no_frame_is_refused():
    with pytest.raises(ParameterError, match="both classes must be there"):
        bootstrap(accuracy, [], [], [])


def test_two_thousand_draws_of_fifteen_hundred_frames_are_a_matter_of_seconds():
    rng = np.random.default_rng(2)
    truth, bodies = rng.random(1500) < 0.5, np.arange(1500) // 2
    start = time.process_time()
    bootstrap(area_under_curve, rng.random(1500), truth, bodies)
    assert time.process_time() - start < 4
