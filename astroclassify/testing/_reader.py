"""The contract of a reader, rule by rule."""

import os
from dataclasses import replace

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData

from astroclassify.core import AstroclassifyError
from astroclassify.io import READERS, Reader, ReadOptions
from astroclassify.testing._errors import Findings

_FOREIGN = ((), (fits.Header(),), (fits.Header([("TELESCOP", "A telescope of nobody's")]),))


def check_reader(reader, files=()):
    """
    Check that a reader keeps the contract of the registry.

    Parameters
    ----------
    reader : Reader or str
        The reader, or its registered name.
    files : iterable of str or path-like
        FITS files that it must recognise and read.

    Raises
    ------
    ContractError
        If rules are broken; it lists all that were found. The rules: ``identify`` answers with a
        bool, the same each time, leaves the headers as they were, raises nothing (also without
        headers), and recognises the files; ``read`` gives a non-empty list of 2-D
        `~astropy.nddata.CCDData` with a unit, a `~astropy.io.fits.Header` as meta, mask and
        uncertainty of the data's shape, the floating type asked for, and the same pixels each
        time; what it cannot read ends in an error of astroclassify.
    UnknownNameError
        If no reader has the name.

    Examples
    --------
    >>> from astroclassify.testing import check_reader
    >>> check_reader("fits-image")
    """
    reader = READERS[reader] if isinstance(reader, str) else reader
    findings = Findings(f"the reader {getattr(reader, 'name', reader)!r}")
    if findings.expect(isinstance(reader, Reader), f"it is a {type(reader).__name__}; expected a Reader"):
        for headers in _FOREIGN:
            _check_identify(reader, headers, "headers of no instrument", findings)
        for path in files:
            _check_file(reader, os.fspath(path), findings)
        _check_refusal(reader, findings)
    findings.report()


def _check_identify(reader, headers, what, findings):
    before = [header.tostring() for header in headers]
    first = findings.attempt(f"identify() on {what}", reader.identify, headers)
    second = findings.attempt(f"identify() on {what}", reader.identify, headers)
    findings.expect(
        first is None or isinstance(first, bool),
        f"identify() on {what} gave a {type(first).__name__}, not a bool",
    )
    findings.expect(first == second, f"identify() on {what} is not the same each time")
    findings.expect(before == [header.tostring() for header in headers], f"identify() changed {what}")
    return first


def _check_file(reader, path, findings):
    with fits.open(path) as hdulist:
        headers = [hdu.header for hdu in hdulist]
        recognised = _check_identify(reader, headers, f"the headers of {path}", findings)
        findings.expect(recognised is not False, f"it does not recognise {path}")
    for dtype in ("float32", "float64"):
        options = ReadOptions(source=path, dtype=np.dtype(dtype))
        frames = findings.attempt(f"reading {path} as {dtype}", _read, reader, path, options)
        if frames is not None:
            _check_frames(frames, path, options, findings)
            _check_same(frames, reader, path, options, findings)


def _read(reader, path, options):
    with fits.open(path) as hdulist:
        frames = reader.read(hdulist, replace(options))
    if not isinstance(frames, list) or not frames:
        found = "an empty list" if isinstance(frames, list) else f"a {type(frames).__name__}"
        raise TypeError(f"read() gave {found}; expected a list of at least one CCDData")
    return frames


def _check_frames(frames, path, options, findings):
    for number, frame in enumerate(frames):
        what = f"frame {number} of {path}"
        kind = type(frame).__name__
        if not findings.expect(isinstance(frame, CCDData), f"{what} is a {kind}, not a CCDData"):
            continue
        findings.expect(frame.data.ndim == 2, f"{what} has the shape {frame.data.shape}; expected two axes")
        findings.expect(
            frame.data.dtype == options.dtype, f"{what} has the type {frame.data.dtype}, not {options.dtype}"
        )
        findings.expect(frame.unit is not None, f"{what} has no unit")
        findings.expect(
            isinstance(frame.meta, fits.Header), f"the meta of {what} is a {type(frame.meta).__name__}"
        )
        for name in ("mask", "uncertainty"):
            _check_companion(frame, name, what, findings)


def _check_companion(frame, name, what, findings):
    companion = getattr(frame, name)
    array = getattr(companion, "array", companion)
    findings.expect(
        array is None or np.shape(array) == frame.data.shape,
        f"the {name} of {what} has the shape {np.shape(array)}, not {frame.data.shape}",
    )


def _check_same(frames, reader, path, options, findings):
    again = findings.attempt(f"reading {path} again", _read, reader, path, options)
    same = again is not None and len(again) == len(frames)
    same = same and all(
        np.array_equal(one.data, other.data, equal_nan=True) for one, other in zip(frames, again, strict=True)
    )
    findings.expect(same, f"reading {path} again gave other pixels")


def _check_refusal(reader, findings):
    """An empty file ends in an error of ours, never in a raw IndexError."""
    try:
        reader.read(fits.HDUList([fits.PrimaryHDU()]), ReadOptions(source="an empty file"))
    except AstroclassifyError:
        return
    except Exception as error:  # a plug-in may fail in any way
        findings.expect(False, f"reading a file without images raised {type(error).__name__}: {error}")
    else:
        findings.expect(False, "reading a file without images gave frames instead of an error")
