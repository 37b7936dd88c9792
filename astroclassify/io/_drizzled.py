"""Reader of drizzled ACS/WFC and WFC3/UVIS images (``_drz``, ``_drc``, mosaics and their cut-outs).

Pixels whose weight is zero were seen by no exposure: they are masked. The weight map is taken as
the *relative* inverse variance of the background, whatever its type (exposure time, IVM or ERR);
its scale is measured in the frame. With ``k`` the robust standard deviation of ``SCI * sqrt(WHT)``,
the variance is::

    k**2 / WHT + max(SCI, 0) / EXPTIME        (for electron / s)
    k**2 / WHT + max(SCI, 0)                  (for electron)

Drizzling correlates neighbouring pixels, so noise summed over many pixels is larger than this says.
"""

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, ReadError, robust_sigma
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
from astroclassify.io._pixels import as_float, hdu_label, image_pixels, plane_pixels, unusable_mask
from astroclassify.io._reader import Reader
from astroclassify.io._wcs import build_wcs

_NOISE_SAMPLE = 1_000_000


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
        If the detector is HRC, SBC or IR.
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
    description="Drizzled images of HST ACS/WFC and WFC3/UVIS (drz, drc, mosaics)",
    identify=identify,
    read=read,
    instruments=("acs-wfc", "wfc3-uvis"),
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
        sigma=None if weight is None else _sigma(data, weight, unit, header_number(header, "EXPTIME")),
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
            return as_float(
                pixels, options.dtype
            ), "Uncertainty from WHT, scaled to the noise of the background"
    return None, "No weight map: no uncertainty, and no pixel masked for want of exposure"


def _sigma(data, weight, unit, exposure):
    """Standard deviation from the weight map; infinite where the weight is zero."""
    scale = _background_scale(data, weight)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance = np.where(weight > 0, scale**2 / weight, np.inf).astype(data.dtype)
        if unit == u.electron:
            variance += np.maximum(data, 0)
        elif unit == u.electron / u.s and exposure and exposure > 0:
            variance += np.maximum(data, 0) / exposure
        return np.sqrt(variance, dtype=data.dtype)


def _background_scale(data, weight):
    """Robust standard deviation of ``data * sqrt(weight)``, from at most a million pixels."""
    step = max(1, data.size // _NOISE_SAMPLE)
    pixels, weights = data.ravel()[::step], weight.ravel()[::step]
    good = (weights > 0) & np.isfinite(pixels) & np.isfinite(weights)
    if not good.any():
        return 0.0
    scaled = pixels[good].astype(float) * np.sqrt(weights[good].astype(float))
    return float(robust_sigma(scaled))
