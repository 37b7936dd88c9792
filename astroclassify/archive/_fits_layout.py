"""FITS files by their bytes: where HDUs lie, whether a file is whole, and cutting images out of it."""

import io
import math
import os
from dataclasses import dataclass

from astropy.io import fits

_BLOCK = 2880
_WINDOW = 12 * _BLOCK  # a raw file's primary header
_LONGEST_HEADER = 4000 * _BLOCK
#: EXTNAME of an image that was left out; the readers of HST look for SCI.
LEFT_OUT = "LEFTOUT"


@dataclass(frozen=True)
class Hdu:
    """
    Where an HDU lies in its file.

    Parameters
    ----------
    header : fits.Header
        Its header.
    start, data, end : int
        First byte of the header, first byte of the data, and first byte after them.
    """

    header: fits.Header
    start: int
    data: int
    end: int

    @property
    def has_data(self):
        """Whether there is anything besides the header (bool)."""
        return self.end > self.data


def walk(read, size):
    """
    Go from HDU to HDU of a FITS file.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives these bytes of the file, or fewer at its end.
    size : int
        Bytes of the file.

    Yields
    ------
    Hdu
        One after the other; the data of the last may end beyond the file.

    Raises
    ------
    ValueError
        If there is no header where one should be.
    """
    position = 0
    while position < size:
        hdu = _hdu_at(read, position, size)
        yield hdu
        position = hdu.end


def _hdu_at(read, position, size):
    window = _WINDOW
    while True:
        block = read(position, min(position + window, size))
        header, length = _header(block)
        if header is not None:
            data = position + length
            return Hdu(header, position, data, data + _data_size(header))
        if position + window >= size or window > _LONGEST_HEADER:
            raise ValueError(f"there is no FITS header at byte {position}, but {block[:16]!r}")
        window *= 4


def _header(block):
    """The header that a block of bytes begins with, and its length; None where none ends in it."""
    if not block.startswith((b"SIMPLE  =", b"XTENSION=")):
        return None, 0
    stream = io.BytesIO(block)
    try:
        return fits.Header.fromfile(stream), stream.tell()
    except (OSError, ValueError):  # END is not in it
        return None, 0


def _data_size(header):
    try:
        axes = [int(header[f"NAXIS{i + 1}"]) for i in range(int(header["NAXIS"]))]
        values = int(header.get("GCOUNT", 1)) * (
            int(header.get("PCOUNT", 0)) + (math.prod(axes) if axes else 0)
        )
        size = abs(int(header["BITPIX"])) // 8 * values
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a header does not say how long its data are: {error}") from error
    if size < 0:
        raise ValueError("a header declares data of negative size")
    return -(-size // _BLOCK) * _BLOCK


@dataclass(frozen=True)
class Contents:
    """
    What a raw file on disk holds.

    Parameters
    ----------
    images : frozenset of int
        Numbers of the extensions that have pixels.
    left_out : frozenset of int
        Numbers of those that were cut out when it was fetched.
    problem : str
        What is wrong with the file; empty where nothing is.
    """

    images: frozenset = frozenset()
    left_out: frozenset = frozenset()
    problem: str = ""


def contents(path):
    """
    Look whether a FITS file is whole, and what is in it.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Contents
        From the headers; pixels are not read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:

        def read(start, stop):
            file.seek(start)
            return file.read(stop - start)

        try:
            hdus = list(walk(read, size))
        except ValueError as error:
            return Contents(problem=str(error))
    return _summary(hdus, size)


def _summary(hdus, size):
    if not hdus:
        return Contents(problem="it is empty")
    if hdus[-1].end != size:
        return Contents(problem=f"it has {size} bytes; its headers tell of {hdus[-1].end}")
    extensions = len(hdus) - 1
    declared = hdus[0].header.get("NEXTEND", extensions)
    if extensions != declared:
        return Contents(problem=f"it has {extensions} extensions; its header tells of {declared}")
    named = {number: hdu.header.get("EXTNAME", "") for number, hdu in enumerate(hdus)}
    return Contents(
        images=frozenset(number for number, hdu in enumerate(hdus) if number and hdu.has_data),
        left_out=frozenset(number for number, name in named.items() if name == LEFT_OUT),
    )


def cut(read, size, wanted):
    """
    Say how a file without the images that are not wanted is put together.

    The numbers of the HDUs stay as they are: of an image that is left out the header remains, with
    ``NAXIS = 0`` and the name ``LEFTOUT``, so that no reader takes it for one of a chip.

    Parameters
    ----------
    read : callable
        As for `walk`.
    size : int
        Bytes of the file.
    wanted : set of int
        Numbers of the HDUs whose pixels are needed.

    Yields
    ------
    bytes or tuple of int
        What the new file holds next: bytes, or the range ``(start, stop)`` of the old file's.
    """
    for number, hdu in enumerate(walk(read, size)):
        if number and hdu.has_data and number not in wanted:
            yield _without_data(hdu.header)
            continue
        yield read(hdu.start, hdu.data)
        if hdu.has_data:
            yield hdu.data, hdu.end


def _without_data(header):
    header = header.copy()
    for keyword in [f"NAXIS{i + 1}" for i in range(header["NAXIS"])] + ["BZERO", "BSCALE"]:
        header.remove(keyword, ignore_missing=True)
    header["NAXIS"] = 0
    header["EXTNAME"] = (LEFT_OUT, "this image was not fetched")
    return header.tostring().encode("ascii")
