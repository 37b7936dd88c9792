"""The shipped bands against published curves, zero points and filter lists."""

import csv

import numpy as np
import pytest
from astropy import units as u
from synphot import Box1D, SpectralElement

from astroclassify.core import ParameterError, ReadError, UnknownNameError
from astroclassify.instruments import ACS_WFC, CSST_MSC, WFC3_UVIS
from astroclassify.photometry import BANDS, Bandpass, ab_magnitude, as_bandpass, edge_bandpass, vega
from astroclassify.photometry._core import ab_zero_point, pivot_wavelength
from astroclassify.photometry._curves import published_curves

# AB zero points and pivots (nm) by Eq. (1) from published total curves: facts/instruments.md D (ACS 2017,
# WFC3 chip 1, 45238.93 cm2) and C (CSST, pi m2).
PUBLISHED = {
    ("acs-wfc", "F435W"): (25.69, 432.7),
    ("acs-wfc", "F475W"): (26.08, 474.5),
    ("acs-wfc", "F555W"): (25.73, 536.0),
    ("acs-wfc", "F606W"): (26.51, 591.9),
    ("acs-wfc", "F625W"): (25.92, 631.1),
    ("acs-wfc", "F775W"): (25.67, 769.3),
    ("acs-wfc", "F814W"): (25.96, 806.0),
    ("acs-wfc", "F850LP"): (24.87, 903.6),
    ("wfc3-uvis", "F225W"): (24.04, 237.3),
    ("wfc3-uvis", "F275W"): (24.13, 271.0),
    ("wfc3-uvis", "F336W"): (24.67, 335.5),
    ("wfc3-uvis", "F390W"): (25.38, 392.2),
    ("wfc3-uvis", "F475W"): (25.68, 477.4),
    ("wfc3-uvis", "F555W"): (25.79, 530.8),
    ("wfc3-uvis", "F606W"): (26.07, 588.7),
    ("wfc3-uvis", "F814W"): (25.10, 803.0),
    ("csst-msc", "NUV"): (24.74, 287.5),
    ("csst-msc", "u"): (25.19, 359.0),
    ("csst-msc", "g"): (26.26, 478.3),
    ("csst-msc", "r"): (26.03, 617.5),
    ("csst-msc", "i"): (25.86, 763.3),
    ("csst-msc", "z"): (25.20, 902.0),
    ("csst-msc", "y"): (23.85, 962.9),
}
# Sirianni et al. (2005, PASP 117, 1049), table 10: AB zero points of the ACS/WFC bands without a newer curve.
NARROW_ACS = {"F502N": 22.271, "F550M": 24.892, "F658N": 22.747, "F660N": 21.676, "F892N": 22.371}
# The same table: AB - Vega zero points, which are the AB magnitudes of Vega.
VEGA_AB = {
    "F435W": 25.673 - 25.779,
    "F475W": 26.068 - 26.168,
    "F502N": 22.271 - 22.352,
    "F550M": 24.892 - 24.867,
    "F555W": 25.718 - 25.724,
    "F606W": 26.486 - 26.398,
    "F625W": 25.898 - 25.731,
    "F658N": 22.747 - 22.365,
    "F775W": 25.654 - 25.256,
    "F814W": 25.937 - 25.501,
    "F850LP": 24.862 - 24.326,
}
# facts/instruments.md D: zero points of filter curves times the smooth response of the camera.
FROM_FILTERS = {
    "F438W": 24.82,
    "F502N": 22.29,
    "F656N": 20.55,
    "F657N": 22.70,
    "F658N": 21.11,
    "F673N": 22.63,
}


@pytest.mark.parametrize(("band", "facts"), PUBLISHED.items(), ids=str)
def test_zero_point_and_pivot_are_the_published_ones(band, facts):
    assert BANDS[band].zero_point.value == pytest.approx(facts[0], abs=0.05)
    assert BANDS[band].pivot.value == pytest.approx(facts[1], rel=0.005)


@pytest.mark.parametrize(("name", "expected"), NARROW_ACS.items())
def test_narrow_bands_of_acs_have_the_published_zero_points(name, expected):
    assert BANDS["acs-wfc", name].zero_point.value == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("name", "expected"), FROM_FILTERS.items())
def test_bands_from_filter_curves_have_the_derived_zero_points(name, expected):
    assert BANDS["wfc3-uvis", name].zero_point.value == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("name", "expected"), VEGA_AB.items())
def test_vega_has_the_published_ab_magnitudes(name, expected):
    assert ab_magnitude(vega(), BANDS["acs-wfc", name]).value == pytest.approx(expected, abs=0.02)


def test_every_published_curve_is_reproduced(shared):
    curves = published_curves([shared / "throughput"])
    assert len(curves) == 23
    for (instrument, name, _), (wavelength, throughput, _) in curves.items():
        band = BANDS[instrument, name]
        expected = ab_zero_point(wavelength, throughput, band.area)
        assert band.zero_point.value == pytest.approx(expected, abs=0.05), name
        assert band.pivot.value == pytest.approx(pivot_wavelength(wavelength, throughput), rel=0.005), name
        difference = band(wavelength * u.nm) - throughput
        assert np.abs(difference).max() < 0.2 * throughput.max(), name
        assert np.trapezoid(np.abs(difference), wavelength) < 0.06 * np.trapezoid(throughput, wavelength), (
            name
        )


def test_the_table_keeps_its_residuals_within_the_goals():
    facts = BANDS.facts()
    narrow = np.char.endswith(np.char.upper(facts["band"].data.astype(str)), "N")
    assert np.abs(facts["zp_residual"][~narrow]).max() < 0.05
    assert np.abs(facts["zp_residual"][narrow]).max() < 0.1
    assert np.abs(facts["pivot_residual"]).max() < 0.005
    assert all(facts["source"])


