"""A frame of a science image and its companions: what plain images and those of missions share."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from astropy import units as u

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.io._colour_planes import colour_step, luminance_plane, without_pattern
from astroclassify.io._frame import make_frame
from astroclassify.io._headers import (
    header_int,
    header_number,
    header_text,
    header_value,
    merged_header,
    parse_unit,
)
from astroclassify.io._image_roles import (
    CHIP_CARDS,
    FLAGS,
    INVERSE_VARIANCE,
    SIGMA,
    VARIANCE,
    WEIGHT,
    axes_of,
    is_colour,
    picture_axes,
    picture_shape,
)
from astroclassify.io._mask_bits import BitPlanes, unusable_by
from astroclassify.io._pixels import as_float, hdu_label, image_pixels, unusable_mask
from astroclassify.io._wcs import build_wcs
from astroclassify.io._weight import NOTE, sigma_of_weight

_POWERS = {SIGMA: 1, VARIANCE: 2, INVERSE_VARIANCE: -2}
#: What `astropy.nddata.CCDData.write` says in UTYPE of its extension UNCERT.
_UNCERTAINTY_KINDS = {"StdDevUncertainty": 1, "VarianceUncertainty": 2, "InverseVariance": -2}


@dataclass(frozen=True)
class Meaning:
    """
    What a reader knows of the images of its files beyond what they say themselves.

    Parameters
    ----------
    reader, instrument : str
        Names for the frame's header.
    unit : astropy.units.UnitBase
        Of images without BUNIT.
    planes : BitPlanes, optional
        What the bits of mask images mean.
    chip_cards : tuple of str
        Cards that hold the number of a chip.
    """

    reader: str
    instrument: str = "generic"
    unit: u.UnitBase = u.dimensionless_unscaled
    planes: BitPlanes | None = None
    chip_cards: tuple[str, ...] = CHIP_CARDS


def chip_numbers(images, cards):
    """
    Number the images of a file: by a card, by EXTVER, or by their order.

    Parameters
    ----------
    images : list of ImageRole
        The science images.
    cards : tuple of str
        Cards that may hold the number.

    Returns
    -------
    list of (int or None)
        `None` for a single image that does not say; else no two are alike.
    """
    for key in (*cards, "EXTVER"):
        numbers = [header_int(image.hdu.header, key) for image in images]
        wanted = key != "EXTVER" or len(images) > 1
        if wanted and all(n is not None and n > 0 for n in numbers) and len(set(numbers)) == len(numbers):
            return numbers
    return [None] if len(images) == 1 else list(range(1, len(images) + 1))


def chosen_chips(sciences, numbers, options):
    """
    Keep the images of the chips that were asked for.

    Returns
    -------
    list of tuple
        Science image and its number.

    Raises
    ------
    ParameterError
        If one is not there.
    """
    numbered = list(zip(sciences, numbers, strict=True))
    if options.chips is None:
        return numbered
    missing = [chip for chip in options.chips if chip not in numbers]
    if missing:
        known = ", ".join(str(chip) for chip in numbers if chip is not None)
        told = f"the chips are: {known}" if known else "no image has a chip number, so leave the chip out"
        raise ParameterError(f"{options.source}: there is no chip {missing[0]}; {told}")
    return [next(pair for pair in numbered if pair[1] == chip) for chip in options.chips]


def image_frame(science, chip, hdulist, meaning, options, *, notes=(), alone=True):
    """
    Make the frame of a science image.

    Parameters
    ----------
    science : Science
        The image and its companions.
    chip : int or None
        Its number.
    hdulist : sequence of HDUs
        The opened file.
    meaning : Meaning
        What the reader knows.
    options : ReadOptions
        ``dtype``, ``mask_bits`` and ``source`` are used.
    notes : sequence of str
        What else goes to ``HISTORY``.
    alone : bool
        Whether it is the file's only one, so that what the primary header says of the sky is of it.

    Returns
    -------
    CCDData
        The frame.

    Raises
    ------
    ReadError
        If the image does not have two axes (or is no colour image), or cannot be read.
    """
    hdu = science.image.hdu
    own = hdu.header
    header = merged_header(hdulist[0].header, own)
    plane, colour_note = luminance_plane(_pixels(hdu, options.source), own, options.source)
    if colour_step(own) > 1:
        without_pattern(header)
    data = as_float(plane, options.dtype)
    unit = parse_unit(header_value(header, "BUNIT"), default=meaning.unit)
    headers = [hdulist[0].header, own]
    read = _Companions(science, data.shape, meaning, options, headers)
    mask, mask_note = read.flagged()
    weight = read.pixels(WEIGHT)
    for bad in (_blank(hdu, data.shape), None if weight is None else ~(weight > 0)):
        mask = bad if mask is None else mask if bad is None else mask | bad
    sigma, sigma_note = read.sigma(data, weight, unit, header_number(header, "EXPTIME"))
    return make_frame(
        data,
        unit=unit,
        header=header,
        options=options,
        reader=meaning.reader,
        mask=unusable_mask(data, mask),
        flags=read.flags,
        sigma=sigma,
        wcs=_world(own, header, hdulist, options, alone),
        instrument=header_text(hdulist[0].header, "ACINSTR") or meaning.instrument,
        chip=chip,
        notes=[note for note in (colour_note, mask_note, sigma_note, *notes) if note],
    )


def _pixels(hdu, source):
    axes = picture_axes(hdu.header)
    if len(axes) != 2 and not is_colour(hdu.header):
        raise ReadError(_wrong_axes_message(hdu, axes_of(hdu.header), source))
    pixels = image_pixels(hdu, source)
    if pixels is None or pixels.size == 0:
        raise ReadError(f"{source}: {hdu_label(hdu)} holds no pixels")
    shape = picture_shape(hdu.header)
    if pixels.size != math.prod(shape):
        raise ReadError(
            f"{source}: {hdu_label(hdu)} declares {shape} pixels but decodes to {pixels.shape}; it is corrupt"
        )
    return pixels.reshape(shape)


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


def _blank(hdu, shape):
    """Mark BLANK pixels of unsigned integers, which astropy leaves in (others it makes NaN)."""
    blank = header_int(hdu.header, "BLANK")
    if blank is None or hdu.data.dtype.kind not in "ui" or hdu.data.size != math.prod(shape):
        return None
    return (hdu.data == blank + header_number(hdu.header, "BZERO", 0.0)).reshape(shape)


def _world(own, header, hdulist, options, alone):
    """Build the WCS: of the image's own cards, or of the primary's, where that is the only image."""
    inherited = alone and not header_text(own, "CTYPE1") and header_text(header, "CTYPE1")
    wcs = build_wcs(header if inherited else own, hdulist, source=options.source, axes=picture_axes(own)[:2])
    if wcs is None or colour_step(own) == 1:
        return wcs
    try:
        return wcs[:: colour_step(own), :: colour_step(own)]
    except Exception as error:  # astropy slices no WCS with distortions by steps
        warnings.warn(
            f"{options.source}: the WCS does not go with cells of filters ({error}); the frame has none",
            FrameWarning,
            stacklevel=2,
        )
        return None


class _Companions:
    """The companions of one image, read as they are asked for."""

    def __init__(self, science, shape, meaning, options, headers):
        self._found, self._shape = science.companions, shape
        self._meaning, self._options, self._headers = meaning, options, headers
        self.flags = None

    def pixels(self, role):
        """Give the pixels of a companion as floats (numpy.ndarray); None where there is none that fits."""
        image = self._found.get(role)
        if image is None:
            return None
        found = image_pixels(image.hdu, self._options.source)
        if found is None or found.size != math.prod(self._shape):
            return self._left_out(
                image, f"it has the shape {getattr(found, 'shape', ())}, its image {self._shape}"
            )
        return as_float(found.reshape(self._shape), self._options.dtype)

    def flagged(self):
        """Give the mask that the flags make, and what was done."""
        image = self._found.get(FLAGS)
        flags = None if image is None else image_pixels(image.hdu, self._options.source)
        if flags is None:
            return None, ""
        if flags.size != math.prod(self._shape):
            return self._left_out(image, f"it has the shape {flags.shape}, its image {self._shape}"), ""
        whole = _as_integers(flags.reshape(self._shape))
        if whole is None:
            return self._left_out(image, "its values are not whole numbers"), ""
        self.flags = whole
        label = hdu_label(image.hdu)
        return unusable_by(
            whole, image.hdu.header, self._headers, self._options, planes=self._meaning.planes, name=label
        )

    def sigma(self, data, weight, unit, exposure):
        """Give the standard deviation of the pixels, and where it is from; None where nothing tells."""
        for role, power in _POWERS.items():
            values = self.pixels(role)
            if values is not None:
                own = _UNCERTAINTY_KINDS.get(header_text(self._found[role].hdu.header, "UTYPE"), power)
                return _to_sigma(values, own), ""
        if weight is None:
            return None, ""
        return sigma_of_weight(data, weight, unit, exposure), NOTE

    def _left_out(self, image, reason):
        warnings.warn(
            f"{self._options.source}: {hdu_label(image.hdu)} is left out: {reason}",
            FrameWarning,
            stacklevel=2,
        )


def _as_integers(flags):
    """Give flags as integers in native byte order; `None` where they are none."""
    if flags.dtype.kind in "iu":
        return np.array(flags, dtype=flags.dtype.newbyteorder("="))
    if flags.dtype.kind != "f" or not np.isfinite(flags).all() or np.abs(flags).max(initial=0) > 2**31 - 1:
        return None
    whole = flags.astype(np.int32)
    return whole if np.array_equal(whole, flags) else None


def _to_sigma(values, power):
    if power == 1:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.power(values, 1.0 / power, dtype=values.dtype)
