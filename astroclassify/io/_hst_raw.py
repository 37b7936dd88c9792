"""Reader of raw ACS/WFC and WFC3/UVIS files: one trimmed, bias-subtracted frame per chip.

The bias is measured for every amplifier and row in the section that the instrument's own pipeline
uses: for ACS the inner prescan columns, for UVIS the serial virtual overscan (subarrays: physical
columns). See `astroclassify.instruments` for the geometry, and ``row_levels`` for the estimate.
"""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from astroclassify.core import FrameWarning, ParameterError, ReadError, UnsupportedInstrumentError
from astroclassify.instruments import INSTRUMENTS, SCIENCE, ChipLayout, Instrument, find_layout
from astroclassify.io._frame import make_frame
from astroclassify.io._headers import add_cards, header_int, header_number, header_text, merged_header
from astroclassify.io._hst import Imset, as_flags, companion_pixels, find_imsets, flagged
from astroclassify.io._identify import hst_instrument, product_of
from astroclassify.io._mapped import MappedHdu
from astroclassify.io._noise import AmplifierNoise, ReadoutNoise
from astroclassify.io._overscan import bias_pixels, row_levels, trim, trim_and_subtract
from astroclassify.io._pixels import check_declared_size, hdu_label, image_pixels, unusable_mask
from astroclassify.io._reader import Reader, ReadOptions
from astroclassify.io._slices import amplifier_cards
from astroclassify.io._wcs import move_origin, tangent_wcs

_BZERO = 32768.0
_NOMINAL = "nominal level"


def identify(headers):
    """Match raw files of ACS and WFC3, whatever the detector."""
    return product_of(headers).kind == "hst-raw"


def read(hdulist, options):
    """
    Read the frames of a raw file.

    Parameters
    ----------
    hdulist : fits.HDUList
        The opened file.
    options : ReadOptions
        Everything in it is used.

    Returns
    -------
    list of CCDData
        One frame per chip, in ADU, ordered by ``CCDCHIP``.

    Raises
    ------
    UnsupportedInstrumentError
        If the detector is SBC or IR, or no layout fits the image.
    ReadError
        If the file is truncated or corrupt.
    ParameterError
        If a chip was asked for that is not there.
    """
    camera = INSTRUMENTS[hst_instrument([hdu.header for hdu in hdulist], options.source)]
    chips = [_planned(imset, hdulist, camera, options) for imset in find_imsets(hdulist, options)]
    return [_frame(chip, *found) for chip, found in zip(chips, _all_trimmed(chips), strict=True)]


HST_RAW = Reader(
    name="hst-raw",
    description="Raw frames of HST ACS/WFC, ACS/HRC and WFC3/UVIS, full and subarrays",
    identify=identify,
    read=read,
    instruments=("acs-wfc", "acs-hrc", "wfc3-uvis"),
    maps=True,
)


@dataclass(frozen=True)
class _Chip:
    """
    A chip's image before its pixels are touched; stored pixels plus ``offset`` are ADU.

    All that its headers tell is worked out by now: the pixels drive them out of the processor's cache.
    """

    imset: Imset
    raw: np.ndarray
    offset: float
    header: fits.Header
    wcs: WCS | None
    layout: ChipLayout
    rows: slice
    instrument: Instrument
    options: ReadOptions


def _planned(imset, hdulist, instrument, options):
    own = imset.science.header
    raw, offset = _stored_pixels(imset.science, options)
    header = merged_header(hdulist[0].header, own)
    layout = _layout(instrument, imset.chip, raw.shape, header, options.source)
    rows, start = _kept_rows(layout, instrument, options), layout.science_start
    shape = rows.stop - rows.start, layout.science_shape[1]
    move_origin(header, columns=start[1], rows=start[0] + rows.start, shape=shape, binning=layout.binning)
    wcs = tangent_wcs(header, own, options.source)
    return _Chip(imset, raw, offset, header, wcs, layout, rows, instrument, options)


def _all_trimmed(chips):
    """Take the chips side by side, one here and one in a thread: numpy lets go of the interpreter."""
    if len(chips) < 2:
        return [_trimmed(chip) for chip in chips]
    with ThreadPoolExecutor(max_workers=1) as pool:
        others = [pool.submit(_trimmed, chip) for chip in chips[1:]]
        return [_trimmed(chips[0]), *(other.result() for other in others)]


def _trimmed(chip):
    """Measure the bias, by amplifier, and cut out the science pixels: what takes time."""
    bias = _bias_levels(chip.raw, chip.layout, chip.instrument, chip.offset)
    levels = {name: level for name, (level, _) in bias.items()}
    subtracted = levels if chip.options.bias == "overscan" else dict.fromkeys(levels, -chip.offset)
    return bias, trim_and_subtract(chip.raw, chip.layout, subtracted, chip.options.dtype)[chip.rows]


def _frame(chip, bias, data):
    options, layout, header = chip.options, chip.layout, chip.header
    flags = _flags(chip.imset, layout, options)
    flags = None if flags is None else flags[chip.rows]
    means = {name: float(np.mean(level)) + chip.offset for name, (level, _) in bias.items()}
    add_cards(
        header,
        {
            f"ACBIAS{name}": (round(mean, 3), f"[adu] mean bias of amplifier {name}")
            for name, mean in means.items()
        },
    )
    frame = make_frame(
        data,
        unit=u.adu,
        header=header,
        options=options,
        reader="hst-raw",
        mask=flagged(flags, options)
        if chip.raw.dtype.kind in "iu"
        else unusable_mask(data, flagged(flags, options)),
        flags=flags,
        wcs=chip.wcs,
        instrument=chip.instrument.name,
        chip=chip.imset.chip,
        notes=(f"Layout: {layout.name}; {_bias_note(chip, bias)}",),
    )
    amplifiers = _noise(chip, means)
    add_cards(frame.meta, amplifier_cards(amplifiers))
    frame.uncertainty = ReadoutNoise(pixels=data, amplifiers=amplifiers)
    return frame


