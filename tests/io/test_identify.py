"""What a file is: told from its headers, once."""

import pytest
from astropy.io import fits

from astroclassify.io import READERS, find_reader
from astroclassify.io._identify import FileHeaders, product_of

SCIENCE = {"EXTNAME": "SCI", "BITPIX": -32, "CCDCHIP": 1}


def headers(primary, *extensions):
    return [fits.Header(cards) for cards in (primary, *extensions)]


ACS = {"INSTRUME": "ACS", "DETECTOR": "WFC"}
FILES = {
    "hst-raw": headers(ACS, SCIENCE | {"BITPIX": 16}),
    "hst-calibrated": headers(ACS, SCIENCE),
    "hst-drizzled": headers(ACS, SCIENCE, {"EXTNAME": "WHT"}),
    "csst": headers({"INSTRUME": "MSC"}, {"EXTNAME": "IMAGE"}),
    "": headers({"INSTRUME": "NICMOS"}, SCIENCE),
}


@pytest.mark.parametrize(("kind", "file"), FILES.items())
def test_the_product_follows_from_the_headers(kind, file):
    assert product_of(file).kind == kind
    assert find_reader(file).name == (kind or "fits-image")


@pytest.mark.parametrize("cards", [{"CCDCHIP": -999}, {"NDRIZIM": 4}, {"D001DATA": "a.fits"}])
def test_an_image_that_says_it_was_drizzled_is(cards):
    assert product_of(headers(ACS, SCIENCE | cards)).kind == "hst-drizzled"


def test_a_cut_out_without_its_chip_is_no_product():
    assert product_of(headers(ACS, {"EXTNAME": "SCI", "BITPIX": -32})).kind == ""


def test_a_frame_that_was_written_again_is_no_product():
    assert product_of(headers(ACS | {"ACREADER": "hst-raw"}, SCIENCE)).kind == ""


def test_all_readers_together_look_a_card_up_once(monkeypatch):
    asked = []
    lookup = fits.Header.__getitem__
    monkeypatch.setattr(fits.Header, "__getitem__", lambda self, key: asked.append(key) or lookup(self, key))
    file = FileHeaders(FILES["hst-raw"])
    recognised = [name for name, reader in READERS.items() if reader.identify(file)]
    assert recognised == ["hst-raw"]
    assert asked.count("EXTNAME") == len(file)
    assert asked.count("ACREADER") == 1
