"""Reader of a picture's colours: one plane of grey, or red, green and blue, as stored.

A frame is one plane (`read_frames` gives the luminance); whoever needs the colours asks here.
"""

import warnings

import numpy as np

from astroclassify.core import FrameWarning
from astroclassify.io._images import decoded


def read_colours(path):
    """
    Read the planes of a picture.

    Parameters
    ----------
    path : path-like or binary file object
        A PNG, JPEG, TIFF, WebP or AVIF picture. Palettes, CMYK and other colour spaces become red, green and
        blue.

    Returns
    -------
    planes : numpy.ndarray
        As stored, float32, ``[1, y, x]`` or ``[3, y, x]`` (red, green, blue); row 0 is the picture's bottom
        line. Integers are divided by the largest of their type; 32-bit integers and floats are kept.
    usable : numpy.ndarray
        bool, ``[y, x]``: False where the picture is wholly transparent or not finite.
    stretched : bool
        Whether the values are integers of 8 or 16 bits, as those of a picture to be looked at.

    Raises
    ------
    ReadError
        If the file is no whole picture of these formats, or so large that it may be a decompression bomb.

    Warns
    -----
    FrameWarning
        If the file has several pages, of which only the first is read.

    Examples
    --------
    >>> import numpy as np
    >>> from PIL import Image
    >>> from astroclassify.io import read_colours
    >>> path = getfixture("tmp_path") / "red.png"
    >>> Image.fromarray(np.full((4, 6, 3), (255, 0, 0), np.uint8)).save(path)
    >>> planes, usable, stretched = read_colours(path)
    >>> planes.shape, planes[:, 0, 0].tolist(), stretched
    ((3, 4, 6), [1.0, 0.0, 0.0], True)
    """
    picture = decoded(path, str(path))
    if picture.pages > 1:
        warnings.warn(f"{path}: the file has {picture.pages} pages; only the first is read", FrameWarning, 2)
    planes, stretched = _scaled(np.atleast_3d(picture.values))
    planes = np.moveaxis(planes, -1, 0)
    usable = np.ones(planes.shape[1:], bool) if picture.transparent is None else ~picture.transparent
    planes = np.ascontiguousarray(planes[:, ::-1])
    return planes, usable[::-1] & np.isfinite(planes).all(axis=0), stretched


def _scaled(values):
    """Floats of 0 to 1 from integers of 8 or 16 bits; Pillow opens 16-bit greys as 32-bit ones."""
    if values.dtype == bool:
        return values.astype(np.float32), True
    if values.dtype in (np.uint8, np.uint16):
        return values.astype(np.float32) / np.iinfo(values.dtype).max, True
    return values.astype(np.float32), False
