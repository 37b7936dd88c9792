"""FITS images of colours: three planes, or the mosaic of filters of a colour camera, as luminance."""

import warnings

import numpy as np

from astroclassify.core import FrameWarning, ReadError
from astroclassify.io._headers import header_int, header_text
from astroclassify.io._image_roles import is_colour, picture_shape
from astroclassify.io._images import LUMINANCE

#: Cards that say which filter is over which pixel; a frame of cells has none of them.
_PATTERN_CARDS = ("BAYERPAT", "COLORTYP", "BAYRPATN")
#: What they say of a camera without such filters.
_NO_PATTERN = ("", "MONO", "MONOCHROME", "NONE", "NO", "GREY", "GRAY", "GRAYSCALE", "BW", "B/W", "N/A")
_PLANES = {"R": 0, "G": 1, "B": 2}


def bayer_pattern(header):
    """
    Give the filters over the four pixels of a cell, in the order of the pixels as they are stored.

    Parameters
    ----------
    header : fits.Header
        BAYERPAT names the filters from the picture's upper left; ROWORDER says whether the first row stored
        is the picture's top (TOP-DOWN, the default of the programs that write these cards) or its bottom.
        XBAYROFF and YBAYROFF shift the cell.

    Returns
    -------
    str
        Four letters of R, G, B: rows as stored, left to right; empty where there is no such card.
    """
    text = _pattern_text(header)
    if len(text) != 4 or set(text) != set("RGB"):
        return ""
    rows = [text[:2], text[2:]]
    if header_text(header, "ROWORDER").upper().startswith("BOTTOM") and picture_shape(header)[0] % 2 == 0:
        rows = rows[::-1]
    rows = rows[::-1] if header_int(header, "YBAYROFF", 0) % 2 else rows
    if header_int(header, "XBAYROFF", 0) % 2:
        rows = [row[::-1] for row in rows]
    return "".join(rows)


def _pattern_text(header):
    return next((text for key in _PATTERN_CARDS if (text := header_text(header, key).upper())), "")


def _warn_of_pattern(header, source):
    if (text := _pattern_text(header)) not in _NO_PATTERN:
        warnings.warn(
            f"{source}: the pattern of filters {text!r} is not known (expected four letters of R, G, B, "
            "such as RGGB); the pixels are taken as grey",
            FrameWarning,
            stacklevel=2,
        )


def colour_step(header):
    """Say how many stored pixels make one of the frame's along each axis: 2 for a mosaic of filters (int)."""
    return 2 if len(picture_shape(header)) == 2 and bayer_pattern(header) else 1


def without_pattern(header):
    """Take the cards of the mosaic of filters out of a frame's header, where each cell is a pixel by now."""
    for key in _PATTERN_CARDS:
        header.remove(key, ignore_missing=True, remove_all=True)


def luminance_plane(pixels, header, source):
    """
    Give the plane of a picture that the pixels of an image HDU are.

    Parameters
    ----------
    pixels : numpy.ndarray
        As `picture_shape` says.
    header : fits.Header
        The image's.
    source : str
        The file's name, for messages.

    Returns
    -------
    plane : numpy.ndarray
        ``[y, x]``: the pixels themselves; of three planes their luminance; of a mosaic of filters that of
        each cell of 2 x 2 pixels, half as large.
    note : str
        What was done, for ``HISTORY``; empty for a plain image.

    Raises
    ------
    ReadError
        If a mosaic of filters is less than one cell.

    Warns
    -----
    FrameWarning
        If a card names a mosaic of other filters.
    """
    if is_colour(header):
        planes = zip(LUMINANCE, pixels.astype(np.result_type(pixels.dtype, np.float32)), strict=True)
        return sum(
            weight * plane for weight, plane in planes
        ), "Luminance (Rec. 709) of three planes: red, green, blue"
    pattern = bayer_pattern(header) if pixels.ndim == 2 else ""
    if not pattern:
        _warn_of_pattern(header, source)
        return pixels, ""
    if min(pixels.shape) < 2:
        raise ReadError(f"{source}: an image of {pixels.shape} pixels holds no cell of the filters {pattern}")
    return _cells(pixels, pattern), f"Luminance (Rec. 709) of cells of 2 x 2 filters, {pattern} as stored"


def _cells(pixels, pattern):
    height, width = (n // 2 * 2 for n in pixels.shape)
    values = pixels[:height, :width].astype(np.result_type(pixels.dtype, np.float32))
    plane = np.zeros((height // 2, width // 2), values.dtype)
    for index, letter in enumerate(pattern):
        weight = LUMINANCE[_PLANES[letter]] / pattern.count(letter)
        plane += values.dtype.type(weight) * values[index // 2 :: 2, index % 2 :: 2]
    return plane
