"""Opening what holds a frame, with its structure checked first."""

import io
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path

from astropy.io import fits

from astroclassify.core import ParameterError, ReadError
from astroclassify.io._images import is_picture
from astroclassify.io._mapped import MappedFits
from astroclassify.io._structure import check_structure, decompressed

_FITS_STARTS = (b"SIMPLE", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x03\x04", b"\x1f\x9d")


def source_name(source):
    if isinstance(source, str | os.PathLike):
        return Path(source).name
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
    if isinstance(source, fits.HDUList):
        yield source, "fits", False
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
        if not start.startswith(_FITS_STARTS):
            raise ReadError(
                f"{source_name(source)}: neither FITS nor a PNG, JPEG or TIFF picture; "
                f"it starts with {start[:8]!r}"
            )
        hdulist = open_fits(file, source_name(source), mapped=path)
        afterwards.callback(hdulist.close, closed=path)
        yield hdulist, "fits", path


def _checked_path(source):
    path = Path(source).expanduser()
    if not path.exists():
        raise ReadError(f"{path}: there is no such file")
    if not path.is_file():
        raise ReadError(f"{path}: this is not a file")
    if path.stat().st_size == 0:
        raise ReadError(f"{path}: the file is empty")
    return path


def _seekable(source):
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if not callable(getattr(source, "read", None)):
        raise ParameterError(
            f"a {type(source).__name__} is no source of frames; give a path, bytes, a binary file object or "
            "an HDUList"
        )
    if callable(getattr(source, "seekable", None)) and source.seekable():
        return source
    return io.BytesIO(source.read())


def _first_bytes(file):
    if isinstance(file, Path):
        with file.open("rb") as stream:
            return stream.read(16)
    position = file.tell()
    start = file.read(16)
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
    if mapped and MappedFits.suits(file, walked):
        return MappedFits(file, walked)
    # Astropy decompresses what a path leads to, but not what comes from a file object.
    return fits.open(decompressed(file) if hasattr(file, "read") else file, mode="readonly")
