"""Writer of raw ACS/WFC and WFC3/UVIS files, with the structure and keywords that real ones have."""

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS

from astroclassify.core import ParameterError
from astroclassify.instruments import INSTRUMENTS, Instrument, find_layout

#: Start of an exposure whose header says none: the date of the frame that the ACS gains are from.
_EXPSTART = 57677.0
#: Cards of a user's header that belong into the SCI extensions.
_SCI_KEYS = frozenset(
    (
        *("EXPNAME", "SDQFLAGS", "NCOMBINE", "VAFACTOR", "PA_APER", "RA_APER", "DEC_APER"),
        *("PHOTMODE", "PHOTFLAM", "PHOTZPT", "PHOTPLAM", "PHOTBW"),
    )
)
#: Cards that follow from the image and the arguments; a user's header does not override them.
_DERIVED_KEYS = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|[PG]COUNT|EXTEND|NEXTEND|EXTNAME|EXTVER|BZERO|BSCALE|BUNIT|CCDCHIP|"
    r"(RAW_)?LTV\d|LTM\d_\d|BINAXIS\d|SIZAXIS\d|CENTERA\d|WCSAXES|CRPIX\d|CRVAL\d|CTYPE\d|CUNIT\d|CD\d_\d|"
    r"ORIENTAT|INSTRUME|DETECTOR|FILENAME|SUBARRAY|FILTER\d?|EXPTIME|EXPEND|COMMENT|HISTORY|"
)


def write_raw(path, raw, *, instrument, band, exptime, wcs=None, header=None, history=(), overwrite=False):
    """
    Write a raw frame as the telescope's archive would.

    Parameters
    ----------
    path : path-like
        Where to; by convention ``<rootname>_raw.fits``.
    raw : mapping of int to numpy.ndarray
        For each chip its whole raw image ``[y, x]`` in ADU, overscan included: integers from 0 to
        65535. Both chips, or one (then the only imset).
    instrument : str or Instrument
        ``acs-wfc`` or ``wfc3-uvis``.
    band : str
        Filter, one of ``instrument.bands``.
    exptime : float or astropy.units.Quantity
        Exposure time; a number is in seconds.
    wcs : mapping of int to astropy.wcs.WCS, optional
        For each chip the sky coordinates of its *science* pixels: those that `read_frames` gives
        back. Distortions are not written, as raw files have none.
    header : mapping or astropy.io.fits.Header, optional
        Further cards, for example TARGNAME, EXPSTART, CCDGAIN. ``CCDAMP`` says which amplifier
        reads a subarray, and LTV1, LTV2 where on the chip it lies. Cards that follow from the
        image are not overridden.
    history : sequence of str, optional
        Lines for HISTORY of the primary header; long ones are cut into cards.
    overwrite : bool, default False
        Replace a file that is there.

    Raises
    ------
    ParameterError
        If a value is not allowed, or the file exists.
    UnsupportedInstrumentError
        If no layout of the instrument fits an image.

    Notes
    -----
    The file has an empty primary HDU and, for each chip, SCI (uint16 through BZERO = 32768), ERR and
    DQ, which are constant and hence have NAXIS = 0. Of two chips, chip 2 comes first (EXTVER 1).
    CRPIX and LTV count raw pixels, so a science pixel ``p`` of the chip is at ``p + LTV``.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.io import read_frames, write_raw
    >>> folder = getfixture("tmp_path")
    >>> raw = {chip: np.full((2068, 4144), 2100, "uint16") for chip in (1, 2)}
    >>> write_raw(folder / "j0000000q_raw.fits", raw, instrument="acs-wfc", band="F814W", exptime=500)
    >>> [frame.shape for frame in read_frames(folder / "j0000000q_raw.fits")]
    [(2048, 4096), (2048, 4096)]
    """
    camera = instrument if isinstance(instrument, Instrument) else INSTRUMENTS[instrument]
    target = _checked_target(path, overwrite)
    extra = _extra_cards(header)
    images = {chip: _as_uint16(chip, raw[chip]) for chip in _checked_chips(raw, camera)}
    layouts = {chip: _layout(camera, chip, image, extra) for chip, image in images.items()}
    worlds = _checked_worlds(wcs, images)
    seconds, start = _checked_seconds(exptime), float(extra.get("EXPSTART", _EXPSTART))
    primary = _primary_header(camera, _checked_band(band, camera), seconds, start, layouts, worlds, target)
    own = {key: value for key, value in extra.items() if not _DERIVED_KEYS.fullmatch(key)}
    primary.update({key: value for key, value in own.items() if key not in _SCI_KEYS})
    for line in history:
        primary.add_history(line)
    hdus = [fits.PrimaryHDU(header=primary)]
    for version, (chip, image) in enumerate(images.items(), start=1):
        cards = _sci_cards(camera, layouts[chip], worlds.get(chip), primary["ROOTNAME"])
        cards |= {key: value for key, value in own.items() if key in _SCI_KEYS}
        hdus += _imset(version, image, cards)
    fits.HDUList(hdus).writeto(target, overwrite=overwrite)


