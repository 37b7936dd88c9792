"""Reader of a picture's colours: one plane of grey, or red, green and blue, as stored.

A frame is one plane (`read_frames` gives the luminance); whoever needs the colours asks here.
"""

import warnings

import numpy as np
from PIL import Image, ImageOps

from astroclassify.core import ReadError
from astroclassify.io._images import FORMATS

_GREY = frozenset(("1", "L", "LA", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"))


def read_colours(path):
    """
    Read the planes of a picture.

    Parameters
    ----------
    path : path-like or binary file object
        A PNG, JPEG or TIFF picture. Palettes, CMYK and other colour spaces become red, green and blue.

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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A picture above the limit is refused by Pillow only at twice the limit; that is the line here
            # too.
            with Image.open(path, formats=FORMATS) as picture:
                picture.load()
                planes, usable, stretched = _planes(ImageOps.exif_transpose(picture))
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, ...
        raise ReadError(
            f"{path}: the picture cannot be read ({type(error).__name__}: {error}); "
            f"expected a complete {', '.join(FORMATS)} file of at most {2 * Image.MAX_IMAGE_PIXELS} pixels"
        ) from error
    planes = np.ascontiguousarray(planes[:, ::-1])
    return planes, usable[::-1] & np.isfinite(planes).all(axis=0), stretched


def _planes(picture):
    if picture.mode in _GREY:
        alpha = np.asarray(picture.getchannel("A")) > 0 if picture.mode == "LA" else None
        grey = np.asarray(picture.getchannel("L") if picture.mode == "LA" else picture)
        values, stretched = _scaled(grey)
        return values[None], np.ones(values.shape, bool) if alpha is None else alpha, stretched
    transparent = "transparency" in picture.info or (picture.mode != "LAB" and "A" in picture.mode.upper())
    colours = np.asarray(picture.convert("RGBA" if transparent else "RGB"))
    values, stretched = _scaled(colours[..., :3])
    usable = colours[..., 3] > 0 if transparent else np.ones(values.shape[:2], bool)
    return np.moveaxis(values, -1, 0), usable, stretched


def _scaled(values):
    """Floats of 0 to 1 from integers of 8 or 16 bits; Pillow opens 16-bit greys as 32-bit ones."""
    if values.dtype == bool:
        return values.astype(np.float32), True
    if values.dtype in (np.uint8, np.uint16):
        return values.astype(np.float32) / np.iinfo(values.dtype).max, True
    return values.astype(np.float32), False
