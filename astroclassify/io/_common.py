"""Steps that every reader shares: header values, units, WCS, guarded pixel access, frames with provenance."""

import functools
import logging
import math
import re
import warnings

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.wcs import WCS

from astroclassify.core import FrameWarning, ReadError, UnsupportedInstrumentError, package_version
from astroclassify.io._structure import check_structure, decompressed

_version = functools.cache(package_version)
logger = logging.getLogger(__name__)

#: An image that declares more pixels than this is refused before anything is allocated.
MAX_PIXELS = 2**31
#: No tile compression of real data shrinks an image by more than this factor.
MAX_COMPRESSION = 2000

_STRUCTURAL = frozenset(
    ("SIMPLE", "XTENSION", "BITPIX", "EXTEND", "NEXTEND", "GROUPS", "PCOUNT", "GCOUNT", "INHERIT")
) | frozenset(("BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM"))
_TABLE_CARDS = frozenset(("CPDIS", "CPERR", "D2IMDIS", "D2IMERR", "DP", "D2IM"))
_REPEATABLE = frozenset(("COMMENT", "HISTORY", ""))
_HST_BAND = re.compile(r"\bFQ?\d{3}(?:W|M|N|X|LP)\b")
_UNITS = {
    "COUNTS": u.adu,
    "COUNT": u.adu,
    "DN": u.adu,
    "ADU": u.adu,
    "COUNTS/S": u.adu / u.s,
    "DN/S": u.adu / u.s,
    "ADU/S": u.adu / u.s,
    "ELECTRONS": u.electron,
    "ELECTRON": u.electron,
    "E-": u.electron,
    "ELECTRONS/S": u.electron / u.s,
    "ELECTRON/S": u.electron / u.s,
    "E-/S": u.electron / u.s,
    "E/S": u.electron / u.s,
    "UNITLESS": u.dimensionless_unscaled,
}


#: Detectors whose frames are read, with the registry names of their instruments.
SUPPORTED_DETECTORS = {("ACS", "WFC"): "acs-wfc", ("WFC3", "UVIS"): "wfc3-uvis"}

#: What drizzling writes as CCDCHIP.
_DRIZZLED_CHIP = -999


def header_value(header, key, default=None):
    """Give a card's value; the default where the card is absent, undefined or unparsable."""
    try:
        value = header.get(key, default)
    except (fits.VerifyError, ValueError, TypeError, KeyError, IndexError):
        return default
    return default if isinstance(value, fits.card.Undefined) else value


def header_text(header, key, default=""):
    """Give a card's value as stripped text (HST pads its strings with blanks)."""
    value = header_value(header, key)
    return default if value is None else str(value).strip()


def header_number(header, key, default=None):
    """Give a card's value as a finite float; the default where it is not one."""
    value = header_value(header, key)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if math.isfinite(number) else default


def header_int(header, key, default=None):
    """Give a card's value as int; the default where it is not an integral number."""
    number = header_number(header, key)
    return int(number) if number is not None and number == int(number) else default


def first_text(headers, key):
    """Give the first non-empty text that a card has in several headers, in upper case."""
    return next((text for text in (header_text(h, key).upper() for h in headers) if text), "")


def hst_stage(headers):
    """
    Tell which product of ACS or WFC3 a file is, from its headers only.

    Returns
    -------
    str or None
        ``"raw"``, ``"calibrated"``, ``"drizzled"``, or `None` for anything else. Drizzled files
        have a WHT or CTX extension, list their inputs (NDRIZIM, D001DATA) or are of chip -999; the
        others have SCI extensions of integers (raw), or of a chip (calibrated). A cut-out that
        does not say its chip, a calibrated image in the primary HDU, and a frame that was written
        to a file again are none of these.
    """
    if first_text(headers, "INSTRUME") not in ("ACS", "WFC3") or is_csst(headers) or is_written(headers):
        return None
    names = [header_text(h, "EXTNAME").upper() for h in headers]
    drizzled_cards = any(header_value(h, key) is not None for h in headers for key in ("NDRIZIM", "D001DATA"))
    if drizzled_cards or "WHT" in names or "CTX" in names:
        return "drizzled"
    if "SCI" not in names:
        return None
    science = headers[names.index("SCI")]
    if header_int(science, "BITPIX", 0) > 0:
        return "raw"
    chip, detector = header_int(science, "CCDCHIP"), first_text(headers, "DETECTOR")
    if chip == _DRIZZLED_CHIP:
        return "drizzled"
    supported = (first_text(headers, "INSTRUME"), detector) in SUPPORTED_DETECTORS
    return None if supported and (chip is None or science is headers[0]) else "calibrated"


