"""Our formats in ``CCDData.read``: they work when named, and change nothing when not."""

import subprocess
import sys

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits, registry
from astropy.nddata import CCDData

from astroclassify.core import ParameterError, ReadError
from astroclassify.io._astropy import FORMATS, register_formats

IMAGE = np.arange(20, dtype="float32").reshape(4, 5)


@pytest.fixture(autouse=True, scope="module")
def registered():
    register_formats()


@pytest.fixture
def calibrated(tmp_path):
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOP="HST", INSTRUME="WFC3", DETECTOR="UVIS", FILTER="F606W")
    chips = [fits.ImageHDU(IMAGE + 10 * version, name="SCI", ver=version) for version in (1, 2)]
    for hdu, chip in zip(chips, (2, 1), strict=True):
        hdu.header.update(CCDCHIP=chip, BUNIT="ELECTRONS")
    fits.HDUList([primary, *chips]).writeto(tmp_path / "two_flc.fits")
    return tmp_path / "two_flc.fits"


@pytest.fixture
def plain(tmp_path):
    hdu = fits.PrimaryHDU(IMAGE)
    hdu.header["BUNIT"] = "adu"
    hdu.writeto(tmp_path / "plain.fits")
    return tmp_path / "plain.fits"


@pytest.mark.parametrize(("chip", "offset"), [(1, 20), (2, 10)])
def test_a_named_format_reads_the_chip(calibrated, chip, offset):
    frame = CCDData.read(calibrated, format="hst-calibrated", chip=chip)
    assert np.array_equal(frame.data, IMAGE + offset)
    assert frame.unit == u.electron


def test_without_chip_the_error_names_the_chips(calibrated):
    with pytest.raises(
        ParameterError, match=r"two_flc\.fits: there are 2 frames; choose one with chip=: 1, 2"
    ):
        CCDData.read(calibrated, format="hst-calibrated")


def test_a_chip_that_is_not_there_is_an_error_that_names_those_that_are(calibrated):
    with pytest.raises(ParameterError, match="no chip 3; the chips are: 1, 2"):
        CCDData.read(calibrated, format="hst-calibrated", chip=3)


def test_another_kind_of_file_than_the_format_is_an_error(plain):
    with pytest.raises(ReadError, match="no hst-raw file, but fits-image"):
        CCDData.read(plain, format="hst-raw")


def test_the_general_format_takes_any_file(plain):
    assert np.array_equal(CCDData.read(plain, format="astroclassify").data, IMAGE)


def test_a_plain_file_is_still_read_by_astropys_own_reader(plain):
    assert registry.identify_format("read", CCDData, str(plain), None, [str(plain)], {}) == ["fits"]
    assert "ACREADER" not in CCDData.read(plain).meta


def test_astropy_identifies_the_same_formats_as_before():
    code = (
        "from astropy.nddata import CCDData; from astropy.io.registry import compat;"
        "before = set(compat.default_registry._identifiers);"
        "import astroclassify.io; astroclassify.io.register_formats();"
        "assert set(compat.default_registry._identifiers) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_importing_the_package_registers_nothing():
    code = (
        "from astropy.nddata import CCDData; from astropy.io import registry;"
        "import astroclassify.io;"
        "assert not any('hst-raw' in row['Format'] for row in registry.get_formats(CCDData))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_listed_and_never_chosen_by_itself(name):
    (row,) = [row for row in registry.get_formats(CCDData) if row["Format"] == name]
    assert row["Read"] == "Yes"
    assert row["Auto-identify"] == "No"


def test_registering_twice_changes_nothing():
    before = registry.get_reader("hst-raw", CCDData)
    register_formats()
    assert registry.get_reader("hst-raw", CCDData) is before
