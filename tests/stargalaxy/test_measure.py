"""Sources are found, once each, and their fluxes, sizes and flags are right."""

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData
from astropy.table import QTable

from astroclassify.core import FrameError, FrameWarning, ParameterError
from astroclassify.stargalaxy import BAND_COLUMNS, FLAGS, SOURCE_COLUMNS, _measure, measure_sources
from astroclassify.stargalaxy._background import Background
from astroclassify.stargalaxy._detect import threshold

from .conftest import ZERO, frame_of, gaussians

MICROJANSKY = 10 ** (-0.4 * (ZERO - 23.9))


def _sorted(sample, grid):
    """Rows of the sources of the grid, in its order."""
    places = np.stack([sample.catalogue["y"], sample.catalogue["x"]], axis=1)
    return [int(np.hypot(*(places - source[:2]).T).argmin()) for source in grid]


def test_every_source_is_found_once_where_it_is(field, grid):
    found = measure_sources(field).catalogue
    assert len(found) == len(grid)
    rows = _sorted(measure_sources(field), grid)
    assert len(set(rows)) == len(grid)
    assert np.abs(found["y"][rows] - [s[0] for s in grid]).max() < 0.15
    assert np.abs(found["x"][rows] - [s[1] for s in grid]).max() < 0.15


def test_the_catalogue_has_its_columns_and_the_cutouts_their_shape(field, grid):
    sample = measure_sources(field)
    names = [f"{name}_{band}" for band in "gri" for name in BAND_COLUMNS]
    assert sample.catalogue.colnames == [*SOURCE_COLUMNS, *names, "sky_centroid"]
    assert sample.cutouts.shape == (len(grid), 3, 32, 32)
    assert sample.cutouts.dtype == np.float32
    assert sample.bands == ("g", "r", "i")


def test_fluxes_are_right_within_their_errors(grid):
    pulls = []
    for seed in range(4):
        found = measure_sources({"r": frame_of(gaussians(grid), seed)})
        rows = _sorted(found, grid)
        flux, error = found.catalogue["flux_r"].value[rows], found.catalogue["flux_err_r"].value[rows]
        pulls.append((flux - 8000 * MICROJANSKY) / error)
    pulls = np.concatenate(pulls)
    # An ellipse of a source's own size leaves a little of its light out.
    assert -1.0 < pulls.mean() < 0.3
    assert 0.7 < pulls.std() < 1.4


def test_one_ellipse_serves_all_bands_so_that_colours_are_right(field, grid):
    found = measure_sources(field).catalogue
    colour = (found["mag_g"] - found["mag_r"]).value
    assert np.median(colour) == pytest.approx(2.5 * np.log10(2), abs=0.02)


def test_wide_sources_are_measured_as_wide(field, grid):
    sample = measure_sources(field)
    rows = _sorted(sample, grid)
    found = sample.catalogue[rows]
    narrow, wide = found[:10], found[10:]
    pixel = sample.pixel_scale
    assert pixel == pytest.approx(0.074, rel=1e-3)
    assert np.median(wide["fwhm"].value) == pytest.approx(2.3548 * 2.2 * pixel, rel=0.1)
    # Of a Gaussian half of the light lies within 1.177 rms.
    assert np.median(wide["half_light_radius"].value) == pytest.approx(1.177 * 2.2 * pixel, rel=0.1)
    assert narrow["fwhm_r"].value.max() < wide["fwhm_r"].value.min()
    assert narrow["peak_over_flux"].min() > wide["peak_over_flux"].max()


def test_an_elongated_source_has_its_direction_and_axes():
    rows, columns = np.indices((100, 100))
    along, across = (columns - 50 + rows - 50) / np.sqrt(2), (rows - columns) / np.sqrt(2)
    image = 300 * np.exp(-0.5 * ((along / 4) ** 2 + (across / 2) ** 2))
    found = measure_sources({"r": frame_of(image, 1)}).catalogue[0]
    assert found["theta"].value == pytest.approx(np.pi / 4, abs=0.05)
    assert (found["a"] / found["b"]).value == pytest.approx(2, rel=0.12)
    assert found["ellipticity"] == pytest.approx(0.5, abs=0.06)


