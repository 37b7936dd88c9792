"""Reader of CSST survey-camera (MSC) files: raw (L0) and calibrated (L1) images of one detector.

L0: 16 channels in one image, with or without overscan; the bias is taken per channel and row from
the overscan where there is one. With overscan between the channels no WCS can be linear in raw
pixels, so the header's WCS is taken to describe the trimmed image.

L1: ``_img`` holds electrons per second; the ``_wht`` (taken as inverse variance) and ``_flg`` files
beside it, or extensions named WHT and FLG, are used where they are there.
"""

import logging
import math
import re
import warnings
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from astropy import units as u

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.instruments import CSST_MSC, SCIENCE
from astroclassify.io._frame import make_frame
from astroclassify.io._headers import (
    add_cards,
    header_int,
    header_number,
    header_text,
    header_value,
    merged_header,
    parse_unit,
)
from astroclassify.io._identify import product_of
from astroclassify.io._mask_bits import CSST as CSST_BITS
from astroclassify.io._mask_bits import unusable_by
from astroclassify.io._noise import AmplifierNoise, ReadoutNoise
from astroclassify.io._open import open_fits
from astroclassify.io._overscan import bias_pixels, row_levels, trim_and_subtract
from astroclassify.io._pixels import as_float, hdu_label, image_pixels, plane_pixels, unusable_mask
from astroclassify.io._reader import Reader
from astroclassify.io._slices import amplifier_cards
from astroclassify.io._wcs import build_wcs

logger = logging.getLogger(__name__)

#: Meaning of the bits of a flag image.
FLAG_BITS = {
    1: "bad pixel",
    2: "hot pixel",
    4: "warm pixel",
    8: "saturated",
    16: "cosmic ray",
    32: "satellite trail",
    64: "ghost",
    128: "scattered light",
}
_NAME = re.compile(
    r"CSST_MSC_(?P<project>[A-Z]+)_(?P<data_type>SCIE?)_(?P<start>\d{14})_(?P<stop>\d{14})_(?P<obs_id>\d{9,14})"
    r"_(?P<detector>\d{2})_(?P<level>L[01])_(?P<version>V?\d+)(?:_(?P<suffix>[A-Za-z]+))?\.fits(?:\.gz|\.fz)?"
)
_OLD_NAME = re.compile(
    r"MSC_(?P<project>[A-Z]+)_(?P<start>\d{12})_(?P<obs_id>\d{9,14})_(?P<detector>\d{2})_(?P<suffix>raw)"
    r"\.fits(?:\.gz|\.fz)?"
)


@dataclass(frozen=True)
class CsstName:
    """
    What the name of a CSST file says.

    Parameters
    ----------
    project : str
        Survey or project, for example ``"MS"``.
    data_type : str
        ``"SCI"`` or ``"SCIE"``.
    start : datetime.datetime
        Start of the exposure (UTC).
    stop : datetime.datetime or None
        Its end; old simulations do not say.
    obs_id : str
        Observation number, 9 to 14 digits.
    detector : int
        Detector number.
    level : str
        ``"L0"`` or ``"L1"``.
    version : str
        Version of the product, for example ``"1"`` or ``"V01"``.
    suffix : str
        What follows the version, for example ``"img"``, ``"wht"``, ``"flg"`` or ``""``.
    """

    project: str
    data_type: str
    start: datetime
    stop: datetime | None
    obs_id: str
    detector: int
    level: str
    version: str
    suffix: str


def parse_csst_name(name):
    """
    Read what the name of a CSST survey-camera file says.

    Parameters
    ----------
    name : path-like
        File name; folders before it do not matter.

    Returns
    -------
    CsstName or None
        `None` where the name has no CSST form.

    Examples
    --------
    >>> from astroclassify.io import parse_csst_name
    >>> name = "CSST_MSC_MS_SCI_20270626203558_20270626203828_100000066_06_L0_1.fits"
    >>> parse_csst_name(name).detector
    6
    """
    base = Path(name).name
    match = _NAME.fullmatch(base) or _OLD_NAME.fullmatch(base)
    if match is None:
        return None
    parts = {"data_type": "SCI", "stop": None, "level": "L0", "version": ""} | match.groupdict(default="")
    try:
        start, stop = (_time(parts[key]) for key in ("start", "stop"))
    except ValueError:
        return None
    return CsstName(**parts | {"start": start, "stop": stop, "detector": int(parts["detector"])})


