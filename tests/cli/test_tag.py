"""``astroclassify tag``: copies with the answer in the header, and a table in the words of archives."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

SKY = {
    **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 32.5, "CRPIX2": 32.5},
    **{"CRVAL1": 150.1, "CRVAL2": 2.2, "CDELT1": -1e-5, "CDELT2": 1e-5},
}


@pytest.fixture
def night(tmp_path):
    pixels = np.random.default_rng(3).integers(900, 1100, (64, 64)).astype("uint16")
    head = {"TELESCOP": "HST", "ROOTNAME": "j8xi01abq", "DATE-OBS": "2005-01-19", "EXPTIME": 500.0}
    single = fits.PrimaryHDU(pixels, fits.Header({**SKY, **head}))
    single.writeto(tmp_path / "single.fits")
    chips = [fits.ImageHDU(pixels + n, name=f"CCD{n}") for n in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), *chips]).writeto(tmp_path / "two.fits")
    return tmp_path


def test_a_copy_has_the_answer_and_the_same_pixels(command, night):
    status, _, _ = command("tag", night / "single.fits", "--output", night / "tagged")
    assert status == 0
    with fits.open(night / "single.fits") as old, fits.open(night / "tagged" / "single.fits") as new:
        assert np.array_equal(old[0].data, new[0].data)
        assert new[0].header["ACLABEL"] in ("galaxy", "nsc", "uncertain")
        assert 0.5 <= new[0].header["ACPROB"] <= 1
        assert len(new[0].header["ACWEIGHT"]) == 64
        assert "ACLABEL" not in old[0].header


def test_each_chip_has_its_own_answer(command, night):
    status, _, _ = command("tag", night / "two.fits", "--output", night / "tagged")
    assert status == 0
    with fits.open(night / "tagged" / "two.fits") as new:
        assert "ACLABEL" not in new[0].header
        assert all("ACLABEL" in hdu.header for hdu in new[1:])


def test_the_table_is_in_the_words_of_archives(command, night):
    command("tag", night / "single.fits", "--output", night / "tagged", "--table", night / "answers.vot")
    table = Table.read(night / "answers.vot")
    assert table["obs_id"][0] == "j8xi01abq"
    assert table["s_region"][0].startswith("POLYGON ICRS 150.1")
    assert table["t_min"][0] == 53389.0
    assert table["s_ra"].unit == "deg"
    text = (night / "answers.vot").read_text()
    assert 'ucd="pos.eq.ra"' in text
    assert 'ucd="stat.probability"' in text


def test_a_picture_has_no_header_and_a_copy_is_not_replaced_unasked(command, night):
    (night / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    command("tag", night / "single.fits", "--output", night / "tagged")
    status, _, err = command("tag", night / "a.png", night / "single.fits", "--output", night / "tagged")
    assert status == 1
    assert "only FITS files have a header" in err
    assert "exists; give --overwrite" in err
