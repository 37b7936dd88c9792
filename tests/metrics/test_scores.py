"""Scores, against scikit-learn and against each other."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn

from astroclassify.core import ParameterError
from astroclassify.metrics import (
    SHARES,
    accuracy,
    area_under_curve,
    balanced_accuracy,
    confusion_matrix,
    f1_galaxy,
    f1_nsc,
    leans_to_galaxy,
    precision_galaxy,
    precision_nsc,
    recall_galaxy,
    recall_nsc,
    roc_curve,
)

#: Multiples of 1/64: half of them away from 0.5 is exact, as the tie is.
frames = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        hnp.arrays(float, n, elements=st.integers(0, 64).map(lambda k: k / 64)), hnp.arrays(bool, n)
    )
)


def test_half_is_a_galaxy():
    assert leans_to_galaxy(0.5)
    assert not leans_to_galaxy(np.nextafter(0.5, 0))
    assert accuracy([0.5, 0.5, 0.9], [True] * 3) == recall_galaxy([0.5], [True]) == 1.0
    assert balanced_accuracy([0.5, 0.5], [True, False]) == 0.5


def test_scores_are_those_of_scikit_learn(answers):
    p, truth, _ = answers
    said = leans_to_galaxy(p)
    precision, recall, f1, _ = sklearn.precision_recall_fscore_support(truth, said, labels=[True, False])
    assert accuracy(p, truth) == pytest.approx(sklearn.accuracy_score(truth, said))
    assert balanced_accuracy(p, truth) == pytest.approx(sklearn.balanced_accuracy_score(truth, said))
    assert (precision_galaxy(p, truth), precision_nsc(p, truth)) == pytest.approx(tuple(precision))
    assert (recall_galaxy(p, truth), recall_nsc(p, truth)) == pytest.approx(tuple(recall))
    assert (f1_galaxy(p, truth), f1_nsc(p, truth)) == pytest.approx(tuple(f1))


def test_the_confusion_matrix_is_that_of_scikit_learn(answers):
    p, truth, _ = answers
    expected = sklearn.confusion_matrix(truth, leans_to_galaxy(p), labels=[True, False])
    assert confusion_matrix(p, truth).tolist() == expected.tolist()


def test_the_curve_and_its_area_are_those_of_scikit_learn(answers):
    p, truth, _ = answers
    false, true, threshold = sklearn.roc_curve(truth, p, drop_intermediate=False)
    found = roc_curve(p, truth)
    np.testing.assert_allclose(found.false_positive_rate, false)
    np.testing.assert_allclose(found.true_positive_rate, true)
    np.testing.assert_allclose(found.threshold, threshold)
    assert area_under_curve(p, truth) == pytest.approx(sklearn.roc_auc_score(truth, p))


@given(frames)
def test_the_area_is_that_under_the_curve(drawn):
    p, truth = drawn
    assume(truth.any() and not truth.all())
    curve = roc_curve(p, truth)
    area = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert area_under_curve(p, truth) == pytest.approx(area)


@given(frames)
def test_turning_classes_and_labels_around_swaps_the_scores_of_the_classes(drawn):
    p, truth = drawn
    said = leans_to_galaxy(p)
    pairs = (accuracy, accuracy), (precision_galaxy, precision_nsc), (recall_galaxy, recall_nsc)
    for one, other in (*pairs, (f1_galaxy, f1_nsc), (balanced_accuracy, balanced_accuracy)):
        assert one(said, truth) == pytest.approx(other(~said, ~truth), nan_ok=True)


@given(frames)
def test_the_area_knows_only_the_order(drawn):
    p, truth = drawn
    area = area_under_curve(p, truth)
    assert area_under_curve(p**3, truth) == pytest.approx(area, nan_ok=True)
    assert area_under_curve(-p, ~truth) == pytest.approx(area, nan_ok=True)


@given(frames)
def test_the_order_of_frames_does_not_matter(drawn):
    p, truth = drawn
    for score in (*SHARES, balanced_accuracy, area_under_curve):
        assert score(p[::-1], truth[::-1]) == pytest.approx(score(p, truth), nan_ok=True)


def test_what_is_not_there_is_no_number():
    assert np.isnan(accuracy([], []))
    assert np.isnan(recall_nsc([0.2, 0.9], [True, True]))
    assert np.isnan(precision_galaxy([0.2], [True]))
    assert np.isnan(balanced_accuracy([0.2, 0.9], [True, True]))
    assert np.isnan(area_under_curve([0.2, 0.9], [True, True]))
    assert roc_curve([0.2, 0.9], [True, True]).threshold.size == 0


@pytest.mark.parametrize("score", [accuracy, area_under_curve, roc_curve, confusion_matrix])
@pytest.mark.parametrize(("p", "truth"), [([0.5], [True, False]), ([[0.5]], [[True]])])
def test_lengths_that_differ_are_refused(score, p, truth):
    with pytest.raises(ParameterError, match="one probability and one truth"):
        score(p, truth)
