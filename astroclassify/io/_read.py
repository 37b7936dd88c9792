"""`read_frames`: from anything that holds a frame to frames, by the one reader that recognises it."""

import logging
import warnings
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from astroclassify.core import (
    AstroclassifyError,
    AstroclassifyWarning,
    FrameWarning,
    PluginError,
    ReadError,
    Registry,
)
from astroclassify.instruments import GENERIC, INSTRUMENTS, Instrument
from astroclassify.io._beside import refuse_companion
from astroclassify.io._headers import header_text
from astroclassify.io._identify import FileHeaders
from astroclassify.io._images import read_image
from astroclassify.io._mapped import MappedFits
from astroclassify.io._open import opened, source_name
from astroclassify.io._options import read_options
from astroclassify.io._reader import Reader

logger = logging.getLogger(__name__)

#: Every known reader by name, from packages and from this session.
READERS = Registry("astroclassify.readers", kind="reader", expected_type=Reader)

#: The reader of plain images gives way to any other that recognises a file.
_FALLBACK = "fits-image"


def read_frames(
    source,
    *,
    instrument=None,
    reader=None,
    bias="overscan",
    rows="all",
    dtype=np.float32,
    chip=None,
    extension=None,
    mask_bits=None,
):
    """
    Read the frames of a file: one per chip.

    Parameters
    ----------
    source : path-like, bytes, binary file object or astropy.io.fits.HDUList
        A FITS file (raw, calibrated or drizzled HST, CSST, another mission's, or any 2-D image; also
        compressed), an opened one or one HDU of it, or a picture (PNG, JPEG, TIFF, WebP, AVIF).
    instrument : str or Instrument, optional
        Take only a reader of this instrument; a file that does not say its own is taken to be of
        this one. Default: whatever the headers say.
    reader : str or Reader, optional
        Use this reader, whatever the headers say. Default: the one that recognises the headers.
    bias : {"overscan", "none"}, default "overscan"
        For raw frames: subtract the bias level of each amplifier and row, measured in the section
        that the instrument's pipeline uses, or leave it in.
    rows : {"all", "paper"}, default "all"
        Keep all science rows, or 2048 of WFC3/UVIS' 2051 as the paper does (without the three
        rows next to the gap between the chips).
    dtype : dtype, default numpy.float32
        Floating type of the frames.
    chip : int or iterable of int, optional
        Only this chip, or these, by ``CCDCHIP``, in any order; the others' pixels are not read. Default: all.
    extension : int, str, tuple or list of these, optional
        Which extension holds the image, by number (0 is the primary one), EXTNAME, or ``(EXTNAME, EXTVER)``;
        several for several frames. It is then read as a plain image. Default: those that hold science images.
    mask_bits : int, str or iterable of str, optional
        Which bits of the file's mask image make a pixel unusable: or-ed, such as ``1 | 16``, or by the names
        that the mask image's header gives them, such as ``("BAD", "NO_DATA")``; 0 for none. Default: those
        that are known of the telescope.

    Returns
    -------
    list of CCDData
        Frames ``[y, x]`` ordered by chip. ``unit`` is adu, electron or electron / s as the file
        says; ``meta`` is the header (primary and extension merged, the extension's cards win)
        with CRPIX and LTV counted in the frame's pixels; ``wcs`` includes the distortions that
        the file has; ``flags`` holds the data-quality bits and ``mask`` those that make a pixel
        unusable; ``uncertainty`` is the file's, or that of gain and read noise (raw), computed from
        the pixels when it is first used: use it before you change ``data`` in place.

    Raises
    ------
    ReadError
        If there is no such file, it is truncated or corrupt, or no reader recognises it.
    UnsupportedInstrumentError
        If it comes from a detector or read-out format that is not supported.
    ParameterError
        If an option is not allowed, or a chip is not in the file.

    Warns
    -----
    FrameWarning
        If something had to be left out or replaced: a broken WCS, an unmeasurable bias.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.io import fits
    >>> from astroclassify.io import read_frames
    >>> image = fits.HDUList([fits.PrimaryHDU(np.arange(12, dtype="i2").reshape(3, 4))])
    >>> [frame.shape for frame in read_frames(image)]
    [(3, 4)]
    """
    options = read_options(
        bias=bias,
        rows=rows,
        dtype=dtype,
        chip=chip,
        extension=extension,
        mask_bits=mask_bits,
        source=source_name(source),
    )
    chosen = _chosen_reader(reader)
    camera = _instrument_name(instrument)
    with only_our_errors(options.source), opened(source) as (contents, kind, fresh):
        options = replace(options, fresh=fresh)
        if kind == "picture":
            frames = read_image(contents, options)
        else:
            frames = _frames_of_hdus(contents, chosen, camera, options)
        _check_bits_used(frames, options)
    for frame in frames:
        if camera is not None and frame.meta.get("ACINSTR", "") in ("", GENERIC.name):
            frame.meta["ACINSTR"] = camera
    _log(frames, options)
    return frames


