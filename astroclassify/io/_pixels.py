"""The pixels of an HDU, with every way in which reading them can fail made an error of ours."""

import math
import warnings

import numpy as np
from astropy.io import fits

from astroclassify.core import ReadError
from astroclassify.io._headers import header_int, header_text

#: An image that declares more pixels than this is refused before anything is allocated.
MAX_PIXELS = 2**31

#: No tile compression of real data shrinks an image by more than this factor.
MAX_COMPRESSION = 2000


def hdu_label(hdu):
    """Name an HDU for messages: ``('SCI', 1)``, or its class where it has no name."""
    name = header_text(hdu.header, "EXTNAME") or ("PRIMARY" if isinstance(hdu, fits.PrimaryHDU) else "")
    return f"({name!r}, {header_int(hdu.header, 'EXTVER', 1)})" if name else f"({type(hdu).__name__})"


def image_pixels(hdu, source):
    """
    Give an image HDU's pixels, with every way in which that can fail made a `ReadError`.

    Returns
    -------
    numpy.ndarray or None
        As astropy scales them; `None` where the HDU holds none.

    Raises
    ------
    ReadError
        If the data are truncated, corrupt, or impossibly large.
    """
    check_declared_size(hdu, source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = hdu.data
            return None if data is None else np.asanyarray(data)
    except (MemoryError, Exception) as error:  # truncation shows as TypeError, ValueError, OSError, ...
        raise ReadError(
            f"{source}: the pixels of {hdu_label(hdu)} cannot be read; the file is truncated or corrupt "
            f"({type(error).__name__}: {error})"
        ) from error


def plane_pixels(hdu, source):
    """
    Give the pixels of an HDU that must hold an image ``[y, x]``.

    Returns
    -------
    numpy.ndarray
        As astropy scales them.

    Raises
    ------
    ReadError
        If it holds no pixels, or has another number of axes; and as `image_pixels`.
    """
    pixels = image_pixels(hdu, source)
    if pixels is None or pixels.ndim != 2 or pixels.size == 0:
        raise ReadError(f"{source}: {hdu_label(hdu)} holds no two-dimensional image")
    return pixels


def check_declared_size(hdu, source):
    """
    Refuse an image whose header declares more pixels than the file can hold; pixels in memory are there.

    Raises
    ------
    ReadError
        Before anything is allocated.
    """
    header = hdu.header
    axes = [header_int(header, f"NAXIS{i + 1}", 0) for i in range(min(header_int(header, "NAXIS", 0), 999))]
    pixels = math.prod(axes) if axes else 0
    stored = None if "data" in hdu.__dict__ else _stored_bytes(hdu)
    compressed = isinstance(hdu, fits.CompImageHDU)
    needed = pixels // MAX_COMPRESSION if compressed else pixels * abs(header_int(header, "BITPIX", 8)) // 8
    if min(axes, default=0) < 0 or pixels > MAX_PIXELS or (stored is not None and needed > stored):
        size = " x ".join(str(n) for n in axes)
        held = f"{stored} bytes are there" if stored is not None else f"at most {MAX_PIXELS} pixels are read"
        raise ReadError(
            f"{source}: the image {hdu_label(hdu)} declares {size} pixels, but {held}; "
            "the file is truncated or its header corrupt"
        )


def _stored_bytes(hdu):
    info = hdu.fileinfo()
    size = getattr(info["file"], "size", 0) if info else 0
    if size:
        return max(size - (info["datLoc"] or 0), 0)
    # Of a compressed file the size is not known, but that of a table of compressed tiles is declared.
    return info["datSpan"] if info and isinstance(hdu, fits.CompImageHDU) else None


def as_float(data, dtype):
    """Convert pixels to a native floating type; overflow becomes infinite, silently."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(data, dtype=dtype)


def unusable_mask(data, mask=None):
    """Mark pixels that are not finite or already masked; `None` where every pixel is good."""
    bad = ~np.isfinite(data)
    if mask is not None:
        bad |= mask
    return bad if bad.any() else None
