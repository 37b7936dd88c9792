"""What opening a file may cost: bounds on what it unpacks to, told before anything parses it.

A file of a megabyte can unpack to a gigabyte (gzip packs zeros 1000 to 1), and a header of a few bytes can
declare an image of any size. What follows of it, memory and time, is bounded here; the bounds are settings of
``astroclassify.conf``, so that somebody whose honest files are larger can raise them.
"""

import math
from time import perf_counter

from astroclassify.core import ReadError, conf

_MB = 2**20
#: Any file may unpack to so much, however small it is: frames without light pack well.
_ALWAYS = 256 * _MB


class Allowance:
    """
    How much a file may unpack to, and for how long.

    Parameters
    ----------
    packed : int
        Bytes of the file.
    source : str
        Its name, for messages.
    """

    def __init__(self, packed, source):
        self._packed, self._source = packed, source
        self._begun = perf_counter()

    def check(self, unpacked):
        """
        Refuse to unpack further than allowed.

        Parameters
        ----------
        unpacked : int
            Bytes that would be unpacked from the start of the file on.

        Raises
        ------
        ReadError
            If that is too much for the file's size or for the memory, or took too long by now.
        """
        ratio, memory, seconds = conf.max_expansion, conf.max_unpacked_mb, conf.max_unpack_seconds
        if unpacked > max(_ALWAYS, ratio * self._packed):
            self._refuse(unpacked, f"more than {ratio:g} times its size", "max_expansion")
        if unpacked > memory * _MB:
            self._refuse(unpacked, f"more than {memory} MB", "max_unpacked_mb")
        if perf_counter() - self._begun > seconds:
            self._refuse(unpacked, f"for more than {seconds:g} s", "max_unpack_seconds")

    def _refuse(self, unpacked, what, setting):
        raise ReadError(
            f"{self._source}: its {self._packed} bytes unpack to {math.ceil(unpacked / _MB)} MB or more, "
            f"{what}; it may be made to exhaust the machine. If you trust it, raise "
            f"astroclassify.conf.{setting}"
        )


def check_declared(hdu, allowance):
    """
    Refuse an HDU that stands for more pixels than its file can hold.

    Parameters
    ----------
    hdu : HduBytes
        An image in compressed tiles (``ZIMAGE``) or of one value (``NPIX1``), perhaps.
    allowance : Allowance
        Of its file.

    Raises
    ------
    ReadError
        If the image would be larger than that allows.
    """
    if hdu.card("ZIMAGE"):
        axes = range(1, (hdu.number("ZNAXIS") or 0) + 1)
        allowance.check(_bytes(hdu.number("ZBITPIX") or 8, [hdu.number(f"ZNAXIS{i}") for i in axes]))
    elif hdu.card("PIXVALUE"):
        allowance.check(_bytes(32, [hdu.number("NPIX1"), hdu.number("NPIX2")]))


def _bytes(bits, lengths):
    return abs(bits) // 8 * math.prod(length or 1 for length in lengths)


def check_number_of_hdus(count, source):
    """
    Refuse a file of too many HDUs: astropy takes milliseconds for each.

    Parameters
    ----------
    count : int
        How many there are at least.
    source : str
        The file's name, for messages.

    Raises
    ------
    ReadError
        If they are more than ``conf.max_hdus``.
    """
    if count > conf.max_hdus:
        raise ReadError(
            f"{source}: the file has more than {conf.max_hdus} HDUs; expected a file of frames. If you trust "
            "it, raise astroclassify.conf.max_hdus"
        )


def check_picture(pixels, samples, sample_bytes):
    """
    Refuse a picture that would fill the memory.

    Parameters
    ----------
    pixels : int
        Width times height.
    samples : int
        Numbers of each pixel: 1 for grey, 3 for colours, one more for transparency.
    sample_bytes : int
        Bytes of each number.

    Raises
    ------
    ValueError
        If the decoded picture, and each of its samples as float32, take more than ``conf.max_unpacked_mb``.
    """
    needed = pixels * samples * (sample_bytes + 4)
    if needed > conf.max_unpacked_mb * _MB:
        raise ValueError(
            f"its {pixels} pixels of {samples} samples take {needed // _MB} MB, more than "
            f"{conf.max_unpacked_mb} MB; if you trust it, raise astroclassify.conf.max_unpacked_mb"
        )
