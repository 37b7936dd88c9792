"""What a FITS file may declare, checked by its bytes before astropy opens it.

Astropy loops over as many axes (NAXIS) and table columns (TFIELDS) as a header declares. A corrupt
card may declare 1e9 of them, and opening the file would take hours; the standard allows 999 of each.
Where data have a negative size (GCOUNT, PCOUNT), astropy goes back and reads the same HDU for ever.
Where a header has no END, it reads on to the end of the file, more slowly with each block.
"""

import bz2
import gzip
import io
import lzma
import os
import zipfile
import zlib
from contextlib import contextmanager

from astroclassify.core import ReadError
from astroclassify.io._bounds import Allowance, check_declared, check_number_of_hdus
from astroclassify.io._walk import BLOCK, LONGEST_HEADER, walk_hdus

#: What the FITS standard allows (sections 4.4.1.1 and 7.2.1).
_LIMITS = {"NAXIS": 999, "TFIELDS": 999, "ZNAXIS": 999}
_LONGEST_FILE = 2**52  # bytes
#: Bytes that are unpacked between two looks at the clock.
_STEP = 2**25
_DECOMPRESSORS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_ZIP = b"PK\x03\x04"
_BROKEN_COMPRESSION = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error)


def check_structure(file, source):
    """
    Refuse a FITS file whose headers break the standard's limits, or that unpacks to more than it may.

    Parameters
    ----------
    file : path-like or seekable binary file object
        The file, also compressed by gzip, bzip2 or xz. A file object keeps its position.
    source : str
        Its name, for messages.

    Returns
    -------
    list of HduBytes
        The HDUs, as far as there are any.

    Raises
    ------
    ReadError
        If a header breaks a limit of the FITS standard or has no END, or the file is larger, unpacked, than
        ``astroclassify.conf`` allows. Everything else that may be wrong (truncation, missing cards) is left
        to the reader.
    """
    walked = []
    allowance = Allowance(packed_bytes(file), source)
    with _stream(file, allowance) as (stream, is_packed):
        for hdu in walk_hdus(_reading(stream, source, allowance if is_packed else None)):
            _check_end(hdu, source)
            if not hdu.numbers:
                break
            _check_numbers(hdu, source)
            check_declared(hdu, allowance)
            walked.append(hdu)
            check_number_of_hdus(len(walked), source)
    return walked


def packed_bytes(file):
    """Give the size of a file, from where it is read on (int)."""
    if isinstance(file, str | os.PathLike):
        return os.path.getsize(file)
    position = file.tell()
    size = file.seek(0, os.SEEK_END) - position
    file.seek(position)
    return size


def _check_end(hdu, source):
    if hdu.is_endless:
        raise ReadError(
            f"{source}: the header at byte {hdu.start} has no END in {LONGEST_HEADER * BLOCK} bytes; "
            "the file is corrupt"
        )


def _check_numbers(hdu, source):
    for keyword, limit in _LIMITS.items():
        declared = hdu.number(keyword) or 0
        if not 0 <= declared <= limit:
            raise ReadError(
                f"{source}: a header declares {keyword} = {declared}; the FITS "
                f"standard allows 0 to {limit}, so the header is corrupt"
            )
    if hdu.data_size < 0:
        declared = ", ".join(f"{key} = {number}" for key, number in hdu.numbers.items())
        raise ReadError(f"{source}: a header declares data of negative size ({declared}); it is corrupt")
    if hdu.end >= _LONGEST_FILE:
        raise ReadError(f"{source}: a header declares {hdu.data_size} bytes of data; it is corrupt")


def _reading(stream, source, allowance):
    """Give what reads a stream from where it is now; where it has ended or is broken there is nothing."""
    first = stream.tell()

    def read(start, stop):
        try:
            # A decompressing stream stops where it ends, a plain file goes on.
            missing = first + start - _sought(stream, first + start, allowance)
            block = stream.read(stop - start)
        except ReadError:
            raise
        except _BROKEN_COMPRESSION:
            return b""
        if missing >= BLOCK:
            raise ReadError(
                f"{source}: a header declares data up to byte {start}, but the compressed file ends "
                f"{missing} bytes earlier; it is truncated or corrupt"
            )
        return block

    return read


def _sought(stream, offset, allowance):
    """Go to a offset in a stream; in one that is unpacked on the way, as far as is allowed, by steps."""
    if allowance is None:
        return stream.seek(offset)
    for step in range(stream.tell() + _STEP, offset, _STEP):
        allowance.check(step)
        if (reached := stream.seek(step)) < step:  # it ends here
            return reached
    allowance.check(offset)
    return stream.seek(offset)


@contextmanager
def _stream(file, allowance):
    by_path = isinstance(file, str | os.PathLike)
    plain = open(file, "rb") if by_path else file  # noqa: SIM115 - closed below, if it is ours
    position = plain.tell()
    try:
        content = decompressed(plain, allowance)
        yield content, content is not plain
    finally:
        if by_path:
            plain.close()
        else:
            plain.seek(position)


def decompressed(file, allowance):
    """
    Give a file object's content uncompressed: by gzip, bzip2, xz or zip, or itself where it is not
    compressed.

    Parameters
    ----------
    file : seekable binary file object
        At the start of the content.
    allowance : Allowance
        How much it may unpack to: a zip archive is unpacked here, anything else as it is read.

    Returns
    -------
    binary file object
        ``file`` itself, or a decompressing reader of it that leaves it open.

    Raises
    ------
    ReadError
        If it is a zip archive that holds not one file, or a broken one, or too large a one.
    """
    position = file.tell()
    start = file.read(5)
    file.seek(position)
    if start[:4] == _ZIP:
        return _zipped(file, allowance)
    opener = next((opener for magic, opener in _DECOMPRESSORS.items() if start.startswith(magic)), None)
    return file if opener is None else opener(file)


def _zipped(file, allowance):
    """Read the only file of a zip archive."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if not _is_aside(name)]
            if len(names) == 1:
                allowance.check(archive.getinfo(names[0]).file_size)  # more than this is not read of it
            content = archive.read(names[0]) if len(names) == 1 else b""
    except ReadError:
        raise
    except (zipfile.BadZipFile, *_BROKEN_COMPRESSION, NotImplementedError, RuntimeError) as error:
        raise ReadError(
            f"the zip archive cannot be read ({error}); it is truncated, corrupt or locked"
        ) from error
    if len(names) != 1:
        raise ReadError(
            f"the zip archive holds {len(names)} files ({', '.join(names[:5])}); it must hold one"
        )
    return io.BytesIO(content)


def _is_aside(name):
    """Tell folders, and what macOS adds to every archive, from files (bool)."""
    return name.endswith("/") or name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")
