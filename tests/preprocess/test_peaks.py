"""The plane of point sources among the default model's input planes."""

import numpy as np
import pytest

from astroclassify.preprocess import working_planes


def _noise(shape, seed=0):
    return np.random.default_rng(seed).normal(100, 5, shape).astype(np.float32)


@pytest.mark.parametrize("side", [192, 400, 1000])
def test_noise_of_any_strength_has_no_relief(side):
    frame = _noise((side, side))
    one, other = (working_planes(frame * gain, peaks=True)[4] for gain in (1, 50))
    np.testing.assert_allclose(one, other, atol=1e-3)
    assert abs(np.median(one)) < 0.01
    assert np.abs(one).max() < 0.8


def test_a_faint_star_shows_in_the_peaks_and_not_in_the_means():
    frame = _noise((1536, 1536))
    frame[700:702, 700:702] += 25
    planes = working_planes(frame, peaks=True)
    block = 1536 // planes.shape[1]
    y = x = 701 // block
    assert planes[4, y, x] == planes[4].max()
    assert planes[1, y, x] < planes[1].max()


def test_the_other_planes_are_the_same_without_peaks():
    frame = _noise((600, 500))
    np.testing.assert_array_equal(working_planes(frame), working_planes(frame, peaks=True)[:4])


def test_single_pixels_have_no_relief():
    assert not working_planes(_noise((150, 150)), peaks=True)[4].any()


def test_what_is_masked_has_the_relief_of_the_rest():
    frame = _noise((600, 600))
    frame[:200] = np.nan
    relief = working_planes(frame, peaks=True)[4]
    assert relief[:60].std() == pytest.approx(relief[70:].std(), rel=0.1)
