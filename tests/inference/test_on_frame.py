"""A map over a frame lies on the sky where the frame does, survives FITS, and cannot be changed."""

import numpy as np
import pytest
from astropy.nddata import CCDData
from astropy.wcs import WCS, Sip
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import FrameWarning
from astroclassify.inference import map_on_frame, on_cells

SHAPE, CELLS = (1024, 2048), (32, 61)


def sky(*, sip=False):
    """Make a projection with a rotated, skewed matrix; with ``sip``, distorted by up to 10 pixels, as ACS."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ("RA---TAN-SIP", "DEC--TAN-SIP") if sip else ("RA---TAN", "DEC--TAN")
    wcs.wcs.crval, wcs.wcs.crpix = (83.8, -69.1), (1024.5, 512.5)
    wcs.wcs.cd = 1.4e-5 * np.array([[-0.8, 0.61], [0.55, 0.83]])
    if sip:
        a, b = np.zeros((4, 4)), np.zeros((4, 4))
        a[2, 0], a[1, 1], a[0, 3], b[0, 2], b[2, 1] = 8.5e-6, -5e-6, 1e-9, -7e-6, 2e-9
        wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    return wcs


@pytest.mark.parametrize("sip", [False, True])
def test_the_centres_of_cells_lie_where_the_frame_says(sip):
    frame = CCDData(np.zeros(SHAPE, "f4"), unit="adu", wcs=sky(sip=sip))
    found = map_on_frame(np.zeros(CELLS), frame)
    rows, columns = np.indices(CELLS)
    y, x = ((cell + 0.5) * n / m - 0.5 for cell, n, m in zip((rows, columns), SHAPE, CELLS, strict=True))
    expected, there = frame.wcs.pixel_to_world(x, y), found.wcs.pixel_to_world(columns, rows)
    cell = 1.4e-5 * SHAPE[0] / CELLS[0]  # degrees
    assert expected.separation(there).deg.max() < 1e-3 * cell


def test_look_up_tables_are_left_out_and_move_cells_by_less_than_a_tenth():
    from astropy.wcs import DistortionLookupTable

    wcs = sky()
    table = np.full((4, 4), 1.5, dtype="f4")  # pixels
    wcs.cpdis1 = DistortionLookupTable(table, (1, 1), (1, 1), (700, 350))
    found = map_on_frame(np.zeros(CELLS), CCDData(np.zeros(SHAPE, "f4"), unit="adu", wcs=wcs))
    assert found.wcs.cpdis1 is None
    middle = wcs.pixel_to_world((SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2)
    x, y = found.wcs.world_to_pixel(middle)
    assert abs(x - (CELLS[1] - 1) / 2) < 0.1
    assert abs(y - (CELLS[0] - 1) / 2) < 0.1


def test_a_frame_without_a_sky_gives_a_map_without_one():
    for frame in (None, np.zeros(SHAPE), CCDData(np.zeros(SHAPE), unit="adu")):
        assert map_on_frame(np.zeros(CELLS), frame).wcs is None


@pytest.mark.parametrize("sip", [False, True])
def test_a_map_survives_a_fits_file_with_its_place_on_the_sky(tmp_path, sip):
    values = np.random.default_rng(0).normal(size=CELLS).astype("f4")
    made = map_on_frame(values, CCDData(np.zeros(SHAPE, "f4"), unit="adu", wcs=sky(sip=sip)))
    made.write(tmp_path / "map.fits")
    again = CCDData.read(tmp_path / "map.fits")
    assert again.unit == made.unit == ""
    assert np.array_equal(again.data, values)
    assert again.wcs.pixel_to_world(3, 40).separation(made.wcs.pixel_to_world(3, 40)).deg < 1e-9


def test_a_map_cannot_be_changed_and_shares_nothing():
    values = np.zeros(CELLS, "f4")
    made = map_on_frame(values)
    values[0, 0] = 1
    assert made.data[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        made.data[0, 0] = 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cd", np.zeros((2, 2))),
        ("crval", [np.nan, 5]),
        ("crval", [5, 95]),
        ("ctype", ["RA---XXX", "DEC--XXX"]),
    ],
)
def test_a_broken_wcs_is_told_and_the_map_has_none(name, value):
    wcs = sky()
    setattr(wcs.wcs, name, value)
    with pytest.warns(FrameWarning, match="the WCS is broken .*; the evidence has none"):
        made = map_on_frame(np.zeros(CELLS), CCDData(np.zeros(SHAPE, "f4"), unit="adu", wcs=wcs))
    assert made.wcs is None


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 60), st.floats(-8, 20), st.floats(1, 40), st.integers(1, 30))
def test_what_lies_within_the_frame_is_shared_and_its_sum_kept(cells, pixels, start, size, wanted):
    values = np.random.default_rng(cells).random((1, cells)).astype(np.float32)
    found = on_cells(values, ((0, 1), (start, start + size)), (1, pixels), cells=(1, wanted))
    edges = np.linspace(start, start + size, cells + 1)
    inside = np.clip(edges[1:], 0, pixels) - np.clip(edges[:-1], 0, pixels)
    assert found.shape == (1, wanted)
    assert found.sum() == pytest.approx((values[0] * inside / (size / cells)).sum(), abs=1e-4)


def test_cells_go_where_they_are():
    found = on_cells(np.array([[1.0, 2.0]]), ((0, 2), (-2, 2)), (2, 4), cells=(1, 4))
    assert found.tolist() == [[1.0, 1.0, 0.0, 0.0]]  # the left cell lies beyond the frame
