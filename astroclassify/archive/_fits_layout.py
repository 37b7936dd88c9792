"""Raw files on disk: completeness, images, and files without the images that are not needed."""

import os
from dataclasses import dataclass

from astroclassify.io import walk_hdus

#: EXTNAME of an image that was left out; the readers of HST look for SCI.
LEFT_OUT = "LEFTOUT"


@dataclass(frozen=True)
class Contents:
    """
    The contents of a raw file on disk.

    Parameters
    ----------
    images : frozenset of int
        Numbers of the extensions that have pixels.
    left_out : frozenset of int
        Numbers of those that were cut out when it was fetched.
    problem : str
        The defect of the file; empty for a file without one.
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

        hdus = list(walk_hdus(read, size))
    return _summary(hdus, size)


def _summary(hdus, size):
    if not hdus:
        return Contents(problem="it is empty")
    if problem := next((hdu.problem for hdu in hdus if hdu.problem), ""):
        return Contents(problem=problem)
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
        As for `~astroclassify.io.walk_hdus`.
    size : int
        Bytes of the file.
    wanted : set of int
        Numbers of the HDUs whose pixels are needed.

    Yields
    ------
    bytes or tuple of int
        What the new file holds next: bytes, or the range ``(start, stop)`` of the old file's.

    Raises
    ------
    ValueError
        If there is no header where one should be.
    """
    for number, hdu in enumerate(walk_hdus(read, size)):
        if hdu.problem:
            raise ValueError(hdu.problem)
        if number and hdu.has_data and number not in wanted:
            yield _without_data(hdu.header)
            continue
        yield hdu.raw
        if hdu.has_data:
            yield hdu.data, hdu.end


def _without_data(header):
    header = header.copy()
    for keyword in [f"NAXIS{i + 1}" for i in range(header["NAXIS"])] + ["BZERO", "BSCALE"]:
        header.remove(keyword, ignore_missing=True)
    header["NAXIS"] = 0
    header["EXTNAME"] = (LEFT_OUT, "this image was not fetched")
    return header.tostring().encode("ascii")
