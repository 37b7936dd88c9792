"""The facade: any image to a table of objects, with their light, their place on the sky, and their names."""

import copy
import json
import pickle
import sys
from inspect import signature

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData
from astropy.table import QTable, Table, vstack
from astropy.wcs import WCS
from PIL import Image
from safetensors.torch import load_file, save_file

from astroclassify.core import (
    FrameError,
    FrameWarning,
    MissingWeightsError,
    ParameterError,
    UnknownNameError,
    conf,
)
from astroclassify.detect import (
    DETECTION_COLUMNS,
    DETECTORS,
    Detections,
    _again,
    _classes,
    _find,
    detect,
    load_image,
)
from astroclassify.detect._measure import measured


@pytest.fixture
def wcs():
    made = WCS(naxis=2)
    made.wcs.ctype, made.wcs.crval = ["RA---TAN", "DEC--TAN"], [202.4696, 47.1952]
    made.wcs.cdelt, made.wcs.crpix = [-1e-3, 1e-3], [60, 50]
    return made


@pytest.fixture
def on_sky(with_squares, wcs):
    """An image of 100 x 120 pixels of 3.6 arcseconds with a square where M51 is, and another."""
    image = with_squares((100, 120), [(35, 45, 30), (5, 100, 10)])
    return CCDData(image, unit="adu", wcs=wcs)


def test_boxes_have_light_size_sky_and_name(bright, on_sky):
    found = detect(on_sky, method=bright())
    assert tuple(found.colnames[:6]) == DETECTION_COLUMNS
    assert found["score"][0] > found["score"][1]
    assert found["flux"].unit == u.adu
    np.testing.assert_allclose(found["flux"].value, [100 * 30 * 30, 100 * 10 * 10])
    np.testing.assert_allclose(found["size"], [30, 10])
    np.testing.assert_allclose(found["width"].to_value("arcsec"), [108, 36], rtol=1e-3)
    assert list(found["name"]) == ["M51", ""]
    assert found["centre"][0].separation(on_sky.wcs.pixel_to_world(59.5, 49.5)) < 1 * u.arcsec


def test_objects_of_an_image_too_wide_for_a_catalogue_have_no_names(bright, on_sky):
    on_sky.wcs.wcs.cdelt = [-1.5, 1.5]
    with pytest.warns(FrameWarning, match="no object is named: the frame reaches"):
        found = detect(on_sky, method=bright())
    assert len(found) == 2
    assert not any(found["name"])


def test_a_score_is_one_after_the_second_look(bright, on_sky, monkeypatch):
    def one_box(image, *, least=0.1):
        rows = [("galaxy", 0.4, 9.5, 29.5, 9.5, 29.5)] if least <= 0.4 else None
        return QTable(rows=rows, names=DETECTION_COLUMNS, dtype=[str, *[float] * 5])

    def seen_again(second):
        def better(table, image, *, weights):
            table["score"] = np.sqrt(table["score"] * second)
            return table

        return better

    spec = bright(again=True)
    monkeypatch.setattr(sys.modules["a_bright_detector"], "find", one_box)
    monkeypatch.setattr(_find, "better_boxes", seen_again(0.9))  # 0.6
    assert [len(detect(on_sky, method=spec, least_score=least)) for least in (None, 0.5, 0.7)] == [1, 1, 0]
    monkeypatch.setattr(_find, "better_boxes", seen_again(0.01))  # 0.06
    assert [len(detect(on_sky, method=spec, least_score=least)) for least in (None, 0.05)] == [0, 1]


@pytest.fixture(scope="module")
def faint(tmp_path_factory):
    """Weights of a second look that are less sure of every box than the ones that ship."""
    path = tmp_path_factory.mktemp("again") / "boxnet.safetensors"
    state = {name: value.float() for name, value in load_file(_again.WEIGHTS).items()}
    state["told.bias"][4:] -= 3
    save_file(state, path)
    return path