def _log(frames, options):
    logger.info("%s: read, %d frame%s", options.source, len(frames), "" if len(frames) == 1 else "s")
    for frame in frames if logger.isEnabledFor(logging.DEBUG) else ():
        masked = 0 if frame.mask is None else np.count_nonzero(frame.mask)
        facts = {key: frame.meta.get(key, "") for key in ("ACREADER", "ACINSTR", "ACBAND", "ACCHIP")}
        known = ", ".join(str(value) for value in facts.values() if value)
        logger.debug("%s: %s; %s, %d pixels masked", options.source, known, frame.shape, masked)


def _check_bits_used(frames, options):
    if options.mask_bits and all(getattr(frame, "flags", None) is None for frame in frames):
        warnings.warn(
            f"{options.source}: mask_bits={options.mask_bits!r} masks nothing: there is no mask image",
            FrameWarning,
            stacklevel=2,
        )


def _frames_of_hdus(hdulist, chosen, camera, options):
    headers = FileHeaders(hdu.header for hdu in hdulist)
    if not headers:
        raise ReadError(f"{options.source}: the HDUList is empty")
    refuse_companion(headers, options)
    if options.extension is not None:
        chosen = chosen or READERS[_FALLBACK]
    chosen = chosen or find_reader(headers, instrument=camera, source=options.source)
    if isinstance(hdulist, MappedFits) and not chosen.maps:
        hdulist = hdulist.hdulist
    frames = chosen.read(hdulist, options)
    if not frames:
        raise ReadError(f"{options.source}: {chosen.name!r} found no image; seen: {_seen(headers)}")
    return frames


def find_reader(headers, *, instrument=None, source="<memory>"):
    """
    Find the one reader that recognises a file.

    Parameters
    ----------
    headers : sequence of fits.Header
        The headers of all HDUs, primary first.
    instrument : str, optional
        Consider only readers of this instrument, and those that read any.
    source : str
        The file's name, for messages.

    Returns
    -------
    Reader
        The reader.

    Raises
    ------
    ReadError
        If no reader recognises the file (the message says what was seen), or more than one does
        (the message names them).

    Examples
    --------
    >>> from astropy.io import fits
    >>> from astroclassify.io import find_reader
    >>> primary = fits.Header({"INSTRUME": "ACS", "DETECTOR": "WFC"})
    >>> science = fits.Header({"EXTNAME": "SCI", "BITPIX": 16, "CCDCHIP": 2})
    >>> find_reader([primary, science]).name
    'hst-raw'
    """
    own, others = _names_by_owner()
    known = _loaded(own)
    fitting = _fitting(known, headers, instrument)
    if not any(reader.name != _FALLBACK for reader in fitting):
        known += (more := _loaded(others))
        fitting += _fitting(more, headers, instrument)
    fitting = [reader for reader in fitting if reader.name != _FALLBACK] or fitting
    if len(fitting) > 1:
        names = " and ".join(repr(reader.name) for reader in fitting)
        raise ReadError(f"{source}: the readers {names} both recognise this file; choose one with reader=")
    if not fitting:
        wanted = f" of {instrument}" if instrument else ""
        raise ReadError(
            f"{source}: no reader{wanted} recognises this file; seen: {_seen(headers)}; "
            f"there are the readers {', '.join(reader.name for reader in known)}"
        )
    return fitting[0]


