"""What is given as a picture of the sky: a file, an array, a CCDData, made into planes of numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.nddata import CCDData
from astropy.units.function import FunctionUnitBase

from astroclassify.core import FrameError, fingerprint
from astroclassify.io import read_colours, read_frames

#: Pixels on a side: larger pictures are averaged down, smaller ones are refused.
LARGEST_SIDE, SMALLEST_SIDE = 4096, 16
#: How large the largest value of a picture may be: float32 ends at 1e-38 and 3e38.
_RANGE = 1e-30, 1e30
_LOGARITHMS = (u.mag, u.dex, u.dB)
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
        or ``[y, x, 3]``, row 0 at the bottom, with or without a mask or a unit.

    Returns
    -------
    PictureSource
        Its planes, at most ``LARGEST_SIDE`` pixels on a side.

    Raises
    ------
    FrameError
        If it has the wrong shape, type or unit, is too small, or shows nothing: no usable pixel, all alike.
    ReadError
        If the file cannot be read.
    """
    if isinstance(picture, CCDData):
        source = _of_frame(picture, "CCDData", fingerprint(np.asarray(picture.data)))
    elif isinstance(picture, np.ndarray):
        source = _of_array(picture)
    else:
        source = _of_file(Path(picture))
    return _large_enough(_averaged(_checked(source)))


def _of_file(path):
    if path.suffix.lower() in _PICTURES:
        planes, usable, stretched = read_colours(path)
        return PictureSource(str(path), fingerprint(path), planes, usable, stretched)
    frame = next(iter(read_frames(path)))
    return _of_frame(frame, str(path), fingerprint(path))


def _of_frame(frame, name, checksum):
    planes = _planes_first(_proportional(np.asarray(frame.data), frame.unit, name))
    return PictureSource(name, checksum, planes, _usable(planes, frame.mask), False)


def _of_array(array):
    values = np.ma.getdata(array) if np.ma.isMaskedArray(array) else np.asarray(array)
    if values.dtype.kind not in "buif":
        raise FrameError(f"the picture's values are of type {values.dtype}; expected real numbers")
    stretched = values.dtype == np.uint8
    planes = _planes_first(_proportional(values, getattr(array, "unit", None), "array"))
    planes = planes / 255 if stretched else planes
    mask = np.ma.getmask(array) if np.ma.is_masked(array) else None
    return PictureSource("array", fingerprint(values), planes, _usable(planes, mask), stretched)


def _planes_first(values):
    """Give ``[n, y, x]``; what has no such shape is left as it is."""
    if values.ndim == 3 and values.shape[-1] == 3 and values.shape[0] != 3:
        return np.moveaxis(values, -1, 0)
    return values[None] if values.ndim == 2 else values


def _usable(planes, mask):
    """Where all planes are known."""
    usable = np.isfinite(planes) if mask is None else np.isfinite(planes) & ~_planes_first(np.asarray(mask))
    return usable.all(axis=0) if usable.ndim == 3 else usable


def _proportional(values, unit, name):
    """Give float32 of values that are proportional to light, and within its range."""
    if isinstance(unit, FunctionUnitBase) or any(base in _LOGARITHMS for base in getattr(unit, "bases", ())):
        raise FrameError(
            f"{name}: the picture is in {unit}; expected values proportional to light, no logarithms"
        )
    largest = float(np.max(np.abs(values), where=np.isfinite(values), initial=0.0))
    low, high = _RANGE
    if largest and not low <= largest <= high:
        raise FrameError(
            f"{name}: the largest value of the picture is {largest:.3g}; expected {low:g} to {high:g}: "
            "multiply it by a constant"
        )
    return values.astype(np.float32)


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


def _large_enough(source):
    """Refuse a strip of which averaging has left next to nothing."""
    rows, columns = source.usable.shape
    if min(rows, columns) < SMALLEST_SIDE:
        raise FrameError(
            f"{source.name}: averaged to {LARGEST_SIDE} pixels on the longer side at most, the picture has "
            f"{rows} x {columns}; expected {SMALLEST_SIDE} or more on a side: cut a part of it"
        )
    return source


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