def test_what_is_too_faint_in_a_band_is_told_there(field):
    found = measure_sources(field).catalogue
    missed = found["snr_i"] < 3
    assert missed.any()
    assert ((found["flag_i"] & FLAGS["not detected"] > 0) == missed).all()
    assert not (found["flag"] & FLAGS["not detected"]).any()


def test_a_source_that_is_seen_in_one_band_only_is_found(grid):
    images = {band: frame_of(0 * gaussians(grid), seed) for seed, band in enumerate("ugr")}
    images["i"] = frame_of(gaussians(grid), 9)
    assert len(measure_sources(images)) == len(grid)


def test_noise_alone_has_next_to_no_sources():
    images = {band: frame_of(np.zeros((500, 500)), seed) for seed, band in enumerate("ugriz")}
    assert len(measure_sources(images)) <= 2


def test_the_threshold_of_one_band_is_that_of_a_gaussian():
    assert threshold(1, 4.0) == pytest.approx(16.0, rel=1e-3)
    assert threshold(7, 4.0) > threshold(2, 4.0) > 16.0


def test_sky_and_noise_are_measured_below_sources(grid):
    frame = frame_of(gaussians(grid), 3, sky=200.0)
    level, rms = Background.of(frame.data).at(slice(50, 60), slice(100, 110))
    assert level.mean() == pytest.approx(200, abs=0.6)
    assert rms.mean() == pytest.approx(np.sqrt(200 + 49), rel=0.03)


def test_a_slope_of_the_sky_is_followed():
    slope = np.linspace(0, 40, 512)[:, None] * np.ones(512)
    level, _ = Background.of(frame_of(slope, 4).data).at(slice(0, 512), slice(0, 512))
    assert np.abs(level - 60 - slope)[64:-64].max() < 1.5


def test_neighbours_are_divided_and_flagged():
    pair = [(60.0, 60.0, 9000.0, 1.0), (60.0, 66.5, 6000.0, 1.0), (60.0, 150.0, 9000.0, 1.0)]
    sample = measure_sources({"r": frame_of(gaussians(pair, (120, 200)), 2)})
    rows = _sorted(sample, pair)
    found = sample.catalogue[rows]
    assert list(found["flag"] & FLAGS["blended"] > 0) == [True, True, False]
    assert found["neighbour"].value[0] == pytest.approx(6.5 * 0.074, rel=0.1)
    # The neighbour's light is replaced by that of the other side.
    assert found["flux_r"].value[0] == pytest.approx(9000 * MICROJANSKY, rel=0.1)


def test_outskirts_of_a_large_galaxy_do_not_fall_apart_but_a_star_in_them_is_found():
    rows, columns = np.indices((400, 400))
    radius = np.hypot(rows - 200, columns - 200)
    image = 900 * np.exp(-radius / 22) + gaussians([(200.0, 290.0, 20000.0, 0.9)], (400, 400))
    found = measure_sources({band: frame_of(image, seed) for seed, band in enumerate("gri")}).catalogue
    places = np.stack([found["y"], found["x"]], axis=1)
    assert len(found) < 8
    for place in ((200, 200), (200, 290)):
        assert np.hypot(*(places - place).T).min() < 1.5


def test_full_pixels_masked_pixels_and_edges_are_flagged():
    places = [(50.0, 50.0), (50.0, 120.0), (50.0, 1.0), (50.0, 180.0)]
    frame = frame_of(gaussians([(*place, 9000.0, 1.2) for place in places], (100, 230)), 5, SATURATE=700.0)
    frame.data[50, 50] = 700.0
    frame.mask = frame.data >= 700.0
    frame.data[50, 53] = min(frame.data[50, 53], 600)
    frame.mask[:, 51:] &= False
    frame.mask[49, 121] = True
    found = measure_sources({"r": frame})
    rows = _sorted(found, places)
    flags = found.catalogue["flag_r"][rows]
    assert flags[0] & FLAGS["saturated"]
    assert flags[1] & FLAGS["masked"]
    assert [bool(flag & FLAGS["edge"]) for flag in flags] == [False, False, True, False]
    assert np.isnan(found.cutouts[rows[1], 0]).sum() == 1
    assert np.isnan(found.cutouts[rows[2], 0]).any()


def test_a_band_that_is_not_there_is_missing_not_zero(field, grid):
    field["i"].data[:] = np.nan
    sample = measure_sources(field)
    assert len(sample) == len(grid)
    assert (sample.catalogue["flag_i"] & FLAGS["missing"] > 0).all()
    assert np.isnan(sample.catalogue["flux_i"]).all()
    assert np.isnan(sample.cutouts[:, 2]).all()
    assert not (sample.catalogue["flag"] & FLAGS["missing"]).any()


