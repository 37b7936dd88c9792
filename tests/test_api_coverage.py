"""Answers about frames of which a part was not observed, and in any unit."""

import numpy as np
import pytest
from astropy.nddata import CCDData
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify import classify, classify_many
from astroclassify.core import FrameError
from astroclassify.simulate import random_frames


@pytest.fixture(scope="module")
def body():
    """Give a frame with a body, float64 (numpy.ndarray)."""
    return random_frames(3, shape=(256, 300))[0].array.astype(float)


def noise(shape):
    return np.random.default_rng(5).normal(100, 5, shape).astype(np.float32)


def footprint(frame):
    y, x = np.indices(frame.shape) - (np.array(frame.shape)[:, None, None] - 1) / 2
    half = 0.34 * len(frame)
    inside = (abs(0.866 * x + 0.5 * y) < half) & (abs(0.866 * y - 0.5 * x) < half)
    return np.where(inside, frame, np.nan)


def cut_out(frame):
    return np.where(np.arange(frame.shape[1]) < 0.09 * frame.shape[1], np.nan, frame)


def one_pixel(frame):
    frame = frame.copy()
    frame[len(frame) // 3, len(frame) // 4] = np.nan
    return frame


@pytest.mark.parametrize("size", [180, 600])
@pytest.mark.parametrize("spoil", [footprint, cut_out, one_pixel])
def test_noise_stays_uncertain_wherever_it_was_not_observed(size, spoil):
    frame = noise((size, size))
    whole, spoilt = classify(frame), classify(spoil(frame))
    assert whole.label == spoilt.label == "uncertain"
    assert spoilt.p_galaxy == pytest.approx(whole.p_galaxy, abs=0.15)
    assert spoilt.novelty == pytest.approx(whole.novelty, abs=0.1)


def test_masked_around_is_answered_as_cut_out(body):
    cut = slice(30, 150), slice(100, 240)
    mask = np.ones(body.shape, bool)
    mask[cut] = False
    masked, alone = classify(CCDData(body, unit="adu", mask=mask)), classify(body[cut])
    assert masked.probabilities == alone.probabilities
    assert masked.novelty == alone.novelty
    table = classify_many([CCDData(body, unit="adu", mask=mask)], progress=False)
    assert table["p_galaxy"][0] == alone.p_galaxy


def test_evidence_covers_the_whole_frame_and_is_zero_where_nothing_was_observed(body):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [10, 20], [150, 128]
    wcs.wcs.cdelt = [-1e-4, 1e-4]
    cut = slice(128, 256), slice(0, 150)
    frame = np.full(body.shape, np.nan)
    frame[cut] = body[cut]
    answer, alone = classify(CCDData(frame, unit="adu", wcs=wcs)), classify(body[cut])
    evidence = answer.evidence
    rows, columns = evidence.shape
    assert not evidence.data[: rows // 2].any()
    assert not evidence.data[:, columns // 2 + 1 :].any()
    assert evidence.data.sum() == pytest.approx(alone.evidence.data.sum(), abs=1e-4)
    corner = evidence.wcs.pixel_to_world(columns - 0.5, rows - 0.5)
    assert corner.separation(wcs.pixel_to_world(299.5, 255.5)).arcsec < 0.01


def test_too_little_is_refused(body):
    frame = np.full(body.shape, np.nan)
    frame[3, 4] = 1
    with pytest.raises(FrameError, match="too little"):
        classify(frame)


@given(power=st.integers(-300, 300))
@settings(max_examples=15, deadline=None)
def test_the_answer_has_no_unit(body, power):
    ours, theirs = classify(body * 10.0**power), classify(body)
    assert ours.label == theirs.label
    assert ours.p_galaxy == pytest.approx(theirs.p_galaxy, abs=1e-3)


@given(level=st.floats(-1e12, 1e12))
@settings(max_examples=10, deadline=None)
def test_the_answer_has_no_zero_level(body, level):
    assert classify(body + level).p_galaxy == pytest.approx(classify(body).p_galaxy, abs=5e-3)


@pytest.mark.parametrize("dtype", ["<i2", ">u2", ">i4", "u4", "i8", ">u8"])
@pytest.mark.parametrize("level", [0, 2**40, 2**60])
def test_integers_of_any_kind_and_level_give_one_answer(body, dtype, level):
    counts = np.rint(20 * (body - body.min())).clip(0, 30000)
    if level >= 2 ** (8 * np.dtype(dtype).itemsize - 1):
        pytest.skip("this type has no such number")
    there = classify(counts.astype(dtype) + np.dtype(dtype).type(level))
    assert there.p_galaxy == pytest.approx(classify(counts).p_galaxy, abs=1e-3)


@pytest.mark.parametrize("value", [1e38, -3e38, 1e300])
def test_one_absurd_pixel_changes_little(body, value):
    frame = body.copy()
    frame[40, 50] = value
    assert classify(frame).p_galaxy == pytest.approx(classify(body).p_galaxy, abs=0.02)


@pytest.mark.parametrize(("dtype", "factor"), [("f4", 1e-45), ("f8", 1e-323)])
def test_where_no_bits_are_left_it_is_an_error(body, dtype, factor):
    with pytest.raises(FrameError, match="nothing is left"):
        classify((body / np.abs(body).max() * factor * 3).astype(dtype))
