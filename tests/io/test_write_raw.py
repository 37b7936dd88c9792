"""Raw files as the archive would write them."""

import re
import time

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from astroclassify.core import ParameterError, UnknownNameError, UnsupportedInstrumentError
from astroclassify.io import hst_rootname, raw_hdus, read_frames, write_hdus, write_raw

OPTIONS = {"instrument": "acs-wfc", "band": "F814W", "exptime": 500.0}
SUBARRAY = OPTIONS | {"header": {"CCDAMP": "C"}}


def image(value=2200):
    return np.full((512, 534), value, "uint16")


@pytest.fixture(scope="module")
def hdulist(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "jtest0001_raw.fits"
    raw = {chip: np.full((2068, 4144), 2100 + chip, "uint16") for chip in (1, 2)}
    write_raw(path, raw, header={"TARGNAME": "M 101", "EXPSTART": 58000.0, "SDQFLAGS": 1}, **OPTIONS)
    with fits.open(path) as opened:
        yield opened


def test_file_is_valid_fits(hdulist):
    hdulist.verify("exception")


def test_extensions_are_two_imsets_with_chip_2_first(hdulist):
    assert [(hdu.name, hdu.ver) for hdu in hdulist[1:]] == [
        (name, version) for version in (1, 2) for name in ("SCI", "ERR", "DQ")
    ]
    assert [hdulist["SCI", version].header["CCDCHIP"] for version in (1, 2)] == [2, 1]
    assert hdulist[0].header["NEXTEND"] == 6
    assert hdulist[0].header["NAXIS"] == 0


def test_pixels_are_uint16_through_bzero(hdulist):
    header = hdulist["SCI", 1].header
    assert (header["BITPIX"], header["BZERO"], header["BSCALE"]) == (16, 32768, 1)
    assert hdulist["SCI", 1].data.dtype == np.uint16
    assert np.all(hdulist["SCI", 1].data == 2102)


def test_error_and_quality_are_constants_without_pixels(hdulist):
    for name, unit in (("ERR", "COUNTS"), ("DQ", "UNITLESS")):
        for version in (1, 2):
            hdu = hdulist[name, version]
            assert hdu.data is None
            assert (hdu.header["NPIX1"], hdu.header["NPIX2"], hdu.header["PIXVALUE"]) == (4144, 2068, 0)
            assert hdu.header["BUNIT"] == unit


def test_offsets_and_sizes_count_raw_pixels(hdulist):
    header = hdulist["SCI", 2].header
    assert (header["LTV1"], header["LTV2"]) == (24, 20)
    assert (header["SIZAXIS1"], header["SIZAXIS2"]) == (4144, 2068)
    assert (header["CENTERA1"], header["CENTERA2"]) == (2073, 1035)  # HRC: 532 of 1062, 523 of 1044


def test_given_cards_go_where_they_belong(hdulist):
    assert hdulist[0].header["TARGNAME"] == "M 101"
    assert hdulist[0].header["DATE-OBS"] == "2017-09-04"  # MJD 58000
    assert hdulist[0].header["EXPEND"] == pytest.approx(58000 + 500 / 86400)
    assert hdulist["SCI", 1].header["SDQFLAGS"] == 1
    assert hdulist[0].header["ROOTNAME"] == "jtest0001"


@pytest.mark.parametrize(
    ("band", "wheels"), [("F814W", ("CLEAR1L", "F814W")), ("F606W", ("F606W", "CLEAR2L"))]
)
def test_the_wheel_that_is_not_used_is_clear(tmp_path, band, wheels):
    write_raw(tmp_path / "j_raw.fits", {2: image()}, **SUBARRAY | {"band": band})
    header = fits.getheader(tmp_path / "j_raw.fits")
    assert (header["FILTER1"], header["FILTER2"]) == wheels


@pytest.mark.parametrize("projection", ["TAN", "TAN-SIP"])
def test_sky_coordinates_survive_the_round_trip(tmp_path, projection):
    world = WCS(naxis=2)
    world.wcs.ctype = [f"RA---{projection}", f"DEC--{projection}"]
    world.wcs.crval, world.wcs.crpix, world.wcs.cdelt = [150.0, 2.2], [256.0, 256.0], [-1.4e-5, 1.4e-5]
    world.wcs.pc = [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]
    write_raw(tmp_path / "j_raw.fits", {2: image()}, wcs={2: world}, **SUBARRAY)
    (frame,) = read_frames(tmp_path / "j_raw.fits")
    for x, y in ((0, 0), (511, 3), (200.5, 400.25)):
        separation = frame.wcs.pixel_to_world(x, y).separation(world.pixel_to_world(x, y))
        assert separation.to_value(u.arcsec) < 1e-6
    assert fits.getheader(tmp_path / "j_raw.fits", 1)["CRPIX1"] == 256 + 22


def test_exposure_times_may_have_a_unit(tmp_path):
    write_raw(tmp_path / "j_raw.fits", {2: image()}, **SUBARRAY | {"exptime": 2 * u.min})
    assert fits.getheader(tmp_path / "j_raw.fits")["EXPTIME"] == 120.0


def test_a_file_is_replaced_only_on_demand(tmp_path):
    path = tmp_path / "j_raw.fits"
    write_raw(path, {2: image()}, **SUBARRAY)
    with pytest.raises(ParameterError, match="overwrite=True"):
        write_raw(path, {2: image()}, **SUBARRAY)
    write_raw(path, {2: image(7)}, overwrite=True, **SUBARRAY)
    assert fits.getdata(path, 1)[0, 0] == 7


def test_the_read_out_of_acs_is_that_of_its_electronics(tmp_path):
    for start, expected in ((58000.0, "DS_INT"), (53000.0, "")):
        path = tmp_path / f"j{start:.0f}_raw.fits"
        write_raw(path, {2: image()}, **SUBARRAY | {"header": {"CCDAMP": "C", "EXPSTART": start}})
        assert fits.getheader(path)["JWROTYPE"] == expected


def test_statistics_are_those_of_the_image(hdulist):
    for version, value in ((1, 2102.0), (2, 2101.0)):
        header = hdulist["SCI", version].header
        assert {header[key] for key in ("DATAMIN", "DATAMAX", "GOODMIN", "GOODMAX", "GOODMEAN")} == {value}


def test_history_comes_back_whatever_its_length(tmp_path):
    texts = [
        "simulated",
        '{"label": "star cluster", ' + ", ".join(f'"k {i}":   {i}' for i in range(99)) + "}",
    ]
    write_raw(tmp_path / "j_raw.fits", {2: image()}, history=texts, **SUBARRAY)
    header = fits.getheader(tmp_path / "j_raw.fits")
    assert "".join(header["HISTORY"]) == "".join(texts)
    assert "HISTORY" not in fits.getheader(tmp_path / "j_raw.fits", 1)


def test_history_may_have_any_letters(tmp_path):
    write_raw(tmp_path / "j_raw.fits", {2: image()}, history=["Sérsic\nprofile"], **SUBARRAY)
    assert "rsic profile" in str(fits.getheader(tmp_path / "j_raw.fits")["HISTORY"])


def test_hdus_that_are_made_already_are_written_as_the_frame_is(tmp_path):
    raw = {1: np.full((512, 2072), 2100, "uint16")}
    told = {"instrument": "acs-wfc", "band": "F814W", "exptime": 500}
    told["header"] = {"CCDAMP": "A", "LTV1": 24.0, "LTV2": -1536.0}
    (tmp_path / "made").mkdir()
    write_raw(tmp_path / "j_raw.fits", raw, **told)
    write_hdus(tmp_path / "made" / "j_raw.fits", raw_hdus("j_raw.fits", raw, **told))
    assert (tmp_path / "made" / "j_raw.fits").read_bytes() == (tmp_path / "j_raw.fits").read_bytes()


@pytest.mark.parametrize("suffix", [".fits", ".fits.gz"])
def test_the_same_frame_gives_the_same_bytes(tmp_path, suffix):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        write_raw(folder / f"j_raw{suffix}", {2: image()}, history=["truth"], **SUBARRAY)
        time.sleep(1.1 if folder is folders[0] else 0)
    first, second = ((folder / f"j_raw{suffix}").read_bytes() for folder in folders)
    assert first == second
    assert (first[:2] == b"\x1f\x8b") == (suffix == ".fits.gz")
    (frame,) = read_frames(folders[0] / f"j_raw{suffix}")
    assert frame.shape == (512, 512)


def test_a_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "j_raw.fits"
    write_raw(path, {2: image(1)}, **SUBARRAY)
    before = path.read_bytes()

    def fails_half_way(hdulist, stream):
        stream.write(b"SIMPLE")
        raise OSError("no space left")

    monkeypatch.setattr(fits.HDUList, "writeto", fails_half_way)
    with pytest.raises(OSError, match="no space"):
        write_raw(path, {2: image(2)}, overwrite=True, **SUBARRAY)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["j_raw.fits"]


def test_rootnames_of_a_set_are_nine_letters_and_all_different():
    names = [hst_rootname(7, index) for index in range(5000)]
    assert len(set(names)) == 5000
    assert all(re.fullmatch(r"j[0-9a-z]{7}q", name) for name in names)
    assert len({name[:4] for name in names}) == 1
    assert hst_rootname(8, 0)[:4] != names[0][:4]
    assert hst_rootname(7, 3, instrument="wfc3-uvis")[0] == "i"


def test_rootnames_come_again_only_after_all_of_them_were_used():
    last = [hst_rootname(7, index) for index in (0, 1679615)]
    assert last[0] != last[1]
    with pytest.raises(ParameterError, match="0 to 1679615"):
        hst_rootname(7, 1679616)
    with pytest.raises(ParameterError, match="acs-wfc, wfc3-uvis"):
        hst_rootname(7, 0, instrument="csst-msc")


@pytest.mark.parametrize(
    ("raw", "changes", "error", "message"),
    [
        ({2: image()}, {"band": "F999W"}, ParameterError, "no band 'F999W'"),
        ({2: image()}, {"exptime": -1}, ParameterError, "0 s or more"),
        ({2: image()}, {"instrument": "generic"}, ParameterError, "generic cannot be written"),
        ({2: image()}, {"history": "one text"}, ParameterError, "sequence of strings"),
        ({2: image()}, {"instrument": "acs-wfx"}, UnknownNameError, "acs-wfc"),
        ({2: image()}, {"header": None}, ParameterError, "give amplifiers"),
        ({2: image()}, {"wcs": WCS(naxis=2)}, ParameterError, "mapping of chip"),
        ({3: image()}, {}, ParameterError, "no chip 3"),
        ({}, {}, ParameterError, "mapping of chip"),
        ({2: image().astype(float)}, {}, ParameterError, "integers"),
        ({2: image().astype(int) - 5000}, {}, ParameterError, "outside 0 to 65535"),
        ({2: np.zeros((4, 4), "uint16")}, {}, UnsupportedInstrumentError, "known raw sizes"),
    ],
)
def test_what_no_telescope_would_write_is_refused(tmp_path, raw, changes, error, message):
    with pytest.raises(error, match=message):
        write_raw(tmp_path / "j_raw.fits", raw, **SUBARRAY | changes)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ParameterError, match="no such folder"):
        write_raw(tmp_path / "nowhere" / "j_raw.fits", {2: image()}, **SUBARRAY)
