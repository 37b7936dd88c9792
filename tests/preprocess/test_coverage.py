"""What was not observed says nothing: neither its edge, nor its shape, nor its size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import FrameError
from astroclassify.preprocess import FrameRows, covered_part, filled_by_reflection, working_planes


def noise(shape, seed=5):
    return np.random.default_rng(seed).normal(100, 5, shape).astype(np.float32)


def turned_square(shape, half):
    """True inside a square turned by 30 degrees: a drizzled footprint."""
    y, x = np.indices(shape) - (np.array(shape)[:, None, None] - 1) / 2
    angle = np.deg2rad(30)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return (abs(u) < half) & (abs(v) < half)


@given(
    top=st.integers(0, 200),
    left=st.integers(0, 300),
    height=st.integers(60, 200),
    width=st.integers(60, 200),
)
@settings(max_examples=25, deadline=None)
def test_a_rectangle_of_covered_pixels_is_found_exactly(top, left, height, width):
    frame = np.full((400, 500), np.nan, np.float32)
    frame[top : top + height, left : left + width] = 1
    assert covered_part(frame) == (slice(top, top + height), slice(left, left + width))


def test_a_complete_frame_and_one_with_small_holes_are_taken_whole():
    frame = noise((300, 500))
    whole = slice(0, 300), slice(0, 500)
    assert covered_part(frame) == whole
    frame[np.random.default_rng(1).random(frame.shape) < 0.2] = np.nan
    frame[40, 50] = frame[0, 0] = np.nan
    assert covered_part(frame) == whole


def test_of_a_turned_footprint_the_part_is_mostly_covered():
    frame = np.where(turned_square((600, 600), 204), noise((600, 600)), np.nan)
    part = frame[covered_part(frame)]
    assert np.isfinite(part).mean() > 0.75
    assert np.isfinite(part).sum() > 0.75 * np.isfinite(frame).sum()


def test_rows_of_a_masked_frame_give_the_same_part_and_pixels():
    mask = np.ones((500, 400), bool)
    mask[50:300, 120:390] = False
    rows = FrameRows(np.ma.masked_array(noise(mask.shape), mask=mask))
    part = covered_part(rows)
    assert part == (slice(50, 300), slice(120, 390))
    np.testing.assert_array_equal(rows.part(*part)[:], noise(mask.shape)[part])


def test_every_second_pixel_of_a_mosaic_of_filters_is_a_frame():
    frame = np.full((300, 300), np.nan, np.float32)
    frame[::2, ::2] = noise((150, 150))
    rows, columns = covered_part(frame)
    assert rows.stop - rows.start > 290
    assert columns.stop - columns.start > 290
    assert np.isfinite(working_planes(frame, peaks=True)).all()


@pytest.mark.parametrize(
    "usable", [(slice(5, 6), slice(7, 8)), (slice(5, 9), slice(0, 200)), (slice(None, None, 9),) * 2]
)
def test_too_little_is_refused_and_the_message_says_how_much_is_there(usable):
    frame = np.full((200, 200), np.nan, np.float32)
    frame[usable] = 1
    with pytest.raises(FrameError, match=r"too little.*\d pixels.*at least 100"):
        covered_part(frame)


def test_filled_cells_have_the_statistics_of_the_others():
    image = noise((150, 150))
    known = turned_square(image.shape, 50)
    (filled,) = filled_by_reflection([image], known)
    np.testing.assert_array_equal(filled[known], image[known])
    assert filled[~known].mean() == pytest.approx(100, abs=0.5)
    assert filled[~known].std() == pytest.approx(5, rel=0.1)


def test_a_slope_goes_on_without_an_edge():
    image = np.add.outer(np.arange(60.0), np.arange(80.0))
    known = np.ones(image.shape, bool)
    known[:, 50:] = False
    (filled,) = filled_by_reflection([image], known)
    assert np.abs(np.diff(filled, axis=1)).max() <= 2


@given(st.integers(0, 2**31), st.floats(0.001, 0.999))
@settings(max_examples=25, deadline=None)
def test_whatever_is_known_everything_is_filled_by_known_values(seed, share):
    rng = np.random.default_rng(seed)
    known = rng.random((20, 30)) < share
    known[3, 4] = True
    image = np.where(known, rng.random(known.shape), np.nan)
    (filled,) = filled_by_reflection([image], known)
    assert np.isin(filled, image[known]).all()


@pytest.mark.parametrize("shape", [(180, 180), (900, 900)])
def test_planes_say_nothing_of_where_pixels_are_missing(shape):
    frame = noise(shape)
    holed = frame.copy()
    holed[: shape[0] // 3, : shape[1] // 3] = np.nan
    whole, filled = working_planes(frame, peaks=True), working_planes(holed, peaks=True)
    assert (filled[3] == 1).all()
    third = tuple(slice(0, n // 3 - 1) for n in whole.shape[1:])
    for plane in (0, 1, 2, 4):
        assert filled[plane][third].mean() == pytest.approx(whole[plane][third].mean(), abs=0.03)
        assert filled[plane][third].std() == pytest.approx(whole[plane][third].std(), rel=0.15, abs=0.01)


@pytest.mark.parametrize("side", [301, 601, 901])
@pytest.mark.parametrize("share", [0.08, 0.1, 0.3])
def test_a_frame_that_is_thinned_evenly_is_covered_as_a_whole(side, share):
    for seed in range(3):
        usable = np.random.default_rng(seed).random((side, side)) < share
        part = covered_part(np.where(usable, 1.0, np.nan).astype(np.float32))
        assert all(cut.stop - cut.start > 0.95 * side for cut in part)


def test_rows_that_are_left_out_do_not_hide_the_rest():
    frame = np.full((601, 601), np.nan, np.float32)
    frame[::10] = 1
    assert all(cut.stop - cut.start > 550 for cut in covered_part(frame))
