"""A frame, with what it came from in its header."""

import functools

from astropy.nddata import CCDData, StdDevUncertainty

from astroclassify.core import package_version, printable
from astroclassify.io._headers import add_cards, band_name

_version = functools.cache(package_version)


def make_frame(
    data,
    *,
    unit,
    header,
    options,
    reader,
    mask=None,
    flags=None,
    sigma=None,
    wcs=None,
    instrument="",
    chip=None,
    notes=(),
):
    """
    Assemble a frame, with provenance in its header.

    Parameters
    ----------
    data : numpy.ndarray
        Pixels ``[y, x]``, floating.
    unit : astropy.units.UnitBase
        Unit of the pixels.
    header : fits.Header
        The merged header; the frame takes it over and gets the provenance cards in it.
    options : ReadOptions
        What the caller asked for.
    reader : str
        Registry name of the reader.
    mask, flags, sigma : numpy.ndarray, optional
        Unusable pixels, integer data-quality flags, 1-sigma uncertainty (in ``unit``).
    wcs : astropy.wcs.WCS, optional
        Sky coordinates.
    instrument : str
        Registry name of the instrument, where it is known.
    chip : int, optional
        The chip's number.
    notes : sequence of str
        What a user should know about this frame; goes to ``HISTORY``.

    Returns
    -------
    CCDData
        The frame.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.io import fits
    >>> from astroclassify.io import ReadOptions, make_frame
    >>> frame = make_frame(
    ...     np.zeros((3, 4), "float32"),
    ...     unit=u.adu,
    ...     header=fits.Header(),
    ...     options=ReadOptions(source="mine.fits"),
    ...     reader="mine",
    ... )
    >>> frame.meta["ACREADER"], frame.meta["ACSOURCE"]
    ('mine', 'mine.fits')
    """
    cards = {
        "ACREADER": (reader, "astroclassify reader"),
        "ACVERSN": (_version(), "astroclassify version"),
        "ACSOURCE": (_ascii(options.source)[-60:], "file that was read"),
        "ACINSTR": (instrument, "astroclassify instrument"),
        "ACBAND": (band_name(header), "filter, clear ones left out"),
    }
    if chip is not None:
        cards["ACCHIP"] = (chip, "chip number")
    add_cards(header, cards)
    for note in notes:
        header.add_history(_ascii(note))
    if wcs is not None:
        wcs.array_shape = data.shape
    uncertainty = None if sigma is None else StdDevUncertainty(sigma)
    frame = CCDData(data, unit=unit, mask=mask, flags=flags, wcs=wcs, meta=header)
    frame.uncertainty = uncertainty
    return frame


def _ascii(text):
    return printable(text).encode("ascii", "replace").decode()
