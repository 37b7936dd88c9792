"""FITS files by their bytes: a walk from header to header that reads no pixel."""

import math
import re
from dataclasses import dataclass
from functools import cached_property

from astropy.io import fits

#: FITS files are made of blocks of so many bytes, headers of cards of so many.
BLOCK, CARD = 2880, 80
#: A header longer than this (in blocks) is none.
LONGEST_HEADER = 4000
#: More axes than this no header may declare (section 4.4.1.1 of the FITS standard).
_MOST_AXES = 999
_INTEGER = re.compile(rb" *([-+]?\d{1,25})")
_END_CARD = re.compile(rb"(?s:.{80})*?END {5}")


@dataclass(frozen=True)
class HduBytes:
    """
    Where an HDU lies in its file.

    Parameters
    ----------
    raw : bytes
        Its header, up to the block that holds END, or as much as there is.
    start : int
        First byte of the header.

    Examples
    --------
    >>> import io
    >>> from astropy.io import fits
    >>> from astroclassify.io import walk_hdus
    >>> file = io.BytesIO()
    >>> fits.PrimaryHDU([[1.0, 2.0]]).writeto(file)
    >>> hdus = walk_hdus(lambda start, stop: file.getvalue()[start:stop])
    >>> [(hdu.start, hdu.data, hdu.end) for hdu in hdus]
    [(0, 2880, 5760)]
    """

    raw: bytes
    start: int

    @cached_property
    def header(self):
        """
        The header, parsed when it is first asked for (astropy.io.fits.Header).

        Bytes that are not ASCII are question marks, as where astropy reads a file.
        """
        if self.raw.isascii():
            return fits.Header.fromstring(self.raw)
        return fits.Header.fromstring(self.raw.decode("ascii", "replace").replace("\ufffd", "?"))

    @cached_property
    def _starts(self):
        """Where the first card starts that begins with these nine bytes: seven searches would take longer."""
        last = (len(self.raw) - 1) // CARD * CARD
        return {self.raw[start : start + 9]: start for start in range(last, -1, -CARD)}

    @cached_property
    def numbers(self):
        """What the header says about the size of its data, by keyword (dict of str to int)."""
        found = {key: self.number(key) for key in ("BITPIX", "PCOUNT", "GCOUNT", "NAXIS", "TFIELDS")}
        axes = found["NAXIS"] or 0
        if 0 < axes <= _MOST_AXES:
            found |= {key: self.number(key) for key in (f"NAXIS{i + 1}" for i in range(axes))}
        return {key: number for key, number in found.items() if number is not None}

    def number(self, keyword):
        """
        Give the integer of the first card of a keyword.

        Parameters
        ----------
        keyword : str
            As for `card`.

        Returns
        -------
        int or None
            The number; `None` where there is no such card, or it holds none.
        """
        match = _INTEGER.match(self.card(keyword) or b"", 9)
        return int(match[1]) if match else None

    def card(self, keyword):
        """
        Give the first card of a keyword.

        Parameters
        ----------
        keyword : str
            One to eight letters, digits, ``-`` and ``_``.

        Returns
        -------
        bytes or None
            Its 80 bytes, or as many as there are; `None` where no card of a value has this keyword.
        """
        start = self._starts.get(keyword.encode().ljust(8) + b"=")
        return None if start is None else self.raw[start : start + CARD]

    @cached_property
    def data_size(self):
        """Bytes of its data without padding, as astropy counts them; may be negative (int)."""
        numbers = self.numbers
        axes = [numbers.get(f"NAXIS{i + 1}", 0) for i in range(numbers.get("NAXIS", 0))]
        values = numbers.get("GCOUNT", 1) * ((math.prod(axes) if axes else 0) + numbers.get("PCOUNT", 0))
        return abs(numbers.get("BITPIX", 8)) * values // 8

    @property
    def data(self):
        """First byte of the data (int)."""
        return self.start + len(self.raw)

    @property
    def end(self):
        """First byte after the data and their padding (int)."""
        return self.data + -(-self.data_size // BLOCK) * BLOCK

    @property
    def has_data(self):
        """Whether there is anything besides the header (bool)."""
        return self.data_size > 0

    @property
    def is_complete(self):
        """Whether the header has its END (bool)."""
        return _has_end(self.raw[-BLOCK:])

    @property
    def is_endless(self):
        """Whether the header goes on without an END for longer than any header is (bool)."""
        return not self.is_complete and len(self.raw) >= LONGEST_HEADER * BLOCK

    @property
    def problem(self):
        """What keeps this from being an HDU of the FITS standard; empty where nothing does (str)."""
        if not self.raw.startswith((b"SIMPLE  =", b"XTENSION=")) or not self.is_complete:
            return f"there is no FITS header at byte {self.start}, but {self.raw[:16]!r}"
        needed = {"BITPIX", "NAXIS", *(f"NAXIS{i + 1}" for i in range(self.numbers.get("NAXIS", 0)))}
        if missing := needed - set(self.numbers):
            return f"a header does not say how long its data are: it has no {min(missing)}"
        return "a header declares data of negative size" if self.data_size < 0 else ""


def walk_hdus(read, size=math.inf):
    """
    Go from HDU to HDU of a FITS file.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives these bytes of the file, or fewer at its end. It is asked for one
        block after the other, never for an earlier one.
    size : int, optional
        Bytes of the file, where they are known.

    Yields
    ------
    HduBytes
        One after the other, whatever is wrong with them (see `HduBytes.problem`). The data of the last
        may end beyond the file, and its header may be cut short.

    Examples
    --------
    >>> from astroclassify.io import walk_hdus
    >>> [hdu.problem for hdu in walk_hdus(lambda start, stop: b"no FITS file"[start:stop])]
    ["there is no FITS header at byte 0, but b'no FITS file'"]
    """
    position = 0
    while position < size:
        hdu = HduBytes(_header_bytes(read, position), position)
        if hdu.raw:
            yield hdu
        if not hdu.raw or not hdu.is_complete or hdu.end <= position:
            return
        position = hdu.end


def _header_bytes(read, position):
    blocks = []
    for start in range(position, position + LONGEST_HEADER * BLOCK, BLOCK):
        blocks.append(read(start, start + BLOCK))
        if len(blocks[-1]) < BLOCK or _has_end(blocks[-1]):
            break
    return b"".join(blocks)


def _has_end(block):
    return len(block) == BLOCK and _END_CARD.match(block) is not None
