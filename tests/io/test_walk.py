"""The walk over the bytes of FITS files: where HDUs lie, and what is said of those that are none."""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from astroclassify.io import walk_hdus


@pytest.fixture
def content():
    hdus = [
        fits.PrimaryHDU(),
        fits.ImageHDU(np.zeros((40, 50), "int16"), name="SCI"),
        fits.ImageHDU(name="DQ"),
    ]
    hdus.append(fits.BinTableHDU.from_columns([fits.Column("name", "5A", array=["a", "b"])]))
    buffer = io.BytesIO()
    fits.HDUList(hdus).writeto(buffer)
    return buffer.getvalue()


def walked(content):
    return list(walk_hdus(lambda start, stop: content[start:stop], len(content)))


def test_every_hdu_lies_where_astropy_finds_it(content):
    with fits.open(io.BytesIO(content)) as hdulist:
        places = [hdu.fileinfo() for hdu in hdulist]
    assert [(hdu.start, hdu.data) for hdu in walked(content)] == [(p["hdrLoc"], p["datLoc"]) for p in places]
    assert [hdu.end - hdu.data for hdu in walked(content)] == [p["datSpan"] for p in places]
    assert walked(content)[-1].end == len(content)


def test_every_header_is_astropys(content):
    with fits.open(io.BytesIO(content)) as hdulist:
        headers = [hdu.header.tostring() for hdu in hdulist]
    assert [hdu.header.tostring() for hdu in walked(content)] == headers


def test_blocks_are_read_forwards_only(content):
    asked = []
    list(walk_hdus(lambda start, stop: asked.append(start) or content[start:stop]))
    assert asked == sorted(asked)


def test_a_header_that_is_cut_short_is_the_last(content):
    hdus = walked(content[:4000])
    assert [hdu.is_complete for hdu in hdus] == [True, False]
    assert "no FITS header at byte 2880" in hdus[-1].problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"XTENSION=", b"XTENSIOM=", "no FITS header at byte 2880"),
        (b"NAXIS2  =", b"NAXIS9  =", "has no NAXIS2"),
        (b"GCOUNT  =                    1", b"GCOUNT  =                   -1", "negative size"),
    ],
)
def test_what_is_wrong_with_an_hdu_is_said(content, old, new, problem):
    assert problem in walked(content.replace(old, new, 1))[1].problem


def test_an_empty_file_has_no_hdu():
    assert walked(b"") == []


def test_bytes_that_are_not_ascii_are_question_marks_as_in_astropy():
    buffer = io.BytesIO()
    fits.PrimaryHDU(header=fits.Header({"OBJECT": "M 31"})).writeto(buffer)
    content = buffer.getvalue().replace(b"M 31", b"M\xff31")
    (hdu,) = walked(content)
    with pytest.warns(AstropyUserWarning, match="non-ASCII"), fits.open(io.BytesIO(content)) as hdulist:
        expected = hdulist[0].header["OBJECT"]
    assert hdu.header["OBJECT"] == expected == "M?31"
    fits.PrimaryHDU(header=hdu.header).writeto(io.BytesIO())
