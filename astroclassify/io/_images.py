"""Reader of pictures (PNG, JPEG, TIFF): their luminance as a frame.

Conventions: a picture's lines run from top to bottom, a frame's rows from bottom to top (row 0 of
FITS is the bottom row), so the picture is flipped vertically: a frame shown with ``origin="lower"``
looks like the picture in any viewer. Colours become the Rec. 709 luminance of the values as stored
(no gamma is undone). Pixels that are wholly transparent are masked.
"""

import warnings

import numpy as np
from astropy import units as u
from astropy.io import fits
from PIL import Image, ImageOps

from astroclassify.core import FrameWarning, ReadError
from astroclassify.io._frame import make_frame
from astroclassify.io._pixels import as_float, unusable_mask

#: Weights of red, green and blue in the luminance (ITU-R BT.709).
LUMINANCE = (0.2126, 0.7152, 0.0722)

#: Formats that are read.
FORMATS = ("PNG", "JPEG", "TIFF")
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_GREY_MODES = frozenset(("1", "L", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"))


def is_picture(start):
    """
    Tell from its first bytes whether a file is a PNG, JPEG or TIFF picture.

    Parameters
    ----------
    start : bytes
        At least the first 8 bytes of the file.

    Returns
    -------
    bool
        Whether `read_image` is the function to read it.
    """
    return start.startswith(_MAGIC)


def read_image(file, options):
    """
    Read a picture as one frame.

    Parameters
    ----------
    file : path-like or binary file object
        A PNG, JPEG or TIFF picture.
    options : ReadOptions
        ``dtype`` and ``source`` are used.

    Returns
    -------
    list of CCDData
        One frame: dimensionless, without WCS, row 0 at the bottom of the picture.

    Raises
    ------
    ReadError
        If the picture is truncated, corrupt, of another format, or so large that it may be a
        decompression bomb.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values, mask, pages = _decode(file)
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, ...
        raise ReadError(
            f"{options.source}: the picture cannot be read ({type(error).__name__}: {error}); "
            f"expected a complete {', '.join(FORMATS)} file of at most {2 * Image.MAX_IMAGE_PIXELS} pixels"
        ) from error
    if pages > 1:
        warnings.warn(
            f"{options.source}: the file has {pages} pages; only the first is read",
            FrameWarning,
            stacklevel=2,
        )
    data = as_float(values[::-1], options.dtype)
    frame = make_frame(
        data,
        unit=u.dimensionless_unscaled,
        header=fits.Header(),
        options=options,
        reader="picture",
        mask=unusable_mask(data, mask[::-1] if mask is not None else None),
        notes=("Picture, flipped vertically: row 0 is its bottom line",),
    )
    return [frame]


def _decode(file):
    with Image.open(file, formats=FORMATS) as picture:
        pages = getattr(picture, "n_frames", 1)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        values, mask = _luminance(upright)
    return values, mask, pages


def _luminance(picture):
    if picture.mode in _GREY_MODES:
        return np.asarray(picture), None
    if picture.mode == "LA":
        grey, alpha = picture.split()
        return np.asarray(grey), np.asarray(alpha) == 0
    transparent = ("A" in picture.mode.upper() and picture.mode != "LAB") or "transparency" in picture.info
    channels = picture.convert("RGBA" if transparent else "RGB").split()
    values = sum(
        weight * np.asarray(band, dtype="float32") for weight, band in zip(LUMINANCE, channels, strict=False)
    )
    return values, np.asarray(channels[3]) == 0 if transparent else None
