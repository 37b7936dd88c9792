"""Annotations of COCO and YOLO are read as they are written, and errors say where they are."""

import json

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.detect import coco_text, detect, read_annotations
from astroclassify.metrics import box_edges


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
    np.testing.assert_allclose(box_edges(first.objects), box_edges(found[0]), atol=1e-3)


def test_what_is_written_for_coco_is_read_again(pictures, found):
    (pictures / "all.json").write_text(coco_text(found))
    first, second = read_annotations(pictures / "all.json", images=pictures / "images")
    assert (first.shape, len(second.objects)) == ((40, 60), 0)
    np.testing.assert_allclose(box_edges(first.objects), box_edges(found[0]), atol=1e-3)


def test_pycocotools_takes_what_is_written(pictures, found, capsys):
    coco = pytest.importorskip("pycocotools.coco")
    (pictures / "all.json").write_text(coco_text(found))
    told = coco.COCO(str(pictures / "all.json"))
    assert len(told.getAnnIds()) == 2
    assert told.loadCats(1)[0]["name"] == "galaxy"


def test_a_description_names_classes_and_folders(pictures):
    (pictures / "images" / "a.txt").write_text("1 0.5 0.5 0.2 0.1\n\n0 0.1 0.1 0.1 0.1 0.9\n")
    (pictures / "data.yaml").write_text("path: .\ntrain: images\nnames: {0: star cluster, 1: nebula}\n")
    assert read_annotations(pictures, images=pictures / "images")[0].objects["class"][0] == "nebula"
    first, _ = read_annotations(pictures / "data.yaml")
    assert list(first.objects["class"]) == ["nebula", "star cluster"]
    # The middle of 60 x 40 pixels; rows are counted from the bottom, and pixel 0 is centred at 0.
    np.testing.assert_allclose(box_edges(first.objects)[0], [23.5, 35.5, 17.5, 21.5])


def test_outlines_become_boxes_and_boxes_end_at_the_image(pictures):
    (pictures / "images" / "a.txt").write_text("0 0.1 0.2 0.3 0.2 0.2 0.5\n0 0.95 0.5 0.2 0.2")
    first, _ = read_annotations(pictures / "images")
    np.testing.assert_allclose(box_edges(first.objects)[0], [5.5, 17.5, 19.5, 31.5])
    assert box_edges(first.objects)[1][1] == 59.5


def test_rows_of_fits_files_are_counted_as_they_are(tmp_path):
    fits.writeto(tmp_path / "a.fits", np.ones((40, 60), np.float32))
    (tmp_path / "a.txt").write_text("0 0.5 0.1 0.2 0.2")
    (only,) = read_annotations(tmp_path)
    np.testing.assert_allclose(box_edges(only.objects)[0], [23.5, 35.5, -0.5, 7.5])


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
        pytest.param("deep.json", "[" * 100_000, id="deep JSON"),
        pytest.param("deep.yaml", "[" * 5_000, id="deep YAML"),
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


LINE = "0 0.5 0.5 0.1 0.1\n"


@pytest.mark.parametrize("part", ["../images", "list.txt", "images", ["images"]])
def test_parts_are_folders_or_lists_of_images(pictures, part):
    (pictures / "images" / "a.txt").write_text(LINE)
    (pictures / "list.txt").write_text("./images/a.png\nimages/b.png\n")
    (pictures / "data.yaml").write_text(json.dumps({"names": ["galaxy"], "train": part}))
    assert [len(each.objects) for each in read_annotations(pictures / "data.yaml")] == [1, 0]


def test_only_the_last_folder_of_images_is_one_of_labels(tmp_path):
    for part in ("images/set/images", "images/set/labels"):
        (tmp_path / part).mkdir(parents=True)
    Image.new("L", (60, 40)).save(tmp_path / "images/set/images/a.png")
    (tmp_path / "images/set/labels/a.txt").write_text(LINE)
    assert len(read_annotations(tmp_path / "images" / "set")[0].objects) == 1


def test_texts_of_windows_are_read(pictures):
    (pictures / "images" / "a.txt").write_bytes(b"\xef\xbb\xbf" + LINE.strip().encode() + b"\r\n")
    (pictures / "images" / "classes.txt").write_bytes(b"galaxy\r\n")
    assert list(read_annotations(pictures / "images")[0].objects["class"]) == ["galaxy"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 0.5 0.5 -0.1 0.1", "above 0"),
        ("0 0.5 0.5 0 0.1", "above 0"),
        ("0 1.5 0.5 0.1 0.1", "in the image"),
        ("1.5 0.5 0.5 0.1 0.1", "number of a class"),
        ("1 0.5 0.5 0.1 0.1", "the class 1 has no name; there are 0 galaxy"),
    ],
)
def test_a_box_that_cannot_be_is_told_and_not_left_out(pictures, line, told):
    (pictures / "images" / "a.txt").write_text(line)
    with pytest.raises(ReadError, match=rf"a\.txt, line 1.*{told}"):
        read_annotations(pictures / "images", classes=["galaxy"])


