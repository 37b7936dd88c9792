"""The fit of temperature and offsets."""

import numpy as np
import pytest

from astroclassify.training import fit_calibration


def test_calibration_finds_the_temperature_that_spoilt_the_logits():
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1.5, (50_000, 4))
    labels = (true + rng.gumbel(size=true.shape)).argmax(axis=1)  # drawn from softmax(true)
    temperature, bias = fit_calibration(true * 3 + 1, labels)
    assert temperature == pytest.approx(3, rel=0.05)
    np.testing.assert_allclose(np.subtract(bias, bias[0]), 0, atol=0.07)  # 4 standard errors