def test_the_table_describes_the_bands_that_it_makes():
    for row in BANDS.facts():
        band = BANDS[row["instrument"], row["band"]]
        assert band.zero_point.value == pytest.approx(row["zero_point"] + row["zp_residual"], abs=1e-3)
        assert band.pivot.value == pytest.approx(row["pivot"] * (1 + row["pivot_residual"]), rel=1e-3)


@pytest.mark.parametrize("instrument", [ACS_WFC, WFC3_UVIS, CSST_MSC], ids=lambda i: i.name)
def test_every_band_of_every_instrument_is_there(instrument):
    assert set(BANDS.of(instrument)) == set(instrument.bands)


@pytest.mark.parametrize("name", ["LCID_test.csv", "blurry_validation.csv"])
def test_every_filter_of_lcid_is_there(shared, name):
    with open(shared / "lcid" / name, encoding="utf-8") as file:
        used = {(row["Instrument"], row["Filter"]) for row in csv.DictReader(file)}
    cameras = {"ACS/WFC": "acs-wfc", "WFC3/UVIS": "wfc3-uvis"}
    assert {(cameras[camera], band) for camera, band in used} <= set(BANDS)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (("acs-wfc", "F841W"), "did you mean 'F814W'"),
        (("acs-wfc", "F275W"), "wfc3-uvis has it"),
        (("acs", "F814W"), "did you mean 'acs-wfc'"),
        (("csst-msc", "nuv"), "did you mean 'NUV'"),
        ("F814W", "there are bands of acs-wfc, csst-msc, wfc3-uvis"),
    ],
)
def test_unknown_bands_name_the_nearest(key, message):
    with pytest.raises(UnknownNameError, match=message):
        BANDS[key]


# Half-maximum edges of facts/instruments.md D, nm.
@pytest.mark.parametrize(
    ("name", "edges"),
    [("F656N", (655.3, 657.0)), ("F673N", (670.6, 682.5)), ("F547M", (511, 582)), ("F438W", (399, 465))],
)
def test_a_band_from_its_edges_is_near_the_fitted_one(name, edges):
    band = edge_bandpass("wfc3-uvis", name, edges * u.nm)
    assert band.kind == "edges"
    assert band.pivot.value == pytest.approx(BANDS["wfc3-uvis", name].pivot.value, rel=0.005)
    assert band.zero_point.value == pytest.approx(BANDS["wfc3-uvis", name].zero_point.value, abs=0.2)


def test_edges_need_a_known_response():
    with pytest.raises(UnknownNameError, match="acs-wfc"):
        edge_bandpass("acs-wfc", "F999N", [500, 510] * u.nm)
    with pytest.raises(ParameterError, match="blue < red"):
        edge_bandpass("wfc3-uvis", "F999N", [510, 500] * u.nm)


def test_a_file_of_two_columns_is_a_band(tmp_path):
    path = tmp_path / "mine.dat"
    path.write_text("# Angstrom, fraction\n4990 0\n5000, 0.4\n6000 0.4\n6010 0\n", encoding="utf-8")
    band = as_bandpass(path, area=1 * u.m**2)
    assert band.name == "mine"
    assert band(550 * u.nm) == pytest.approx(0.4)
    assert band.width.to_value(u.nm) == pytest.approx(101.0)


def test_a_file_that_is_no_curve_is_refused(tmp_path):
    path = tmp_path / "words.dat"
    path.write_text("no numbers\n", encoding="utf-8")
    with pytest.raises(ReadError, match="0 rows"):
        as_bandpass(path)


def test_synphot_objects_drop_in_and_come_back():
    box = SpectralElement(Box1D, amplitude=0.5, x_0=6000, width=500)
    band = as_bandpass(box, area=1 * u.m**2)
    assert band.pivot.value == pytest.approx(box.pivot().to_value(u.nm), rel=1e-4)
    again = band.spectral_element
    assert again.pivot().to_value(u.nm) == pytest.approx(band.pivot.value, rel=1e-4)


def test_an_element_with_an_area_brings_it_along():
    # What stsynphot.band() gives: a SpectralElement with ``area`` and ``obsmode``.
    element = SpectralElement(Box1D, amplitude=0.5, x_0=6000, width=500)
    element.area = 45238.93416 * u.cm**2
    element.obsmode = "acs,wfc1,f606w"
    band = as_bandpass(element)
    assert (band.area, band.name) == (45238.93416, "acs,wfc1,f606w")


@pytest.mark.parametrize(
    ("wavelength", "throughput", "message"),
    [
        ([500, 600], [0.5, 0.5], "three points"),
        ([500, 600, 550], [0.5, 0.5, 0.5], "increasing"),
        ([500, 550, 600], [0.5, 50.0, 0.5], "fractions"),
        ([500, 550, 600], [0.0, 0.0, 0.0], "not all"),
        ([500, 550, 600], [0.5, np.nan, 0.5], "fractions"),
    ],
)
def test_impossible_curves_are_refused(wavelength, throughput, message):
    with pytest.raises(ParameterError, match=message):
        Bandpass("", "bad", np.array(wavelength, float), np.array(throughput))


def test_a_band_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        BANDS["csst-msc", "r"].throughput[0] = 1.0


def test_a_band_is_found_by_the_instrument_as_headers_write_it():
    assert BANDS["ACS/WFC", "F814W"] is BANDS["acs-wfc", "F814W"]
    assert BANDS.of("WFC3/UVIS") == BANDS.of("wfc3-uvis")
