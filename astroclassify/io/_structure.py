"""A walk from header to header of a FITS file, by its bytes, before astropy opens it.

Astropy loops over as many axes (NAXIS) and table columns (TFIELDS) as a header declares. A corrupt
card may declare 1e9 of them, and opening the file would take hours; the standard allows 999 of each.
Where data have a negative size (GCOUNT, PCOUNT), astropy goes back and reads the same HDU for ever.
"""

import bz2
import gzip
import lzma
import math
import os
import re
from contextlib import contextmanager

from astroclassify.core import ReadError

#: What the FITS standard allows (sections 4.4.1.1 and 7.2.1).
_LIMITS = {b"NAXIS": 999, b"TFIELDS": 999}
_BLOCK, _CARD = 2880, 80
_LONGEST_FILE = 2**52  # bytes
#: A header longer than this (in blocks) is none.
_LONGEST_HEADER = 4000
_INTEGER = re.compile(rb" *([-+]?\d{1,25})")
_DECOMPRESSORS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


def check_structure(file, source):
    """
    Refuse a FITS file whose headers declare impossibly many axes or columns, or a negative size.

    Parameters
    ----------
    file : path-like or seekable binary file object
        The file, also compressed by gzip, bzip2 or xz. A file object keeps its position.
    source : str
        Its name, for messages.

    Raises
    ------
    ReadError
        If a header breaks a limit of the FITS standard. Everything else that may be wrong
        (truncation, missing cards) is left to the reader.
    """
    with _stream(file) as stream:
        while (numbers := _header_numbers(stream)) is not None:
            for keyword, limit in _LIMITS.items():
                if not 0 <= numbers.get(keyword, 0) <= limit:
                    raise ReadError(
                        f"{source}: a header declares {keyword.decode()} = {numbers[keyword]}; the FITS "
                        f"standard allows 0 to {limit}, so the header is corrupt"
                    )
            size = _data_size(numbers)
            if size < 0:
                declared = ", ".join(f"{key.decode()} = {number}" for key, number in numbers.items())
                raise ReadError(
                    f"{source}: a header declares data of negative size ({declared}); it is corrupt"
                )
            if not _skip(stream, size, source):
                return


@contextmanager
def _stream(file):
    by_path = isinstance(file, str | os.PathLike)
    plain = open(file, "rb") if by_path else file  # noqa: SIM115 - closed below, if it is ours
    position = plain.tell()
    try:
        yield decompressed(plain)
    finally:
        if by_path:
            plain.close()
        else:
            plain.seek(position)


def decompressed(file):
    """
    Give a file object's content uncompressed: by gzip, bzip2 or xz, or itself where it is not compressed.

    Parameters
    ----------
    file : seekable binary file object
        At the start of the content.

    Returns
    -------
    binary file object
        ``file`` itself, or a decompressing reader of it that leaves it open.
    """
    position = file.tell()
    start = file.read(5)
    file.seek(position)
    opener = next((opener for magic, opener in _DECOMPRESSORS.items() if start.startswith(magic)), None)
    return file if opener is None else opener(file)


def _header_numbers(stream):
    """Give the structural numbers of the header at the stream's position; `None` where there is no header."""
    header = _header_bytes(stream)
    numbers = {keyword: _number(header, keyword) for keyword in (b"BITPIX", b"PCOUNT", b"GCOUNT", *_LIMITS)}
    axes = numbers[b"NAXIS"] or 0
    if 0 < axes <= _LIMITS[b"NAXIS"]:
        names = [b"NAXIS%d" % (i + 1) for i in range(axes)]
        numbers |= {name: _number(header, name) for name in names}
    found = {keyword: number for keyword, number in numbers.items() if number is not None}
    return found or None


def _header_bytes(stream):
    blocks = []
    for _ in range(_LONGEST_HEADER):
        try:
            block = stream.read(_BLOCK)
        except (OSError, EOFError, ValueError, lzma.LZMAError):  # truncated or corrupt compression
            block = b""
        blocks.append(block)
        if len(block) < _BLOCK or _card(block, b"END     ") is not None:
            break
    return b"".join(blocks)


def _number(header, keyword):
    """Give the integer of a header's first card of this keyword; `None` where there is none."""
    start = _card(header, keyword.ljust(8) + b"=")
    match = _INTEGER.match(header, start + 9, start + _CARD) if start is not None else None
    return int(match[1]) if match else None


def _card(header, beginning):
    """Find where a card starts that begins so; `None` where there is none."""
    start = header.find(beginning)
    while start >= 0 and start % _CARD:
        start = header.find(beginning, start + 1)
    return start if start >= 0 else None


def _data_size(numbers):
    """Give the bytes of an HDU's data as astropy counts them."""
    axes = [numbers.get(b"NAXIS%d" % (i + 1), 0) for i in range(numbers.get(b"NAXIS", 0))]
    pixels = math.prod(axes) if axes else 0
    values = numbers.get(b"GCOUNT", 1) * (pixels + numbers.get(b"PCOUNT", 0))
    return abs(numbers.get(b"BITPIX", 8)) * values // 8


def _skip(stream, size, source):
    """Move over an HDU's data; `False` where the file is shorter than that, or corrupt."""
    end = stream.tell() + -(-size // _BLOCK) * _BLOCK
    if end >= _LONGEST_FILE:
        raise ReadError(f"{source}: a header declares {size} bytes of data; it is corrupt")
    try:
        # A decompressing stream stops where it ends, a plain file goes on.
        reached = stream.seek(end)
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        return False
    if end - reached >= _BLOCK:
        raise ReadError(
            f"{source}: a header declares {size} bytes of data, but the compressed file ends {end - reached} "
            "bytes earlier; it is truncated or corrupt"
        )
    return True
