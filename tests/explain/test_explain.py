"""The facade: regions on the sky, files, pictures, and errors that say what to do."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.table import QTable

from astroclassify.core import FrameError, ParameterError, UnknownNameError
from astroclassify.explain import EXPLAINERS, Explanation, explain
from astroclassify.explain._regions import outlines
from astroclassify.models import build_model
from astroclassify.simulate import random_frames


@pytest.fixture
def why(brightness, spot):
    return explain(spot, model=brightness, method="integrated-gradients", target="galaxy")


def test_the_region_is_where_the_light_is_in_pixels_and_on_the_sky(why, spot):
    (region,) = why.regions
    assert (abs(region["x"] - 21.5), abs(region["y"] - 41.5)) < (2, 2)
    assert region["x_min"] < 20 < 23 < region["x_max"]
    assert region["y_min"] < 40 < 43 < region["y_max"]
    assert region["position"].separation(spot.wcs.pixel_to_world(21.5, 41.5)).arcsec < 0.1
    width = 0.036 * (region["x_max"] - region["x_min"])
    assert region["width"].to_value("arcsec") == pytest.approx(width, rel=0.01)
    assert region["share"] >= 0.5
    assert why.labels.max() == 1


def test_the_target_is_what_the_answer_leans_to_and_can_be_the_other():
    frame = random_frames(7, kind="spiral")[0].array
    one = explain(frame)
    assert one.target == one.answer.leaning
    assert np.array_equal(one.map.data, one.answer.evidence.data if one.answer.evidence else one.map.data)
    other = explain(frame, target={"galaxy": "nsc", "nsc": "galaxy"}[one.target])
    assert np.allclose(other.map.data, -one.map.data)


@pytest.mark.parametrize("target", ["galaxy", "nsc"])
@pytest.mark.parametrize("cut", [0, 40])
def test_the_evidence_and_its_offset_are_the_log_odds_of_the_answer(target, cut):
    frame = random_frames(7, kind="spiral", shape=(160, 200))[0].array.astype(float)
    frame[:cut] = np.nan  # the network sees the rest
    why = explain(frame, target=target)
    chances = {**why.answer.probabilities}
    odds = np.log(chances["galaxy"] / (chances["nebula"] + chances["star cluster"]))
    summed = why.map.data.sum(dtype=float) + why.meta["offset"]
    assert summed == pytest.approx(odds if target == "galaxy" else -odds, abs=1e-4)
    shares = np.array([chances["nebula"], chances["star cluster"]])
    shares /= shares.sum()
    bias = dict(zip(why.answer.probabilities, build_model("patchnet").calibration.bias, strict=True))
    of_nsc = shares @ ([bias["nebula"], bias["star cluster"]] - np.log(shares))
    offset = bias["galaxy"] - of_nsc
    assert why.meta["offset"] == pytest.approx(offset if target == "galaxy" else -offset, abs=2e-3)


def test_a_frame_without_a_wcs_has_no_sky(brightness, spot):
    why = explain(spot.data, model=brightness, method="integrated-gradients", target="galaxy")
    assert why.wcs is None
    assert "position" not in why.regions.colnames
    assert type(why.to_regions()[0]).__name__ == "PolygonPixelRegion"


def test_nothing_that_speaks_for_the_target_is_no_region(brightness, spot, tmp_path):
    why = explain(spot, model=brightness, method="integrated-gradients", target="nsc")
    assert len(why.regions) == 0
    assert why.labels.max() == 0
    for suffix in ("fits", "reg", "png", "ecsv"):
        why.write(tmp_path / f"none.{suffix}")
    assert "0 regions" in str(why)
    assert why._repr_html_()


def test_a_larger_share_takes_a_larger_area():
    frame = random_frames(7, kind="spiral")[0].array
    areas = [explain(frame, share=share).regions["area"].sum() for share in (0.3, 0.6, 0.9)]
    assert areas[0] < areas[1] < areas[2]


def test_the_area_curve_rises_from_nothing_to_all(why):
    curve = why.area_curve()
    for name in ("area", "share"):
        assert (curve[name][0], curve[name][-1]) == (0, pytest.approx(1))
        assert np.all(np.diff(curve[name]) >= -1e-12)
    assert np.all(curve["share"] >= curve["area"] - 1e-12)


@pytest.mark.parametrize(("suffix", "format"), [("reg", "ds9"), ("crtf", "crtf")])
def test_regions_written_are_read_again_where_they_were(why, tmp_path, suffix, format):
    regions = pytest.importorskip("regions")
    why.write(tmp_path / f"why.{suffix}")
    (region,) = regions.Regions.read(tmp_path / f"why.{suffix}", format=format)
    assert region.contains(SkyCoord(why.regions["position"][0]), why.wcs)
    assert not region.contains(why.wcs.pixel_to_world(80, 10), why.wcs)


@pytest.mark.parametrize(
    ("labels", "number"),
    [
        ([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], 2),  # parts that touch at a corner
        ([[0, 0, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]], 3),
        ([[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], 1),  # open at a corner, thus no hole
    ],
)
def test_the_outlines_of_a_region_enclose_all_of_its_cells(labels, number):
    regions = pytest.importorskip("regions")
    labels = np.array(labels)
    (parts,) = outlines(labels, (40, 40))
    assert len(parts) == number
    y, x = np.mgrid[:4, :4] * 10 + 4.5
    cells = regions.PixCoord(x, y)
    inside = [regions.PolygonPixelRegion(regions.PixCoord(*each)).contains(cells) for each in parts]
    assert np.array_equal(np.sum(inside, axis=0), labels)


def test_regions_on_the_sky_need_a_celestial_wcs(brightness, spot, tmp_path):
    why = explain(spot.data, model=brightness, method="integrated-gradients", target="galaxy")
    with pytest.raises(FrameError, match=r"no celestial WCS.*\.reg"):
        why.write(tmp_path / "x.crtf")
    with pytest.raises(FrameError, match="sky=False"):
        why.to_regions(sky=True)
    why.write(tmp_path / "x.reg")
    with pytest.raises(ParameterError, match="path is None; expected a path"):
        why.write(None)


def test_regions_in_pixels_go_to_fits(why, tmp_path):
    regions = pytest.importorskip("regions")
    why.to_regions(sky=False).write(tmp_path / "why.fits", format="fits")
    (region,) = regions.Regions.read(tmp_path / "why.fits", format="fits")
    assert region.contains(regions.PixCoord(21.5, 41.5))


def test_the_fits_file_has_the_answer_the_map_on_the_sky_and_the_table(why, tmp_path):
    why.write(tmp_path / "why.fits")
    with fits.open(tmp_path / "why.fits") as hdus:
        assert hdus[0].header["ACTARGET"] == "galaxy"
        assert hdus[0].header["ACMETHOD"] == "integrated-gradients"
        assert hdus["REGIONS"].data["position_ra"][0] == pytest.approx(why.regions["position"].ra.deg[0])
        assert np.array_equal(hdus["LABELS"].data, why.labels)
    heat = CCDData.read(tmp_path / "why.fits", hdu="MAP")
    assert np.array_equal(heat.data, why.map.data)
    assert heat.wcs.pixel_to_world(0, 0).separation(why.map.wcs.pixel_to_world(0, 0)).arcsec < 1e-6


def test_the_table_keeps_positions(why, tmp_path):
    why.write(tmp_path / "why.ecsv")
    table = QTable.read(tmp_path / "why.ecsv")
    assert table["position"][0].separation(why.regions["position"][0]).arcsec < 1e-6


def test_files_are_not_overwritten_unless_asked_for_and_suffixes_are_known(why, tmp_path):
    why.write(tmp_path / "why.ecsv")
    with pytest.raises(ParameterError, match="overwrite=True"):
        why.write(tmp_path / "why.ecsv")
    why.write(tmp_path / "why.ecsv", overwrite=True)
    with pytest.raises(ParameterError, match=r"'.doc'.*\.fits"):
        why.write(tmp_path / "why.doc")


def test_pictures_are_drawn_on_axes_and_on_the_sky(why):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure = pyplot.figure()
    plain = why.plot(figure.add_subplot(1, 2, 1))
    sky = why.plot(figure.add_subplot(1, 2, 2, projection=why.wcs))
    assert plain.get_xlabel() == "x [pixel]"
    assert plain.get_xlim() == sky.get_xlim() == (-0.5, 95.5)
    assert {text.get_text() for text in plain.texts} >= {"1", "N", "E"}
    figure.canvas.draw()
    pyplot.close(figure)


def test_a_notebook_shows_picture_and_table(why):
    html = why._repr_html_()
    assert "data:image/png" in html
    assert "speaks for galaxy" in html
    assert "<table" in html


def test_it_says_in_words_where_the_evidence_lies(why):
    assert str(why).startswith("what speaks for galaxy, by integrated-gradients: ")
    assert repr(why) == "<Explanation by 'integrated-gradients' for 'galaxy', 1 region>"


def test_provenance_says_how_it_was_made(why):
    assert why.meta["options"] == {"baseline": "sky", "steps": 16, "flips": None, "smooth": 1 / 80}
    assert why.meta["steps"] == 16
    assert why.meta["shape"] == (64, 96)
    assert why.meta["weights_sha256"] == "no file"


def test_a_file_is_explained(tmp_path):
    frame = random_frames(7, kind="spiral", shape=(128, 128))[0].array
    fits.writeto(tmp_path / "one.fits", frame)
    assert isinstance(explain(tmp_path / "one.fits"), Explanation)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "lime"}, UnknownNameError, "lime"),
        ({"method": ["evidence"]}, UnknownNameError, "no explainer is named"),
        ({"share": 0}, ParameterError, "share is 0"),
        ({"share": "abc"}, ParameterError, "share is 'abc'; expected"),
        ({"share": None}, ParameterError, "share is None"),
        ({"method": "xrai", "side": 0}, ParameterError, "side is 0"),
        ({"method": "xrai", "side": "a"}, ParameterError, "side is 'a'"),
        ({"method": "xrai", "baseline": ["sky"]}, ParameterError, "baseline is"),
        ({"method": "occlusion", "baseline": ["sky"]}, ParameterError, "baseline is"),
        ({"method": "integrated-gradients", "flips": "no"}, ParameterError, "flips is 'no'"),
        ({"method": "evidence", "flips": "no"}, ParameterError, "flips is 'no'"),
        ({"method": "grad-cam++", "layer": 3}, ParameterError, "layer is 3"),
        ({"method": "pix2pix", "fast_map": 3}, ParameterError, "fast_map is 3"),
        ({"method": "evidence", "self": 3}, ParameterError, "no option 'self'"),
        ({"target": "field"}, ParameterError, "one of 'galaxy', 'nsc', 'object'"),
        ({"steps": 3}, ParameterError, "no option 'steps'"),
        ({"method": "evidence"}, ParameterError, "gives no evidence of its own"),
        ({"chip": 2}, ParameterError, "has no chip number"),
    ],
)
def test_what_cannot_be_explained_is_refused(brightness, spot, options, error, message):
    with pytest.raises(error, match=message):
        explain(spot, model=brightness, **options)


def test_a_mask_does_not_move_the_map(brightness, spot):
    masked = CCDData(spot.data, unit="adu", wcs=spot.wcs, mask=np.zeros(spot.shape, bool))
    masked.mask[:, 60:] = True
    why = explain(masked, model=brightness, method="integrated-gradients", target="galaxy")
    assert (abs(why.regions["x"][0] - 21.5), abs(why.regions["y"][0] - 41.5)) < (3, 3)
    assert why.map.data[:, -8:].max() == 0


def test_a_letterboxed_frame_is_explained_where_it_is(brightness):
    pixels = np.zeros((96, 96), dtype=np.float32)  # the planes are 32 x 48: sky left and right of it
    pixels[60:66, 12:18] = 50
    heat = EXPLAINERS["integrated-gradients"].explain(brightness, pixels, target="galaxy")
    y, x = np.unravel_index(heat.data.argmax(), heat.data.shape)
    size = np.divide(pixels.shape, heat.data.shape)
    assert abs((y + 0.5) * size[0] - 63) < 3
    assert abs((x + 0.5) * size[1] - 15) < 3