def test_a_second_look_is_taken_with_other_weights_or_not_at_all(bright, on_sky, faint):
    spec = bright(again=True)
    found = {again: detect(on_sky, method=spec, again=again) for again in (True, False, faint)}
    plain = detect(on_sky, method=bright())
    assert found[False]["score"].tolist() == plain["score"].tolist()
    assert found[faint]["score"].max() < found[True]["score"].max()
    assert [each.meta["again"] for each in found.values()] == [True, False, str(faint)]
    assert "again" not in plain.meta


def test_without_a_second_look_a_least_score_is_the_methods_own(on_sky):
    assert detect(on_sky, method="starless", again=False, least_score=0.4).meta["options"]["least"] == 0.4
    assert detect(on_sky, method="starless", least_score=0.4).meta["options"]["least"] == pytest.approx(0.16)


def test_weights_of_a_second_look_are_used_or_refused(bright, on_sky, faint, tmp_path):
    with pytest.raises(ParameterError, match="no second look"):
        detect(on_sky, method=bright(), again=faint)
    with pytest.raises(MissingWeightsError, match="train-detector boxes"):
        detect(on_sky, method=bright(again=True), again=tmp_path / "none")


@pytest.mark.parametrize(("share", "named"), [(0.9, "nebula"), (0.6, "galaxy")])
def test_the_default_model_names_a_box_that_fills_half_of_the_image(monkeypatch, share, named):
    asked = []

    def shares_of(image, edges):
        asked.extend(edges)
        return np.tile([1 - share, share, 0.0], (len(edges), 1)) * 0.5  # half of it an empty field

    monkeypatch.setattr(_classes, "shares_of", shares_of)
    rows = [("galaxy", 0.5, 20.0, 70.0, 30.0, 80.0), ("galaxy", 0.4, 0.0, 49.0, 0.0, 49.0)]
    table = QTable(rows=rows, names=DETECTION_COLUMNS, dtype=[str, *[float] * 5])
    told = _classes.with_large_asked(table, np.zeros((100, 100), np.float32))
    assert [list(edges) for edges in asked] == [[20, 70, 30, 80]]  # 50 pixels are half, 49 are not
    assert list(told["class"]) == [named, "galaxy"]
    assert list(told["score"]) == [0.5, 0.4]


def test_a_box_of_a_class_of_its_own_keeps_it(monkeypatch):
    monkeypatch.setattr(_classes, "shares_of", None)  # not asked
    rows = [("comet", 0.5, 0.0, 90.0, 0.0, 90.0)]
    table = QTable(rows=rows, names=DETECTION_COLUMNS, dtype=[str, *[float] * 5])
    assert list(_classes.with_large_asked(table, np.zeros((100, 100)))["class"]) == ["comet"]


def test_the_class_of_a_large_box_is_asked_for_unless_told_not_to(monkeypatch, bright, on_sky, faint):
    monkeypatch.setattr(_find, "with_large_asked", lambda table, image: table[:0])
    spec = bright(again="class")
    assert [len(detect(on_sky, method=spec, again=again)) for again in (True, False)] == [0, 2]
    with pytest.raises(ParameterError, match="no second look by a file"):
        detect(on_sky, method=spec, again=faint)
    with pytest.raises(ParameterError, match="expected True, False or 'class'"):
        bright(again="edges")


@pytest.mark.parametrize("identify", [False, "none"])
def test_names_are_left_out_if_not_asked_for(bright, on_sky, identify):
    assert not any(detect(on_sky, method=bright(), identify=identify)["name"])


def test_an_unknown_catalogue_is_refused_also_where_nothing_is_named(bright):
    with pytest.raises(UnknownNameError, match="builtin"):
        detect(np.zeros((64, 64)), method=bright(), identify="buildin")


def test_a_score_below_what_a_method_leaves_out_is_asked_of_the_method(on_sky):
    asked = {"method": "segmentation", "identify": False}
    assert detect(on_sky, least_score=0.05, **asked).meta["options"]["least"] == 0.05
    assert detect(on_sky, **asked).meta["options"]["least"] == 0.1


