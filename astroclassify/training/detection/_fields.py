"""Where a detector's training fields come from: drawn bodies, and real ones of labelled pictures."""

from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image

from astroclassify.core import FrameError, fingerprint, progress_bar
from astroclassify.io import read_colours
from astroclassify.simulate import WIDE_CLASSES, from_image, labelled_pictures, wide_field
from astroclassify.training._pictures import held_out

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
    """
    known = [picture for picture in labelled_pictures(folder) if picture.label in WIDE_CLASSES]
    out, bodies = held_out(known), []
    chosen = [picture for picture in known if (picture.body in out) is held]
    for picture in progress_bar(chosen, progress=progress, description="pictures"):
        try:
            bodies.append(_body(picture))
        except FrameError:
            continue
    return tuple(bodies)


def _body(picture):
    planes, _, _ = read_colours(picture.path)
    colours = np.repeat(planes, 3 // len(planes), axis=0)
    page = Image.fromarray(np.round(255 * np.moveaxis(colours, 0, -1)).astype(np.uint8))
    page.thumbnail((_LARGEST, _LARGEST))
    settings = {"angular_size": 600.0, "magnitude": 10.0, "label": picture.label, "stars": "separate"}
    body = from_image(np.array(page), **settings, seed=int(fingerprint(picture.body)[:6], 16))
    return replace(body, name=picture.body)
