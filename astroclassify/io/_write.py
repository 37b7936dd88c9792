"""Writer of raw files of ACS/WFC, WFC3/UVIS and CSST, with the structure and keywords that real ones have."""

import gzip
import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from astroclassify.core import ParameterError, atomic_path
from astroclassify.instruments import INSTRUMENTS, Instrument, find_layout
from astroclassify.io._raw_cards import RawContents
from astroclassify.io._write_csst import csst_hdus
from astroclassify.io._write_hst import hst_hdus

#: Start of an exposure whose header says none: the date of the frame that the ACS gains are from.
_EXPSTART = 57677.0
#: What lays out a raw file, by INSTRUME.
_WRITERS = {"ACS": hst_hdus, "WFC3": hst_hdus, "MSC": csst_hdus}
_DETECTORS = range(31)  # of CSST; 0 is one whose number is not told
#: Cards that follow from the image and the arguments; a user's header does not override them.
_DERIVED_KEYS = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|[PG]COUNT|EXTEND|NEXTEND|EXTNAME|EXTVER|BZERO|BSCALE|BUNIT|CCDCHIP|"
    r"(RAW_)?LTV\d|LTM\d_\d|BINAXIS\d|SIZAXIS\d|CENTERA\d|WCSAXES|CRPIX\d|CRVAL\d|CTYPE\d|CUNIT\d|CD\d_\d|"
    r"ORIENTAT|INSTRUME|DETECTOR|CHIPID|FILENAME|SUBARRAY|FILTER\d?|EXPTIME|EXPEND|COMMENT|HISTORY|"
)