def test_tiles_do_not_matter(field, grid, monkeypatch):
    whole = measure_sources(field).catalogue
    monkeypatch.setattr(_measure, "_TILE", 64)
    tiled = measure_sources(field).catalogue
    assert len(tiled) == len(whole)
    assert np.asarray(tiled["x"]) == pytest.approx(np.asarray(whole["x"]), abs=1e-3)
    assert tiled["flux_r"].value == pytest.approx(whole["flux_r"].value, rel=1e-3)


def test_ones_own_catalogue_is_measured_in_its_order(field, grid):
    own = QTable({"id": [7, 3], "x": [grid[12][1], grid[2][1]], "y": [grid[12][0], grid[2][0]]})
    sample = measure_sources(field, catalogue=own)
    assert list(sample.catalogue["id"]) == [7, 3]
    assert sample.catalogue["x"] == pytest.approx([grid[12][1], grid[2][1]], abs=0.15)


def test_a_catalogue_may_have_positions_on_the_sky(field, grid):
    found = measure_sources(field).catalogue
    again = measure_sources(field, catalogue=found["id", "sky_centroid"])
    assert np.asarray(again.catalogue["x"]) == pytest.approx(np.asarray(found["x"]), abs=0.05)


def test_places_where_nothing_is_have_no_flux(field):
    empty = measure_sources(field, catalogue=QTable({"x": [54.0], "y": [50.0]})).catalogue
    assert np.abs(empty["snr_r"][0]) < 4
    assert empty["area"][0] == 0


def test_a_single_frame_is_a_field_of_one_band(field):
    field["r"].meta["FILTER"] = "F606W"
    assert measure_sources(field["r"]).bands == ("F606W",)


def test_frames_of_hst_have_their_zero_point(grid):
    frame = frame_of(gaussians(grid), 1)
    del frame.meta["PHOTZP"]
    # ACS/WFC F606W: the published zero point is 26.49 for an electron per second.
    frame.meta.update(PHOTFLAM=7.86e-20, PHOTPLAM=5921.9, EXPTIME=100.0)
    found = measure_sources({"F606W": frame}).catalogue
    assert np.median(found["mag_F606W"].value) == pytest.approx(26.49 + 5 - 2.5 * np.log10(8000), abs=0.05)


def test_a_field_without_sources_has_an_empty_catalogue_with_all_columns():
    sample = measure_sources({"r": frame_of(np.zeros((64, 64)), 1)}, threshold=20)
    assert len(sample) == 0
    assert {"mag_r", "half_light_radius", "neighbour"} <= set(sample.catalogue.colnames)


def test_frames_of_different_shapes_are_refused(field):
    field["i"] = frame_of(np.zeros((10, 10)), 1)
    with pytest.raises(FrameError, match="align the frames first"):
        measure_sources(field)


@pytest.mark.parametrize(("wrong", "said"), [({"threshold": 0}, "sigma"), ({"cutout": 33}, "even")])
def test_parameters_out_of_range_are_refused(field, wrong, said):
    with pytest.raises(ParameterError, match=said):
        measure_sources(field, **wrong)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"ra": [1.0]}, "x and y"),
        ({"x": ["left"], "y": [5.0]}, "column x holds no numbers"),
        ({"x": [[1.0, 2.0]], "y": [[5.0, 6.0]]}, "axes"),
        ({"sky_centroid": [3.0]}, "expected a SkyCoord"),
        ({"ra": ["here"], "dec": [1.0]}, "column ra holds no angles"),
    ],
)
def test_a_catalogue_without_places_is_refused(field, columns, said):
    with pytest.raises(ParameterError, match=said):
        measure_sources(field, catalogue=QTable(columns))


def test_sources_outside_of_the_field_are_kept_and_flagged_as_not_observed(field, grid):
    own = QTable({"id": [4, 5, 6], "x": [1e4, grid[2][1], np.nan], "y": [5.0, grid[2][0], 5.0]})
    with pytest.warns(FrameWarning, match=r"2 of 3 .* \(rows 0, 2, from 0\)"):
        sample = measure_sources(field, catalogue=own)
    found = sample.catalogue
    assert list(found["id"]) == [4, 5, 6]
    assert list(found["flag"] & FLAGS["missing"] > 0) == [True, False, True]
    assert list(found["flag_r"] & FLAGS["missing"] > 0) == [True, False, True]
    assert np.isnan(found["flux_r"].value).tolist() == [True, False, True]
    assert found["x"][0] == 1e4
    assert np.isnan(sample.cutouts[[0, 2]]).all()