def test_without_a_sky_there_are_no_columns_of_it(bright, on_sky):
    found = detect(on_sky.data, method=bright())
    assert found.wcs is None
    assert "centre" not in found.colnames


def test_an_empty_image_gives_an_empty_table_with_all_columns(bright):
    found = detect(np.zeros((64, 64)), method=bright())
    assert len(found) == 0
    assert {*DETECTION_COLUMNS, "flux", "size", "name"} <= set(found.colnames)


def test_what_was_not_observed_holds_no_object(bright, on_sky):
    masked = CCDData(on_sky, mask=np.zeros(on_sky.shape, bool))
    masked.mask[:20, 90:] = True
    masked.data[:20, 90:] = 1e6
    found = detect(masked, method=bright())
    assert len(found) == 1
    assert found["x_min"][0] == 44.5


@pytest.mark.parametrize("least", [0.6, 1.0])
def test_low_scores_are_left_out(bright, on_sky, least):
    assert all(detect(on_sky, method=bright(), least_score=least)["score"] >= least)


def test_options_go_to_the_method_and_others_are_refused(bright, on_sky):
    assert len(detect(on_sky, method=bright(), above=150.0)) == 0
    with pytest.raises(ParameterError, match="no option 'sharp'; its options are above"):
        detect(on_sky, method=bright(), sharp=True)


def test_an_unknown_method_is_told_with_those_that_there_are(on_sky):
    with pytest.raises(UnknownNameError, match="segmentation"):
        detect(on_sky, method="segmentatoin")


def test_part_of_a_table_is_drawn_on_the_same_picture(bright, on_sky):
    found = detect(on_sky, method=bright())
    part = found[found["score"] > 0.6]
    assert isinstance(part, Detections)
    assert part.picture is found.picture
    assert len(part.plot().patches) == len(part) == 1


def test_a_picture_of_colours_is_drawn_in_colours(bright, with_squares):
    colours = np.stack([with_squares((40, 50), [(10, 10, 9)])] * 3, axis=-1)
    found = detect(colours, method=bright(colour=True))
    assert found.picture.shape == (40, 50, 3)
    ax = found.plot()
    assert ax.get_title() == "1 object (bright)"
    assert ax.images[0].get_array().shape == (40, 50, 3)


def test_colours_become_luminance_for_a_detector_of_grey(bright, with_squares):
    red = np.zeros((40, 50, 3), np.float32)
    red[..., 0] = with_squares((40, 50), [(10, 10, 9)])
    assert len(detect(red, method=bright())) == 0  # 21 of 100 is below the level
    assert len(detect(red, method=bright(colour=True))) == 1


def test_regions_are_on_the_sky_or_in_pixels(bright, on_sky):
    found = detect(on_sky, method=bright())
    (first, second) = found.to_regions()
    assert first.meta["text"] == "M51"
    assert second.meta["text"] == "galaxy"
    assert first.center.separation(found["centre"][0]) < 0.1 * u.arcsec
    in_pixels = found.to_regions(sky=False)[0]
    assert (in_pixels.center.x, in_pixels.width) == (59.5, 30)
    with pytest.raises(FrameError, match="no celestial WCS"):
        detect(on_sky.data, method=bright()).to_regions(sky=True)


@pytest.mark.parametrize("kind", ["ecsv", "csv"])
def test_tables_come_back(bright, on_sky, tmp_path, kind):
    path = tmp_path / f"found.{kind}"
    found = detect(on_sky, method=bright())
    found.write(path)
    back = Table.read(path, format=f"ascii.{kind}")
    assert back["name"][0] == "M51"
    assert back["ra"][0] == pytest.approx(found["centre"][0].ra.deg)
    with pytest.raises(ParameterError, match="exists"):
        found.write(path)
    found.write(path, overwrite=True)


