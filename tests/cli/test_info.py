"""``info`` shows what the readers see, and goes on after a file that they cannot read."""

import json

import pytest
from astropy.io import fits


def test_a_row_says_what_the_reader_sees(command, frame_file):
    status, out, err = command("info", frame_file("one.fits"), "--format", "json")
    assert (status, err) == (0, "")
    (row,) = json.loads(out)
    assert row["file"] == "one.fits"
    assert row["shape"] == "64x96"
    assert row["unit"] == "electron"
    assert row["filter"] == "F814W"
    assert row["exptime"] == 600.0
    assert row["ra"] is None


@pytest.mark.parametrize(
    "axes", [("RA---TAN", "DEC--TAN"), ("SLON-TAN", "SLAT-TAN"), ("MALN-TAN", "MALT-TAN")]
)
def test_a_sky_without_right_ascension_is_described_too(command, frame_file, axes):
    path = frame_file("one.fits")
    cards = {"CRVAL1": 10.0, "CRVAL2": 20.0, "CRPIX1": 48.5, "CRPIX2": 32.5, "CDELT1": -1e-5, "CDELT2": 1e-5}
    with fits.open(path, mode="update") as hdulist:
        hdulist[0].header.update(cards, CTYPE1=axes[0], CTYPE2=axes[1])
    status, out, _ = command("info", path, "--format", "json")
    (row,) = json.loads(out)
    assert status == 0
    assert row["pixel_scale"] == pytest.approx(0.036)
    assert row["ra"] == (pytest.approx(10) if axes[0].startswith("RA") else None)


def test_a_bad_file_is_reported_and_the_others_are_done(command, frame_file, tmp_path):
    bad = tmp_path / "bad.fits"
    bad.write_bytes(b"not a FITS file")
    status, out, err = command("info", bad, frame_file("good.fits"), tmp_path / "missing.fits")
    assert status == 1
    assert "good.fits" in out
    assert "bad.fits" not in out
    assert "bad.fits" in err
    assert "missing.fits" in err


@pytest.mark.filterwarnings("ignore:slacs.*do not say what they are")
def test_real_files_are_described(command, shared):
    status, out, err = command("info", shared / "fits", "--format", "json")
    rows = {row["file"]: row for row in json.loads(out)}
    assert status == 1
    assert "SBC" in err
    assert rows["m13.fits"]["instrument"] == "generic"
    assert rows["sample_svm_flc.fits"]["instrument"] == "wfc3-uvis"