def write_raw(path, raw, *, instrument, band, exptime, wcs=None, header=None, history=(), overwrite=False):
    """
    Write a raw frame as the telescope's archive would.

    Parameters
    ----------
    path : path-like
        Where to; by convention ``<rootname>_raw.fits`` (HST) or a CSST name, see `hst_rootname` and
        `csst_name`. A name that ends in ``.gz`` makes a compressed file.
    raw : mapping of int to numpy.ndarray
        For each chip its whole raw image ``[y, x]`` in ADU, overscan included: integers from 0 to
        65535. HST: both chips, or one (then the only imset). CSST: one detector, 1 to 30, or 0 for one
        whose number only the name of the file gives.
    instrument : str or Instrument
        ``acs-wfc``, ``wfc3-uvis`` or ``csst-msc``.
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
    history : sequence of str, default ()
        HISTORY cards of the primary HDU; long texts are broken into several, which joined without anything
        between them give the text again.
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
    The same arguments give the same bytes, whenever and wherever. The file is written beside its place
    and moved there when it is complete.

    HST: an empty primary HDU and, for each chip, SCI (uint16 through BZERO = 32768), ERR and
    DQ, which are constant and hence have NAXIS = 0. Of two chips, chip 2 comes first (EXTVER 1).
    CRPIX and LTV count raw pixels, so a science pixel ``p`` of the chip is at ``p + LTV``. CSST: an empty
    primary HDU and the image, whose CRPIX counts science pixels.

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
    target = _checked_target(path, overwrite)
    hdus = _laid_out(target, raw, instrument, band, exptime, wcs, header, history)
    _write_whole(fits.HDUList(hdus), target)


def write_hdus(path, hdus, *, overwrite=False):
    """
    Write the HDUs of `raw_hdus`: the file that `write_raw` would write.

    Parameters
    ----------
    path : path-like
        Where to; the headers keep the name that `raw_hdus` was given. A name that ends in ``.gz`` makes a
        compressed file.
    hdus : fits.HDUList
        What to write.
    overwrite : bool, default False
        Replace a file that is there.

    Raises
    ------
    ParameterError
        If the file exists, or there is no folder for it.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.io import raw_hdus, write_hdus
    >>> path = getfixture("tmp_path") / "j0000000q_raw.fits"
    >>> raw = {chip: np.full((2068, 4144), 2100, "uint16") for chip in (1, 2)}
    >>> write_hdus(path, raw_hdus(path.name, raw, instrument="acs-wfc", band="F814W", exptime=500))
    """
    _write_whole(fits.HDUList(hdus), _checked_target(path, overwrite))


class _Unwritten(fits.HDUList):
    """The HDUs of a file that is only in memory, but has a name."""

    name = ""

    def filename(self):
        """Name the file (str)."""
        return self.name


def raw_hdus(name, raw, *, instrument, band, exptime, wcs=None, header=None, history=()):
    """
    Give a raw frame as the telescope's archive would, in memory: what `write_raw` would write.

    Parameters
    ----------
    name : str
        Name of the file that it would be; the header has it.
    raw : mapping of int to numpy.ndarray
        For each chip its whole raw image, ADU, as for `write_raw`; so are the others.
    instrument : str or Instrument
        The camera.
    band : str
        Filter.
    exptime : float or astropy.units.Quantity
        Exposure time, seconds.
    wcs : mapping of int to astropy.wcs.WCS, optional
        Sky coordinates of each chip's science pixels.
    header : mapping or astropy.io.fits.Header, optional
        Further cards.
    history : sequence of str, default ()
        HISTORY cards.

    Returns
    -------
    fits.HDUList
        `read_frames` makes of it the frames that it would make of the file, bit for bit.

    Raises
    ------
    ParameterError
        If a value is not allowed.
    UnsupportedInstrumentError
        If no layout of the instrument fits an image.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.io import raw_hdus, read_frames
    >>> raw = {1: np.full((512, 2072), 2100, "uint16")}
    >>> cards = {"CCDAMP": "A", "LTV1": 24.0, "LTV2": -1536.0}
    >>> hdus = raw_hdus("raw.fits", raw, instrument="acs-wfc", band="F814W", exptime=500, header=cards)
    >>> read_frames(hdus)[0].shape
    (512, 2048)
    """
    hdus = _Unwritten(_laid_out(Path(name), raw, instrument, band, exptime, wcs, header, history))
    hdus.name = str(name)
    for hdu in hdus:
        # As cards have it: numbers lose their last digits, texts their blanks.
        hdu.header = fits.Header.fromstring(hdu.header.tostring())
    return hdus


def _laid_out(target, raw, instrument, band, exptime, wcs, header, history):
    camera = instrument if isinstance(instrument, Instrument) else INSTRUMENTS[instrument]
    extra = _extra_cards(header)
    images = {chip: _as_uint16(chip, raw[chip]) for chip in _checked_chips(raw, camera)}
    contents = RawContents(
        camera=camera,
        band=_checked_band(band, camera),
        seconds=_checked_seconds(exptime),
        start=float(extra.get("EXPSTART", _EXPSTART)),
        images=images,
        layouts={chip: _layout(camera, chip, image, extra) for chip, image in images.items()},
        worlds=_checked_worlds(wcs, images),
        target=target,
        extra={key: value for key, value in extra.items() if not _DERIVED_KEYS.fullmatch(key)},
    )
    hdus = _WRITERS[camera.instrume](contents)
    for line in _history_lines(history):
        hdus[0].header.add_history(line)
    return hdus


def _history_lines(history):
    """Break texts into lines of 72 characters at most, none of which ends in a blank that would get lost."""
    if isinstance(history, str):
        raise ParameterError("history is one string; expected a sequence of strings")
    for text in history:
        rest = str(text).encode("ascii", "backslashreplace").decode().replace("\n", " ").rstrip()
        while rest:
            line = rest[:72].rstrip() or rest[:72]
            yield line
            rest = rest[len(line) :]


def _write_whole(hdulist, target):
    with atomic_path(target) as unfinished, unfinished.open("wb") as stream:
        if target.suffix == ".gz":
            with gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
                hdulist.writeto(packed)
        else:
            hdulist.writeto(stream)


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
    if camera.instrume not in _WRITERS:
        raise ParameterError(
            f"raw files of {camera.name} cannot be written; those of acs-wfc, wfc3-uvis and csst-msc can"
        )
    if not isinstance(raw, Mapping) or not raw:
        raise ParameterError("raw must be a mapping of chip number to raw image, such as {1: ..., 2: ...}")
    known = camera.geometry or _DETECTORS
    unknown = [chip for chip in raw if chip not in known]
    if unknown:
        raise ParameterError(f"{camera.name} has no chip {unknown[0]!r}; its chips are {sorted(known)}")
    if not camera.geometry and len(raw) > 1:
        raise ParameterError(f"a file of {camera.name} holds one detector; found {sorted(raw)}")
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