def test_what_is_read_again_is_drawn_and_written_as_before(bright, on_sky, tmp_path):
    found = detect(on_sky, method=bright(), above=30.0)
    found.meta["options"]["weights"] = tmp_path  # no form of a table holds a path
    found.write(tmp_path / "one.ecsv")
    back = Detections.read(tmp_path / "one.ecsv")
    assert (back.shape, back.meta["classes"]) == (found.shape, found.meta["classes"])
    assert back.wcs.to_header_string() == found.wcs.to_header_string()
    assert len(back.plot().patches) == 2
    for kind in ("json", "txt", "reg", "crtf"):
        for each, name in ((found, "first"), (back, "second")):
            each.write(tmp_path / f"{name}.{kind}")
        assert (tmp_path / f"first.{kind}").read_bytes() == (tmp_path / f"second.{kind}").read_bytes()


@pytest.mark.parametrize("kind", ["reg", "crtf"])
def test_regions_come_back_with_their_names(bright, on_sky, tmp_path, kind):
    regions = pytest.importorskip("regions")
    found = detect(on_sky, method=bright())
    found.write(tmp_path / f"found.{kind}")
    back = regions.Regions.read(tmp_path / f"found.{kind}", format={"reg": "ds9"}.get(kind, kind))
    for one, other in zip(back, found.to_regions(), strict=True):
        assert one.center.separation(other.center) < 0.01 * u.arcsec
        assert one.meta[{"reg": "text", "crtf": "label"}[kind]] == other.meta["text"]


@pytest.mark.parametrize(
    "kept",
    [copy.copy, copy.deepcopy, lambda found: found.copy(), lambda found: pickle.loads(pickle.dumps(found))],
)
def test_a_copy_has_the_picture(bright, on_sky, kept):
    found = detect(on_sky, method=bright())
    np.testing.assert_array_equal(kept(found).picture, found.picture)
    assert kept(found).shape == found.shape


def test_tables_of_one_image_are_stacked_and_those_of_several_are_refused(bright, on_sky):
    found = detect(on_sky, method=bright())
    other = detect(CCDData(on_sky.data[:90], unit="adu"), method=bright())
    both = vstack([found, found], metadata_conflicts="silent")
    assert len(both.plot().patches) == len(both.to_regions()) == 4
    with pytest.raises(FrameError, match="of one image"):
        vstack([found, other], metadata_conflicts="silent").to_regions()


def test_columns_that_are_needed_are_told(bright, on_sky):
    found = detect(on_sky, method=bright())
    assert len(found[list(DETECTION_COLUMNS)].to_regions()) == 2
    for wrong in (found["class", "score"], Detections()):
        for do in (Detections.to_regions, Detections.plot):
            with pytest.raises(FrameError, match="expected"):
                do(wrong)


def test_other_formats_of_astropy_can_be_written(bright, on_sky, tmp_path):
    detect(on_sky, method=bright()).write(tmp_path / "found.txt", format="ascii.basic")
    assert len(QTable.read(tmp_path / "found.txt", format="ascii.basic")) == 2


def test_pictures_and_regions_are_written(bright, on_sky, tmp_path):
    found = detect(on_sky, method=bright())
    for kind in ("png", "svg", "reg", "crtf"):
        found.write(tmp_path / f"found.{kind}")
    assert "M51" in (tmp_path / "found.reg").read_text()
    with Image.open(tmp_path / "found.png") as picture:
        assert picture.size[0] > 500
    with pytest.raises(FrameError, match="CASA"):
        detect(on_sky.data, method=bright()).write(tmp_path / "no_sky.crtf")


