"""Reader of drizzled ACS/WFC and WFC3/UVIS images (``_drz``, ``_drc``, mosaics and their cut-outs).

Pixels whose weight is zero were seen by no exposure: they are masked. The uncertainty follows from
the weight map (`astroclassify.io._weight`), which may lie beside the image in a file of its own.

Drizzling correlates neighbouring pixels, so noise summed over many pixels is larger than this says.
"""

from astropy import units as u

from astroclassify.core import ParameterError, ReadError
from astroclassify.io._beside import image_beside
from astroclassify.io._frame import make_frame
from astroclassify.io._headers import (
    header_int,
    header_number,
    header_text,
    header_value,
    merged_header,
    parse_unit,
)
from astroclassify.io._identify import hst_instrument, product_of
from astroclassify.io._image_roles import SCIENCE, ImageRole
from astroclassify.io._pixels import as_float, hdu_label, image_pixels, plane_pixels, unusable_mask
from astroclassify.io._reader import Reader
from astroclassify.io._wcs import build_wcs
from astroclassify.io._weight import NOTE, sigma_of_weight


def identify(headers):
    """Match drizzled products of ACS and WFC3."""
    return product_of(headers).kind == "hst-drizzled"


def read(hdulist, options):
    """
    Read the frame of a drizzled file.

    Parameters
    ----------
    hdulist : fits.HDUList
        The opened file.
    options : ReadOptions
        ``dtype`` and ``source`` are used.

    Returns
    -------
    list of CCDData
        One frame per SCI image (usually one).

    Raises
    ------
    ReadError
        If there is no two-dimensional science image.
    UnsupportedInstrumentError
        If the detector is SBC or IR.
    ParameterError
        If chips were asked for: a drizzled image combines them.
    """
    instrument = hst_instrument([hdu.header for hdu in hdulist], options.source)
    if options.chips is not None:
        raise ParameterError(
            f"{options.source}: a drizzled image combines the chips, so none can be chosen; ask for none"
        )
    return [_frame(hdu, hdulist, instrument, options) for hdu in _science_hdus(hdulist, options.source)]


HST_DRIZZLED = Reader(
    name="hst-drizzled",
    description="Drizzled images of HST ACS/WFC, ACS/HRC and WFC3/UVIS (drz, drc, mosaics)",
    identify=identify,
    read=read,
    instruments=("acs-wfc", "acs-hrc", "wfc3-uvis"),
)


def _science_hdus(hdulist, source):
    named = [hdu for hdu in hdulist if hdu.is_image and header_text(hdu.header, "EXTNAME").upper() == "SCI"]
    found = [hdu for hdu in named or hdulist[:1] if header_int(hdu.header, "NAXIS", 0) == 2]
    if not found:
        seen = ", ".join(
            f"{hdu_label(hdu)} with NAXIS = {header_value(hdu.header, 'NAXIS')}" for hdu in hdulist[:6]
        )
        raise ReadError(f"{source}: a drizzled file needs a two-dimensional SCI image; it holds {seen}")
    return found


def _frame(hdu, hdulist, instrument, options):
    data = as_float(plane_pixels(hdu, options.source), options.dtype)
    header = merged_header(hdulist[0].header, hdu.header)
    unit = parse_unit(header_value(hdu.header, "BUNIT"), default=u.electron / u.s)
    weight, note = _weight(hdu, hdulist, data.shape, options)
    mask = unusable_mask(data, None if weight is None else ~(weight > 0))
    return make_frame(
        data,
        unit=unit,
        header=header,
        options=options,
        reader="hst-drizzled",
        mask=mask,
        sigma=None
        if weight is None
        else sigma_of_weight(data, weight, unit, header_number(header, "EXPTIME")),
        wcs=build_wcs(hdu.header, hdulist, source=options.source),
        instrument=instrument,
        notes=(note,),
    )


def _weight(hdu, hdulist, shape, options):
    version = header_int(hdu.header, "EXTVER", 1)
    for other in hdulist:
        named = header_text(other.header, "EXTNAME").upper() == "WHT"
        if named and other.is_image and header_int(other.header, "EXTVER", 1) == version:
            pixels = image_pixels(other, options.source)
            if pixels is None or pixels.shape != shape:
                found = "no pixels" if pixels is None else f"the shape {pixels.shape}"
                raise ReadError(f"{options.source}: {hdu_label(other)} has {found}; its image has {shape}")
            return as_float(pixels, options.dtype), NOTE
    beside = image_beside(hdulist, ImageRole(hdu, 0, SCIENCE), ("_wht",), ("_sci", "_drz", "_drc"), options)
    if beside is not None:
        return as_float(beside.hdu.data, options.dtype), f"{NOTE}; the map lies beside the image"
    return None, "No weight map: no uncertainty, and no pixel masked for want of exposure"
