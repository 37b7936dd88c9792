"""Frames in one memory-mapped array: how their pixels are coded, and how they are read back.

A row of a frame is cut in halves, as two amplifiers read it. Of each half the smallest value and a
step are kept, and of each pixel the number of steps above it, in 16 bits. The values of a raw frame are
whole counts above the bias of their half row: their step is 1 and they come back bit for bit. Of
anything else the step is the smallest that reaches the half row's largest value.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from astroclassify.core import ParameterError, ReadError

PIXELS, SCALES, ABOUT = "pixels.npy", "scales.npy", "set.json"
#: What a pixel that cannot be used is coded as.
_UNUSABLE = np.iinfo(np.uint16).max
_LARGEST = _UNUSABLE - 1
_HALVES = 2
#: Codes that are handled at once: as much as stays in a processor's cache.
_BLOCK = 2**18


def encoded(array):
    """
    Encode a frame in 16 bits.

    Parameters
    ----------
    array : numpy.ndarray
        Float32 frame ``[y, x]``, NaN on unusable pixels; an even number of columns.

    Returns
    -------
    codes : numpy.ndarray
        Uint16 ``[y, x]``; 65535 where the pixel cannot be used.
    scales : numpy.ndarray
        Float32 ``[y, 2, 2]``: for each row and its left and right half, the smallest value and the step.

    Raises
    ------
    ParameterError
        If the number of columns is odd.
    """
    height, width = array.shape
    if width % _HALVES:
        raise ParameterError(f"frames are coded by halves of rows; this one has {width} columns")
    codes = np.empty(array.shape, dtype=np.uint16)
    scales = np.empty((height, _HALVES, 2), dtype=np.float32)
    for block in _blocks(array.shape):
        halves = array[block].reshape(-1, _HALVES, width // _HALVES)
        codes[block] = _encode(halves, scales[block]).reshape(-1, width)
    return codes, scales


def _encode(halves, scales):
    unusable = np.isnan(halves)
    blank = unusable.all(axis=2, keepdims=True)
    low = np.where(blank, 0, np.fmin.reduce(halves, axis=2, keepdims=True))
    above = np.where(unusable, 0, halves - low)
    span = above.max(axis=2, keepdims=True)
    whole = (above == np.rint(above)).all(axis=2, keepdims=True) & (span <= _LARGEST)
    step = np.where(whole, np.float32(1), np.maximum(span / _LARGEST, np.finfo(np.float32).tiny))
    scales[..., 0], scales[..., 1] = low[..., 0], step[..., 0]
    return np.where(unusable, _UNUSABLE, np.clip(np.rint(above / step), 0, _LARGEST)).astype(np.uint16)


def decoded(codes, scales):
    """
    Decode a frame.

    Parameters
    ----------
    codes, scales : numpy.ndarray
        As `encoded` gives them.

    Returns
    -------
    numpy.ndarray
        Float32 frame ``[y, x]``, NaN on unusable pixels.
    """
    array = np.empty(codes.shape, dtype=np.float32)
    stepped = bool((scales[..., 1] != 1).any())
    for block in _blocks(codes.shape):
        values, own, stored = array[block], scales[block], codes[block]
        values[...] = stored
        halves = values.reshape(-1, _HALVES, values.shape[1] // _HALVES)
        if stepped:
            halves *= own[..., 1:]
        halves += own[..., :1]
        if stored.max() == _UNUSABLE:
            values[stored == _UNUSABLE] = np.nan
    return array


def _blocks(shape):
    step = max(1, _BLOCK // shape[1])
    return [slice(top, top + step) for top in range(0, shape[0], step)]


@dataclass(frozen=True)
class CachedPixels:
    """
    The pixels of one frame of a set on disk, read when they are asked for.

    It stands wherever an array does that is taken by `numpy.asarray`, and is pickled as a path and a
    number.

    Parameters
    ----------
    folder : str
        Of the set.
    row : int
        Place in its arrays.
    source : str
        Checksum of the file that the frame is from.

    Raises
    ------
    ReadError
        If the set's arrays cannot be read; when the pixels are.
    """

    folder: str
    row: int
    source: str = ""

    @property
    def shape(self):
        """Number of rows and of columns (tuple of int)."""
        return mapped(Path(self.folder) / PIXELS).shape[1:]

    @property
    def stored_bytes(self):
        """Bytes that are read for the frame (int)."""
        return 2 * self.shape[0] * self.shape[1]

    def read(self):
        """
        Read the pixels.

        Returns
        -------
        numpy.ndarray
            Float32 ``[y, x]``, NaN on unusable pixels.
        """
        codes, scales = (mapped(Path(self.folder) / name) for name in (PIXELS, SCALES))
        return decoded(codes[self.row], scales[self.row])

    def __array__(self, dtype=None, copy=None):
        """Read the pixels, for `numpy.asarray`."""
        if copy is False:
            raise ValueError("the pixels are on disk; they cannot be given without making an array")
        return self.read().astype(np.float32 if dtype is None else dtype, copy=False)

    def identity(self):
        """
        Say which pixels these are.

        Returns
        -------
        tuple
            Plain values that differ where pixels may: folder, row, recipe of the set, checksum of the file.
        """
        recipe = (Path(self.folder) / ABOUT).read_text(encoding="utf-8")
        return (str(Path(self.folder).resolve()), self.row, recipe, self.source)


def is_set(path):
    """
    Say whether a folder is that of a set on disk.

    Parameters
    ----------
    path : path-like
        The folder.

    Returns
    -------
    bool
        Whether `build_set` wrote, or began, one there.
    """
    return (Path(path) / ABOUT).is_file()


def mapped(path):
    """
    Map an array of a set, once for as long as the file is the same.

    Parameters
    ----------
    path : pathlib.Path
        A file of numpy's.

    Returns
    -------
    numpy.memmap
        Read only.

    Raises
    ------
    ReadError
        If it is not there, or no such file.
    """
    try:
        status = os.stat(path)
        return _mapped(path, status.st_dev, status.st_ino, status.st_size)
    except (OSError, ValueError) as error:
        raise ReadError(f"{path}: an array of a set; it cannot be read ({error}); build it again").with_facts(
            file=path
        ) from error


@lru_cache(maxsize=16)
def _mapped(path, *_):
    return np.load(path, mmap_mode="r", allow_pickle=False)