# Checks --------------------------------------------------------------------------------------


def _checked_target(path, overwrite):
    target = Path(path).expanduser()
    if target.exists() and not overwrite:
        raise ParameterError(f"{target}: the file exists; give overwrite=True to replace it")
    if not target.parent.is_dir():
        raise ParameterError(f"{target.parent}: there is no such folder to write into")
    return target


def _extra_cards(header):
    if header is None:
        return {}
    return {str(key).upper(): value for key, value in header.items()}


def _checked_chips(raw, camera):
    if not camera.geometry:
        raise ParameterError(f"raw files of {camera.name} cannot be written; acs-wfc and wfc3-uvis can")
    if not isinstance(raw, Mapping) or not raw:
        raise ParameterError("raw must be a mapping of chip number to raw image, such as {1: ..., 2: ...}")
    unknown = [chip for chip in raw if chip not in camera.geometry]
    if unknown:
        raise ParameterError(
            f"{camera.name} has no chip {unknown[0]!r}; its chips are {sorted(camera.geometry)}"
        )
    return sorted(raw, reverse=True)


def _as_uint16(chip, image):
    image = np.asarray(image)
    if image.dtype.kind not in "iu" or image.ndim != 2:
        raise ParameterError(
            f"the raw image of chip {chip} is {image.ndim}-D of {image.dtype}; expected 2-D of integers (ADU)"
        )
    if image.dtype != np.uint16 and image.size and (image.min() < 0 or image.max() > 65535):
        raise ParameterError(
            f"the raw image of chip {chip} has values outside 0 to 65535, which ADU cannot have"
        )
    return np.ascontiguousarray(image, dtype=np.uint16)


def _layout(camera, chip, image, extra):
    offset = (float(extra["LTV1"]), float(extra.get("LTV2", 0.0))) if "LTV1" in extra else None
    amplifiers = str(extra.get("CCDAMP", ""))
    binning = int(extra.get("BINAXIS1", _binning(camera, chip, image.shape)))
    return find_layout(camera, chip, image.shape, binning=binning, amplifiers=amplifiers, offset=offset)


def _binning(camera, chip, shape):
    return next((a.binning for a in camera.layouts if a.chip == chip and a.shape == shape), 1)


def _checked_worlds(wcs, images):
    if wcs is None:
        return {}
    if not isinstance(wcs, Mapping) or not all(isinstance(world, WCS) for world in wcs.values()):
        raise ParameterError("wcs must be a mapping of chip number to astropy.wcs.WCS")
    for chip in images:
        if chip in wcs and not (wcs[chip].naxis == 2 and wcs[chip].has_celestial):
            raise ParameterError(f"the WCS of chip {chip} has no two celestial axes")
    return dict(wcs)


def _checked_seconds(exptime):
    seconds = float(u.Quantity(exptime, u.s).value)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ParameterError(f"exptime is {exptime}; it must be 0 s or more")
    return seconds


def _checked_band(band, camera):
    if band not in camera.bands:
        raise ParameterError(f"{camera.name} has no band {band!r}; it has {', '.join(camera.bands)}")
    return band


# Headers -------------------------------------------------------------------------------------


