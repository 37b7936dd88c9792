"""Reader of calibrated ACS/WFC and WFC3/UVIS files (``_flt``, ``_flc``): one frame per chip."""

import warnings

from astropy import units as u

from astroclassify.core import FrameWarning, ReadError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.io._common import (
    as_float,
    build_wcs,
    hdu_label,
    header_text,
    header_value,
    hst_instrument,
    hst_stage,
    image_pixels,
    make_frame,
    merged_header,
    parse_unit,
    unusable_mask,
)
from astroclassify.io._hst import as_flags, companion_pixels, find_imsets, flagged, move_origin
from astroclassify.io._reader import Reader

_TABLE_CARDS = ("CPDIS", "CPERR", "D2IMDIS", "D2IMERR", "DP", "D2IM")


def identify(headers):
    """Match calibrated, not drizzled files of ACS and WFC3, whatever the detector."""
    return hst_stage(headers) == "calibrated"


def read(hdulist, options):
    """
    Read the frames of a calibrated file.

    Parameters
    ----------
    hdulist : fits.HDUList
        The opened file, with its distortion tables.
    options : ReadOptions
        ``rows``, ``dtype``, ``chips`` and ``source`` are used.

    Returns
    -------
    list of CCDData
        One frame per chip, ordered by ``CCDCHIP``, in the unit that ``BUNIT`` says.

    Raises
    ------
    UnsupportedInstrumentError
        If the detector is HRC, SBC or IR.
    ReadError
        If the file is truncated or corrupt.
    ParameterError
        If a chip was asked for that is not there.
    """
    name = hst_instrument([hdu.header for hdu in hdulist], options.source)
    return [_frame(imset, hdulist, INSTRUMENTS[name], options) for imset in find_imsets(hdulist, options)]


HST_CALIBRATED = Reader(
    name="hst-calibrated",
    description="Calibrated frames of HST ACS/WFC and WFC3/UVIS (flt, flc)",
    identify=identify,
    read=read,
    instruments=("acs-wfc", "wfc3-uvis"),
)


def _frame(imset, hdulist, instrument, options):
    pixels = image_pixels(imset.science, options.source)
    if pixels is None or pixels.ndim != 2 or pixels.size == 0:
        raise ReadError(f"{options.source}: {hdu_label(imset.science)} holds no two-dimensional image")
    rows = _kept_rows(imset.chip, pixels.shape, instrument, options)
    data = as_float(pixels[rows], options.dtype)
    sigma = companion_pixels(imset.error, pixels.shape, options.source)
    flags = as_flags(companion_pixels(imset.quality, pixels.shape, options.source), options.source)
    flags = None if flags is None else flags[rows]
    header = merged_header(hdulist[0].header, imset.science.header)
    wcs = _wcs(imset.science.header, hdulist, options.source)
    if rows.start:
        move_origin(header, columns=0, rows=rows.start, shape=data.shape)
        wcs = wcs if wcs is None else wcs[rows]
    return make_frame(
        data,
        unit=parse_unit(header_value(header, "BUNIT"), default=u.electron),
        header=header,
        options=options,
        reader="hst-calibrated",
        mask=unusable_mask(data, flagged(flags)),
        flags=flags,
        sigma=None if sigma is None else as_float(sigma[rows], options.dtype),
        wcs=wcs,
        instrument=instrument.name,
        chip=imset.chip,
    )


def _kept_rows(chip, shape, instrument, options):
    """Give the rows that the paper's crop keeps, of images that have all the rows of the chip."""
    start, stop = instrument.paper_rows.get(chip, (0, shape[0]))
    full = chip in instrument.geometry and shape == instrument.geometry[chip].shape
    return slice(start, stop) if options.rows == "paper" and full else slice(0, shape[0])


def _wcs(header, hdulist, source):
    """Build the WCS with the lookup tables, or without them where they are not there or broken."""
    if not any(header_text(header, f"{kind}DIS{axis}") for kind in ("CP", "D2IM") for axis in "12"):
        return build_wcs(header, source=source)
    with warnings.catch_warnings(record=True) as problems:
        warnings.simplefilter("always")
        wcs = build_wcs(header, hdulist, source=source)
    if wcs is not None or not problems:
        return wcs
    warnings.warn(
        f"{source}: the distortion tables are missing or broken; the WCS has the polynomial distortion only "
        f"({problems[-1].message})",
        FrameWarning,
        stacklevel=2,
    )
    return build_wcs(_without_tables(header), source=source)


def _without_tables(header):
    plain = header.copy()
    for keyword in {card.keyword for card in plain.cards}:
        stem = keyword.split(".")[0].rstrip("0123456789")
        if stem in _TABLE_CARDS:
            plain.remove(keyword, ignore_missing=True, remove_all=True)
    return plain