def test_a_picture_is_annotated_from_its_top(bright, with_squares, tmp_path):
    # The square is in the upper left corner of the picture: its first lines.
    Image.fromarray(with_squares((40, 60), [(2, 5, 10)]).astype(np.uint8)).save(tmp_path / "one.png")
    found = detect(tmp_path / "one.png", method=bright(), above=0.2)
    assert (found["y_min"][0], found["y_max"][0]) == (27.5, 37.5)  # rows are counted from the bottom
    found.write(tmp_path / "one.json")
    told = json.loads((tmp_path / "one.json").read_text())
    assert told["annotations"][0]["bbox"] == [5, 2, 10, 10]
    assert told["images"][0] == {"id": 1, "file_name": "one.png", "width": 60, "height": 40}
    found.write(tmp_path / "one.txt")
    number, x, y, width, height, _ = map(float, (tmp_path / "one.txt").read_text().split())
    np.testing.assert_allclose(
        [number, x, y, width, height], [0, 10 / 60, 7 / 40, 10 / 60, 10 / 40], atol=1e-6
    )


def test_every_built_in_detector_is_listed():
    assert {"heatmap", "segmentation", "starless", "xrai", "yolo"} <= set(DETECTORS)


@pytest.mark.parametrize("path", ["found.xyz", "found"])
def test_a_form_that_nobody_knows_is_told_with_those_that_there_are(bright, on_sky, tmp_path, path):
    with pytest.raises(ParameterError, match=r"\.ecsv"):
        detect(on_sky, method=bright()).write(tmp_path / path)


@pytest.mark.parametrize(
    ("method", "option"),
    [
        ("segmentation", {"sigma": -1}),
        ("segmentation", {"sigma": 0}),
        ("segmentation", {"least": 2}),
        ("starless", {"sigma": -1}),
        ("xrai", {"presence": 1.5}),
        ("heatmap", {"share": -0.1}),
        ("yolo", {"overlap": 7}),
    ],
)
def test_options_out_of_range_are_refused(on_sky, method, option):
    with pytest.raises(ParameterError, match=next(iter(option))):
        detect(on_sky, method=method, **option)


@pytest.mark.parametrize("method", list(DETECTORS))
def test_every_option_of_a_method_can_be_given(method):
    taken = set(signature(detect).parameters)
    assert not taken & set(DETECTORS[method].options())


def test_a_box_within_a_larger_object_has_no_negative_light():
    y, x = np.indices((120, 120))
    image = load_image(100 + 50 * (np.hypot(y - 60, x - 60) < 30) - 5 * (np.hypot(y - 60, x - 60) < 8))
    box = QTable(rows=[("galaxy", 0.9, 52.5, 67.5, 52.5, 67.5)], names=DETECTION_COLUMNS)
    assert measured(box, image)["flux"].value[0] == pytest.approx(45 * 225, rel=0.1)


@pytest.mark.parametrize("method", ["heatmap", "xrai"])
@pytest.mark.parametrize("shape", [(16, 640), (640, 16)])
def test_a_narrow_strip_is_searched(method, shape):
    image = np.random.default_rng(1).normal(100, 1, shape)
    options = {"steps": 1, "cells": 16} if method == "xrai" else {}
    found = detect(image, method=method, **options)
    assert set(DETECTION_COLUMNS) <= set(found.colnames)


def test_a_default_model_that_cannot_name_what_boxes_hold_is_refused():
    image = np.random.default_rng(1).normal(100, 1, (96, 96)).astype(np.float32)
    image[30:60, 30:60] += 50
    with (
        conf.set_temp("default_model", "resnet18-resize"),
        pytest.raises(ParameterError, match="star cluster"),
    ):
        detect(image, method="segmentation")


@pytest.mark.parametrize("gain", [1e-30, 1e25])
def test_the_flux_is_in_the_images_unit_whatever_its_size(gain):
    y, x = np.indices((96, 128))
    image = np.random.default_rng(1).normal(100, 1, y.shape)
    image += 100 * np.exp(-((x - 40) ** 2 + (y - 50) ** 2) / 300)
    alone, scaled = (detect(each, method="segmentation")["flux"].value for each in (image, image * gain))
    assert len(alone) == 1
    assert scaled / gain == pytest.approx(alone, rel=1e-4)