def _primary_header(camera, band, seconds, start, layouts, worlds, target):
    rootname = target.name.split("_")[0].split(".")[0][:9].lower()
    world = next(iter(worlds.values()), None)
    amplifiers = sorted({name for layout in layouts.values() for name in layout.amplifiers})
    full = all(_is_full(layout, camera) for layout in layouts.values())
    cards = [
        ("NEXTEND", 3 * len(layouts), "Number of standard extensions"),
        ("FILENAME", target.name, "name of file"),
        ("FILETYPE", "SCI", "type of data found in data file"),
        ("TELESCOP", camera.telescope, "telescope used to acquire data"),
        ("INSTRUME", camera.instrume, "identifier for instrument used to acquire data"),
        ("EQUINOX", 2000.0, "equinox of celestial coord. system"),
        ("ROOTNAME", rootname, "rootname of the observation set"),
        ("IMAGETYP", "EXT", "type of exposure identifier"),
        ("TARGNAME", "NONE", "proposer's target name"),
        (
            "RA_TARG",
            float(world.wcs.crval[0]) if world else 0.0,
            "right ascension of the target (deg) (J2000)",
        ),
        ("DEC_TARG", float(world.wcs.crval[1]) if world else 0.0, "declination of the target (deg) (J2000)"),
        ("PROPOSID", 0, "PEP proposal identifier"),
        *_time_cards(seconds, start),
        ("OBSTYPE", "IMAGING", "observation type - imaging or spectroscopic"),
        ("OBSMODE", "ACCUM", "operating mode"),
        ("SUBARRAY", not full, "data from a subarray (T) or full frame (F)"),
        ("DETECTOR", camera.detector, "detector in use"),
        *_filter_cards(camera, band),
        ("APERTURE", camera.detector if full else next(iter(layouts.values())).name, "aperture name"),
        ("CCDAMP", "".join(amplifiers), "CCD amplifier readout configuration"),
        ("CCDGAIN", camera.gain_setting, "commanded gain of CCD"),
        *((f"ATODGN{name}", 0.0, f"measured gain for amplifier {name}") for name in "ABCD"),
        *((f"READNSE{name}", 0.0, f"calibrated read noise for amplifier {name}") for name in "ABCD"),
        *((f"BIASLEV{name}", 0.0, f"bias level for amplifier {name}") for name in "ABCD"),
        ("FLASHDUR", 0.0, "Exposure time in seconds: 0.1 to 409.5"),
        ("FLASHCUR", "OFF", "Post flash current: OFF, LOW, MED, HIGH"),
        ("FLASHSTA", "NOT PERFORMED", "Status: SUCCESSFUL, ABORTED, NOT PERFORMED"),
    ]
    return fits.Header(cards)


def _is_full(layout, camera):
    first = next(full for full in camera.layouts if full.chip == layout.chip)
    return layout.binning > 1 or layout.shape == first.shape


def _time_cards(seconds, start):
    day, clock = Time(start, format="mjd").isot.split("T")
    return (
        ("DATE-OBS", day, "UT date of start of observation (yyyy-mm-dd)"),
        ("TIME-OBS", clock[:8], "UT time of start of observation (hh:mm:ss)"),
        ("EXPSTART", start, "exposure start time (Modified Julian Date)"),
        ("EXPEND", start + seconds / 86400.0, "exposure end time (Modified Julian Date)"),
        ("EXPTIME", seconds, "exposure duration (seconds)--calculated"),
        ("EXPFLAG", "NORMAL", "Exposure interruption indicator"),
    )


def _filter_cards(camera, band):
    """Give the filter cards: one on WFC3; on ACS two wheels, of which the other one is clear."""
    if camera.instrume != "ACS":
        return (("FILTER", band, "element selected from filter wheel"),)
    second_wheel = ("F435W", "F660N", "F814W")
    first, second = ("CLEAR1L", band) if band in second_wheel else (band, "CLEAR2L")
    return (
        ("FILTER1", first, "element selected from filter wheel 1"),
        ("FILTER2", second, "element selected from filter wheel 2"),
    )


def _sci_cards(camera, layout, world, rootname):
    return {
        "ROOTNAME": (rootname, "rootname of the observation set"),
        "EXPNAME": (rootname, "exposure identifier"),
        "BUNIT": ("COUNTS", "brightness units"),
        **(_wcs_cards(world, layout) if world is not None else {}),
        **_position_cards(camera, layout),
        "CCDCHIP": (layout.chip, "CCD chip (1 or 2)"),
        "PHOTMODE": ("", "observation con"),
        "PHOTFLAM": (0.0, "inverse sensitivity, ergs/cm2/Ang/electron"),
        "PHOTZPT": (0.0, "ST magnitude zero point"),
        "PHOTPLAM": (0.0, "Pivot wavelength (Angstroms)"),
        "PHOTBW": (0.0, "RMS bandwidth of filter plus detector"),
        "NCOMBINE": (1, "number of image sets combined"),
        "SDQFLAGS": (31743, "serious data quality flags"),
        "MEANBLEV": (0.0, "average of all bias levels subtracted"),
    }


