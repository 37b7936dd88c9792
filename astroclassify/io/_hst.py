"""What HST's raw and calibrated files share: imsets, constant arrays, flags, cards that count pixels."""

import warnings
from dataclasses import dataclass

import numpy as np

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.io._headers import header_int, header_text, header_value
from astroclassify.io._pixels import MAX_PIXELS, hdu_label, image_pixels

#: Meaning of the bits of a DQ image (``acsdq.h`` and ``wf3dq.h`` of hstcal).
DQ_BITS = {
    1: "Reed-Solomon decoding error",
    2: "lost data, replaced by fill",
    4: "bad detector pixel",
    8: "masked by an aperture",
    16: "hot pixel",
    32: "CTE tail, or large blemish",
    64: "warm pixel",
    128: "bias structure or overscan",
    256: "full-well saturation",
    512: "bad in a reference file",
    1024: "charge trap or sink pixel",
    2048: "saturation of the A-to-D converter",
    4096: "cosmic ray, found by drizzling",
    8192: "rejected in combination (cosmic ray)",
    16384: "other",
}
#: Bits that make a pixel unusable: lost or bad, hot, bad reference, cosmic ray. Saturated pixels are
#: bright and say so; warm pixels, CTE tails and sinks are off by little: they are left in.
MASK_BITS = 1 | 2 | 4 | 8 | 16 | 512 | 4096 | 8192


@dataclass(frozen=True)
class Imset:
    """One chip's science HDU, and its error and data-quality HDUs where there are any."""

    chip: int
    science: object
    error: object = None
    quality: object = None


def find_imsets(hdulist, options):
    """
    Group a file's extensions by chip: SCI by ``CCDCHIP``, its ERR and DQ by ``EXTVER``.

    Returns
    -------
    list of Imset
        Those that the options ask for, ordered by chip.

    Raises
    ------
    ReadError
        If an SCI extension does not say its chip, or two are of the same one.
    ParameterError
        If a chip was asked for that is not there.
    """
    by_name = _by_name_and_version(hdulist)
    imsets = {}
    for (name, version), hdu in by_name.items():
        if name != "SCI":
            continue
        chip = header_int(hdu.header, "CCDCHIP")
        if chip is None:
            raise ReadError(
                f"{options.source}: {hdu_label(hdu)} has no CCDCHIP card, so its chip is not known"
            )
        if chip in imsets:
            raise ReadError(f"{options.source}: two SCI extensions say CCDCHIP = {chip}")
        imsets[chip] = Imset(chip, hdu, by_name.get(("ERR", version)), by_name.get(("DQ", version)))
    return [imsets[chip] for chip in _wanted(sorted(imsets), options)]


def _by_name_and_version(hdulist):
    found = {}
    for hdu in hdulist[1:]:
        key = header_text(hdu.header, "EXTNAME").upper(), header_int(hdu.header, "EXTVER", 1)
        if hdu.is_image:
            found.setdefault(key, hdu)
    return found


def _wanted(chips, options):
    if options.chips is None:
        return chips
    missing = sorted(set(options.chips) - set(chips))
    if missing:
        known = ", ".join(str(chip) for chip in chips) or "none"
        raise ParameterError(f"{options.source}: there is no chip {missing[0]}; the chips are: {known}")
    return [chip for chip in chips if chip in options.chips]


def companion_pixels(hdu, shape, source):
    """
    Give the pixels of an ERR or DQ HDU; a constant one is expanded.

    HST writes a constant array as NAXIS = 0 with its size in NPIX1 and NPIX2 and its value in
    PIXVALUE. It is expanded without memory: the result is then a read-only view of one number.

    Returns
    -------
    numpy.ndarray or None
        `None` where there is no HDU, it holds nothing, or does not fit (with a `FrameWarning`).
    """
    if hdu is None:
        return None
    if header_int(hdu.header, "NAXIS", 0) == 0:
        found, pixels = _constant(hdu.header)
    else:
        pixels = image_pixels(hdu, source)
        found = None if pixels is None else pixels.shape
    if found is None or found == shape:
        return pixels
    warnings.warn(
        f"{source}: {hdu_label(hdu)} has the shape {found}, its image {shape}; it is left out",
        FrameWarning,
        stacklevel=2,
    )
    return None


def _constant(header):
    shape = header_int(header, "NPIX2", 1), header_int(header, "NPIX1")
    value = header_value(header, "PIXVALUE")
    if shape[1] is None or not isinstance(value, int | float):
        return None, None
    if min(shape) < 1 or shape[0] * shape[1] > MAX_PIXELS:
        return shape, None
    integral = isinstance(value, int) and -(2**15) <= value < 2**15
    return shape, np.broadcast_to(np.int16(value) if integral else np.float32(value), shape)


def as_flags(pixels, source):
    """Give data-quality pixels as integer flags in native byte order; `None` where they are no integers."""
    if pixels is None or pixels.dtype.kind not in "iu":
        if pixels is not None:
            warnings.warn(
                f"{source}: the DQ image is not of integers; it is left out", FrameWarning, stacklevel=2
            )
        return None
    if pixels.strides == (0, 0):
        return pixels
    return np.array(pixels, dtype=pixels.dtype.newbyteorder("="))


def flagged(flags):
    """Say which pixels a flag image makes unusable; `None` where that is none of them."""
    if flags is None or (flags.strides == (0, 0) and not int(flags[0, 0]) & MASK_BITS):
        return None
    return (flags & MASK_BITS) != 0
