"""What networks see of sources: any bands, no NaN, and the width of a point from the sources themselves."""

from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from astroclassify.core import ParameterError
from astroclassify.stargalaxy import (
    BAND_MEASURES,
    SOURCE_MEASURES,
    SURVEY_BANDS,
    band_roles,
    point_widths,
    sample_of_catalogue,
    source_inputs,
)
from astroclassify.stargalaxy._inputs import prepared
from astroclassify.testing import difficult_samples


@pytest.fixture
def sample():
    return difficult_samples(number=60)["ordinary"]


@pytest.mark.parametrize("kind", difficult_samples())
def test_inputs_are_finite_whatever_the_sample(kind):
    sample = difficult_samples()[kind]
    inputs = source_inputs(sample)
    assert all(one.dtype == np.float32 and np.isfinite(one).all() for one in tuple(inputs))
    assert inputs.cutouts.shape == (len(sample), 7, 32, 32)
    assert inputs.bands.shape[1:] == (7, len(BAND_MEASURES))
    assert inputs.source.shape[1:] == (len(SOURCE_MEASURES),)


def test_cutouts_are_in_units_of_the_noise(sample):
    corners = source_inputs(sample).cutouts[:, :, :4, :4]
    assert corners.std() == pytest.approx(1, abs=0.05)


def test_the_unit_of_the_pixels_does_not_matter(sample):
    catalogue = sample.catalogue.copy()
    for band in sample.bands:
        catalogue[f"noise_{band}"] *= 1000
    brighter = replace(sample, cutouts=sample.cutouts * 1000, catalogue=catalogue)
    np.testing.assert_allclose(
        source_inputs(brighter).cutouts, source_inputs(sample).cutouts, rtol=1e-4, atol=1e-5
    )


def test_a_missing_band_is_zero_everywhere():
    sample = difficult_samples(number=60)["missing bands"]
    inputs = source_inputs(sample)
    missing = inputs.bands[:, :, 0] == 0
    assert missing.any()
    assert not missing.all(axis=1).any()
    assert not inputs.bands[missing].any()
    assert not inputs.cutouts[missing].any()


def test_the_order_of_the_bands_does_not_matter(sample):
    turned = replace(sample, bands=sample.bands[::-1], cutouts=sample.cutouts[:, ::-1])
    for one, other in zip(tuple(source_inputs(sample)), tuple(source_inputs(turned)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_the_width_of_a_point_is_that_of_the_narrow_sources(sample):
    # Every second source is a point of 0.15 arcsec, the others are three times wider.
    widths = point_widths(sample, "i")
    assert widths == pytest.approx(np.full(60, 0.15))


def test_points_are_told_field_by_field(sample):
    catalogue = sample.catalogue.copy()
    catalogue["field"] = np.arange(60) // 30
    catalogue["fwhm_i"][30:] *= 1.5
    assert point_widths(replace(sample, catalogue=catalogue), "i")[[0, 59]] == pytest.approx([0.15, 0.225])


def test_one_narrow_source_among_many_is_no_point(sample):
    # A hot pixel, or noise, may be narrower than anything that went through the optics.
    sample.catalogue["fwhm_i"][0] = 0.02 * u.arcsec
    assert point_widths(sample, "i")[0] == pytest.approx(0.15)


def test_without_bright_sources_no_width_is_known(sample):
    sample.catalogue["snr_i"][:] = 5
    assert np.isnan(point_widths(sample, "i")).all()


def test_parts_of_a_sample_know_the_points_of_the_whole(sample):
    part = prepared(sample)[:1]
    assert point_widths(part, "i") == pytest.approx([0.15])


def test_bands_of_other_cameras_stand_for_those_that_are_near():
    assert band_roles(["F275W", "F606W", "F814W"]) == {"NUV": "F275W", "r": "F606W", "i": "F814W"}


def test_a_band_stands_for_one_band_only():
    assert band_roles(["g", "F475W"]) == {"g": "g"}


def test_a_far_infrared_band_stands_for_none():
    assert band_roles(["F444W", "what"]) == {}


@pytest.mark.parametrize("bands", [None, 3, "gri", [3]])
def test_bands_are_a_sequence_of_names(bands):
    with pytest.raises(ParameterError, match="bands"):
        band_roles(bands)


def test_a_sample_without_any_known_band_is_refused(sample):
    strange = replace(sample, bands=tuple(f"band {i}" for i in range(7)))
    with pytest.raises(ParameterError, match="expected some of NUV, u, g"):
        source_inputs(strange)


def test_a_catalogue_alone_makes_inputs_without_pixels():
    table = QTable({"mag_g": [22.0, 23.0], "mag_err_g": [0.1, 0.1], "mag_F814W": [21.0, np.nan]})
    inputs = source_inputs(sample_of_catalogue(table))
    assert not inputs.cutouts.any()
    assert inputs.bands[:, SURVEY_BANDS.index("i"), 0].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("mag_i", [20.0] * u.Jy, "column mag_i has the unit Jy; expected AB magnitudes"),
        ("mag_i", [20.0] * u.STmag, "expected AB magnitudes"),
        ("fwhm", [3.0] * u.pix, "column fwhm has the unit pix; expected a unit like arcsec"),
        ("fwhm", ["wide"], "column fwhm holds"),
        ("snr_g", [[1.0, 2.0]], r"column snr_g holds float64 of the shape \(1, 2\)"),
        ("dec", [95.0], "ra and dec are no positions"),
    ],
)
def test_a_catalogue_column_of_another_kind_is_refused(name, values, said):
    with pytest.raises(ParameterError, match=said):
        sample_of_catalogue(QTable({"mag_g": [20.0], "ra": [10.0], "dec": [5.0]} | {name: values}))


def test_columns_of_a_catalogue_are_converted_to_our_units():
    table = QTable({"mag_i": [20.0] * u.ABmag, "fwhm": [0.002] * u.arcmin})
    catalogue = sample_of_catalogue(table).catalogue
    assert catalogue["mag_i"].unit == u.mag
    assert catalogue["fwhm"].to_value() == pytest.approx([0.12])


@pytest.mark.parametrize("blank", [99.0, -99.0, 99.99])
def test_the_number_that_stands_for_no_magnitude_is_none(blank):
    sample = sample_of_catalogue(QTable({"mag_g": [20.0, 21.0], "mag_i": [blank, 20.5]}))
    there = source_inputs(sample).bands[:, SURVEY_BANDS.index("i"), 0]
    assert there.tolist() == [0, 1]


def test_a_catalogue_without_magnitudes_is_refused():
    with pytest.raises(ParameterError, match="expected magnitudes such as mag_i"):
        sample_of_catalogue(QTable({"size": [1.0]}))