def _stored_pixels(hdu, options):
    """
    Give the raw pixels, and what has to be added to them for ADU.

    A file that this call opened itself is mapped, with its pixels as they are on disk: big-endian
    int16. Everything else (compressed, in memory, opened by the user) goes through astropy.
    """
    check_declared_size(hdu, options.source)
    header = hdu.header
    shape = header_int(header, "NAXIS2", 0), header_int(header, "NAXIS1", 0)
    if header_int(header, "NAXIS", 0) != 2 or min(shape) < 1:
        raise ReadError(f"{options.source}: {hdu_label(hdu)} holds no two-dimensional image")
    if options.fresh and _is_plain_uint16(hdu):
        info = hdu.fileinfo()
        return np.memmap(info["file"].name, ">i2", mode="r", offset=info["datLoc"], shape=shape), _BZERO
    pixels = image_pixels(hdu, options.source)
    if pixels is None or pixels.shape != shape or pixels.dtype.kind not in "iuf":
        raise ReadError(
            f"{options.source}: {hdu_label(hdu)} does not hold the {shape} pixels that it declares"
        )
    return pixels, 0.0


def _is_plain_uint16(hdu):
    header, info = hdu.header, hdu.fileinfo()
    return (
        type(hdu) in (fits.ImageHDU, MappedHdu)
        and bool(info)
        and info["file"].compression is None
        and isinstance(info["file"].name, str)
        and header_int(header, "BITPIX") == 16
        and header_number(header, "BSCALE", 1.0) == 1.0
        and header_number(header, "BZERO") == _BZERO
        and "BLANK" not in header
    )


def _layout(instrument, chip, shape, header, source):
    offset = header_number(header, "LTV1"), header_number(header, "LTV2", 0.0)
    try:
        return find_layout(
            instrument,
            chip,
            shape,
            binning=header_int(header, "BINAXIS1", 1),
            amplifiers=header_text(header, "CCDAMP").upper(),
            offset=None if offset[0] is None else offset,
        )
    except UnsupportedInstrumentError as error:
        raise UnsupportedInstrumentError(f"{source}: {error}") from error
    except ParameterError as error:
        raise ReadError(f"{source}: without CCDAMP and LTV1 its layout is not known ({error})") from error


def _kept_rows(layout, instrument, options):
    """Give the rows that the paper's crop keeps, of images that have the rows it is about."""
    height = layout.science_shape[0]
    start, stop = instrument.paper_rows.get(layout.chip, (0, height))
    applies = options.rows == "paper" and layout.binning == 1 and height >= stop
    return slice(start, stop) if applies and layout.origin[0] == 0 else slice(0, height)


def _flags(imset, layout, options):
    pixels = as_flags(companion_pixels(imset.quality, layout.shape, options.source), options.source)
    if pixels is None or pixels.strides == (0, 0):
        return None if pixels is None else np.broadcast_to(pixels[0, 0], layout.science_shape)
    return trim(pixels, layout)


# Bias and noise ------------------------------------------------------------------------------


def _bias_levels(raw, layout, instrument, offset):
    """Measure the bias by amplifier: in stored units, per science row or one number; and where it is from."""
    bias = {}
    for section in layout.of_kind(SCIENCE):
        kind, pixels = bias_pixels(raw, layout, instrument, section)
        if pixels is None:
            nominal = instrument.amplifiers[section.amplifier].bias_level
            bias[section.amplifier] = nominal - offset, _NOMINAL
        else:
            # To 1/256 ADU: exact in float32 whatever the offset, so that every way to open a file agrees
            bias[section.amplifier] = np.rint(256 * row_levels(pixels)) / 256, kind
    return bias


def _bias_note(chip, bias):
    nominal = [name for name, (_, kind) in bias.items() if kind == _NOMINAL]
    names = ", ".join(nominal)
    if nominal and chip.options.bias == "overscan":
        warnings.warn(
            f"{chip.options.source}: {chip.layout.name} has no overscan for amplifier {names}; "
            "its nominal bias level is subtracted, which may be off by tens of ADU",
            FrameWarning,
            stacklevel=2,
        )
    sources = ", ".join(f"{name}: {kind}" for name, (_, kind) in bias.items())
    return f"bias {'subtracted' if chip.options.bias == 'overscan' else 'left in'} ({sources})"


def _noise(chip, means):
    """Describe the noise of each amplifier's region of the trimmed frame."""
    noise = []
    for name, region in chip.layout.science_regions.items():
        pedestal = 0.0 if chip.options.bias == "overscan" else means[name]
        gain, read_noise = _gain_and_read_noise(name, chip.instrument, chip.header)
        noise.append(AmplifierNoise(region, gain, read_noise, pedestal))
    return noise


def _gain_and_read_noise(name, instrument, header):
    """Give an amplifier's gain and read noise in this exposure, as far as its header says."""
    amplifier, setting = instrument.amplifiers[name], header_number(header, "CCDGAIN", 0.0)
    nominal = amplifier.gain * (setting / instrument.gain_setting if setting > 0 else 1.0)
    gain = header_number(header, f"ATODGN{name}", 0.0)
    read_noise = header_number(header, f"READNSE{name}", 0.0)
    return gain if gain > 0 else nominal, read_noise if read_noise > 0 else amplifier.read_noise
