"""Calibration and scores."""

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.training import (
    area_under_curve,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    fit_calibration,
)


def test_calibration_finds_the_temperature_that_spoilt_the_logits():
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1.5, (50_000, 4))
    labels = (true + rng.gumbel(size=true.shape)).argmax(axis=1)  # drawn from softmax(true)
    temperature, bias = fit_calibration(true * 3 + 1, labels)
    assert temperature == pytest.approx(3, rel=0.05)
    np.testing.assert_allclose(np.subtract(bias, bias[0]), 0, atol=0.07)  # 4 standard errors


def test_scores_agree_with_scikit_learn():
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    rng = np.random.default_rng(1)
    truth = rng.random(300) < 0.3
    p = np.round(np.clip(0.5 * truth + 0.5 * rng.random(300), 0, 1), 2)
    assert area_under_curve(p, truth) == pytest.approx(roc_auc_score(truth, p))
    assert balanced_accuracy(p, truth) == pytest.approx(balanced_accuracy_score(truth, p > 0.5))


def test_calibration_error_is_small_for_true_probabilities_and_large_for_boasts():
    rng = np.random.default_rng(2)
    p = rng.random(50_000)
    truth = rng.random(50_000) < p
    assert calibration_error(p, truth) < 0.01
    assert calibration_error(np.where(p > 0.5, 1.0, 0.0), truth) == pytest.approx(0.25, abs=0.01)


def test_the_interval_is_wider_when_frames_share_bodies():
    rng = np.random.default_rng(3)
    truth = np.arange(400) % 2 == 0
    right_body = rng.random(20) < 0.7
    body = np.arange(400) // 20
    p = np.where(right_body[body], truth, ~truth).astype(float)
    by_frame = bootstrap(balanced_accuracy, p, truth, np.arange(400), draws=300)
    by_body = bootstrap(balanced_accuracy, p, truth, body, draws=300)
    assert by_body.high - by_body.low > 2 * (by_frame.high - by_frame.low)


def test_scoring_one_class_only_is_refused():
    with pytest.raises(ParameterError, match="both classes"):
        bootstrap(balanced_accuracy, [0.2, 0.3], [True, True], [1, 2])
