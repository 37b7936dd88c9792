"""Headers by their bytes: one card is read by itself, and all are parsed when more is asked for."""

import re

from astropy.io import fits

from astroclassify.io._walk import CARD

# Cards KEYWORD = value, comments, blanks: none that spans several, is named in its value or out of place.
_NAMED = rb"(?!CONTINUE|END )(?=[A-Z0-9_-]+ *= )[A-Z0-9_ -]{8}= (?! *'[A-Za-z_][\w.]*: )"
_PLAIN = re.compile(rb"(?s:(?:" + _NAMED + rb"|(?:COMMENT |HISTORY | {8})..).{70})*END *")
# Values in the forms that nearly all have; any other is left to astropy.
_VALUE = re.compile(r".{8}= +(?:'([ -&(-~]*)'|([-+]?\d+)|([-+]?\d+\.\d*(?:E[-+]?\d+)?)) *(?:/.*)?")
_KEYWORD = re.compile(r"(?!COMMENT$|HISTORY$|CONTINUE$|END$)[A-Z0-9_-]{1,8}")


class LazyHeader(fits.Header):
    """
    A header of plain cards: single ones are read from its bytes, for all else it is parsed as a whole.

    It is a `~astropy.io.fits.Header` like any other from then on. Of most of the seven headers of a raw file
    its reader needs a few cards; to parse them all takes as long as a tenth of the pixels.

    Parameters
    ----------
    hdu : HduBytes
        Where the header is.
    """

    def __init__(self, hdu):
        self._hdu, self._values = hdu, {}

    @classmethod
    def of(cls, hdu):
        """Give the header of an HDU, parsed at once where its cards are not plain (fits.Header)."""
        return cls(hdu) if hdu.raw.isascii() and _PLAIN.fullmatch(hdu.raw) else hdu.header

    def images(self):
        """Pair keywords with the text of their cards (list of tuple of str)."""
        text = self._hdu.raw.decode("ascii").rstrip().removesuffix("END")
        starts = range(0, len(text), CARD)
        return [(text[start : start + 8].rstrip(), text[start : start + CARD]) for start in starts]

    def get(self, key, default=None):
        """Give a card's value, or the default (bool, int, float, complex, str or object)."""
        if not self._is_one_card(key):
            return super().get(key, default)
        if key not in self._values:
            card = self._hdu.card(key)
            self._values[key] = _ABSENT if card is None else _value(card)
        value = self._values[key]
        return default if value is _ABSENT else value

    def __contains__(self, key):
        return self._hdu.card(key) is not None if self._is_one_card(key) else super().__contains__(key)

    def _is_one_card(self, key):
        return isinstance(key, str) and _KEYWORD.fullmatch(key) is not None

    def __getattr__(self, name):  # what is not there: all that makes a header
        if name.startswith("__"):
            raise AttributeError(f"a header has no {name!r}")
        return getattr(self._as_parsed(), name)

    def copy(self, strip=False):
        """Copy the header (fits.Header)."""
        return self._as_parsed().copy(strip)

    def _as_parsed(self):
        parsed = fits.Header.fromstring(self._hdu.raw)
        self.__dict__, self.__class__ = vars(parsed), fits.Header
        return self


_ABSENT = object()


def _value(card):
    text = card.decode("ascii")
    if match := _VALUE.fullmatch(text):
        string, whole, number = match.groups()
        return string.rstrip() if string is not None else int(whole) if whole else float(number)
    value = fits.Card.fromstring(text).value
    return None if isinstance(value, fits.card.Undefined) else value