def _time(digits):
    if digits is None:
        return None
    return datetime.strptime(digits, "%Y%m%d%H%M%S" if len(digits) == 14 else "%y%m%d%H%M%S")


def identify(headers):
    """Match files of the CSST survey camera, as its pipeline writes them."""
    return product_of(headers).kind == "csst"


def read(hdulist, options):
    """
    Read the frame of a CSST detector.

    Parameters
    ----------
    hdulist : fits.HDUList
        The opened file.
    options : ReadOptions
        ``bias``, ``dtype``, ``chips`` and ``source`` are used.

    Returns
    -------
    list of CCDData
        One frame: ADU for L0, electrons per second for L1.

    Raises
    ------
    ReadError
        If there is no two-dimensional image, an L0 image has a size that no layout has, or the
        file is a weight or flag image.
    ParameterError
        If another chip was asked for.
    """
    name = parse_csst_name(options.source)
    if name is not None and name.suffix.lower() in ("wht", "flg", "cat"):
        raise ReadError(f"{options.source}: this is the {name.suffix} file of an image; read its _img file")
    hdu = _image_hdu(hdulist, options.source)
    header = merged_header(hdulist[0].header, hdu.header)
    chip = _chip(header, name)
    if options.chips is not None and set(options.chips) != {chip}:
        raise ParameterError(f"{options.source}: the file holds chip {chip} only, not {options.chips}")
    pixels = plane_pixels(hdu, options.source)
    raw = header_int(hdu.header, "BITPIX", 0) > 0
    make = _raw_frame if raw else _calibrated_frame
    return [make(pixels, hdu, header, hdulist, options, chip)]


CSST = Reader(
    name="csst",
    description="CSST survey camera, raw (L0) and calibrated (L1) images",
    identify=identify,
    read=read,
    instruments=("csst-msc",),
)


def _image_hdu(hdulist, source, *, companions=("WHT", "FLG")):
    for hdu in hdulist:
        named = header_text(hdu.header, "EXTNAME").upper()
        if hdu.is_image and header_int(hdu.header, "NAXIS", 0) == 2 and named not in companions:
            return hdu
    seen = ", ".join(
        f"{hdu_label(hdu)} with NAXIS = {header_value(hdu.header, 'NAXIS')}" for hdu in hdulist[:6]
    )
    raise ReadError(f"{source}: a CSST file needs a two-dimensional image; it holds {seen}")


def _chip(header, name):
    if name is not None:
        return name.detector
    digits = re.search(r"\d+", header_text(header, "CHIPID") or header_text(header, "DETECTOR"))
    return int(digits.group()) if digits else None


# Raw (L0) ------------------------------------------------------------------------------------


def _raw_frame(pixels, hdu, header, hdulist, options, chip):
    layout = _layout(pixels, header, options.source)
    if "LTV1" in header:  # of a window; from here on it counts the frame's pixels
        header["LTV2"], header["LTV1"] = (-float(first) for first in layout.origin)
    levels = channel_levels(pixels, layout)
    subtract = bool(levels) and options.bias == "overscan"
    offsets = levels if subtract else dict.fromkeys(layout.amplifiers, 0.0)
    frame = make_frame(
        trim_and_subtract(pixels, layout, offsets, options.dtype),
        unit=u.adu,
        header=header,
        options=options,
        reader="csst",
        wcs=build_wcs(hdu.header, hdulist, source=options.source),
        instrument=CSST_MSC.name,
        chip=chip,
        notes=("Bias of each channel and row subtracted" if subtract else "The bias level is still in",),
    )
    amplifiers = _noise(layout, header, levels, subtract)
    add_cards(frame.meta, amplifier_cards(amplifiers))
    frame.uncertainty = ReadoutNoise(pixels=frame.data, amplifiers=amplifiers)
    return frame


def _layout(pixels, header, source):
    """Find the layout by its size; windows of one size are told apart by LTV1 and LTV2."""
    fitting = [layout for layout in CSST_MSC.layouts if layout.shape == pixels.shape]
    if len(fitting) == 1:
        return fitting[0]
    ltv = tuple(header_number(header, key, math.nan) for key in ("LTV1", "LTV2"))
    for layout in fitting:
        if layout.ltv == ltv:
            return layout
    found = " x ".join(str(n) for n in reversed(pixels.shape))
    if fitting:
        starts = ", ".join(str(layout.ltv) for layout in fitting)
        raise ReadError(
            f"{source}: a raw CSST window of {found} pixels with LTV1, LTV2 = {ltv}; expected one of {starts}"
        )
    known = " or ".join(dict.fromkeys(f"{a.shape[1]} x {a.shape[0]}" for a in CSST_MSC.layouts))
    raise ReadError(f"{source}: a raw CSST image has {known} pixels (NAXIS1 x NAXIS2); this one has {found}")


