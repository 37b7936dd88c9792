"""The sky coordinates of an image, and the cards of its header that count pixels."""

import math
import re
import string
import warnings

import numpy as np
from astropy.wcs import WCS

from astroclassify.core import FrameWarning
from astroclassify.io._headers import header_int, header_number, header_text, header_value

_TABLE_CARDS = frozenset(("CPDIS", "CPERR", "D2IMDIS", "D2IMERR", "DP", "D2IM"))
_WCS_TEXTS = ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2")
_WCS_NUMBERS = ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CD1_1", "CD1_2", "CD2_1", "CD2_2")
_WCS_SPECIAL = frozenset(
    ["EQUINOX", "RADESYS", "LONPOLE", "LATPOLE", "CDELT1", "CROTA2", "PC1_1", "PV1_1", "PV2_1", "A_ORDER"]
)
_NUMBERED = re.compile(r"(?:CRPIX|CRVAL|CDELT|CROTA)\d|(?:CD|PC)\d_\d|EQUINOX|LONPOLE|LATPOLE")
_REFERENCE_PIXELS = {f"CRPIX{axis}{version}" for axis in "12" for version in ("", *string.ascii_uppercase)}


def build_wcs(header, hdulist=None, *, source="<memory>", axes=(1, 2)):
    """
    Build the celestial WCS of an image, lookup-table distortions included.

    Parameters
    ----------
    header : fits.Header
        The image's header (SIP and CPDIS/D2IMDIS cards are used where there).
    hdulist : fits.HDUList, optional
        The opened file, which holds the lookup tables.
    source : str, default "<memory>"
        Name of the file, for the warning.
    axes : tuple of int, default (1, 2)
        The FITS axes (1-based) of the image, where the header has more than two.

    Returns
    -------
    astropy.wcs.WCS or None
        `None` where the header describes no sky, or is broken (with a `FrameWarning`). Where only
        the lookup tables are missing or broken it is the WCS without them (with a `FrameWarning`).

    Examples
    --------
    >>> from astropy.io import fits
    >>> from astroclassify.io import build_wcs
    >>> print(build_wcs(fits.Header({"OBJECT": "no sky coordinates"})))
    None
    """
    if not all(header_text(header, f"CTYPE{axis}") for axis in axes):
        return None
    wcs, reason = _attempted_wcs(header, hdulist, axes)
    if reason and any(header_text(header, f"{kind}DIS{axis}") for kind in ("CP", "D2IM") for axis in "12"):
        wcs, _ = _attempted_wcs(_without_tables(header), None, axes)
    if reason:
        fault, rest = ("the WCS is broken", "the frame has none")
        if wcs is not None:
            fault = "the distortion tables are missing or broken"
            rest = "the WCS has the polynomial distortion only"
        warnings.warn(f"{source}: {fault} ({reason}); {rest}", FrameWarning, stacklevel=2)
    return wcs


def _attempted_wcs(header, hdulist, axes):
    """Give the WCS or `None`, and what is wrong with the header (empty where nothing is)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _usable_wcs(header, hdulist, axes), ""
    except Exception as error:  # wcslib and astropy raise a dozen types on broken cards
        message = str(error).strip().splitlines()
        return None, f"{type(error).__name__}: {message[0] if message else ''}"


def _without_tables(header):
    plain = header.copy()
    for keyword in {card.keyword for card in plain.cards}:
        stem = keyword.split(".")[0].rstrip("0123456789")
        if stem in _TABLE_CARDS:
            plain.remove(keyword, ignore_missing=True, remove_all=True)
    return plain


def _usable_wcs(header, hdulist, axes):
    header = _with_numbers(header)
    several_axes = (header_int(header, "WCSAXES") or header_int(header, "NAXIS") or 2) > 2
    wcs = WCS(header, fobj=hdulist, naxis=list(axes) if several_axes else None)
    if wcs.naxis > 2:  # cards of a third axis are left over
        wcs = WCS(header, fobj=hdulist, naxis=list(axes))
    if not wcs.has_celestial:
        return None
    sky = wcs.wcs_pix2world([wcs.wcs.crpix], 1)
    if not np.isfinite(sky).all():
        raise ValueError("the reference pixel has no sky position")
    return wcs


def _with_numbers(header):
    """Give a header whose numbers are none of text: wcslib takes text for 0, and tells nobody."""
    texts = {key for key in header if _NUMBERED.fullmatch(key) and isinstance(header_value(header, key), str)}
    if not texts:
        return header
    header = header.copy()
    for key in texts:
        number = header_number(header, key)
        if number is None:
            raise ValueError(f"{key} is the text {header_text(header, key)!r}, not a number")
        header[key] = number
    return header


def tangent_wcs(header, own, source):
    """
    Build the WCS of the trimmed image, from the cards that the extension has of its own.

    The primary's EQUINOX would turn ICRS into FK5. A raw file's WCS is a plain tangent plane, which
    is put together at once: handing wcslib a header takes ten times as long.
    """
    texts = [header_text(own, keyword) for keyword in _WCS_TEXTS]
    numbers = [header_number(header, keyword) if keyword in own else None for keyword in _WCS_NUMBERS]
    tangent = texts[:2] == ["RA---TAN", "DEC--TAN"] and {*texts[2:]} <= {"", "deg"} and None not in numbers
    if not tangent or any(keyword in own for keyword in _WCS_SPECIAL) or not _regular(*numbers[3:]):
        cards = own.copy()
        cards.update({key: header[key] for key in ("CRPIX1", "CRPIX2") if key in own})
        return build_wcs(cards, source=source)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = texts[:2]  # the unit of which is degrees; to say so would take a third of all this
    wcs.wcs.crpix, wcs.wcs.crval = numbers[:2], numbers[2:4]
    wcs.wcs.cd = [numbers[4:6], numbers[6:8]]
    wcs.wcs.set()
    return wcs


def _regular(declination, cd11, cd12, cd21, cd22):
    return abs(declination) <= 90 and cd11 * cd22 - cd12 * cd21 != 0


def move_origin(header, *, columns, rows, shape, binning=1):
    """
    Update the cards that count pixels, after ``columns`` and ``rows`` were cut from the lower left.

    Parameters
    ----------
    header : fits.Header
        Changed in place: CRPIX (also of alternate WCS) and LTV, and where they are there
        CENTERA and SIZAXIS, which count unbinned pixels.
    columns, rows : int
        Pixels cut off.
    shape : tuple of int
        The new shape.
    binning : int, default 1
        On-chip binning.
    """
    cut = {"1": columns, "2": rows}
    size = {"1": shape[1], "2": shape[0]}
    there = set(header)  # most headers have one WCS: 52 questions to the header itself would take longer
    for keyword in _REFERENCE_PIXELS & there:
        _shift(header, keyword, -cut[keyword[5]])
    for axis in "12":
        _shift(header, f"LTV{axis}", -cut[axis])
        old_size = header_number(header, f"SIZAXIS{axis}")
        if old_size is not None:
            header[f"SIZAXIS{axis}"] = size[axis] * binning
            moved = (cut[axis] + size[axis] / 2) * binning - old_size / 2
            _shift(header, f"CENTERA{axis}", math.floor(moved))


def _shift(header, keyword, by):
    value = header_number(header, keyword)
    if value is not None and by:
        header[keyword] = value + by
