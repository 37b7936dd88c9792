"""Headers of raw files against genuine ones: keywords, constants without pixels, angles of the telescope."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from astroclassify.instruments import INSTRUMENTS
from astroclassify.io import read_frames, write_raw

HRC = "j6gp01lzq_raw.fits"
#: Keywords that raw files of HRC have and those of WFC have not (acsql: wfc_raw_0.txt), and GROUPS, which
#: astropy does not write.
ONLY_HRC = {"GROUPS", "UREKA_V", "ACQNAME"}
#: Keywords of WFC that HRC has not: acsql's wfc_raw_0 and wfc_raw_1; and of files newer than j6gp01lzq.
ONLY_WFC = {"CSYS_VER", "SNKCFILE", "SATUFILE", "SINKCORR", "NSHUTOPN", "CCDCHIP"}
ONLY_WFC |= {"WFCMPRSD", "CBLKSIZ", "LOSTPIX", "COMPTYP"}
#: What calibration adds to the headers of a raw UVIS file (stwcs, drizzlepac, calwf3), by HDU.
CALIBRATED = {
    0: {"ORIGIN", "COMMENT", "HISTORY", "AWSYSVER", "AWSDPVER", "NLINFILE", "UPWCSVER", "PYWCSVER"},
    2: {"NAXIS1", "NAXIS2", "ORIGIN", "DATE", "CUNIT1", "CUNIT2", "WCSNAME", "MJDREF", "RADESYS"},
}
CALIBRATED[0] |= {"PHOTFLAM", "PHOTZPT", "PHTFLAM1", "PHTFLAM2", "PHTRATIO"}
CALIBRATED[0] |= {"DISTNAME", "SIPNAME", "HAPLEVEL", "IPPPSSOO"}


def linear(orientation=30.0):
    world = WCS(naxis=2)
    world.wcs.ctype, world.wcs.crval, world.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, 2.2], [2048, 1024]
    c, s = np.cos(np.radians(orientation)), np.sin(np.radians(orientation))
    world.wcs.cd = 1.4e-5 * np.array([[-c, s], [s, c]])
    world.wcs.set()
    return world


def written(folder, name, band, **header):
    camera = INSTRUMENTS[name]
    raw = {chip: np.full(camera.layouts[chip - 1].shape, 2100 + chip, "uint16") for chip in (1, 2)}
    world = linear()
    write_raw(
        folder / "itest0001_raw.fits",
        raw,
        instrument=camera,
        band=band,
        exptime=500.0,
        wcs={1: world, 2: world},
        header=header,
    )
    return folder / "itest0001_raw.fits"


@pytest.fixture(scope="module")
def acs(tmp_path_factory):
    with fits.open(written(tmp_path_factory.mktemp("acs"), "acs-wfc", "F814W")) as hdus:
        yield hdus


@pytest.fixture(scope="module")
def uvis(tmp_path_factory):
    with fits.open(written(tmp_path_factory.mktemp("uvis"), "wfc3-uvis", "F555W")) as hdus:
        yield hdus


def keywords(header):
    return set(header) - {""}


@pytest.mark.parametrize("name", [HRC, "j6gp01mkq_raw.fits"])
@pytest.mark.parametrize("number", range(4))
def test_an_acs_file_has_the_keywords_of_a_real_raw_one_and_no_others(acs, shared, name, number):
    with fits.open(shared / "fits" / name) as real:
        ours, theirs = keywords(acs[number].header), keywords(real[number].header)
    assert theirs - ours <= ONLY_HRC
    assert ours - theirs <= ONLY_WFC


@pytest.mark.parametrize("number", [2, 3])
def test_constants_are_those_of_a_photon_counter_too(acs, shared, number):
    with fits.open(shared / "fits" / "jbz504eoq_raw.fits") as real:
        assert keywords(acs[number].header) == keywords(real[number].header)


@pytest.mark.parametrize("number", range(1, 4))
def test_cards_stand_in_the_order_of_the_real_ones(acs, shared, number):
    with fits.open(shared / "fits" / HRC) as real:
        theirs = [key for key in real[number].header if key]
    ours = [key for key in acs[number].header if key in theirs]
    moved = [key for key in theirs if key in ours and key not in ("BSCALE", "BZERO")]
    assert [key for key in ours if key in moved] == moved


@pytest.mark.parametrize("number", [0, 2, 3, 5, 6])
def test_hdus_without_pixels_are_written_as_hstio_does(acs, shared, number):
    header = acs[number].header
    with fits.open(shared / "fits" / HRC) as real:
        theirs = real[number % 3 or (3 if number else 0)].header
        assert (header["BITPIX"], header["NAXIS"]) == (theirs["BITPIX"], theirs["NAXIS"]) == (16, 0)
        for key in ("BUNIT", "PIXVALUE") if number else ():
            assert header[key] == theirs[key]
            assert type(header[key]) is type(theirs[key])
    if number:
        assert (header["NPIX1"], header["NPIX2"]) == (4144, 2068)


@pytest.mark.parametrize("number", [0, 2])
def test_a_uvis_file_has_all_that_calibration_found_in_a_real_one(uvis, shared, number):
    with fits.open(shared / "fits" / "sample_svm_flc.fits") as real:
        missing = keywords(real[number].header) - keywords(uvis[number].header)
    assert missing <= CALIBRATED[number]


@pytest.mark.parametrize("camera", ["acs", "uvis"])
def test_cards_are_of_the_types_of_the_real_ones(request, shared, camera):
    name = {"acs": HRC, "uvis": "sample_svm_flc.fits"}[camera]
    hdus = request.getfixturevalue(camera)
    numbers = (0, 1, 2, 3) if camera == "acs" else (0,)
    with fits.open(shared / "fits" / name) as real:
        for number in numbers:
            for key in keywords(hdus[number].header) & keywords(real[number].header) - {"HISTORY", "COMMENT"}:
                ours, theirs = hdus[number].header[key], real[number].header[key]
                number_like = isinstance(ours, int | float) and isinstance(theirs, int | float)
                assert number_like or type(ours) is type(theirs), key


@pytest.mark.parametrize(("camera", "beyond"), [("acs", 182.592), ("uvis", 315.163)])
def test_the_telescope_stands_to_its_camera_as_it_does(request, camera, beyond):
    # PA_V3 - PA_APER of j94f05bgq (ACS/WFC) and ib4606c6q (WFC3/UVIS)
    hdus = request.getfixturevalue(camera)
    assert (hdus[0].header["PA_V3"] - hdus["SCI", 1].header["PA_APER"]) % 360 == pytest.approx(
        beyond, abs=1e-6
    )
    assert hdus["SCI", 1].header["ORIENTAT"] == pytest.approx(30.0, abs=1e-6)


@pytest.mark.parametrize("name", ["j94f05bgq_flt.fits", "sample_svm_flc.fits"])
def test_that_is_how_real_files_have_it(shared, name):
    camera = "acs-wfc" if name.startswith("j9") else "wfc3-uvis"
    with fits.open(shared / "fits" / name) as real:
        beyond = (real[0].header["PA_V3"] - real["SCI", 1].header["PA_APER"]) % 360
    assert beyond == pytest.approx({"acs-wfc": 182.592, "wfc3-uvis": 315.163}[camera], abs=0.001)


def test_every_extension_of_a_chip_says_where_it_is(acs):
    for version in (1, 2):
        science = acs["SCI", version].header
        for name in ("ERR", "DQ"):
            header = acs[name, version].header
            for key in ("CRPIX1", "CRVAL2", "CD1_2", "LTV2", "ORIENTAT", "RA_APER", "PA_APER", "WCSAXES"):
                assert header[key] == science[key]
            assert header["INHERIT"] is True


def test_a_post_flash_is_to_be_subtracted(tmp_path):
    path = written(tmp_path, "acs-wfc", "F814W", FLASHDUR=1.2, FLASHCUR="LOW", FLASHSTA="SUCCESSFUL")
    header = fits.getheader(path)
    assert (header["FLSHCORR"], header["FLASHDUR"], header["FLASHCUR"]) == ("PERFORM", 1.2, "LOW")


def test_the_files_are_valid_and_read(acs, uvis):
    for hdus in (acs, uvis):
        hdus.verify("exception")
        assert len(read_frames(hdus.filename())) == 2