def _names_by_owner():
    """Part the package's own readers and the session's from those of plug-ins, which take time to import."""
    owned = {entry.name for entry in READERS.entries() if entry.owner in ("astroclassify", "this session")}
    return [name for name in READERS if name in owned], [name for name in READERS if name not in owned]


def _fitting(readers, headers, instrument):
    def may(reader):
        return instrument is None or not reader.instruments or instrument in reader.instruments

    return [reader for reader in readers if may(reader) and _recognises(reader, headers)]


def _loaded(names):
    """Load readers; a broken plug-in costs a warning, not everybody's files."""
    readers = []
    for name in names:
        try:
            readers.append(READERS[name])
        except AstroclassifyError as error:
            warnings.warn(f"the reader {name!r} is left out: {error}", AstroclassifyWarning, stacklevel=2)
    return readers


def _recognises(reader, headers):
    try:
        return bool(reader.identify(headers))
    except Exception as error:  # a plug-in may fail in any way
        raise PluginError(
            f"the reader {reader.name!r} failed on the headers: {type(error).__name__}: {error}"
        ) from error


def _seen(headers):
    cards = ("TELESCOP", "INSTRUME", "DETECTOR", "FILETYPE")
    found = [f"{key} = {text!r}" for key in cards if (text := header_text(headers[0], key))]
    extensions = [header_text(header, "EXTNAME") or "(no EXTNAME)" for header in headers[1:7]]
    return f"{', '.join(found) or 'no INSTRUME card'}, {len(headers)} HDUs {extensions}"


def _chosen_reader(reader):
    if reader is None or isinstance(reader, Reader):
        return reader
    return READERS[reader]


def _instrument_name(instrument):
    if instrument is None or isinstance(instrument, Instrument):
        return instrument and instrument.name
    return INSTRUMENTS[instrument].name


@contextmanager
def only_our_errors(source):
    """
    Turn every failure into one of our errors that names the file.

    This is the one boundary: readers check what they can say something useful about, and
    astropy's many ways to fail on a corrupt file end here. Of astropy's own warnings, those about
    a damaged file become one `FrameWarning`; the others are about what the frame does not depend on.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except AstroclassifyError as error:
            error.with_facts(file=source)
            raise
        except OSError as error:
            if error.errno is None:  # astropy's way to say that a file is corrupt
                raise _damaged(source, error) from error
            said = f"{source}: the system does not let it be read: {error.strerror}"
            raise ReadError(said).with_facts(file=source) from error
        except Exception as error:
            raise _damaged(source, error) from error
    for warning in caught:
        if issubclass(warning.category, AstroclassifyWarning):
            warnings.warn(warning.message, stacklevel=4)
    damage = {str(warning.message).split("\n")[0] for warning in caught if _tells_damage(warning)}
    if damage:
        warnings.warn(
            f"{source}: the file is damaged, and frames may be missing ({'; '.join(sorted(damage))})",
            FrameWarning,
            stacklevel=4,
        )


def _damaged(source, error):
    said = "cannot be read as a frame; the file is truncated, corrupt or no image"
    return ReadError(f"{source}: {said} ({type(error).__name__}: {error})").with_facts(file=source)


def _tells_damage(warning):
    text = str(warning.message)
    return not issubclass(warning.category, AstroclassifyWarning) and (
        "may have been truncated" in text or "Error validating header" in text
    )
