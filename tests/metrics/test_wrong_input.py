"""What is no probability, no truth or no group is refused, not counted."""

import numpy as np
import pytest

from astroclassify import metrics
from astroclassify.core import ParameterError

BOUNDED = [
    *metrics.SHARES,
    metrics.balanced_accuracy,
    metrics.brier_score,
    metrics.brier_skill,
    metrics.calibration_error,
    metrics.confusion_matrix,
    metrics.coverage_curve,
    metrics.debiased_calibration_error,
    metrics.recalibration,
    metrics.reliability,
]
EVERY = [*BOUNDED, metrics.area_under_curve, metrics.roc_curve]
TRUTHS = [["galaxy", "nsc"], [0, 2], [True, None], [0.5, 1], [np.nan, 1]]


def bootstrapped(metric):
    return lambda p, truth: metrics.ClusterBootstrap(range(2), draws=3).estimate(metric, p, truth)


def both(figures):
    return [*figures, *map(bootstrapped, figures)]


@pytest.mark.parametrize("figure", both(EVERY))
@pytest.mark.parametrize("truth", TRUTHS, ids=str)
def test_a_truth_is_true_or_false(figure, truth):
    with pytest.raises(ParameterError, match="a truth is"):
        figure([0.2, 0.7], truth)


@pytest.mark.parametrize("figure", both(EVERY))
def test_nan_is_no_probability(figure):
    with pytest.raises(ParameterError, match=r"frame 1 is nan.*leave out"):
        figure([0.5, np.nan], [True, False])


@pytest.mark.parametrize("figure", both(BOUNDED))
@pytest.mark.parametrize("wrong", [-0.1, 1.01, np.inf])
def test_probabilities_lie_between_0_and_1(figure, wrong):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        figure([wrong, 0.5], [True, False])


@pytest.mark.parametrize("p", [["a", "b"], [None, {}], [[0.1], [0.2, 0.3]]], ids=str)
def test_what_is_no_number_is_no_probability(p):
    for figure in (metrics.accuracy, bootstrapped(metrics.accuracy)):
        with pytest.raises(ParameterError, match="expected a probability"):
            figure(p, [True, False])


@pytest.mark.parametrize("figure", [metrics.area_under_curve, bootstrapped(metrics.area_under_curve)])
def test_any_score_has_an_area(figure):
    figure([-3.0, 12.0], [False, True])


@pytest.mark.parametrize("truth", [[0, 1], [0.0, 1.0], np.array([0, 1], np.uint8)], ids=str)
def test_0_and_1_are_false_and_true(truth):
    assert metrics.accuracy([0.2, 0.7], truth) == 1
    assert bootstrapped(metrics.accuracy)([0.2, 0.7], truth).value == 1


def test_mcnemar_asks_for_right_or_wrong():
    with pytest.raises(ParameterError, match="a truth is 'yes'"):
        metrics.mcnemar(["yes"], [True])


@pytest.mark.parametrize("groups", [["a", None, "b"], [["a"], ["b", "c"]], [["a", "b"]]], ids=str)
def test_groups_can_be_told_apart(groups):
    with pytest.raises(ParameterError, match="group"):
        metrics.ClusterBootstrap(groups)


def test_samples_are_not_checked_again(monkeypatch):
    calls = []
    monkeypatch.setattr(metrics._scores, "checked", lambda *given, **options: calls.append(given))
    for metric in (metrics.area_under_curve, metrics.balanced_accuracy, metrics.brier_skill):
        metrics.ClusterBootstrap(range(4), draws=50).estimate(metric, [0.9, 0.2, 0.4, 0.6], [1, 0, 0, 1])
    assert not calls
