"""Reader of raw ACS/WFC and WFC3/UVIS files: one trimmed, bias-subtracted frame per chip.

The bias is measured for every amplifier and row in the section that the instrument's own pipeline
uses: for ACS the inner prescan columns, for UVIS the serial virtual overscan (subarrays: physical
columns). See `astroclassify.instruments` for the geometry, and ``row_levels`` for the estimate.
"""

import warnings
from dataclasses import replace

import numpy as np
from astropy import units as u

from astroclassify.core import FrameWarning, ReadError, UnsupportedInstrumentError
from astroclassify.instruments import INSTRUMENTS, SCIENCE, find_layout
from astroclassify.io._common import (
    build_wcs,
    check_declared_size,
    hdu_label,
    header_int,
    header_number,
    header_text,
    hst_instrument,
    hst_stage,
    image_pixels,
    make_frame,
    merged_header,
)
from astroclassify.io._fast import row_levels, trim, trim_and_subtract
from astroclassify.io._hst import as_flags, companion_pixels, find_imsets, flagged, move_origin
from astroclassify.io._noise import AmplifierNoise, ReadoutNoise
from astroclassify.io._reader import Reader

_BZERO = 32768.0


def identify(headers):
    """Match raw files of ACS and WFC3, whatever the detector."""
    return hst_stage(headers) == "raw"


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
        If the detector is HRC, SBC or IR, or no layout fits the image.
    ReadError
        If the file is truncated or corrupt.
    ParameterError
        If a chip was asked for that is not there.
    """
    name = hst_instrument([hdu.header for hdu in hdulist], options.source)
    return [_frame(imset, hdulist, INSTRUMENTS[name], options) for imset in find_imsets(hdulist, options)]


HST_RAW = Reader(
    name="hst-raw",
    description="Raw frames of HST ACS/WFC and WFC3/UVIS, full and subarrays",
    identify=identify,
    read=read,
    instruments=("acs-wfc", "wfc3-uvis"),
)


def _frame(imset, hdulist, instrument, options):
    raw, offset = _stored_pixels(imset.science, options)
    header = merged_header(hdulist[0].header, imset.science.header)
    layout = _layout(instrument, imset.chip, raw.shape, header, options.source)
    levels, notes = _bias_levels(raw, layout, instrument, options, offset)
    subtracted = levels if options.bias == "overscan" else dict.fromkeys(levels, -offset)
    rows = _kept_rows(instrument, layout, options)
    data = trim_and_subtract(raw, layout, subtracted, options.dtype)[rows]
    start = layout.science_start
    move_origin(
        header, columns=start[1], rows=start[0] + rows.start, shape=data.shape, binning=layout.binning
    )
    flags = _flags(imset, layout, options)
    flags = None if flags is None else flags[rows]
    _record_levels(header, levels, offset)
    frame = make_frame(
        data,
        unit=u.adu,
        header=header,
        options=options,
        reader="hst-raw",
        mask=flagged(flags),
        flags=flags,
        wcs=build_wcs(header, source=options.source),
        instrument=instrument.name,
        chip=imset.chip,
        notes=(f"Layout: {layout.name}; {notes}",),
    )
    frame.uncertainty = ReadoutNoise(amplifiers=_noise(layout, instrument, header, levels, offset, options))
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
        type(hdu).__name__ == "ImageHDU"
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


def _kept_rows(instrument, layout, options):
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


def _bias_levels(raw, layout, instrument, options, offset):
    """Measure the bias by amplifier, in stored units: an array of one value per science row, or a number."""
    levels, sources = {}, {}
    for section in layout.of_kind(SCIENCE):
        kind, pixels = _bias_pixels(raw, layout, instrument, section)
        if pixels is None:
            levels[section.amplifier] = instrument.amplifiers[section.amplifier].bias_level - offset
        else:
            levels[section.amplifier] = row_levels(pixels)
        sources[section.amplifier] = kind or "nominal level"
    nominal = [name for name, kind in sources.items() if kind == "nominal level"]
    if nominal and options.bias == "overscan":
        warnings.warn(
            f"{options.source}: {layout.name} has no overscan beside amplifier {', '.join(nominal)}; "
            "its nominal bias level is subtracted, which may be off by tens of ADU",
            FrameWarning,
            stacklevel=2,
        )
    note = ", ".join(f"{name}: {kind}" for name, kind in sources.items())
    return levels, f"bias {'subtracted' if options.bias == 'overscan' else 'left in'} ({note})"


def _bias_pixels(raw, layout, instrument, science):
    """Find the columns that hold a section's bias: the first kind of which there are any."""
    for kind, (start, stop) in instrument.bias_columns.items():
        for section in layout.of_kind(kind, science.amplifier):
            columns = np.arange(*section.x)
            if section.x[0] < science.x[0]:
                columns = columns[::-1]
            columns = np.sort(columns[start:stop])
            if section.y == science.y and columns.size:
                return kind, raw[slice(*section.y), columns[0] : columns[-1] + 1]
    return None, None


def _record_levels(header, levels, offset):
    for name, level in levels.items():
        value = round(float(np.mean(level)) + offset, 3)
        header[f"ACBIAS{name}"] = (value, f"[adu] mean bias of amplifier {name}")


def _noise(layout, instrument, header, levels, offset, options):
    """Describe the noise of each amplifier's region of the trimmed frame."""
    left, noise = 0, []
    for section in sorted(layout.of_kind(SCIENCE), key=lambda s: s.x):
        amplifier = _as_set(instrument.amplifiers[section.amplifier], instrument, header)
        right = left + section.shape[1]
        pedestal = 0.0 if options.bias == "overscan" else float(np.mean(levels[section.amplifier])) + offset
        region = slice(None), slice(left, right)
        noise.append(AmplifierNoise(region, amplifier.gain, amplifier.read_noise, pedestal))
        left = right
    return noise


def _as_set(amplifier, instrument, header):
    """Give an amplifier with the gain and read noise of this exposure, as far as its header says."""
    setting = header_number(header, "CCDGAIN", 0.0)
    nominal = amplifier.gain * (setting / instrument.gain_setting if setting > 0 else 1.0)
    gain = header_number(header, f"ATODGN{amplifier.name}", 0.0)
    read_noise = header_number(header, f"READNSE{amplifier.name}", 0.0)
    return replace(
        amplifier,
        gain=gain if gain > 0 else nominal,
        read_noise=read_noise if read_noise > 0 else amplifier.read_noise,
    )