def _position_cards(camera, layout):
    whole = next(full for full in camera.layouts if full.chip == layout.chip)
    cards = {}
    for axis, ltv, whole_ltv, pixels in zip("12", layout.ltv, whole.ltv, layout.shape[::-1], strict=True):
        size = pixels * layout.binning
        start = 0 if layout.binning > 1 else round(whole_ltv - ltv)
        cards |= {
            f"LTV{axis}": (float(ltv), f"offset in axis {axis} to subsection start"),
            f"RAW_LTV{axis}": (float(ltv), f"original offset in axis {axis} to subsection start"),
            f"LTM{axis}_{axis}": (1.0 / layout.binning, f"reciprocal of sampling rate in axis {axis}"),
            f"CENTERA{axis}": (start + size // 2 + 1, f"subarray axis{axis} center pt in unbinned dect. pix"),
            f"SIZAXIS{axis}": (size, f"subarray axis{axis} size in unbinned detector pixels"),
            f"BINAXIS{axis}": (layout.binning, f"axis{axis} data bin size in unbinned detector pixels"),
        }
    return cards


def _wcs_cards(world, layout):
    """Describe the linear part of a WCS, moved from science to raw pixels."""
    matrix = world.pixel_scale_matrix
    start = layout.science_start
    # The tangent plane's y axis, north through east
    orientation = math.degrees(math.atan2(matrix[0, 1], matrix[1, 1]))
    return {
        "WCSAXES": (2, "number of World Coordinate System axes"),
        "CRPIX1": (float(world.wcs.crpix[0]) + start[1], "x-coordinate of reference pixel"),
        "CRPIX2": (float(world.wcs.crpix[1]) + start[0], "y-coordinate of reference pixel"),
        "CRVAL1": (float(world.wcs.crval[0]), "first axis value at reference pixel"),
        "CRVAL2": (float(world.wcs.crval[1]), "second axis value at reference pixel"),
        "CTYPE1": (world.wcs.ctype[0].removesuffix("-SIP"), "the coordinate type for the first axis"),
        "CTYPE2": (world.wcs.ctype[1].removesuffix("-SIP"), "the coordinate type for the second axis"),
        "CUNIT1": (str(world.wcs.cunit[0]) or "deg", "unit of the first axis"),
        "CUNIT2": (str(world.wcs.cunit[1]) or "deg", "unit of the second axis"),
        **{
            f"CD{i + 1}_{j + 1}": (float(matrix[i, j]), f"partial of axis {i + 1} w.r.t. {'xy'[j]}")
            for i in range(2)
            for j in range(2)
        },
        "ORIENTAT": (orientation, "position angle of image y axis (deg. e of n)"),
    }


def _imset(version, image, cards):
    science = fits.ImageHDU(image, name="SCI", ver=version)
    science.header.update(cards)
    null = {"NPIX1": (image.shape[1], "length of constant array axis 1")}
    null["NPIX2"] = (image.shape[0], "length of constant array axis 2")
    kept = {
        key: cards[key] for key in cards if key.startswith(("ROOTNAME", "EXPNAME", "CRPIX", "CRVAL", "CTYPE"))
    }
    kept |= {key: cards[key] for key in cards if key.startswith(("CD1", "CD2", "LTV", "LTM", "RAW_LTV"))}
    error = {"BUNIT": ("COUNTS", "brightness units"), **null, "PIXVALUE": (0.0, "values of pixels"), **kept}
    quality = {"BUNIT": ("UNITLESS", "brightness units"), **null, "PIXVALUE": (0, "values of pixels"), **kept}
    return [science, _null_hdu("ERR", version, error), _null_hdu("DQ", version, quality)]


def _null_hdu(name, version, cards):
    hdu = fits.ImageHDU(name=name, ver=version)
    hdu.header["BITPIX"] = 16
    hdu.header.update(cards)
    return hdu
