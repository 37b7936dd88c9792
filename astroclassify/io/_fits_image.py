"""Reader of plain FITS images: cut-outs, stamps and frames of any telescope without a reader of its own.

Which image is the frame: every image extension named SCI; where there is none, the first HDU that
holds pixels. Companions of the same shape are used by their names (ERR, UNCERT, VAR, IVAR, MASK,
DQ, ...); all other images are left out, and the frame's ``HISTORY`` says so.
"""

import math

import numpy as np
from astropy.io import fits

from astroclassify.core import ParameterError, ReadError
from astroclassify.io._frame import make_frame
from astroclassify.io._headers import (
    header_int,
    header_number,
    header_text,
    header_value,
    merged_header,
    parse_unit,
)
from astroclassify.io._identify import product_of
from astroclassify.io._pixels import as_float, hdu_label, image_pixels, unusable_mask
from astroclassify.io._reader import Reader
from astroclassify.io._wcs import build_wcs

_SIGMA_NAMES = frozenset(("ERR", "ERROR", "SIGMA", "NOISE", "RMS", "STD", "STDDEV", "UNCERT"))
_VARIANCE_NAMES = frozenset(("VAR", "VARIANCE"))
_INVERSE_VARIANCE_NAMES = frozenset(("IVAR", "INVVAR"))
_MASK_NAMES = frozenset(("MASK", "DQ", "FLAG", "FLAGS", "BPM"))
_UNCERTAINTY_KINDS = {"StdDevUncertainty": 1, "VarianceUncertainty": 2, "InverseVariance": -2}


def identify(headers):
    """Match every file that is no product of ACS, WFC3 or CSST."""
    return product_of(headers).kind == ""


def read(hdulist, options):
    """
    Read the frame, or the SCI frames, of a FITS file.

    Parameters
    ----------
    hdulist : fits.HDUList
        The opened file.
    options : ReadOptions
        ``dtype``, ``chips`` and ``source`` are used.

    Returns
    -------
    list of CCDData
        One frame, or one per SCI extension.

    Raises
    ------
    ReadError
        If there is no image, or it does not have two axes.
    ParameterError
        If a chip was asked for that is not there.
    """
    images = [hdu for hdu in hdulist if _holds_pixels(hdu)]
    if not images:
        raise ReadError(
            f"{options.source}: there is no image with pixels; the file holds {_listing(hdulist)}"
        )
    chosen = _chosen_by_chip(_science_images(images), options)
    return [_frame(hdu, images, hdulist, options) for hdu in chosen]


FITS_IMAGE = Reader(
    name="fits-image",
    description="Plain 2-D FITS images and cut-outs of any telescope",
    identify=identify,
    read=read,
)


def _holds_pixels(hdu):
    if not isinstance(hdu, fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU) or isinstance(
        hdu, fits.GroupsHDU
    ):
        return False
    return bool(_axes(hdu.header)) and math.prod(_axes(hdu.header)) != 0


def _axes(header):
    return [header_int(header, f"NAXIS{i + 1}", 0) for i in range(min(header_int(header, "NAXIS", 0), 999))]


def _listing(hdulist):
    parts = [f"{hdu_label(hdu)} {type(hdu).__name__} with axes {_axes(hdu.header)}" for hdu in hdulist[:6]]
    more = len(hdulist) - len(parts)
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


def _science_images(images):
    named = [hdu for hdu in images if header_text(hdu.header, "EXTNAME").upper() == "SCI"]
    return named or images[:1]


def _chosen_by_chip(images, options):
    if options.chips is None:
        return images
    there = {_chip(hdu, images): hdu for hdu in images}
    missing = [chip for chip in options.chips if chip not in there]
    if missing:
        known = ", ".join(str(chip) for chip in there if chip is not None) or "none with a number"
        raise ParameterError(f"{options.source}: there is no chip {missing[0]}; the chips are: {known}")
    return [there[chip] for chip in options.chips]


def _chip(hdu, images):
    number = header_int(hdu.header, "CCDCHIP")
    if number is None and len(images) > 1:
        number = header_int(hdu.header, "EXTVER", 1)
    return number if number is not None and number > 0 else None


