"""Annotations of COCO: one file of JSON for all images."""

import json
import warnings
from pathlib import Path

from astroclassify.core import FrameWarning, ReadError
from astroclassify.detect._annotated_image import AnnotatedImage
from astroclassify.detect._boxes import checked_box, image_shape, is_from_top, objects_of


def read_coco(path, images=None):
    """
    Read a file of COCO.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    images : path-like, optional
        Folder of the images.

    Returns
    -------
    list of AnnotatedImage
        One for each image that is there.

    Raises
    ------
    ReadError
        If it is no such file, or no image is there.
    """
    told, names = _told(path)
    folders = [Path(images)] if images is not None else [path.parent, path.parent / "images"]
    boxes = {each["id"]: [] for each in told["images"]}
    for kind, known in (("images", boxes), ("categories", names)):
        if len(known) < len(told[kind]):
            raise ReadError(f"{path}: two {kind} have the same 'id'")
    for number, each in enumerate(told["annotations"], start=1):
        where = f"{path}: annotation {each.get('id', number)}"
        if each["image_id"] not in boxes:
            raise ReadError(f"{where} is of the image {each['image_id']!r}, which is not among 'images'")
        if each["category_id"] not in names:
            raise ReadError(
                f"{where} is of the category {each['category_id']!r}, which is not among 'categories'"
            )
        boxes[each["image_id"]].append((names[each["category_id"]], each["bbox"], where))
    files = {each["id"]: _found(str(each["file_name"]), folders) for each in told["images"]}
    missing = [str(each["file_name"]) for each in told["images"] if files[each["id"]] is None]
    if len(missing) == len(files):
        raise ReadError(
            f"{path}: none of its {len(files)} images is in {folders[0]}"
            + (f"; the first is {missing[0]}. Say where they are: images=" if missing else "")
        )
    if missing:
        warnings.warn(
            f"{path}: {len(missing)} of {len(files)} images are not there, first {missing[0]}",
            FrameWarning,
            2,
        )
    return [
        _image(files[each["id"]], each, boxes[each["id"]], path)
        for each in told["images"]
        if files[each["id"]]
    ]


def _told(path):
    """What a file says, and the names of its categories by number."""
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
        names = {each["id"]: str(each["name"]) for each in told["categories"]}
        for each in told["images"]:
            hash(each["id"]), each["file_name"]
        for each in told["annotations"]:
            hash(each["image_id"]), hash(each["category_id"])
            each["bbox"] = [float(value) for value in each["bbox"]]
            _x, _y, _width, _height = each["bbox"]
        return told, names
    except (OSError, UnicodeError) as error:
        raise ReadError(f"{path}: the annotations cannot be read: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ReadError(
            f"{path}: expected annotations of COCO: 'images', 'annotations' with 'bbox', 'categories' "
            f"({type(error).__name__}: {error})"
        ) from error


def _found(name, folders):
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _image(file, told, boxes, path):
    rows, columns = shape = image_shape(file)
    said = told.get("height", rows), told.get("width", columns)
    if said != shape:
        raise ReadError(
            f"{file}: the image has {columns} x {rows} pixels, and {said[1]} x {said[0]} in {path}: "
            "the boxes are not of this image"
        )
    shares = [
        checked_box(
            [x / columns, (x + width) / columns, y / rows, (y + height) / rows],
            f"{where} has the bbox {[x, y, width, height]}",
        )
        for _, (x, y, width, height), where in boxes
    ]
    return AnnotatedImage(
        file, shape, objects_of([name for name, *_ in boxes], shares, shape, from_top=is_from_top(file))
    )
