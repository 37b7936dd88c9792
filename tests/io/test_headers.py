"""Headers: values of broken cards, two headers joined, cards added, all as astropy itself would have it."""

import numpy as np
import pytest
from astropy.io import fits

from astroclassify.io import (
    header_int,
    header_number,
    header_text,
    header_value,
    merged_header,
    read_frames,
    write_raw,
)
from astroclassify.io._headers import add_cards

ODD_CARDS = (
    "OBJECT  = 'NGC 1316          '  / padded on the right",
    "LONG    = 'a text that is longer than one card has room for, so that it goes o&'",
    "CONTINUE  'n in the next one' / with a comment",
    "HIERARCH ESO DET CHIP = 7 / a keyword of several words",
    "UNDEF   =                      / undefined",
    "NUMBER  =                1.5E3 / [s] a number",
    "DP1     = 'NAXES: 2'           / a record-valued card",
    "COMMENT one",
    "HISTORY first",
    "HISTORY second",
    "",
    "LAST    =                    T / after commentary",
)


@pytest.fixture
def odd():
    return fits.Header.fromstring("\n".join(ODD_CARDS), sep="\n")


def images(header):
    return [card.image for card in header.cards]


def test_a_joined_header_has_astropys_cards_one_by_one(odd):
    primary = fits.Header(
        [("EQUINOX", 2000.0, "of the sky"), ("OBJECT", "the primary's"), ("HISTORY", "older")]
    )
    one_by_one = fits.Header()
    for card in primary.cards:
        if card.keyword != "OBJECT":
            one_by_one.append(card, end=True)
    for card in odd.cards:
        one_by_one.append(card, end=True)
    joined = merged_header(primary, odd)
    assert images(joined) == images(one_by_one)
    assert joined["LONG"] == odd["LONG"]
    assert joined["DP1.NAXES"] == 2.0
    assert list(joined["HISTORY"]) == ["older", "first", "second"]
    assert joined["ESO DET CHIP"] == 7


def test_a_joined_header_shares_no_card_with_the_files_own(odd):
    joined = merged_header(fits.Header(), odd)
    joined["NUMBER"] = 1
    joined.comments["LAST"] = "changed"
    assert odd["NUMBER"] == 1500.0
    assert odd.comments["LAST"] == "after commentary"


@pytest.mark.parametrize("end", ["a card", "HISTORY", "COMMENT", "a blank card", "nothing"])
def test_cards_are_added_where_astropy_adds_them(end):
    start = [] if end == "nothing" else [("EXPTIME", 500.0, "seconds"), ("ACBAND", "old", "older comment")]
    last = {"HISTORY": [("HISTORY", "x")], "COMMENT": [("COMMENT", "x")], "a blank card": [("", "")] * 3}
    ours, theirs = (fits.Header([*start, *last.get(end, [])]) for _ in range(2))
    cards = {"ACREADER": ("hst-raw", "reader"), "ACBAND": ("F814W", "filter"), "ACCHIP": (2, "chip")}
    add_cards(ours, cards)
    theirs.update(cards)
    assert images(ours) == images(theirs)
    assert ours["ACCHIP"] == 2


def test_a_value_that_cannot_be_had_is_the_default(odd):
    assert header_value(odd, "UNDEF", "unknown") == "unknown"
    assert header_value(odd, "ABSENT", 3) == 3
    assert header_value(fits.Header.fromstring("BROKEN  = 1 2 3".ljust(80)), "BROKEN", 4) == 4


def test_values_come_in_the_type_that_is_asked_for(odd):
    assert header_text(odd, "OBJECT") == "NGC 1316"
    assert header_number(odd, "NUMBER") == 1500.0
    assert header_int(odd, "NUMBER") == 1500
    assert header_number(odd, "OBJECT") is None
    assert header_int(fits.Header({"HALF": 0.5}), "HALF", 9) == 9
    assert header_number(fits.Header({"BIG": "1e999"}), "BIG") is None


def test_frames_of_a_file_have_headers_of_their_own(tmp_path):
    raw = {chip: np.full((2068, 4144), 2100, "uint16") for chip in (1, 2)}
    write_raw(tmp_path / "j0000000q_raw.fits", raw, instrument="acs-wfc", band="F814W", exptime=500)
    first, second = read_frames(tmp_path / "j0000000q_raw.fits")
    first.meta["TARGNAME"] = "changed"
    assert second.meta["TARGNAME"] == "NONE"
