"""Boxes of objects in the files that others use: COCO (one file of JSON) and YOLO (a text beside each image).

Both count from the upper left corner of a picture: the left edge of its first pixel is at 0, the right edge
of the last at its width. In the house rows are counted from the bottom of a picture, and the middle of the
first pixel is at 0. The rows of FITS files, and of arrays, are counted from the first in both.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from astropy.table import QTable
from PIL import Image

from astroclassify.core import ParameterError, ReadError, checked, rules
from astroclassify.detect._spec import EDGES
from astroclassify.detect._tiles import edges_of
from astroclassify.io import FRAME_SUFFIXES, read_frame

#: What begins the files of a mission's frames; all others are pictures.
_FITS = (".fits", ".fit", ".fts", ".gz", ".fz", ".bz2", ".asdf")


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """
    An image with the labelled boxes of its objects.

    Parameters
    ----------
    path : pathlib.Path
        Its file.
    shape : tuple of int
        Rows and columns.
    objects : astropy.table.QTable
        ``class`` and the edges of the box of each object, ``x_min``, ``x_max``, ``y_min`` and ``y_max``, in
        the pixels of `load_image`; empty where there is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astropy.table import QTable
    >>> from astroclassify.detect import AnnotatedImage
    >>> box = {"class": ["galaxy"], "x_min": [3.5], "x_max": [23.5], "y_min": [31.5], "y_max": [41.5]}
    >>> image = AnnotatedImage(Path("m51.png"), (48, 64), QTable(box))
    >>> image.path.name, len(image.objects)
    ('m51.png', 1)
    """

    path: Path
    shape: tuple[int, int]
    objects: QTable


@checked(
    path=rules.path,
    images=rules.optional(rules.path),
    classes=rules.optional(rules.several(rules.text)),
)
def read_annotations(path, *, images=None, classes=None):
    """
    Read annotations of images: those of COCO, or those of YOLO.

    Parameters
    ----------
    path : path-like
        A file of COCO (``.json``); or of YOLO a description (``.yaml``), or a folder of texts.
        For each image ``images/.../NAME.png`` the text is ``labels/.../NAME.txt``, or beside it.
    images : path-like, optional
        Folder of the images; by default where the annotations say, or beside them.
    classes : sequence of str, optional
        Names of YOLO's classes, in order; by default those of the description, or of ``classes.txt`` in the
        folder, else their numbers.

    Returns
    -------
    list of AnnotatedImage
        One for each image that is there, also those without objects.

    Raises
    ------
    ReadError
        If a file is not there, or not of one of these forms; the message says which and where.

    Examples
    --------
    >>> from astroclassify.detect import read_annotations
    >>> import json
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> coco = {
    ...     "images": [{"id": 1, "file_name": "m51.png", "width": 64, "height": 48}],
    ...     "categories": [{"id": 3, "name": "galaxy"}],
    ...     "annotations": [{"image_id": 1, "category_id": 3, "bbox": [4, 6, 20, 10]}],
    ... }
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("L", (64, 48)).save(Path(folder, "m51.png"))
    ...     _ = Path(folder, "coco.json").write_text(json.dumps(coco))
    ...     (labelled,) = read_annotations(Path(folder, "coco.json"))
    >>> print(labelled.path.name, labelled.objects["class"][0], labelled.objects["y_min"][0])
    m51.png galaxy 31.5
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        return _coco(path, Path(images) if images is not None else path.parent)
    if path.suffix.lower() in (".yaml", ".yml"):
        return _described(path, images, classes)
    if not path.is_dir():
        raise ReadError(f"{path}: expected a file of COCO (.json), or of YOLO a .yaml file or a folder")
    return _yolo(_images_in(Path(images) if images is not None else path), path, classes or _listed(path))


# YOLO ----------------------------------------------------------------------------------------


