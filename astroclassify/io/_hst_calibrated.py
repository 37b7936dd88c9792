"""Reader of calibrated ACS/WFC and WFC3/UVIS files (``_flt``, ``_flc``): one frame per chip."""

from astropy import units as u

from astroclassify.instruments import INSTRUMENTS
from astroclassify.io._frame import make_frame
from astroclassify.io._headers import header_value, merged_header, parse_unit
from astroclassify.io._hst import as_flags, companion_pixels, find_imsets, flagged
from astroclassify.io._identify import hst_instrument, product_of
from astroclassify.io._pixels import as_float, plane_pixels, unusable_mask
from astroclassify.io._reader import Reader
from astroclassify.io._wcs import build_wcs, move_origin


def identify(headers):
    """Match calibrated, not drizzled files of ACS and WFC3, whatever the detector."""
    return product_of(headers).kind == "hst-calibrated"


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
        If the detector is SBC or IR.
    ReadError
        If the file is truncated or corrupt.
    ParameterError
        If a chip was asked for that is not there.
    """
    name = hst_instrument([hdu.header for hdu in hdulist], options.source)
    return [_frame(imset, hdulist, INSTRUMENTS[name], options) for imset in find_imsets(hdulist, options)]


HST_CALIBRATED = Reader(
    name="hst-calibrated",
    description="Calibrated frames of HST ACS/WFC, ACS/HRC and WFC3/UVIS (flt, flc)",
    identify=identify,
    read=read,
    instruments=("acs-wfc", "acs-hrc", "wfc3-uvis"),
)


def _frame(imset, hdulist, instrument, options):
    pixels = plane_pixels(imset.science, options.source)
    rows = _kept_rows(imset.chip, pixels.shape, instrument, options)
    data = as_float(pixels[rows], options.dtype)
    sigma = companion_pixels(imset.error, pixels.shape, options.source)
    flags = as_flags(companion_pixels(imset.quality, pixels.shape, options.source), options.source)
    flags = None if flags is None else flags[rows]
    header = merged_header(hdulist[0].header, imset.science.header)
    wcs = build_wcs(imset.science.header, hdulist, source=options.source)
    if rows.start:
        move_origin(header, columns=0, rows=rows.start, shape=data.shape)
        wcs = wcs if wcs is None else wcs[rows]
    return make_frame(
        data,
        unit=parse_unit(header_value(header, "BUNIT"), default=u.electron),
        header=header,
        options=options,
        reader="hst-calibrated",
        mask=unusable_mask(data, flagged(flags, options)),
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