def channel_levels(raw, layout):
    """
    Measure the bias level of every row of every channel.

    Parameters
    ----------
    raw : numpy.ndarray
        Raw image, ADU.
    layout : ChipLayout
        Its geometry.

    Returns
    -------
    dict of str to numpy.ndarray
        By channel, ADU, one level per science row; empty where the image has no overscan.
    """
    levels = {}
    for section in layout.of_kind(SCIENCE):
        _, pixels = bias_pixels(raw, layout, CSST_MSC, section)
        if pixels is not None:
            levels[section.amplifier] = row_levels(pixels)
    return levels


def _noise(layout, header, levels, subtracted):
    """Describe each channel's noise: gain and read noise are those of the header, where it has them."""
    noise = []
    for name, region in layout.science_regions.items():
        nominal = CSST_MSC.amplifiers[name]
        gain = header_number(header, f"GAIN{name}", 0.0)
        # RDNOISE10 and above have nine letters, one more than a keyword may have.
        keys = (f"RDNOISE{name}", f"RDNOIS{name}")
        read_noise = max(header_number(header, key, 0.0) for key in keys)
        pedestal = float(np.mean(levels.get(name, nominal.bias_level)))
        noise.append(
            AmplifierNoise(
                region=region,
                gain=gain if gain > 0 else nominal.gain,
                read_noise=read_noise if read_noise > 0 else nominal.read_noise,
                pedestal=0.0 if subtracted else pedestal,
            )
        )
    return noise


# Calibrated (L1) -----------------------------------------------------------------------------


def _calibrated_frame(pixels, hdu, header, hdulist, options, chip):
    data = as_float(pixels, options.dtype)
    flags = _companion("flg", hdulist, data.shape, options)
    weight = _companion("wht", hdulist, data.shape, options)
    return make_frame(
        data,
        unit=parse_unit(header_value(hdu.header, "BUNIT"), default=u.electron / u.s),
        header=header,
        options=options,
        reader="csst",
        mask=unusable_mask(data, _flagged(flags, header, options)),
        flags=flags,
        sigma=None if weight is None else _sigma(weight, options),
        wcs=build_wcs(hdu.header, hdulist, source=options.source),
        instrument=CSST_MSC.name,
        chip=chip,
    )


def _flagged(flags, header, options):
    return None if flags is None else unusable_by(flags, header, [header], options, planes=CSST_BITS)[0]


def _sigma(weight, options):
    with np.errstate(divide="ignore", invalid="ignore"):
        return (1.0 / np.sqrt(as_float(weight, options.dtype))).astype(options.dtype)


def _companion(kind, hdulist, shape, options):
    """Find the weight or flag image: an extension of the file, or the file beside it."""
    pixels = _named_image(hdulist, kind, options.source)
    path = _sibling(hdulist.filename(), kind)
    if pixels is None and path is not None:
        pixels = _image_of(path, options.source)
    if pixels is not None and (pixels.shape != shape or (kind == "flg" and pixels.dtype.kind not in "iu")):
        warnings.warn(
            f"{options.source}: its {kind} image does not fit ({pixels.dtype}, {pixels.shape}); left out",
            FrameWarning,
            stacklevel=2,
        )
        return None
    return None if pixels is None else np.array(pixels)


def _named_image(hdulist, kind, source):
    for hdu in hdulist:
        if hdu.is_image and header_text(hdu.header, "EXTNAME").lower() == kind:
            return image_pixels(hdu, source)
    return None


def _sibling(filename, kind):
    if not filename or "_img.fits" not in Path(filename).name:
        return None
    path = Path(filename).with_name(Path(filename).name.replace("_img.fits", f"_{kind}.fits"))
    return path if path.is_file() else None


def _image_of(path, source):
    try:
        with warnings.catch_warnings(), closing(open_fits(path, path.name)) as hdulist:
            warnings.simplefilter("ignore")
            pixels = image_pixels(_image_hdu(hdulist, path.name, companions=()), path.name)
            return None if pixels is None else np.array(pixels)
    except Exception as error:  # a broken companion must not cost the image itself
        warnings.warn(f"{source}: {path.name} beside it cannot be read ({error})", FrameWarning, stacklevel=2)
        return None