def test_a_catalogue_of_sources_all_outside_is_answered(field):
    with pytest.warns(FrameWarning, match="1 of 1"):
        assert len(measure_sources(field, catalogue=QTable({"x": [-40.0], "y": [5.0]})).catalogue) == 1


@pytest.mark.parametrize("names", [("ra", "dec"), ("RA", "DEC")])
def test_positions_in_degrees_are_positions(field, grid, names):
    found = measure_sources(field).catalogue[:3]
    own = QTable([found["sky_centroid"].ra.deg, found["sky_centroid"].dec.deg], names=names)
    again = measure_sources(field, catalogue=own).catalogue
    assert np.asarray(again["x"]) == pytest.approx(np.asarray(found["x"]), abs=0.05)


def test_bands_whose_world_coordinates_contradict_each_other_are_refused(field):
    field["i"].wcs.wcs.crpix += [3.0, 4.0]
    with pytest.raises(FrameError, match=r"'g' and 'i' are up to 5\.0 pixels apart"):
        measure_sources(field)


def test_bands_that_are_turned_are_refused(field):
    field["i"].wcs.wcs.cd = field["i"].wcs.wcs.cd @ [[0, 1], [-1, 0]]
    with pytest.raises(FrameError, match="align the frames"):
        measure_sources(field)


def test_some_bands_with_and_some_without_zero_points_are_refused(field):
    del field["i"].meta["PHOTZP"]
    with pytest.raises(FrameError, match="'i' have no zero point"):
        measure_sources(field)


def test_bands_without_zero_points_in_different_units_are_refused(field):
    for frame in field.values():
        del frame.meta["PHOTZP"]
    field["i"].unit = u.adu
    with pytest.raises(FrameError, match="expected one unit"):
        measure_sources(field)


def test_bands_in_units_of_flux_are_brought_together(grid):
    light, sky = gaussians(grid), np.random.default_rng(2).normal(0, 0.05, (220, 260))
    wcs = frame_of(light, 1).wcs
    pixel = ((0.074 * u.arcsec) ** 2).to_value(u.sr)
    images = {  # 8 uJy for each source
        "g": CCDData((light / 1000 + sky) * 1000, unit=u.nJy, wcs=wcs),
        "r": CCDData((light / 1000 + sky) * 1e-12 / pixel, unit=u.MJy / u.sr, wcs=wcs),
    }
    found = measure_sources(images).catalogue
    assert np.median(found["flux_g"].value) == pytest.approx(8, rel=0.05)
    assert np.median(found["flux_r"].value) == pytest.approx(8, rel=0.05)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 7.0])
def test_a_field_without_a_usable_pixel_is_refused(value):
    image = frame_of(np.zeros((64, 64)), 1)
    image.data[:] = value
    with pytest.raises(FrameError, match="no pixel of the bands r is usable"):
        measure_sources({"r": image})


def test_a_field_that_is_masked_everywhere_is_refused():
    image = frame_of(np.zeros((64, 64)), 1)
    image.mask = np.ones((64, 64), bool)
    with pytest.raises(FrameError, match="no pixel of the bands r is usable"):
        measure_sources({"r": image})


def test_what_is_no_frame_is_refused():
    with pytest.raises(ParameterError, match="expected a CCDData"):
        measure_sources({"r": "file.fits"})
    with pytest.raises(ParameterError, match="no images"):
        measure_sources({})
    with pytest.raises(ParameterError, match=r"shape \(5, 20, 30\)"):
        measure_sources({"r": CCDData(np.ones((5, 20, 30)), unit=u.adu)})


def test_frames_without_a_zero_point_count_in_their_own_units(grid):
    frame = CCDData(gaussians(grid) + np.random.default_rng(1).normal(0, 5, (220, 260)), unit=u.adu)
    found = measure_sources({"r": frame}).catalogue
    assert np.median(found["flux_r"].value) == pytest.approx(8000, rel=0.05)
