"""``CCDData.read(path, format="hst-raw", chip=1)``: our readers under format names of their own.

The formats have no identifier, so astropy never chooses one of them by itself: what
``CCDData.read(path)`` did before, it does after.
"""

from contextlib import suppress

from astropy.io import registry
from astropy.nddata import CCDData

from astroclassify.core import ParameterError, ReadError
from astroclassify.io._read import read_frames

#: The format that takes whatever `read_frames` reads.
ANY_FORMAT = "astroclassify"
#: Names of the formats; each but `ANY_FORMAT` is the name of a reader.
FORMATS = ("hst-raw", "hst-calibrated", "hst-drizzled", "csst", ANY_FORMAT)


def read_one(source, *, chip=None, reader=None, bias="overscan", rows="all", dtype="float32"):
    """
    Read the one frame of a file, or that of one of its chips.

    Parameters
    ----------
    source : path-like, bytes, binary file object or HDUList
        What `read_frames` takes.
    chip : int, optional
        The chip, by ``CCDCHIP``. It can be left out where the file has one frame only.
    reader : str, optional
        The reader that must recognise the file; any if `None`.
    bias, rows, dtype
        As for `read_frames`.

    Returns
    -------
    CCDData
        The frame.

    Raises
    ------
    ParameterError
        If the file has several chips and none, or one that is not there, was asked for.
    ReadError
        If the file cannot be read, or is of another kind than ``reader`` reads.
    """
    frames = read_frames(source, bias=bias, rows=rows, dtype=dtype, chip=chip)
    name, found = (frames[0].meta[key] for key in ("ACSOURCE", "ACREADER"))
    if reader is not None and found != reader:
        raise ReadError(f"{name}: this is no {reader} file, but {found}; give format={ANY_FORMAT!r} for any")
    if len(frames) > 1:
        chips = ", ".join(str(frame.meta.get("ACCHIP", "(no number)")) for frame in frames)
        raise ParameterError(f"{name}: there are {len(frames)} frames; choose one with chip=: {chips}")
    return frames[0]


def register_formats():
    """
    Register the readers with astropy, so that ``CCDData.read(path, format="hst-raw")`` works.

    Importing the package changes nothing in astropy: call this once where you want the formats. Those that
    are there already stay as they are.

    Examples
    --------
    >>> from astroclassify.io import register_formats
    >>> register_formats()
    """
    with registry.delay_doc_updates(CCDData):
        for name in FORMATS:
            with suppress(registry.IORegistryError):
                registry.register_reader(name, CCDData, _reader_of(name))


def _reader_of(name):
    def read(source, *, chip=None, bias="overscan", rows="all", dtype="float32"):
        return read_one(
            source, chip=chip, reader=None if name == ANY_FORMAT else name, bias=bias, rows=rows, dtype=dtype
        )

    read.__doc__ = read_one.__doc__
    return read
