"""What probabilities are worth, where it is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from astroclassify.metrics import (
    brier_score,
    brier_skill,
    calibration_error,
    debiased_calibration_error,
    recalibration,
    reliability,
)


def drawn(number, seed=2, *, too_sure=1.0, shift=0.0):
    """Probabilities whose logits are spoilt by a factor and a shift, and the truth."""
    rng = np.random.default_rng(seed)
    true = rng.random(number)
    return expit(too_sure * logit(true) - shift), rng.random(number) < true


def test_the_calibration_error_is_small_for_true_probabilities_and_large_for_boasts():
    p, truth = drawn(50_000)
    assert calibration_error(p, truth) < 0.01
    assert calibration_error(p >= 0.5, truth) == pytest.approx(0.25, abs=0.01)


def test_the_calibration_error_is_that_of_the_reliability(answers):
    p, truth, _ = answers
    found = reliability(p, truth)
    assert found.frames.sum() == p.size
    excess = np.nan_to_num(np.abs(found.confidence - found.accuracy)) * found.frames
    assert excess.sum() / p.size == pytest.approx(calibration_error(p, truth))


def test_the_reliability_is_that_of_scikit_learn():
    from sklearn.calibration import calibration_curve

    p, truth = drawn(300)  # none on an edge of a bin
    sure = np.maximum(p, 1 - p)
    right, mean = calibration_curve((p >= 0.5) == truth, 2 * sure - 1, n_bins=10)
    found = reliability(p, truth)
    np.testing.assert_allclose(found.accuracy[found.frames > 0], right)
    np.testing.assert_allclose(found.confidence[found.frames > 0], (1 + mean) / 2)


def test_a_tie_that_is_a_galaxy_is_right():
    assert calibration_error([0.5], [True]) == calibration_error([0.5], [False]) == 0.5
    assert reliability([0.5], [True]).accuracy[0] == 1


def test_true_probabilities_have_no_debiased_error_on_average_however_few():
    plain, squared = [], []
    for seed in range(300):
        p, truth = drawn(60, seed)
        plain.append(calibration_error(p, truth))
        squared.append(debiased_calibration_error(p, truth))
    assert np.mean(plain) > 0.12
    assert np.mean(squared) < 0.5 * np.mean(plain)
    assert np.median(squared) == pytest.approx(0, abs=0.03)


def test_a_real_error_stays_when_it_is_debiased():
    p = np.full(20_000, 0.9)
    truth = np.random.default_rng(0).random(p.size) < 0.7
    assert debiased_calibration_error(p, truth) == pytest.approx(calibration_error(p, truth), abs=1e-3)


def test_frames_of_a_body_that_are_wrong_together_are_no_miscalibration():
    rng = np.random.default_rng(1)
    bodies = np.repeat(np.arange(12), 50)
    found = []
    for _ in range(40):
        truth = (rng.random(12) < 0.75)[bodies]
        p = np.full(bodies.size, 0.75)
        found.append([debiased_calibration_error(p, truth, groups) for groups in (None, bodies)])
    by_frame, by_body = np.mean(found, axis=0)
    assert by_body < 0.6 * by_frame


def test_the_recalibration_of_true_probabilities_is_none():
    intercept, slope = recalibration(*drawn(50_000))
    assert (intercept, slope) == pytest.approx((0, 1), abs=0.05)


def test_the_recalibration_finds_what_spoilt_the_logits():
    intercept, slope = recalibration(*drawn(50_000, too_sure=2.0, shift=1.0))
    assert (intercept, slope) == pytest.approx((0.5, 0.5), abs=0.03)


def test_the_recalibration_is_the_logistic_regression_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    p, truth = drawn(500, too_sure=1.5)
    fitted = LogisticRegression(C=np.inf, tol=1e-8).fit(logit(p)[:, None], truth)
    assert recalibration(p, truth) == pytest.approx((fitted.intercept_[0], fitted.coef_[0, 0]), abs=1e-4)


@pytest.mark.parametrize("truth", [[True] * 4, [False, False, True, True]])
def test_classes_that_do_not_overlap_have_no_slope(truth):
    assert np.isnan(recalibration([0.2, 0.4, 0.4, 0.8], truth)).all()


def test_certainties_can_be_recalibrated():
    p, truth = np.array([0.0, 1.0] * 10), np.arange(20) % 3 == 0
    assert np.isfinite(recalibration(p, truth)).all()


def test_the_brier_score_is_that_of_scikit_learn(answers):
    from sklearn.metrics import brier_score_loss

    p, truth, _ = answers
    assert brier_score(p, truth) == pytest.approx(brier_score_loss(truth, p))


def test_the_skill_is_one_of_the_truth_and_none_of_the_mean(answers):
    _, truth, _ = answers
    assert brier_skill(truth, truth) == 1
    assert brier_skill(np.full(truth.size, truth.mean()), truth) == pytest.approx(0)
    assert np.isnan(brier_skill([0.5], [True]))


@given(st.lists(st.tuples(st.integers(0, 64).map(lambda k: k / 64), st.booleans()), min_size=1, max_size=40))
def test_which_class_comes_first_does_not_matter(frames):
    p, truth = (np.array(each) for each in zip(*frames, strict=True))
    p[p == 0.5] = 0.25  # a tie is a galaxy either way
    for figure in (calibration_error, debiased_calibration_error, brier_score, brier_skill):
        assert figure(1 - p, ~truth) == pytest.approx(figure(p, truth), nan_ok=True, abs=1e-7)


def test_no_frame_is_no_figure():
    for figure in (calibration_error, debiased_calibration_error, brier_score, brier_skill):
        assert np.isnan(figure([], []))