@pytest.mark.parametrize("name", ["a.txt", "classes.txt"])
def test_a_text_that_is_none_is_told(pictures, name):
    (pictures / "images" / "a.txt").write_text(LINE)
    (pictures / "images" / name).write_bytes(b"\xff\xfe\x81")
    with pytest.raises(ReadError, match=name):
        read_annotations(pictures / "images")


@pytest.mark.parametrize("names", ["3", "galaxy", "{0: galaxy, a: nebula}", "{.inf: galaxy}"])
def test_names_that_are_no_list_are_told(pictures, names):
    (pictures / "data.yaml").write_text(f"train: images\nnames: {names}\n")
    with pytest.raises(ReadError, match="'names'"):
        read_annotations(pictures / "data.yaml")


def test_images_without_any_label_are_refused(pictures):
    with pytest.raises(ReadError, match="none of 2 images"):
        read_annotations(pictures / "images")


def test_labels_whose_images_are_missing_are_told(pictures):
    for name in "ac":
        (pictures / "images" / f"{name}.txt").write_text(LINE)
    with pytest.warns(FrameWarning, match=r"1 texts have no image, first .*c\.txt"):
        assert len(read_annotations(pictures / "images")) == 2


def coco_of(folder, **changes):
    told = {
        "images": [
            {"id": n, "file_name": f"{name}.png", "width": 60, "height": 40} for n, name in enumerate("ab")
        ],
        "categories": [{"id": 1, "name": "galaxy"}],
        "annotations": [{"id": 7, "image_id": 0, "category_id": 1, "bbox": [1, 2, 3, 4]}],
    }
    (folder / "all.json").write_text(json.dumps(told | changes))
    return folder / "all.json"


def test_images_of_coco_that_are_missing_are_told(pictures):
    assert len(read_annotations(coco_of(pictures))) == 2  # in the folder images beside it
    (pictures / "images" / "b.png").unlink()
    with pytest.warns(FrameWarning, match=r"1 of 2 images are not there, first b\.png"):
        assert len(read_annotations(coco_of(pictures))) == 1
    (pictures / "images" / "a.png").unlink()
    with pytest.raises(ReadError, match="none of its 2 images"):
        read_annotations(coco_of(pictures))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"annotations": [{"image_id": 0, "category_id": 1, "bbox": [5, 2, -3, 4]}]},
            "annotation 1.*above 0",
        ),
        ({"annotations": [{"image_id": 0, "category_id": 1, "bbox": [500, 2, 3, 4]}]}, "in the image"),
        ({"annotations": [{"image_id": 0, "category_id": 9, "bbox": [5, 2, 3, 4]}]}, "category 9"),
        ({"annotations": [{"image_id": 5, "category_id": 1, "bbox": [5, 2, 3, 4]}]}, "image 5"),
        (
            {"images": [{"id": 0, "file_name": "a.png", "width": 30, "height": 20}]},
            "60 x 40 pixels, and 30 x 20",
        ),
        (
            {"images": [{"id": 0, "file_name": name} for name in ("a.png", "b.png")]},
            "images have the same 'id'",
        ),
        (
            {"categories": [{"id": 1, "name": name} for name in ("galaxy", "nebula")]},
            "categories .* same 'id'",
        ),
        ({"images": [{"id": [0], "file_name": "a.png"}]}, "unhashable"),
        ({"annotations": [{"image_id": [0], "category_id": 1, "bbox": [1, 2, 3, 4]}]}, "unhashable"),
        ({"annotations": [{"image_id": 0, "category_id": {}, "bbox": [1, 2, 3, 4]}]}, "unhashable"),
        ({"annotations": [{"image_id": 0, "category_id": 1, "bbox": [10**400, 2, 3, 4]}]}, "too large"),
        ({"images": [{"id": 0, "file_name": "a" * 5000}]}, "too long"),
    ],
)
def test_what_is_wrong_in_coco_is_told_with_its_place(pictures, changes, told):
    with pytest.raises(ReadError, match=rf"all\.json.*{told}" if "30" not in told else told):
        read_annotations(coco_of(pictures, **changes))


def test_classes_are_none_of_coco(pictures):
    with pytest.raises(ParameterError, match="leave them out"):
        read_annotations(coco_of(pictures), classes=["galaxy"])


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
