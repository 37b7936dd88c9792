"""Counts on a fixed grid: cropped where that is enough, resampled by area where it is not."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.core import ParameterError
from astroclassify.preprocess import counts_planes
from astroclassify.preprocess._counts import RESAMPLINGS, _resampled


def noise(shape, seed=1):
    return np.random.default_rng(seed).normal(1000, 30, shape).astype("f4")


def test_a_frame_of_the_right_size_is_taken_as_it_is():
    frame = noise((20, 40))
    planes = counts_planes(frame, height=20, width=40)
    assert planes.shape == (1, 20, 40)
    assert np.array_equal(planes[0], frame)


def test_a_few_rows_too_many_are_cropped_about_the_centre():
    frame = noise((206, 402))
    planes = counts_planes(frame, height=200, width=400)
    assert np.array_equal(planes[0], frame[3:203, 1:401])


@pytest.mark.parametrize("shape", [(2048, 4096), (2051, 4096), (2068, 4144), (2070, 4206)])
def test_raw_and_trimmed_hst_chips_keep_their_counts(shape):
    frame = np.full(shape, 7, dtype="f4")
    frame[1100, 2000] = 60000
    planes = counts_planes(frame)
    assert planes.shape == (1, 2048, 4096)
    assert planes.max() == 60000
    assert planes.dtype == np.float32


@pytest.mark.parametrize("shape", [(64, 64), (300, 100), (97, 1000), (230, 410), (30, 31), (8, 5000)])
def test_any_other_size_is_fitted_into_the_grid(shape):
    planes = counts_planes(np.full(shape, 5, dtype="f4"), height=100, width=200)
    assert planes.shape == (1, 100, 200)
    assert np.allclose(planes, 5)


def test_the_aspect_ratio_is_kept_and_the_surroundings_are_the_median():
    frame = noise((50, 50)) + 1000 * np.arange(50, dtype="f4")
    planes = counts_planes(frame, height=100, width=200)[0]
    assert np.all(planes[:, :50] == np.median(frame))
    assert np.all(planes[:, 150:] == np.median(frame))
    assert np.allclose(planes[::2, 50:150:2], frame, rtol=1e-5)


def test_unusable_pixels_become_the_median():
    frame = noise((20, 40))
    frame[3, 4] = np.nan
    planes = counts_planes(frame, height=20, width=40)
    assert planes[0, 3, 4] == pytest.approx(np.nanmedian(frame))
    assert np.isfinite(planes).all()


def test_usable_pixels_that_no_sample_meets_still_give_the_median():
    frame = np.full((2100, 2100), np.nan, dtype="f4")
    frame[1, 1] = 42
    assert np.allclose(counts_planes(frame, height=8, width=8), 42)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5)])
def test_an_empty_grid_is_refused(size):
    with pytest.raises(ParameterError, match="at least 1"):
        counts_planes(noise((9, 9)), height=size[0], width=size[1])


def test_another_number_of_axes_is_refused():
    with pytest.raises(ParameterError, match="shape"):
        counts_planes(noise((2, 9, 9)))


def test_whole_number_factors_are_block_means():
    frame = noise((12, 20))
    expected = frame.reshape(4, 3, 5, 4).mean(axis=(1, 3))
    assert np.allclose(_resampled(frame, (4, 5), RESAMPLINGS["area"]), expected, rtol=1e-5)


@given(
    hnp.arrays("f4", st.tuples(st.integers(8, 30), st.integers(8, 30)), elements=st.floats(0, 1e4, width=32)),
    st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_resampling_conserves_the_mean_and_the_range(frame, shape):
    result = _resampled(frame, shape, RESAMPLINGS["area"])
    assert result.shape == shape
    assert result.mean(dtype="f8") == pytest.approx(frame.mean(dtype="f8"), rel=1e-4, abs=1e-3)
    slack = 1e-4 * max(1, frame.max())
    assert result.min() >= frame.min() - slack
    assert result.max() <= frame.max() + slack


@pytest.mark.parametrize(("shape", "grid"), [((90, 180), (20, 40)), ((20, 40), (50, 100)), ((1, 9), (2, 18))])
def test_bilinear_resampling_is_that_of_torch(shape, grid):
    # Without corners aligned it has the pixel convention of cv2.resize, INTER_LINEAR.
    frame = noise(shape)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(frame)[None, None], size=grid, mode="bilinear"
    )
    planes = counts_planes(frame, height=grid[0], width=grid[1], resampling="bilinear")
    assert np.allclose(planes, expected[0], rtol=1e-6)


def test_a_star_between_the_samples_is_kept_by_area_and_lost_by_bilinear_resampling():
    frame = np.zeros((90, 180), dtype="f4")
    frame[42, 83] = 81  # the middles of the new pixels are the old pixels 4, 13, 22, ...
    by_area = counts_planes(frame, height=10, width=20)
    bilinear = counts_planes(frame, height=10, width=20, resampling="bilinear")
    assert by_area.sum() == pytest.approx(1)
    assert bilinear.sum() == 0


def test_bilinear_resampling_keeps_the_noise_that_area_averages():
    frame = noise((2048, 4096))
    by_area = counts_planes(frame, height=224, width=448).std()
    bilinear = counts_planes(frame, height=224, width=448, resampling="bilinear").std()
    # The mean of (64 / 7)^2 pixels against the mean of 2 x 2 or fewer.
    assert by_area == pytest.approx(30 * 7 / 64, rel=0.1)
    assert 15 <= bilinear < 30


def test_a_resampling_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match=r"lanczos.*\['area', 'bilinear'\]"):
        counts_planes(noise((9, 9)), resampling="lanczos")


def test_on_the_scale_of_the_noise_neither_unit_nor_zero_level_matter():
    frame = np.random.default_rng(5).normal(300.0, 7.0, (60, 90)).astype(np.float32)
    frame[20:30, 40:50] += 5000
    grid = {"height": 30, "width": 45, "scale": "noise"}
    planes = counts_planes(frame, **grid)
    plain = counts_planes(frame, height=30, width=45)
    noise = 1.4826 * np.median(np.abs(plain - np.median(plain)))
    np.testing.assert_allclose(planes, np.arcsinh((plain - np.median(plain)) / noise), rtol=1e-4, atol=1e-5)
    assert planes.dtype == np.float32
    np.testing.assert_allclose(counts_planes(2 * frame - 100, **grid), planes, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 7.0, 1e30])
def test_a_frame_without_noise_has_a_finite_plane(value):
    frame = np.full((40, 40), value, dtype=np.float32)
    assert (counts_planes(frame, height=20, width=20, scale="noise") == 0).all()
    frame[3, 3] = 1e6
    assert np.isfinite(counts_planes(frame, height=20, width=20, scale="noise")).all()


def test_a_scale_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match=r"no scale 'log'; choose among \['counts', 'noise'\]"):
        counts_planes(np.zeros((8, 8), np.float32), height=4, width=4, scale="log")
