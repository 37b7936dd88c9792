"""Opening what holds a frame, with its structure checked first."""

import io
import os
import re
from contextlib import ExitStack, contextmanager
from glob import has_magic
from pathlib import Path

from astropy.io import fits
from astropy.nddata import NDData
from astropy.table import Table

from astroclassify.core import ParameterError, ReadError
from astroclassify.io._asdf import START, asdf_hdus
from astroclassify.io._bounds import Allowance
from astroclassify.io._cards import stray_continuations
from astroclassify.io._mapped import MappedFits
from astroclassify.io._picture import FORMATS, is_picture
from astroclassify.io._structure import check_structure, decompressed, packed_bytes

_COMMENT = b"COMMENT   "  # as long as CONTINUE with the blanks behind it
_HDUS = fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU
_FITS_STARTS = (b"SIMPLE", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x03\x04")
#: What is said of an empty name, which `pathlib.Path` takes for the working folder.
NO_NAME = "the path is empty (''); give the name of a file"
#: Bytes at a file's start that tell what it is.
_LOOKED_AT = 264
#: Formats that are not read, by their first bytes: what each is, and what to do.
_NOT_READ = {
    b"XISF0100": "a PixInsight image (XISF), for which there is no library under a licence that this package "
    "may use; save it as FITS (PixInsight: File, Save As; Siril: Save As)",
    b"GIF8": "a GIF picture of 256 colours; take a PNG, JPEG or TIFF of the image",
    b"LUCAM-RECORDER": "a film (SER); stack its pictures first and save the result as FITS",
    b"\x89HDF": "an HDF5 file; give its array, or CCDData(array, unit=...)",
    b"\x93NUMPY": "an array of NumPy; give numpy.load(file)",
    b"\x1f\x9d": "a file of compress (.Z), which may unpack to anything; unpack it: gzip -d",
    b"%PDF": "a PDF document; save its picture as PNG",
    b"<!DOCTYPE": "a web page, perhaps what an archive answered instead of a file; fetch it again",
    b"<html": "a web page, perhaps what an archive answered instead of a file; fetch it again",
    b"<?xml": "an XML file, for example a VOTable; a table of pixels is not a frame",
}


def is_stream(source):
    """
    Tell whether something is a file object.

    Parameters
    ----------
    source : object
        Anything.

    Returns
    -------
    bool
        Whether it can be read from; the ``read`` of tables and frames makes new ones, and is none.
    """
    return callable(getattr(source, "read", None)) and not isinstance(source, Table | NDData)


def source_name(source):
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    if isinstance(source, _HDUS):
        return f"<{type(source).__name__}>"
    if isinstance(source, fits.HDUList):
        name = _filename(source)
        return Path(name).name if name else "<HDUList>"
    if isinstance(source, bytes | bytearray | memoryview):
        return "<bytes>"
    name = getattr(source, "name", None)
    return Path(name).name if isinstance(name, str) else "<file object>"


def _filename(hdulist):
    name = hdulist.filename()
    return name if isinstance(name, str) else ""


@contextmanager
def opened(source):
    """
    Open a source; yields it, ``"fits"`` or ``"picture"``, and whether it was opened from a path.

    A file object is left open where it was, so that it can be read again.
    """
    if isinstance(source, fits.HDUList | _HDUS):
        yield source if isinstance(source, fits.HDUList) else fits.HDUList([source]), "fits", False
        return
    path = isinstance(source, str | os.PathLike)
    file = _checked_path(source) if path else _seekable(source)
    with ExitStack() as afterwards:
        if not path:
            afterwards.callback(file.seek, file.tell())
        start = _first_bytes(file)
        if is_picture(start):
            yield file, "picture", path
            return
        if start.startswith(START):
            yield asdf_hdus(file, source_name(source)), "fits", False
            return
        if not start.startswith(_FITS_STARTS):
            raise ReadError(f"{source_name(source)}: {_what_else(start) if start else _why_nothing(source)}")
        hdulist = open_fits(file, source_name(source), mapped=path)
        afterwards.callback(hdulist.close, closed=path)
        yield hdulist, "fits", path


def _why_nothing(source):
    """Say why no byte comes."""
    if isinstance(source, bytes | bytearray | memoryview):
        return "there are no bytes"
    return "the file object is empty or at its end; go to its start first: file.seek(0)"


def _what_else(start):
    """Say what a file is that is not read."""
    if start[257:262] == b"ustar":
        return "this is a tar archive; unpack it"
    for head, said in _NOT_READ.items():
        if start.startswith(head):
            return f"this is {said}"
    return f"neither FITS, ASDF nor a {', '.join(FORMATS)} picture; it starts with {start[:8]!r}"


def why_missing(argument):
    """
    Say why there is no file of a name, and what to do.

    Parameters
    ----------
    argument : str or path-like
        What was given as a path.

    Returns
    -------
    str
        The reason.
    """
    text = os.fspath(argument)
    if found := re.fullmatch(r"(.+\.[\w.]+)\[(\w+)(?:,(\d+))?\]", text):  # as IRAF and CFITSIO write it
        file, name, version = found.groups()
        if Path(file).expanduser().exists():
            chosen = name if name.isdigit() else repr(name)
            chosen = f"({chosen}, {version})" if version else chosen
            return f"to choose an image of the file, give extension={chosen}"
    if re.match(r"\w{2,}:/", text):
        return "this is an address, which classify_many reads; here only files are read, so fetch it first"
    return "no file matches this pattern" if has_magic(text) else "there is no such file"


def _checked_path(source):
    if source == "":
        raise ReadError(NO_NAME)
    path = Path(source).expanduser()
    if not path.exists():
        raise ReadError(f"{source}: {why_missing(source)}")
    if path.is_dir():
        raise ReadError(f"{path}: this is a folder; expected one file (classify_many takes folders)")
    if not path.is_file():
        raise ReadError(f"{path}: this is not a file")
    if path.stat().st_size == 0:
        raise ReadError(f"{path}: the file is empty")
    return path


def _seekable(source):
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if not is_stream(source):
        raise ParameterError(
            f"a {type(source).__name__} is no source of frames; give a path, bytes, a binary file object or "
            "an HDUList"
        )
    if not (callable(getattr(source, "seekable", None)) and source.seekable()):
        return io.BytesIO(source.read())
    # Astropy takes no file that may be written to, and none whose name is None.
    mode = getattr(source, "mode", "")
    writable = isinstance(mode, str) and not set("+wax").isdisjoint(mode)
    return _copy_of(source) if writable or getattr(source, "name", "") is None else source


def _copy_of(file):
    position = file.tell()
    content = file.read()
    file.seek(position)
    return io.BytesIO(content) if isinstance(content, bytes) else file


def _first_bytes(file):
    if isinstance(file, Path):
        with file.open("rb") as stream:
            return stream.read(_LOOKED_AT)
    position = file.tell()
    start = file.read(_LOOKED_AT)
    file.seek(position)
    if not isinstance(start, bytes):
        raise ParameterError("the file object gives text; open the file in binary mode")
    return start


def open_fits(file, source, *, mapped=False):
    """
    Open a FITS file whose structure was checked first.

    Parameters
    ----------
    file : path-like or seekable binary file object
        Where the file is.
    source : str
        Its name, for messages.
    mapped : bool, default False
        Whether a raw file, given by its path, may come as `MappedFits`.

    Returns
    -------
    fits.HDUList or MappedFits
        Opened for reading, headers loaded as they are asked for.

    Raises
    ------
    ReadError
        If a header declares impossibly many axes or columns.
    """
    walked = check_structure(file, source)
    allowance = Allowance(packed_bytes(file), source)
    if any(stray_continuations(hdu.raw) for hdu in walked):
        return fits.open(_without_strays(file, walked, allowance), mode="readonly")
    if mapped and MappedFits.suits(file, walked):
        return MappedFits(file, walked)
    # Astropy decompresses what a path leads to, but not what comes from a file object.
    if hasattr(file, "read"):
        return fits.open(decompressed(file, allowance), mode="readonly")
    return fits.open(io.BytesIO(_whole(file, allowance)) if _is_zip(file) else file, mode="readonly")


def _whole(file, allowance, length=-1):
    """Read a file, uncompressed, up to a length (bytes)."""
    if hasattr(file, "read"):
        return decompressed(file, allowance).read(length)
    with Path(file).open("rb") as stream:
        return decompressed(stream, allowance).read(length)


def _is_zip(path):
    with Path(path).open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def _without_strays(file, walked, allowance):
    """Give a copy of a file in which cards that continue no text are comments."""
    content = bytearray(_whole(file, allowance, walked[-1].end))
    for hdu in walked:
        for offset in stray_continuations(hdu.raw):
            content[hdu.start + offset : hdu.start + offset + len(_COMMENT)] = _COMMENT
    return io.BytesIO(bytes(content))
