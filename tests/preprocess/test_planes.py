"""The default model's input planes."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import grey_opening

from astroclassify.preprocess import FrameRows, _planes, _shrinking, working_planes

_ALL = {"peaks": True, "diffuse": True}


def _sky(shape, seed=0):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return (30 * np.exp(-5 * (x**2 + y**2)) + rng.normal(0, 1, shape)).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "planes"), [((64, 64), (64, 64)), ((300, 440), (150, 220)), ((2048, 4096), (136, 273))]
)
def test_frames_of_any_size_become_small_planes(shape, planes):
    assert working_planes(_sky(shape)).shape == (4, *planes)


@given(gain=st.floats(1e-3, 1e3), zero=st.floats(-100, 100))
@settings(max_examples=20, deadline=None)
def test_gain_and_zero_level_change_nothing(gain, zero):
    frame = _sky((96, 80)).astype(np.float64)
    one, other = (working_planes(shown, side=20, **_ALL) for shown in (frame, frame * gain + zero * gain))
    np.testing.assert_allclose(one, other, atol=2e-2)


def test_a_monotone_stretch_leaves_the_rank_plane_alone():
    frame = _sky((128, 128))
    stretched = np.arcsinh(frame - frame.min())
    np.testing.assert_allclose(working_planes(frame)[2], working_planes(stretched)[2], atol=0.01)


def test_unusable_pixels_have_no_influence():
    frame = _sky((128, 128))
    holed, other = frame.copy(), frame.copy()
    holed[:40, :40] = np.nan
    other[:40, :40] = np.inf
    np.testing.assert_array_equal(
        working_planes(holed), working_planes(np.where(np.isfinite(other), other, np.nan))
    )


def test_narrow_tracks_are_opened_away_and_stars_are_not():
    rng = np.random.default_rng(0)
    frame = rng.normal(0, 1, (1600, 1600)).astype(np.float32)
    frame[400, 400:430] += 500  # a track one pixel wide
    frame[1200:1203, 1200:1203] += 500  # an undersampled star
    planes = working_planes(frame)[1]
    block = 1600 // planes.shape[0]
    assert planes[400 // block, 405 // block] < 0.5 * planes[1200 // block, 1200 // block]


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, min_side=8, max_side=40)),
    st.sampled_from([4, 192]),
)
@example(np.full((10, 10), 2.0**127, np.float32), 192)  # two of them are too much for float32
@settings(max_examples=100, deadline=None)
def test_whatever_the_pixels_the_planes_are_finite(frame, side):
    with np.errstate(all="ignore"):
        planes = working_planes(frame, side=side, **_ALL)
    assert planes.shape[0] == 9
    assert np.isfinite(planes).all()


def _with_holes(shape):
    frame = _sky(shape)
    frame[shape[0] // 3 :, : shape[1] // 4] = np.nan
    frame[5::97, 3::89] = np.inf
    return frame


@pytest.mark.parametrize("make", [_sky, _with_holes])
@pytest.mark.parametrize("shape", [(513, 700), (1601, 333), (230, 2000)])
@pytest.mark.parametrize("pixels", [1, 5000])
def test_strips_give_what_the_frame_in_one_piece_gives(monkeypatch, make, shape, pixels):
    frame = make(shape)
    monkeypatch.setattr(_shrinking, "STRIP_PIXELS", frame.size)
    whole = working_planes(frame, side=60, **_ALL)
    monkeypatch.setattr(_shrinking, "STRIP_PIXELS", pixels)
    np.testing.assert_array_equal(working_planes(frame, side=60, **_ALL), whole)


def test_block_means_are_those_of_the_opened_frame():
    frame = _sky((300, 420))
    image, coverage, peak, *_ = _shrinking.shrunk_by_blocks(frame, 6)
    opened = grey_opening(frame, size=(2, 2))
    opened[[0, -1]], opened[:, [0, -1]] = frame[[0, -1]], frame[:, [0, -1]]  # the edge is left alone
    blocks = opened.reshape(50, 6, 70, 6)
    np.testing.assert_allclose(image, blocks.mean(axis=(1, 3)), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(peak, blocks.max(axis=(1, 3)))
    assert (coverage == 1).all()


def test_a_large_frame_of_integers_costs_little_memory(tmp_path):
    raw = np.lib.format.open_memmap(tmp_path / "raw.npy", mode="w+", dtype="u2", shape=(4000, 6000))
    raw[:] = np.random.default_rng(0).integers(900, 1100, 6000)
    tracemalloc.start()
    planes = working_planes(FrameRows(raw), **_ALL)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 0.25 * raw.nbytes
    np.testing.assert_array_equal(planes, working_planes(raw.astype("f4"), **_ALL))


@pytest.mark.parametrize("shape", [(300, 440), (1024, 1024), (2048, 4096), (515, 1022)])
@pytest.mark.parametrize("step", [-25.0, 3.0, 400.0])
def test_a_step_between_two_amplifiers_changes_nothing(shape, step):
    frame = _sky(shape)
    stepped = frame.copy()
    stepped[:, : shape[1] // 2] += step
    difference = np.abs(working_planes(stepped, **_ALL) - working_planes(frame, **_ALL))
    middle = difference.shape[2] // 2
    assert np.delete(difference, range(middle - 2, middle + 2), axis=2).mean() < 0.02
    assert difference[:, :, middle - 2 : middle + 2].mean() < 0.3


def test_a_drift_of_each_amplifier_from_row_to_row_changes_little():
    frame = _sky((600, 800))
    drifting = frame.copy()
    drifting[:, :400] += np.linspace(-4, 5, 600, dtype=np.float32)[:, None] - 30
    drifting[:, 400:] += np.linspace(4, -5, 600, dtype=np.float32)[:, None]
    difference = np.abs(working_planes(drifting, **_ALL) - working_planes(frame, **_ALL))
    assert difference.mean() < 0.03


def test_light_that_ends_beside_the_middle_stays():
    frame = _sky((400, 400), seed=1)
    frame[:, 150:] += 30
    planes = working_planes(frame)
    assert planes[1][:, :70].mean() < planes[1][:, 80:].mean() - 0.3


@pytest.mark.parametrize("size", [1, 2, 17, 22500])
def test_quantiles_are_those_of_numpy_to_the_last_bit(size):
    rng, ranks = np.random.default_rng(size), np.append(np.linspace(0, 1, 129), 0.997)
    for sample in (rng.normal(1000, 10, size), rng.integers(0, 4, size), rng.normal(0, 1e30, size)):
        sample = sample.astype(np.float32)
        np.testing.assert_array_equal(_planes._quantiles(sample, ranks), np.quantile(sample, ranks))
