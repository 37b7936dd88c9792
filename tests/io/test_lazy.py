"""Headers that are read card by card answer as parsed ones."""

import copy

import pytest
from astropy.io import fits

from astroclassify.io import walk_hdus
from astroclassify.io._headers import header_value, merged_header
from astroclassify.io._lazy import LazyHeader

_CARDS = [
    ("SIMPLE", True, "conforms"),
    ("NAXIS", 0, ""),
    ("COUNT", -12, "a number / with a slash"),
    ("LEVEL", 2.5e-7, "[adu]"),
    ("EXACT", 3.0, ""),
    ("NAME", "NGC 604 / M33", "slash in the value"),
    ("QUOTED", "it's", ""),
    ("EMPTY", "", "nothing"),
    ("UNKNOWN", None, "no value"),
    ("TWICE", 1, ""),
    ("TWICE", 2, ""),
    ("COMMENT", "said once", ""),
    ("", "/ A TITLE", ""),
    ("HISTORY", "made", ""),
]
_NOT_PLAIN = {
    "long text": ("LONG", "x" * 90, ""),
    "long keyword": ("HIERARCH ESO DET", 1, ""),
    "record": ("DP1", "AXIS.1: 2", ""),
}


def _place(cards):
    (hdu,) = walk_hdus(lambda start, stop: fits.Header(cards).tostring().encode()[start:stop])
    return hdu


@pytest.mark.parametrize("key", [*sorted({key for key, *_ in _CARDS}), "ABSENT", "level", 3, ("TWICE", 1)])
def test_a_card_says_what_it_says_in_a_parsed_header(key):
    place = _place(_CARDS)
    lazy, parsed = LazyHeader.of(place), place.header
    found, expected = header_value(lazy, key, "default"), header_value(parsed, key, "default")
    assert (str(found), type(found)) == (str(expected), type(expected))
    assert (key in lazy) == (key in parsed)


def test_a_header_is_not_parsed_for_single_cards():
    lazy = LazyHeader.of(_place(_CARDS))
    assert (lazy.get("LEVEL"), lazy.get("ABSENT", 7), "NAME" in lazy) == (2.5e-7, 7, True)
    assert type(lazy) is LazyHeader


@pytest.mark.parametrize("use", [len, copy.copy, copy.deepcopy, str, lambda header: header["LEVEL"]])
def test_a_header_is_parsed_when_more_is_asked_for(use):
    place = _place(_CARDS)
    lazy = LazyHeader.of(place)
    assert repr(use(lazy)) == repr(use(place.header))
    assert type(lazy) is fits.Header


def test_a_card_that_was_changed_says_what_it_was_changed_to():
    lazy = LazyHeader.of(_place(_CARDS))
    assert lazy.get("LEVEL") == 2.5e-7
    lazy["LEVEL"] = 8
    assert lazy.get("LEVEL") == 8


@pytest.mark.parametrize("name", _NOT_PLAIN)
def test_a_header_whose_cards_are_not_plain_is_parsed_at_once(name):
    place = _place([*_CARDS, _NOT_PLAIN[name]])
    assert LazyHeader.of(place) is place.header


def test_headers_are_joined_from_their_bytes_as_from_their_cards():
    own = [("XTENSION", "IMAGE", ""), ("LEVEL", 1.5, "own"), ("HISTORY", "own", ""), ("BZERO", 3, "")]
    places = _place(_CARDS), _place(own)
    joined = merged_header(*map(LazyHeader, places))
    assert joined.tostring() == merged_header(*(place.header for place in places)).tostring()
    assert type(joined) is fits.Header
