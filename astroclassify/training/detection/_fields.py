"""Where a detector's training fields come from: drawn bodies, real ones of pictures, labelled images."""

import logging
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from astropy.table import QTable
from PIL import Image

from astroclassify.core import FrameError, ParameterError, ReadError, fingerprint, progress_bar
from astroclassify.detect import load_image, read_annotations, with_classes
from astroclassify.io import read_colours
from astroclassify.metrics import EDGES, box_edges
from astroclassify.simulate import WIDE_CLASSES, from_image, labelled_pictures, wide_field
from astroclassify.training._pictures import held_out

logger = logging.getLogger(__name__)

#: What a class is called that the default model is to say.
_BY_MODEL = "model"
#: Part of a labelled box that a square cut out of an image must show.
_KEPT = 0.5
#: Pictures are shrunk to so many pixels a side: fields show them smaller.
_LARGEST = 512


def field_source(pictures=None, *, held=False, side=608):
    """
    Make a source of fields.

    Parameters
    ----------
    pictures : path-like, optional
        A folder of labelled pictures; see `~astroclassify.simulate.labelled_pictures`. Half of the bodies are
        real ones then.
    held : bool, default False
        Show those that are held out of training, or all others.
    side : int, default 608
        Rows and columns of a field.

    Returns
    -------
    callable
        ``source(rng)`` gives a `~astroclassify.simulate.WideField`.
    """
    bodies = () if pictures is None else picture_bodies(pictures, held=held)
    return partial(wide_field, shape=(side, side), pictures=bodies, starless=False)


def picture_bodies(folder, *, held, progress=None):
    """
    Make bodies of labelled pictures.

    Parameters
    ----------
    folder : path-like
        As of `field_source`.
    held : bool
        Those held out of training, or all others.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    tuple of PictureBody
        Of the classes that a detector finds; stars taken out and made points. Pictures that are known as
        ``nsc`` only, and those of which nothing is left, are not among them.

    Raises
    ------
    ParameterError
        If there is none.
    """
    known = [picture for picture in labelled_pictures(folder) if picture.label in WIDE_CLASSES]
    out, bodies = held_out(known), []
    chosen = [picture for picture in known if (picture.body in out) is held]
    for picture in progress_bar(chosen, progress=progress, description="pictures"):
        try:
            bodies.append(_body(picture))
        except FrameError:
            continue
    if not bodies:
        raise ParameterError(
            f"{folder}: of {len(known)} pictures of a {', '.join(WIDE_CLASSES)}, none is there to be "
            f"{'held out' if held else 'learnt from'}; expected several objects of a class: a fifth of them, "
            "at least one, is held out"
        )
    return tuple(bodies)


def _body(picture):
    planes, _, _ = read_colours(picture.path)
    colours = np.repeat(planes, 3 // len(planes), axis=0)
    page = Image.fromarray(np.round(255 * np.moveaxis(colours, 0, -1)).astype(np.uint8))
    page.thumbnail((_LARGEST, _LARGEST))
    settings = {"angular_size": 600.0, "magnitude": 10.0, "label": picture.label, "stars": "separate"}
    body = from_image(np.array(page), **settings, seed=int(fingerprint(picture.body)[:6], 16))
    return replace(body, name=picture.body)


@dataclass(frozen=True, eq=False)
class LabelledField:
    """
    A square of an image that somebody has labelled.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]`` or ``[y, x, 3]``.
    objects : astropy.table.QTable
        ``class``, edges of the boxes in its pixels, and ``snr``, which nobody knows: NaN.
    """

    image: np.ndarray
    objects: QTable


def annotated_source(path, *, images=None, renamed=None, side=608):
    """
    Make a source of squares cut out of labelled images.

    Parameters
    ----------
    path : path-like
        Annotations of COCO or YOLO; see `~astroclassify.detect.read_annotations`.
    images : path-like, optional
        Folder of the images; by default where the annotations say.
    renamed : mapping of str to str, optional
        What classes of other names are here: one of ``simulate.WIDE_CLASSES``, or ``"model"``, of boxes whose
        class the default model is to say.
    side : int, default 608
        Rows and columns of a square; smaller images are surrounded by their median.

    Returns
    -------
    callable
        ``source(rng)`` gives a `LabelledField`.

    Raises
    ------
    ParameterError
        If a class is none of ``simulate.WIDE_CLASSES``, or nothing is labelled.
    """
    labelled, renamed = read_annotations(path, images=images), dict(renamed or {})
    there = {str(name) for each in labelled for name in each.objects["class"]}
    names = {name: renamed.get(name, name) for name in there}
    unknown = sorted(name for name, new in names.items() if new not in (*WIDE_CLASSES, _BY_MODEL))
    if unknown or not there:
        raise ParameterError(
            f"{path}: {len(labelled)} images, with the classes {unknown}; expected some boxes, and "
            f"the classes {', '.join(WIDE_CLASSES)}: rename others, as in --rename dso=galaxy, or "
            f"--rename dso={_BY_MODEL}, to have the default model say what each is"
        )
    labelled = [replace(each, objects=_named(each.objects, names)) for each in labelled]
    return partial(_square, labelled, side)


def _named(objects, names):
    objects = objects.copy()
    objects["class"] = np.array([names[str(name)] for name in objects["class"]], dtype="U16")
    return objects


def _by_model(image, objects):
    """Have the default model say what boxes are whose class is not known."""
    asked = np.flatnonzero(np.asarray(objects["class"]) == _BY_MODEL)
    edges = box_edges(objects)
    for n in asked:
        (told,) = with_classes(image.grey, edges[[n]], np.ones(1))
        objects["class"][n] = told["class"]
    return objects


def _loaded(labelled, rng):
    """One of the images and its objects; those that turn out to be damaged are taken from the list."""
    while labelled:
        number = int(rng.integers(len(labelled)))
        try:
            return load_image(labelled[number].path), labelled[number].objects
        except (ReadError, FrameError, OSError) as error:
            logger.warning("%s is left out: %s", labelled[number].path, error)
            del labelled[number]
    raise ReadError("none of the labelled images can be read; the messages before this one say why")


def _square(labelled, side, rng):
    loaded, objects = _loaded(labelled, rng)
    image, objects = loaded.values, _by_model(loaded, objects)
    top, left = (int(rng.integers(max(n - side, 0) + 1)) for n in image.shape[:2])
    part = image[top : top + side, left : left + side]
    missing = [(0, side - n) for n in part.shape[:2]] + [(0, 0)] * (image.ndim - 2)
    part = np.pad(part, missing, constant_values=float(np.median(part)))
    return LabelledField(part, _cut(objects, (top, left), side))


def _cut(objects, corner, side):
    """Objects of which enough is shown, in the square's pixels, the largest first."""
    low = np.array([corner[1], corner[1], corner[0], corner[0]])
    whole = box_edges(objects) - low
    shown = np.clip(whole, -0.5, side - 0.5)
    areas = [(each[:, 1] - each[:, 0]) * (each[:, 3] - each[:, 2]) for each in (shown, whole)]
    kept = np.flatnonzero(areas[0] > _KEPT * areas[1])
    kept = kept[np.argsort(-areas[0][kept], kind="stable")]
    table = QTable({"class": np.asarray(objects["class"]).astype(str)[kept]})
    for name, column in zip(EDGES, shown[kept].T, strict=True):
        table[name] = column
    table["snr"] = np.full(len(kept), np.nan)
    return table
