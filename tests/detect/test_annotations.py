"""Annotations of COCO and YOLO are read as they are written, and errors say where they are."""

import json

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from astroclassify.core import ParameterError, ReadError
from astroclassify.detect import coco_text, detect, read_annotations
from astroclassify.detect._tiles import edges_of


@pytest.fixture
def pictures(tmp_path, with_squares):
    """Two pictures of 40 x 60 pixels: one with two squares, one with none."""
    (tmp_path / "images").mkdir()
    for name, squares in (("a", [(2, 5, 10), (20, 40, 6)]), ("b", [])):
        Image.fromarray(with_squares((40, 60), squares).astype(np.uint8)).save(
            tmp_path / "images" / f"{name}.png"
        )
    return tmp_path


@pytest.fixture
def found(pictures, bright):
    return [detect(pictures / "images" / f"{name}.png", method=bright(), above=0.2) for name in "ab"]


def test_what_is_written_for_yolo_is_read_again(pictures, found):
    (pictures / "labels").mkdir()
    found[0].write(pictures / "labels" / "a.txt")
    first, second = read_annotations(pictures, classes=("galaxy",))
    assert (first.path.name, first.shape, len(second.objects)) == ("a.png", (40, 60), 0)
    assert list(first.objects["class"]) == ["galaxy", "galaxy"]
    np.testing.assert_allclose(edges_of(first.objects), edges_of(found[0]), atol=1e-3)


def test_what_is_written_for_coco_is_read_again(pictures, found):
    (pictures / "all.json").write_text(coco_text(found))
    first, second = read_annotations(pictures / "all.json", images=pictures / "images")
    assert (first.shape, len(second.objects)) == ((40, 60), 0)
    np.testing.assert_allclose(edges_of(first.objects), edges_of(found[0]), atol=1e-3)


def test_pycocotools_takes_what_is_written(pictures, found, capsys):
    coco = pytest.importorskip("pycocotools.coco")
    (pictures / "all.json").write_text(coco_text(found))
    told = coco.COCO(str(pictures / "all.json"))
    assert len(told.getAnnIds()) == 2
    assert told.loadCats(1)[0]["name"] == "galaxy"


def test_a_description_names_classes_and_folders(pictures):
    (pictures / "images" / "a.txt").write_text("1 0.5 0.5 0.2 0.1\n\n0 0.1 0.1 0.1 0.1 0.9\n")
    (pictures / "data.yaml").write_text("path: .\ntrain: images\nnames: {0: star cluster, 1: nebula}\n")
    first, _ = read_annotations(pictures / "data.yaml")
    assert list(first.objects["class"]) == ["nebula", "star cluster"]
    # The middle of 60 x 40 pixels; rows are counted from the bottom, and pixel 0 is centred at 0.
    np.testing.assert_allclose(edges_of(first.objects)[0], [23.5, 35.5, 17.5, 21.5])


def test_outlines_become_boxes_and_boxes_end_at_the_image(pictures):
    (pictures / "images" / "a.txt").write_text("0 0.1 0.2 0.3 0.2 0.2 0.5\n0 0.95 0.5 0.2 0.2")
    first, _ = read_annotations(pictures / "images")
    np.testing.assert_allclose(edges_of(first.objects)[0], [5.5, 17.5, 19.5, 31.5])
    assert edges_of(first.objects)[1][1] == 59.5


def test_rows_of_fits_files_are_counted_as_they_are(tmp_path):
    fits.writeto(tmp_path / "a.fits", np.ones((40, 60), np.float32))
    (tmp_path / "a.txt").write_text("0 0.5 0.1 0.2 0.2")
    (only,) = read_annotations(tmp_path)
    np.testing.assert_allclose(edges_of(only.objects)[0], [23.5, 35.5, -0.5, 7.5])


@pytest.mark.parametrize(
    "line", ["0 0.5 0.5 0.2", "galaxy 0.5 0.5 0.1 0.1", "0 40 20 10 10", "0 nan 0.5 0.1 0.1"]
)
def test_a_broken_line_is_told_with_its_place(pictures, line):
    (pictures / "images" / "a.txt").write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n")
    with pytest.raises(ReadError, match=r"a\.txt, line 2"):
        read_annotations(pictures / "images")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no.json", None),
        ("no.json", "{"),
        ("no.json", '{"images": []}'),
        ("no.json", json.dumps({"images": [{"id": 1}], "annotations": [], "categories": []})),
        ("data.yaml", "train: images"),
        ("data.yaml", "names: [a\n"),
        ("data.yaml", "names: [a]\ntrain: nowhere"),
        ("nowhere", None),
    ],
)
def test_what_is_no_annotation_is_refused(tmp_path, name, text):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ReadError, match=name if "nowhere" not in str(text) else "nowhere"):
        read_annotations(tmp_path / name)


def test_of_no_image_nothing_can_be_written():
    with pytest.raises(ParameterError):
        coco_text([])


@pytest.mark.parametrize("path", [None, 3])
def test_annotations_are_in_a_file(path):
    with pytest.raises(ParameterError, match="expected a path"):
        read_annotations(path)


def test_images_of_one_name_have_files_of_their_own_in_coco(found):
    for number, each in enumerate(found, start=1):
        each.meta["source"] = f"night{number}/m31.png"
    names = [image["file_name"] for image in json.loads(coco_text(found))["images"]]
    assert names == ["night1/m31.png", "night2/m31.png"]
