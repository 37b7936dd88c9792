"""What HST's raw and calibrated files share: imsets, constant arrays, flags, cards that count pixels."""

import warnings
from dataclasses import dataclass

import numpy as np
from astropy.io import fits

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.io._headers import header_int, header_text, header_value
from astroclassify.io._mask_bits import HST_BITS, chosen_bits
from astroclassify.io._pixels import MAX_PIXELS, hdu_label, image_pixels

#: Detectors of one chip, whose raw headers do not number it.
ONE_CHIP = frozenset(("HRC",))

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


@dataclass(frozen=True)
class Imset:
    """One chip's science HDU, and its error and data-quality HDUs where there are any."""

    chip: int
    science: object
    error: object = None
    quality: object = None


def find_imsets(hdulist, options):
    """
    Group a file's images by chip: SCI by ``CCDCHIP``, its ERR and DQ by ``EXTVER`` or place.

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
    images = [hdu for hdu in hdulist if hdu.is_image]
    sciences = _of_name("SCI", images)
    errors, flags = _matched("ERR", sciences, images), _matched("DQ", sciences, images)
    imsets = {}
    for hdu, error, quality in zip(sciences, errors, flags, strict=True):
        chip = chip_of(hdu.header, hdulist[0].header)
        if chip is None:
            raise ReadError(
                f"{options.source}: {hdu_label(hdu)} has no CCDCHIP card, so its chip is not known"
            )
        if chip in imsets:
            raise ReadError(f"{options.source}: two SCI extensions say CCDCHIP = {chip}")
        imsets[chip] = Imset(chip, hdu, error, quality)
    return [imsets[chip] for chip in _wanted(sorted(imsets), options)]


def chip_of(header, primary):
    """Give the number of a chip: CCDCHIP, or 1 where the camera has one only (int or None)."""
    alone = header_text(primary, "DETECTOR").upper() in ONE_CHIP
    return header_int(header, "CCDCHIP", 1 if alone else None)


def _of_name(name, images):
    return [hdu for hdu in images if header_text(hdu.header, "EXTNAME").upper() == name]


def _matched(name, sciences, images):
    """Give each SCI its companion: that of its EXTVER; where EXTVER tells nothing, that of its place."""
    named = _of_name(name, images)
    versions = [header_int(hdu.header, "EXTVER", 1) for hdu in sciences]
    if len(set(versions)) == len(versions):
        by_version = {header_int(hdu.header, "EXTVER", 1): hdu for hdu in reversed(named)}
        return [by_version.get(version) for version in versions]
    return named if len(named) == len(sciences) else [None] * len(sciences)


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


def flagged(flags, options):
    """Say which pixels a flag image makes unusable; `None` where that is none of them."""
    bits = HST_BITS if options.mask_bits is None else chosen_bits(options.mask_bits, fits.Header())
    if flags is None or (flags.strides == (0, 0) and not int(flags[0, 0]) & bits):
        return None
    return (flags & np.array(bits & 0xFFFF, np.uint16).astype(flags.dtype)) != 0
