"""The estimate of a bias level per row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroclassify.io._overscan import row_levels


@given(
    level=st.floats(0, 60000),
    slope=st.floats(-0.1, 0.1),
    rows=st.integers(1, 300),
    columns=st.integers(1, 30),
)
def test_a_noiseless_drift_is_followed(level, slope, rows, columns):
    drift = level + slope * np.arange(rows)
    np.testing.assert_allclose(row_levels(np.repeat(drift[:, None], columns, axis=1)), drift, atol=1e-6)


@given(shift=st.floats(-1e4, 1e4), seed=st.integers(0, 100))
def test_a_constant_added_to_all_pixels_is_added_to_the_levels(shift, seed):
    pixels = np.random.default_rng(seed).normal(2000, 3, (200, 6))
    np.testing.assert_allclose(row_levels(pixels + shift), row_levels(pixels) + shift, atol=1e-6)


@pytest.mark.parametrize("columns", [6, 27])
@pytest.mark.parametrize("stripes", [0.0, 0.5, 2.0, 20.0])
def test_the_estimate_is_never_much_worse_than_line_or_median(columns, stripes):
    rng = np.random.default_rng(3)
    truth = 2000 + rng.normal(0, stripes, 2000)
    pixels = truth[:, None] + rng.normal(0, 2, (2000, columns))
    error = np.std(row_levels(pixels) - truth)
    of_medians = np.std(np.median(pixels, axis=1) - truth)
    assert error < 1.1 * min(of_medians, max(stripes, 0.25))


def test_blank_pixels_do_not_spread():
    pixels = np.random.default_rng(4).normal(2000, 2, (100, 6))
    pixels[3] = np.nan
    assert np.isfinite(row_levels(pixels)).all()
    assert np.isfinite(row_levels(np.full((5, 6), np.nan))).all()
