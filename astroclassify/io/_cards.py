"""Cards that break the FITS standard, made sound: astropy reads them, and refuses to write them."""

import functools
import re
import warnings
from contextlib import suppress

from astropy.io import fits

from astroclassify.io._walk import CARD

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[ED][+-]?\d+)?"
#: A card that keeps the standard's rules of keyword, value and printable characters (sections 4.1 and 4.2).
_SOUND = re.compile(
    rf"[A-Z0-9_-]{{1,8}} *= +(?:'(?:[ -&(-~]|'')*' *|[TF] *|{_NUMBER} *|)(?:/[ -~]*)?"
    r"|(?:COMMENT|HISTORY|CONTINUE| {8})[ -~]*"
)
_CONTINUE = "CONTINUE"


@functools.lru_cache(maxsize=4096)
def is_sound(image):
    """Tell whether a card as it is in the file keeps the rules; also of the most common kinds only (bool)."""
    return _SOUND.fullmatch(image) is not None


def repaired_card(card):
    """
    Give a card that can be written, and says what the broken one said.

    Parameters
    ----------
    card : fits.Card
        As astropy read it.

    Returns
    -------
    fits.Card
        A copy of it, corrected as astropy does; where that cannot be, a comment with its text.
    """
    image = str(card.__dict__["_image"])
    try:
        return _verified(image)
    except Exception:  # astropy raises a dozen types on broken cards
        text = "".join(letter if " " <= letter <= "~" else "?" for letter in image[:CARD]).rstrip()
        return fits.Card("COMMENT", text)


def repaired_image(image):
    """Give the text of a sound card for that of a broken one, in whole cards of 80 characters (str)."""
    text = str(repaired_card(fits.Card.fromstring(image)).image)
    return text.ljust(-(-len(text) // CARD) * CARD)


def _verified(image):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if len(image) > CARD and _CONTINUE in image and not image[:CARD].rstrip().endswith("&'"):
            image = image[:CARD]  # what continues no text is left out
        card = fits.Card.fromstring(image)
        with suppress(fits.VerifyError):  # one of a kind that `is_sound` does not know
            card.verify("exception")
            return fits.Card.fromstring(image)
        card.verify("silentfix+exception")
        return fits.Card.fromstring(fits.Card(card.keyword, card.value, card.comment).image)


def stray_continuations(raw):
    """
    Find cards that continue a text where there is none to continue.

    Parameters
    ----------
    raw : bytes
        A header as it is in the file.

    Returns
    -------
    list of int
        Where each starts. Astropy takes one for a part of the card before it, and loses that card's value.
    """
    offsets, text_goes_on = [], False
    if b"CONTINUE  " not in raw:
        return offsets
    for start in range(0, len(raw), CARD):
        card = raw[start : start + CARD]
        if card.startswith(b"CONTINUE  ") and not text_goes_on:
            offsets.append(start)
        else:
            text_goes_on = b"'" in card and re.search(rb"&' *(?:/.*)?$", card) is not None
    return offsets
