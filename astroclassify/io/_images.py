"""Reader of pictures (PNG, JPEG, TIFF, WebP, AVIF): their luminance as a frame.

Conventions: a picture's lines run from top to bottom, a frame's rows from bottom to top (row 0 of
FITS is the bottom row), so the picture is flipped vertically: a frame shown with ``origin="lower"``
looks like the picture in any viewer. Colours become the Rec. 709 luminance of the values as stored
(no gamma is undone). Pixels that are wholly transparent are masked.
"""

import warnings

import numpy as np
from astropy import units as u
from astropy.io import fits
from PIL import Image

from astroclassify.core import FrameWarning, ReadError
from astroclassify.io._frame import make_frame
from astroclassify.io._picture import FORMATS, decode
from astroclassify.io._pixels import as_float, unusable_mask

#: Weights of red, green and blue in the luminance (ITU-R BT.709).
LUMINANCE = (0.2126, 0.7152, 0.0722)


def decoded(file, source):
    """
    Decode a picture, with every way in which that can fail made a `ReadError`.

    Parameters
    ----------
    file : path-like or binary file object
        A picture.
    source : str
        Its name, for messages.

    Returns
    -------
    Picture
        As stored.

    Raises
    ------
    ReadError
        If the picture is truncated, corrupt, of another format, or so large that it may be a
        decompression bomb.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decode(file)
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, ...
        raise ReadError(
            f"{source}: the picture cannot be read ({type(error).__name__}: {error}); "
            f"expected a complete {', '.join(FORMATS)} file of at most {2 * Image.MAX_IMAGE_PIXELS} pixels"
        ) from error


def read_image(file, options):
    """
    Read a picture as one frame.

    Parameters
    ----------
    file : path-like or binary file object
        A picture.
    options : ReadOptions
        ``dtype`` and ``source`` are used.

    Returns
    -------
    list of CCDData
        One frame: dimensionless, without WCS, row 0 at the bottom of the picture.

    Raises
    ------
    ReadError
        If the picture cannot be decoded (see `decoded`).
    """
    picture = decoded(file, options.source)
    if picture.pages > 1:
        warnings.warn(
            f"{options.source}: the file has {picture.pages} pages; only the first is read",
            FrameWarning,
            stacklevel=2,
        )
    data = as_float(luminance(picture.values)[::-1], options.dtype)
    frame = make_frame(
        data,
        unit=u.dimensionless_unscaled,
        header=fits.Header(),
        options=options,
        reader="picture",
        mask=unusable_mask(data, None if picture.transparent is None else picture.transparent[::-1]),
        notes=("Picture, flipped vertically: row 0 is its bottom line",),
    )
    return [frame]


def luminance(values):
    """
    Give the luminance of grey or colours.

    Parameters
    ----------
    values : numpy.ndarray
        ``[y, x]``, given back as it is, or ``[y, x, 3]``.

    Returns
    -------
    numpy.ndarray
        ``[y, x]``; of colours float32, or float64 where they are.
    """
    if values.ndim == 2:
        return values
    kind = np.result_type(values.dtype, np.float32) if values.dtype.kind == "f" else np.float32
    return sum(weight * values[..., i].astype(kind) for i, weight in enumerate(LUMINANCE))
