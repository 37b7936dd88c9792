"""The classical ways to tell stars from galaxies do so where it is easy."""

import numpy as np
import pytest

from astroclassify.core import UnknownNameError
from astroclassify.stargalaxy import BASELINES, fit_baseline
from astroclassify.stargalaxy._spread import spread_model
from astroclassify.testing import difficult_samples

IS_GALAXY = np.arange(300) % 2 == 1


@pytest.fixture(scope="module")
def samples():
    return [difficult_samples(number=300, rng=seed)["ordinary"] for seed in (0, 1)]


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_tells_wide_sources_from_points(name, samples):
    fitted = fit_baseline(name, BASELINES[name].features(samples[0]), IS_GALAXY)
    right = (fitted.p_galaxy(samples[1]) > 0.5) == IS_GALAXY
    assert right.mean() > 0.95


def test_spread_model_is_zero_for_points_wherever_in_the_pixel_they_lie(samples):
    spread = spread_model(samples[0])
    bright = samples[0].catalogue["snr"] > 100
    assert np.abs(spread[bright & ~IS_GALAXY]).max() < 0.003
    assert spread[bright & IS_GALAXY].min() > 0.01


def test_an_unknown_baseline_is_refused():
    with pytest.raises(UnknownNameError, match="size-magnitude"):
        fit_baseline("guess", np.zeros((2, 1)), [True, False])


def test_a_field_without_bright_points_still_has_features(samples):
    faint = samples[0][:20]
    for band in faint.bands:
        faint.catalogue[f"snr_{band}"][:] = 4
    for baseline in BASELINES.values():
        assert len(baseline.features(faint)) == 20
