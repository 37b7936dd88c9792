"""``astroclassify identify``: names of what files show, and of what lies about a place."""

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from astroclassify.identify import CATALOGUES, LocalCatalogue


@pytest.fixture
def frame_at(tmp_path):
    """Write a small FITS image of a place of the sky (callable)."""

    def write(name, ra, dec):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [ra, dec]
        wcs.wcs.crpix, wcs.wcs.cdelt = [32.5, 32.5], [-1e-3, 1e-3]
        path = tmp_path / name
        image = np.random.default_rng(5).normal(100, 5, (64, 64)).astype("float32")
        fits.PrimaryHDU(image, wcs.to_header()).writeto(path)
        return path

    return write


def test_a_file_is_named_by_its_place(command, frame_at):
    status, out, _ = command("identify", frame_at("one.fits", 202.47, 47.2), "--format", "json")
    assert status == 0
    (row,) = json.loads(out)
    assert (row["file"], row["name"], row["class"], row["likeliest"]) == ("one.fits", "M51", "galaxy", True)
    assert row["frame_in_body"] == pytest.approx(1, abs=0.01)


def test_a_file_without_a_place_stops_no_other(command, frame_at, frame_file):
    status, out, err = command(
        "identify", frame_file("no.fits"), frame_at("yes.fits", 23.5, 30.65), "--likeliest"
    )
    assert status == 1
    assert "no.fits: the frame has no celestial WCS" in err
    assert "M33" in out
    assert "no.fits" not in out


@pytest.mark.parametrize("options", [(), ("--likeliest",)])
def test_files_without_a_body_are_named(command, frame_at, options):
    files = [frame_at("m33.fits", 23.5, 30.65), frame_at("empty.fits", 200, 80)]
    status, out, err = command("identify", *files, *options)
    assert status == 0
    assert "M33" in out
    assert "note: empty.fits: the catalogue 'builtin' has no body" in err
    assert "m33.fits" not in err


@pytest.mark.parametrize("place", ["NGC 604", "01:34:33.2 +30:47:06", "23.6383 30.785"])
def test_a_place_or_a_name_will_do(command, place):
    status, out, _ = command("identify", "--at", place, "--format", "csv")
    assert status == 0
    assert "NGC604" in out
    assert "M33" in out
    assert "True" in out


def test_a_name_that_only_a_plugin_knows_will_do(command):
    table = QTable({"name": ["Mine 7"], "class": ["galaxy"], "ra": [200.0], "dec": [80.0]})
    CATALOGUES.register("mine", LocalCatalogue(lambda: table))
    try:
        status, out, _ = command("identify", "--at", "Mine 7", "--catalogue", "mine", "--format", "json")
    finally:
        CATALOGUES.unregister("mine")
    assert status == 0
    assert [row["name"] for row in json.loads(out)] == ["Mine 7"]


def test_the_radius_is_that_of_the_field(command):
    names = [
        command("identify", "--at", "M 42", "--radius", radius, "--format", "csv")[1]
        for radius in ("1", "40")
    ]
    assert "NGC1999" not in names[0]
    assert "NGC1999" in names[1] or "M43" in names[1]


def test_an_empty_place_is_told(command):
    status, out, err = command("identify", "--at", "200 80")
    assert (status, out) == (0, "")
    assert "has no body there" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "say what to identify"),
        (("a.fits", "--at", "M31"), "say what to identify"),
        (("--at", "Planet 9"), "neither a position"),
        (("--at", "M31", "--catalogue", "nothing"), "no catalogue is named 'nothing'"),
    ],
)
def test_wrong_usage_is_told(command, arguments, message):
    status, _, err = command("identify", *arguments)
    assert status == 2
    assert message in err


def test_classify_puts_disagreements_first(command, frame_at, bright_is_galaxy):
    agreeing, disagreeing = frame_at("a.fits", 202.47, 47.2), frame_at("b.fits", 250.42, 36.46)
    status, out, err = command(
        "classify", agreeing, disagreeing, *bright_is_galaxy, "--identify", "--no-progress"
    )
    assert status == 0
    assert "1 of 2 frames disagree with the catalogue" in err
    lines = [line for line in out.splitlines() if ".fits" in line]
    assert ["M13" in lines[0], "M51" in lines[1]] == [True, True]
