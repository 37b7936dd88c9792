"""What is given as a picture of the sky: a file, an array, a CCDData, made into planes of numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.nddata import CCDData

from astroclassify.core import FrameError, fingerprint
from astroclassify.io import read_colours, read_frames

#: Pixels on a side: larger pictures are averaged down, smaller ones are refused.
LARGEST_SIDE, SMALLEST_SIDE = 4096, 16
_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class PictureSource:
    """
    A picture as it was given.

    Parameters
    ----------
    name : str
        Path of the file, or what else it is.
    sha256 : str
        Checksum of the file, or of the array's bytes.
    planes : numpy.ndarray
        Values, float32, ``[n, y, x]``; ``n`` is 1, or 3 for red, green and blue. Zero where not usable.
    usable : numpy.ndarray
        bool, ``[y, x]``.
    stretched : bool
        Whether the values are likely those of a picture to be looked at, and not proportional to light.
    """

    name: str
    sha256: str
    planes: np.ndarray
    usable: np.ndarray
    stretched: bool


def open_picture(picture):
    """
    Read a picture.

    Parameters
    ----------
    picture : path-like, numpy.ndarray or CCDData
        A FITS image (its first frame), or a PNG, JPEG or TIFF picture; or an array ``[y, x]``, ``[3, y, x]``
        or ``[y, x, 3]``, row 0 at the bottom.

    Returns
    -------
    PictureSource
        Its planes, at most ``LARGEST_SIDE`` pixels on a side.

    Raises
    ------
    FrameError
        If it has the wrong shape or type, is too small, or shows nothing: no usable pixel, or all alike.
    ReadError
        If the file cannot be read.
    """
    if isinstance(picture, CCDData):
        source = _of_frame(picture, "CCDData", fingerprint(np.asarray(picture.data)))
    elif isinstance(picture, np.ndarray):
        source = _of_array(picture)
    else:
        source = _of_file(Path(picture))
    return _averaged(_checked(source))


def _of_file(path):
    if path.suffix.lower() in _PICTURES:
        planes, usable, stretched = read_colours(path)
        return PictureSource(str(path), fingerprint(path), planes, usable, stretched)
    frame = next(iter(read_frames(path)))
    return _of_frame(frame, str(path), fingerprint(path))


def _of_frame(frame, name, checksum):
    values = np.asarray(frame.data, np.float32)
    usable = np.isfinite(values) if frame.mask is None else np.isfinite(values) & ~np.asarray(frame.mask)
    return PictureSource(name, checksum, values[None] if values.ndim == 2 else values, usable, False)


def _of_array(array):
    if array.dtype.kind not in "buif":
        raise FrameError(f"the picture's values are of type {array.dtype}; expected real numbers")
    planes = array.astype(np.float32)
    stretched = array.dtype == np.uint8
    planes = planes / 255 if stretched else planes
    if planes.ndim == 3 and planes.shape[-1] == 3 and planes.shape[0] != 3:
        planes = np.moveaxis(planes, -1, 0)
    planes = planes[None] if planes.ndim == 2 else planes
    usable = np.isfinite(planes).all(axis=0) if planes.ndim == 3 else np.zeros(0, bool)
    return PictureSource("array", fingerprint(array), planes, usable, stretched)


def _checked(source):
    shape = source.planes.shape
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise FrameError(
            f"{source.name}: the picture has the shape {shape}; expected (y, x), or three planes of it"
        )
    if min(shape[1:]) < SMALLEST_SIDE:
        raise FrameError(
            f"{source.name}: the picture has {shape[1]} x {shape[2]} pixels; "
            f"expected {SMALLEST_SIDE} or more on a side"
        )
    if not source.usable.any():
        raise FrameError(f"{source.name}: no pixel of the picture is usable; expected some finite values")
    values = source.planes[:, source.usable]
    if not (values.max(axis=1) > values.min(axis=1)).any():
        raise FrameError(
            f"{source.name}: all pixels of the picture are {values.flat[0]:g}; expected it to show something"
        )
    planes = np.where(source.usable, source.planes, np.float32(0))
    return PictureSource(source.name, source.sha256, planes, source.usable, source.stretched)


def _averaged(source):
    """Average a huge picture down by a whole factor."""
    factor = -(-max(source.usable.shape) // LARGEST_SIDE)
    if factor == 1:
        return source
    usable = block_mean(source.usable.astype(np.float32)[None], factor)[0]
    planes = block_mean(source.planes, factor) / np.maximum(usable, 1e-6)
    return PictureSource(source.name, source.sha256, planes * (usable > 0.5), usable > 0.5, source.stretched)


def block_mean(planes, factor):
    """
    Average blocks of pixels; an incomplete last block is left out.

    Parameters
    ----------
    planes : numpy.ndarray
        ``[n, y, x]``.
    factor : int
        Pixels on a side of a block.

    Returns
    -------
    numpy.ndarray
        ``[n, y // factor, x // factor]``.
    """
    n, rows, columns = planes.shape
    rows, columns = rows // factor, columns // factor
    cut = planes[:, : rows * factor, : columns * factor]
    return cut.reshape(n, rows, factor, columns, factor).mean(axis=(2, 4))