def is_csst(headers):
    """Tell from a file's headers whether it is of the CSST survey camera, as its pipeline writes it."""
    of_camera = first_text(headers, "INSTRUME") in ("MSC", "CSST_MSC", "CSST-MSC")
    return (of_camera or first_text(headers, "TELESCOP").startswith("CSST")) and not is_written(headers)


def is_written(headers):
    """Tell whether a file holds a frame of ours, written by ``CCDData.write``: a plain image by now."""
    return any(header_value(header, "ACREADER") is not None for header in headers[:1])


def hst_instrument(headers, source):
    """
    Give the registry name of the HST instrument that a file comes from.

    Raises
    ------
    UnsupportedInstrumentError
        If it is another detector of ACS or WFC3 (HRC, SBC, IR).
    """
    pair = first_text(headers, "INSTRUME"), first_text(headers, "DETECTOR")
    if pair not in SUPPORTED_DETECTORS:
        supported = " and ".join("/".join(known) for known in SUPPORTED_DETECTORS)
        raise UnsupportedInstrumentError(
            f"{source}: the detector is {pair[0]}/{pair[1] or '(no DETECTOR card)'}, which is not supported; "
            f"of these instruments, {supported} are"
        )
    return SUPPORTED_DETECTORS[pair]


def band_name(header):
    """Give the filter: FILTER, those of FILTER1 and FILTER2 that are not clear, or from PHOTMODE."""
    if header_text(header, "FILTER"):
        return header_text(header, "FILTER")
    wheels = [header_text(header, key) for key in ("FILTER1", "FILTER2")]
    used = "+".join(name for name in wheels if name not in ("", "N/A") and not name.startswith("CLEAR"))
    in_mode = _HST_BAND.search(header_text(header, "PHOTMODE"))
    return used or (in_mode.group() if in_mode else "")


def merged_header(primary, extension):
    """
    Join the headers of the primary HDU and of an image extension; the extension's cards win.

    Cards that describe the storage (BITPIX, NAXISn, BZERO, ...) are left out; comments and
    history of both are kept. Cards are copied, never shared with the file's own headers.
    """
    own = list(_content_cards(extension))
    if extension is primary:
        return fits.Header(own)
    taken = {card.keyword for card in own} - _REPEATABLE
    return fits.Header([card for card in _content_cards(primary) if card.keyword not in taken] + own)


def _content_cards(header):
    for card in header.cards:
        keyword = card.keyword
        if keyword not in _STRUCTURAL and not keyword.startswith("NAXIS"):
            yield _copied(card)


def _copied(card):
    """Copy a card as `copy.copy` does, in a third of the time: a header has hundreds."""
    clone = object.__new__(type(card))
    clone.__dict__.update(card.__dict__)
    return clone


def parse_unit(bunit, default=u.dimensionless_unscaled):
    """
    Translate ``BUNIT``; the default where there is none, dimensionless where it is unknown.

    The text itself stays in the frame's header, so nothing is lost.
    """
    if not isinstance(bunit, str) or not bunit.strip():
        return default
    text = bunit.strip()
    known = _UNITS.get(re.sub(r"\s*/\s*S(EC)?$", "/S", text.upper()))
    if known is not None:
        return known
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", u.UnitsWarning)
            unit = u.Unit(text)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        unit = None
    if isinstance(unit, u.UnitBase):
        return unit
    logger.info("unknown BUNIT %r: the frame is dimensionless", text)
    return u.dimensionless_unscaled