def _described(path, images, classes):
    """A data set that a file of YAML describes: names of classes, folders of its parts."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        names = told["names"]
    except (OSError, UnicodeError, yaml.YAMLError, TypeError, KeyError) as error:
        raise ReadError(
            f"{path}: expected a description of a data set of YOLO, with 'names': {error}"
        ) from error
    names = [names[n] for n in sorted(names)] if isinstance(names, dict) else names
    root = path.parent / str(told.get("path", ""))
    root = root if root.is_dir() else path.parent
    parts = [told[part] for part in ("train", "val", "test") if told.get(part)]
    folders = [root / str(each) for part in parts for each in (part if isinstance(part, list) else [part])]
    folders = [Path(images)] if images is not None else (folders or [root])
    found = [image for folder in folders for image in _images_in(folder)]
    return _yolo(found, None, classes or tuple(map(str, names)))


def _listed(folder):
    file = folder / "classes.txt"
    return file.read_text(encoding="utf-8").split("\n") if file.is_file() else ()


def _images_in(folder):
    if not folder.is_dir():
        raise ReadError(f"{folder}: there is no such folder of images")
    found = [path for path in folder.rglob("*") if path.name.lower().endswith(tuple(FRAME_SUFFIXES))]
    if not found:
        raise ReadError(f"{folder}: there is no image in this folder")
    return sorted(found)


def _yolo(images, labels, classes):
    return [_yolo_image(image, _text_of(image, labels), classes) for image in images]


def _text_of(image, labels):
    """Where the text of an image lies: the folder ``images`` is called ``labels``, or beside it."""
    name = image.with_suffix(".txt").name
    parts = ["labels" if part == "images" else part for part in image.parent.parts]
    places = [Path(*parts) / name, image.with_name(name)]
    places += [] if labels is None else [labels / name, labels / "labels" / name]
    return next((place for place in places if place.is_file()), None)


def _yolo_image(image, text, classes):
    shape = image_shape(image)
    lines = [] if text is None else text.read_text(encoding="utf-8").splitlines()
    rows = [
        _yolo_row(line, f"{text}, line {n}", shape, classes)
        for n, line in enumerate(lines, 1)
        if line.strip()
    ]
    return AnnotatedImage(image, shape, _objects(rows, shape, _is_from_top(image)))


def _yolo_row(line, where, shape, classes):
    """A line of YOLO: number of the class, middle, width and height as shares; or corners of an outline."""
    try:
        number, *numbers = line.split()
        number, numbers = int(float(number)), [float(each) for each in numbers]
        if len(numbers) >= 6 and len(numbers) % 2 == 0:
            x, y = numbers[::2], numbers[1::2]
            edges = np.array([min(x), max(x), min(y), max(y)])
        else:
            x, y, width, height = numbers[:4]
            edges = np.array([x - width / 2, x + width / 2, y - height / 2, y + height / 2])
    except ValueError as error:
        raise ReadError(f"{where}: {line!r:.60}; expected 'class x y width height'") from error
    if not (np.isfinite(edges).all() and edges.min() > -1 and edges.max() < 2 and number >= 0):
        raise ReadError(f"{where}: {line!r:.60}; expected numbers as shares of the image, 0 to 1")
    name = str(classes[number]).strip() if number < len(classes) else str(number)
    return name, *(edges * np.repeat(shape[::-1], 2))


# COCO ----------------------------------------------------------------------------------------


def _coco(path, folder):
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        names = {each["id"]: str(each["name"]) for each in told["categories"]}
        boxes = {each["id"]: [] for each in told["images"]}
        for each in told["annotations"]:
            x, y, width, height = (float(value) for value in each["bbox"])
            boxes[each["image_id"]].append((names[each["category_id"]], x, x + width, y, y + height))
        return [_coco_image(each, boxes[each["id"]], folder) for each in told["images"]]
    except (OSError, UnicodeError) as error:
        raise ReadError(f"{path}: the annotations cannot be read: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReadError(
            f"{path}: expected annotations of COCO: 'images', 'annotations' with 'bbox', 'categories' "
            f"({type(error).__name__}: {error})"
        ) from error


def _coco_image(told, rows, folder):
    file, shape = folder / str(told["file_name"]), (int(told["height"]), int(told["width"]))
    return AnnotatedImage(file, shape, _objects(rows, shape, _is_from_top(file)))


# Both ----------------------------------------------------------------------------------------


def image_shape(path):
    """
    Give the size of an image; of a picture no pixel is read.

    Parameters
    ----------
    path : pathlib.Path
        A picture or a FITS file of one frame.

    Returns
    -------
    tuple of int
        Rows and columns.

    Raises
    ------
    ReadError
        If it cannot be read.
    """
    if not _is_from_top(path):
        return read_frame(path).shape
    try:
        with Image.open(path) as picture:
            turned = picture.getexif().get(274, 1) >= 5  # orientations that swap rows and columns
            return picture.size if turned else picture.size[::-1]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ReadError(f"{path}: the picture cannot be read: {error}") from error


def _is_from_top(path):
    return path.suffix.lower() not in _FITS


def _objects(rows, shape, from_top):
    """A table of boxes in the house's pixels, cut at the image's edges."""
    table = QTable(rows=rows or None, names=("class", *EDGES), dtype=[str, *[float] * 4])
    edges = edges_of(table)
    edges = np.clip(turned(edges, shape) if from_top else edges, 0, np.repeat(shape[::-1], 2)) - 0.5
    for name, values in zip(EDGES, edges.T, strict=True):
        table[name] = values
    return table[(table["x_max"] > table["x_min"]) & (table["y_max"] > table["y_min"])]


def turned(edges, shape):
    """
    Count the rows of boxes from the other end of an image.

    Parameters
    ----------
    edges : numpy.ndarray
        ``[N, 4]``, where the image reaches from 0 to its size.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    numpy.ndarray
        ``[N, 4]``.
    """
    return np.stack([edges[:, 0], edges[:, 1], shape[0] - edges[:, 3], shape[0] - edges[:, 2]], axis=-1)


def _boxes(found):
    """Edges of detections as both forms count them: from 0, and in a picture from its top."""
    edges = edges_of(found) + 0.5
    return turned(edges, found.shape) if found.meta.get("from_top") else edges


def _class_names(many):
    names = [name for found in many for name in (*found.meta.get("classes", ()), *map(str, found["class"]))]
    return tuple(dict.fromkeys(names))


def yolo_text(many):
    """
    Write detections of one image as YOLO does, with scores.

    Parameters
    ----------
    many : sequence of Detections
        Those of the image; of several the lines follow each other.

    Returns
    -------
    str
        A line for each: number of the class in ``meta["classes"]``, middle, width and height as shares of the
        image, score.
    """
    names, lines = _class_names(many), []
    for found in many:
        for row, (x1, x2, y1, y2) in zip(found, _boxes(found) / np.repeat(found.shape[::-1], 2), strict=True):
            values = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, row["score"]
            lines.append(" ".join([str(names.index(row["class"])), *(f"{value:.6f}" for value in values)]))
    return "".join(f"{line}\n" for line in lines)


def coco_text(many: Sequence):
    """
    Write detections of images as one file of COCO, with scores.

    Parameters
    ----------
    many : sequence of Detections
        Of each image.

    Returns
    -------
    str
        JSON: images, annotations and categories.
    """
    if not many:
        raise ParameterError("there is no image whose detections could be written")
    names = _class_names(many)
    images, annotations = [], []
    for number, found in enumerate(many, start=1):
        rows, columns = found.shape
        file = str(found.meta.get("source", "")) or f"image{number}"
        images.append({"id": number, "file_name": file, "width": columns, "height": rows})
        for row, (x1, x2, y1, y2) in zip(found, np.round(_boxes(found), 3).tolist(), strict=True):
            box = [x1, y1, round(x2 - x1, 3), round(y2 - y1, 3)]
            annotations.append(
                {
                    **{"id": len(annotations) + 1, "image_id": number, "bbox": box, "iscrowd": 0},
                    **{"category_id": names.index(row["class"]) + 1, "area": round(box[2] * box[3], 3)},
                    "score": round(float(row["score"]), 4),
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(names, start=1)]
    told = {"images": images, "annotations": annotations, "categories": categories}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