def _frame(hdu, images, hdulist, options):
    kept = _two_axes(hdu, options.source)
    data = as_float(_plane(hdu, options.source), options.dtype)
    used, sigma, flags = _companions(hdu, images, data.shape, options)
    mask = flags != 0 if flags is not None else _blank_mask(hdu, data.shape)
    left_out = [other for other in images if other not in used and other is not hdu]
    return make_frame(
        data,
        unit=parse_unit(header_value(hdu.header, "BUNIT")),
        header=merged_header(hdulist[0].header, hdu.header),
        options=options,
        reader="fits-image",
        mask=unusable_mask(data, mask),
        flags=flags,
        sigma=sigma,
        wcs=build_wcs(hdu.header, hdulist, source=options.source, axes=kept),
        instrument=header_text(hdulist[0].header, "ACINSTR") or "generic",
        chip=_chip(hdu, _science_images(images)),
        notes=[f"Frame is {hdu_label(hdu)}; image left out: {hdu_label(other)}" for other in left_out],
    )


def _two_axes(hdu, source):
    """Give the FITS axes (1-based) of the picture plane; axes of length 1 beyond two are dropped."""
    axes = _axes(hdu.header)
    kept = list(range(1, len(axes) + 1))
    for axis in reversed(range(1, len(axes) + 1)):
        if len(kept) > 2 and axes[axis - 1] == 1:
            kept.remove(axis)
    if len(kept) != 2:
        raise ReadError(_wrong_axes_message(hdu, axes, source))
    return tuple(kept)


def _wrong_axes_message(hdu, axes, source):
    named = ", ".join(
        f"NAXIS{i} = {length} ({header_text(hdu.header, f'CTYPE{i}') or f'no CTYPE{i}'})"
        for i, length in enumerate(axes[:6], start=1)
    )
    advice = (
        f"cut one plane first, for example CCDData(hdu.data[{', '.join(['0'] * (len(axes) - 2))}], unit=...)"
        if len(axes) > 2
        else "a spectrum or a table column is not a frame"
    )
    return f"{source}: {hdu_label(hdu)} is {len(axes)}-D: {named}; a frame has 2 axes; {advice}"


def _plane(hdu, source):
    pixels = image_pixels(hdu, source)
    if pixels is None or pixels.size == 0:
        raise ReadError(f"{source}: {hdu_label(hdu)} holds no pixels")
    kept = _two_axes(hdu, source)
    shape = tuple(_axes(hdu.header)[axis - 1] for axis in reversed(kept))
    if pixels.size != math.prod(shape):
        raise ReadError(
            f"{source}: {hdu_label(hdu)} declares {shape} pixels but decodes to {pixels.shape}; it is corrupt"
        )
    return pixels.reshape(shape)


def _blank_mask(hdu, shape):
    """Mark BLANK pixels of unsigned integers, which astropy leaves in (others it makes NaN)."""
    pixels = hdu.data
    blank = header_int(hdu.header, "BLANK")
    if blank is None or pixels.dtype.kind not in "ui":
        return None
    offset = header_number(hdu.header, "BZERO", 0.0)
    return (pixels == blank + offset).reshape(shape)


def _companions(hdu, images, shape, options):
    """Find the frame's uncertainty and flags among the other images, by name, EXTVER and shape."""
    version = header_int(hdu.header, "EXTVER", 1)
    # What says no EXTVER is of the first image, or of the only one
    implied = version if len(_science_images(images)) == 1 else 1
    used, sigma, flags = [], None, None
    for other in images:
        name = header_text(other.header, "EXTNAME").upper()
        matches = other is not hdu and header_int(other.header, "EXTVER", implied) == version
        if not matches or tuple(reversed(_axes(other.header))) != shape:
            continue
        if name in _MASK_NAMES and flags is None and header_int(other.header, "BITPIX", 0) > 0:
            flags = np.array(image_pixels(other, options.source))
            used.append(other)
        elif _uncertainty_power(name, other.header) and sigma is None:
            sigma = _as_sigma(
                image_pixels(other, options.source), _uncertainty_power(name, other.header), options
            )
            used.append(other)
    return used, sigma, flags


def _uncertainty_power(name, header):
    """Give p such that the image holds sigma**p; 0 where it is no uncertainty."""
    if name in _SIGMA_NAMES:
        return _UNCERTAINTY_KINDS.get(header_text(header, "UTYPE"), 1)
    return 2 if name in _VARIANCE_NAMES else -2 if name in _INVERSE_VARIANCE_NAMES else 0


def _as_sigma(pixels, power, options):
    values = as_float(pixels, options.dtype)
    if power == 1:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.power(values, 1.0 / power, dtype=values.dtype)
