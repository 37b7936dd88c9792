"""Boxes of annotations: in shares or pixels from an image's corner, and in the pixels of the house.

Both COCO and YOLO count from the upper left corner of a picture: the left edge of its first pixel is at 0,
the right edge of the last at its width. In the house rows are counted from the bottom of a picture, and the
middle of the first pixel is at 0. The rows of FITS files, and of arrays, are counted from the first in both.
"""

import numpy as np
from astropy.table import QTable
from PIL import Image

from astroclassify.core import ReadError
from astroclassify.io import FRAME_SUFFIXES, read_frame
from astroclassify.metrics import EDGES

#: What begins the files of a mission's frames; all others are pictures.
_FITS = (".fits", ".fit", ".fts", ".gz", ".fz", ".bz2", ".asdf")


def is_image(path):
    """
    Tell by its name whether a file may be an image.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    bool
        Whether its suffix is one of those that are read.
    """
    return path.name.lower().endswith(tuple(FRAME_SUFFIXES))


def is_from_top(path):
    """
    Tell whether the rows of a file are counted from its top.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    bool
        False for a frame, True for a picture.
    """
    return path.suffix.lower() not in _FITS


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
    if not is_from_top(path):
        return read_frame(path).shape
    try:
        with Image.open(path) as picture:
            turned = picture.getexif().get(274, 1) >= 5  # orientations that swap rows and columns
            return picture.size if turned else picture.size[::-1]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ReadError(f"{path}: the picture cannot be read: {error}") from error


def checked_box(edges, where):
    """
    Refuse a box that cannot be one.

    Parameters
    ----------
    edges : array_like
        ``x_min``, ``x_max``, ``y_min``, ``y_max`` as shares of the image, 0 to 1.
    where : str
        What it is, to be told.

    Returns
    -------
    numpy.ndarray
        Its edges, cut at the image's.

    Raises
    ------
    ReadError
        If a number is not finite, it has no area, or its middle lies outside of the image.
    """
    edges = np.asarray(edges, dtype=float)
    x, y = edges[:2].mean(), edges[2:].mean()
    if not np.isfinite(edges).all() or edges[1] <= edges[0] or edges[3] <= edges[2]:
        raise ReadError(f"{where}; expected a box with a width and a height above 0")
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ReadError(f"{where}; expected a box whose middle lies in the image")
    return np.clip(edges, 0, 1)


def objects_of(names, shares, shape, *, from_top):
    """
    Make a table of boxes in the house's pixels.

    Parameters
    ----------
    names : sequence of str
        Class of each.
    shares : sequence of array_like
        Edges of each, from `checked_box`.
    shape : tuple of int
        Rows and columns of the image.
    from_top : bool
        Whether rows were counted from its top.

    Returns
    -------
    astropy.table.QTable
        ``class`` and edges, whatever the number of rows.
    """
    edges = np.reshape(shares, (-1, 4)) * np.repeat(shape[::-1], 2)
    edges = (turned(edges, shape) if from_top else edges) - 0.5
    table = QTable({"class": np.array(names, dtype=str) if len(names) else np.array([], dtype="U1")})
    for name, values in zip(EDGES, edges.T, strict=True):
        table[name] = values
    return table


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
