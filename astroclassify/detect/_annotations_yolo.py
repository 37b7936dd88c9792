"""Annotations of YOLO: a text beside each image, or in a folder ``labels`` beside the folder ``images``."""

import warnings
from pathlib import Path

import numpy as np
import yaml

from astroclassify.core import FrameWarning, ReadError
from astroclassify.detect._annotated_image import AnnotatedImage
from astroclassify.detect._boxes import checked_box, image_shape, is_from_top, is_image, objects_of

#: Files that name classes, a line for each; texts that are no labels.
_LISTS = ("classes.txt", "obj.names")


def read_described(path, images=None, classes=None):
    """
    Read a data set that a file of YAML describes: names of classes, folders or lists of its parts.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    images : path-like, optional
        Folder of the images, in place of those that it names.
    classes : sequence of str, optional
        Names in place of its own.

    Returns
    -------
    list of AnnotatedImage
        One for each image.

    Raises
    ------
    ReadError
        If something is not as it should be.
    """
    told, names = _described(path)
    root = path.parent / str(told.get("path") or "")
    root = root if root.is_dir() else path.parent
    parts = [told[part] for part in ("train", "val", "test") if told.get(part)]
    places = [root / str(each) for part in parts for each in (part if isinstance(part, list) else [part])]
    places = [Path(images)] if images is not None else (places or [root])
    found = [image for place in places for image in _images_of(place, path.parent)]
    return _annotated(list(dict.fromkeys(found)), None, dict(enumerate(classes)) if classes else names)


def _described(path):
    """What a description says, and the names of classes by number."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        names = told["names"]
        names = names if isinstance(names, dict) else dict(enumerate(_list(names)))
        return told, {int(number): str(name) for number, name in names.items()}
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError, OverflowError, RecursionError) as error:
        raise ReadError(
            f"{path}: expected a description of a data set of YOLO, with 'names', a list or numbers with "
            f"names: {error}"
        ) from error


def _list(names):
    if not isinstance(names, list):
        raise TypeError(f"'names' is {names!r}")
    return names


def read_folder(path, images=None, classes=None):
    """
    Read a folder of texts, with images beside them.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    images : path-like, optional
        Folder of the images.
    classes : sequence of str, optional
        Names of the classes.

    Returns
    -------
    list of AnnotatedImage
        One for each image.

    Raises
    ------
    ReadError
        If something is not as it should be.
    """
    names = dict(enumerate(classes)) if classes else _listed(path)
    return _annotated(_images_in(Path(images) if images is not None else path), path, names)


def _listed(folder):
    """Names of the classes by number, as a file in the folder, or in that of its labels, says; or none."""
    for file in [folder / part / name for part in ("", "labels") for name in _LISTS]:
        if file.is_file():
            return dict(enumerate(line.strip() for line in _text(file).strip().splitlines()))
    described = [each for kind in ("*.yaml", "*.yml") for each in sorted(folder.glob(kind))]
    return _described(described[0])[1] if len(described) == 1 else {}


def _text(file):
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ReadError(f"{file}: the text cannot be read: {error}") from error


def _images_of(place, beside):
    """Images of a part: a folder, or a file that lists them; ``../`` before it is what some tools write."""
    if not place.exists() and ".." in place.parts:
        place = beside.joinpath(*place.parts[len(place.parts) - place.parts[::-1].index("..") :])
    if not place.is_file():
        return _images_in(place)
    listed = [Path(line.strip()) for line in _text(place).splitlines() if line.strip()]
    found = [each if each.is_absolute() else place.parent / each for each in listed]
    missing = next((each for each in found if not each.is_file()), None)
    if missing or not found:
        raise ReadError(f"{place}: {'there is no ' + str(missing) if missing else 'it lists no image'}")
    return found


def _images_in(folder):
    if not folder.is_dir():
        raise ReadError(f"{folder}: there is no such folder of images")
    found = sorted(path for path in folder.rglob("*") if is_image(path))
    if not found:
        raise ReadError(f"{folder}: there is no image in this folder; if they are elsewhere, give images=")
    return found


def _annotated(images, labels, names):
    texts = [_text_of(image, labels) for image in images]
    if not any(texts):
        raise ReadError(
            f"none of {len(images)} images, first {images[0]}, has a text of YOLO: labels/.../NAME.txt for "
            "images/.../NAME.png, or beside it"
        )
    _warn_of_lonely(texts)
    return [_image(image, text, names) for image, text in zip(images, texts, strict=True)]


def _warn_of_lonely(texts):
    """Say if there are texts whose images are missing."""
    known = {text for text in texts if text is not None}
    folders = {text.parent for text in known}
    there = {text for folder in folders for text in folder.glob("*.txt") if text.name not in _LISTS}
    lonely = sorted(text for text in there - known if _is_label(text))
    if lonely:
        warnings.warn(f"{len(lonely)} texts have no image, first {lonely[0]}", FrameWarning, 2)


def _is_label(text):
    """Tell whether a text begins like one of YOLO: with a number."""
    with text.open("rb") as file:
        return file.read(1).isdigit()


def _text_of(image, labels):
    """Where the text of an image lies: the last folder ``images`` is called ``labels``, or beside it."""
    name, parts = image.with_suffix(".txt").name, list(image.parent.parts)
    places = [image.with_name(name)]
    if "images" in parts:
        parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
        places.insert(0, Path(*parts) / name)
    places += [] if labels is None else [labels / name, labels / "labels" / name]
    return next((place for place in places if place.is_file()), None)


def _image(image, text, names):
    lines = [] if text is None else _text(text).splitlines()
    boxes = [_box(line, f"{text}, line {n}", names) for n, line in enumerate(lines, 1) if line.strip()]
    shape = image_shape(image)
    classes, shares = [name for name, _ in boxes], [edges for _, edges in boxes]
    return AnnotatedImage(image, shape, objects_of(classes, shares, shape, from_top=is_from_top(image)))


def _box(line, where, names):
    """A line of YOLO: number of the class, middle, width and height as shares; or corners of an outline."""
    said = f"{where}: {line!r:.60}"
    try:
        number, *numbers = map(float, line.split())
        if len(numbers) >= 6 and len(numbers) % 2 == 0:
            x, y = numbers[::2], numbers[1::2]
            edges = np.array([min(x), max(x), min(y), max(y)])
        else:
            x, y, width, height = numbers[:4]
            edges = np.array([x - width / 2, x + width / 2, y - height / 2, y + height / 2])
    except ValueError as error:
        raise ReadError(f"{said}; expected 'class x y width height'") from error
    if number < 0 or number != int(number if np.isfinite(number) else -1):
        raise ReadError(f"{said}; expected the number of a class, 0, 1, ...")
    if names and not names.get(int(number)):
        known = ", ".join(f"{n} {name}" for n, name in names.items())
        raise ReadError(f"{said}; the class {int(number)} has no name; there are {known}")
    return names.get(int(number), str(int(number))), checked_box(edges, said)