def build_wcs(header, hdulist=None, *, source="<memory>", axes=(1, 2)):
    """
    Build the celestial WCS of an image, lookup-table distortions included.

    Parameters
    ----------
    header : fits.Header
        The image's header (SIP and CPDIS/D2IMDIS cards are used where there).
    hdulist : fits.HDUList, optional
        The opened file, which holds the lookup tables.
    source : str
        Name of the file, for the warning.
    axes : tuple of int, default (1, 2)
        The FITS axes (1-based) of the image, where the header has more than two.

    Returns
    -------
    astropy.wcs.WCS or None
        `None` where the header describes no sky, or is broken (with a `FrameWarning`). Where only
        the lookup tables are missing or broken it is the WCS without them (with a `FrameWarning`).
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
    several_axes = (header_int(header, "WCSAXES") or header_int(header, "NAXIS") or 2) > 2
    wcs = WCS(header, fobj=hdulist, naxis=list(axes) if several_axes else None)
    if not wcs.has_celestial:
        return None
    sky = wcs.wcs_pix2world([wcs.wcs.crpix], 1)
    if not np.isfinite(sky).all():
        raise ValueError("the reference pixel has no sky position")
    return wcs


def unusable_mask(data, mask=None):
    """Mark pixels that are not finite or already masked; `None` where every pixel is good."""
    bad = ~np.isfinite(data)
    if mask is not None:
        bad |= mask
    return bad if bad.any() else None


def check_declared_size(hdu, source):
    """
    Refuse an image whose header declares more pixels than the file can hold.

    Raises
    ------
    ReadError
        Before anything is allocated.
    """
    header = hdu.header
    axes = [header_int(header, f"NAXIS{i + 1}", 0) for i in range(min(header_int(header, "NAXIS", 0), 999))]
    pixels = math.prod(axes) if axes else 0
    stored = _stored_bytes(hdu)
    compressed = isinstance(hdu, fits.CompImageHDU)
    needed = pixels // MAX_COMPRESSION if compressed else pixels * abs(header_int(header, "BITPIX", 8)) // 8
    if min(axes, default=0) < 0 or pixels > MAX_PIXELS or (stored is not None and needed > stored):
        size = " x ".join(str(n) for n in axes)
        held = f"{stored} bytes are there" if stored is not None else f"at most {MAX_PIXELS} pixels are read"
        raise ReadError(
            f"{source}: the image {hdu_label(hdu)} declares {size} pixels, but {held}; "
            "the file is truncated or its header corrupt"
        )


def _stored_bytes(hdu):
    info = hdu.fileinfo()
    size = getattr(info["file"], "size", 0) if info else 0
    if size:
        return max(size - (info["datLoc"] or 0), 0)
    # Of a compressed file the size is not known, but that of a table of compressed tiles is declared.
    return info["datSpan"] if info and isinstance(hdu, fits.CompImageHDU) else None


def hdu_label(hdu):
    """Name an HDU for messages: ``('SCI', 1)``, or its class where it has no name."""
    name = header_text(hdu.header, "EXTNAME") or ("PRIMARY" if isinstance(hdu, fits.PrimaryHDU) else "")
    return f"({name!r}, {header_int(hdu.header, 'EXTVER', 1)})" if name else f"({type(hdu).__name__})"


def open_fits(file, source):
    """
    Open a FITS file whose structure was checked first.

    Parameters
    ----------
    file : path-like or seekable binary file object
        Where the file is.
    source : str
        Its name, for messages.

    Returns
    -------
    fits.HDUList
        Opened for reading, headers loaded as they are asked for.

    Raises
    ------
    ReadError
        If a header declares impossibly many axes or columns.
    """
    check_structure(file, source)
    # Astropy decompresses what a path leads to, but not what comes from a file object.
    return fits.open(decompressed(file) if hasattr(file, "read") else file, mode="readonly")


def image_pixels(hdu, source):
    """
    Give an image HDU's pixels, with every way in which that can fail made a `ReadError`.

    Returns
    -------
    numpy.ndarray or None
        As astropy scales them; `None` where the HDU holds none.

    Raises
    ------
    ReadError
        If the data are truncated, corrupt, or impossibly large.
    """
    check_declared_size(hdu, source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = hdu.data
            return None if data is None else np.asanyarray(data)
    except (MemoryError, Exception) as error:  # truncation shows as TypeError, ValueError, OSError, ...
        raise ReadError(
            f"{source}: the pixels of {hdu_label(hdu)} cannot be read; the file is truncated or corrupt "
            f"({type(error).__name__}: {error})"
        ) from error


def plane_pixels(hdu, source):
    """
    Give the pixels of an HDU that must hold an image ``[y, x]``.

    Returns
    -------
    numpy.ndarray
        As astropy scales them.

    Raises
    ------
    ReadError
        If it holds no pixels, or has another number of axes; and as `image_pixels`.
    """
    pixels = image_pixels(hdu, source)
    if pixels is None or pixels.ndim != 2 or pixels.size == 0:
        raise ReadError(f"{source}: {hdu_label(hdu)} holds no two-dimensional image")
    return pixels


def as_float(data, dtype):
    """Convert pixels to a native floating type; overflow becomes infinite, silently."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(data, dtype=dtype)


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
    Assemble a frame and write into its header how it came about.

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
    header.update(cards)
    for note in notes:
        header.add_history(_ascii(note))
    if wcs is not None:
        wcs.array_shape = data.shape
    uncertainty = None if sigma is None else StdDevUncertainty(sigma)
    frame = CCDData(data, unit=unit, mask=mask, flags=flags, wcs=wcs, meta=header)
    frame.uncertainty = uncertainty
    return frame


def _ascii(text):
    return str(text).encode("ascii", "replace").decode().replace("\n", " ")
