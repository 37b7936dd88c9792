"""Raw CSST files as we write them, and what our reader makes of them."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from astroclassify.core import ParameterError, UnsupportedInstrumentError
from astroclassify.instruments import CSST_MSC, SCIENCE, SERIAL_OVERSCAN
from astroclassify.io import csst_name, parse_csst_name, read_frames, write_raw

NAME = csst_name(7, 3, expstart=61582.5, exptime=150, detector=8)
OPTIONS = {"instrument": "csst-msc", "band": "r", "exptime": 150}
WITHOUT, WITH = (
    next(layout for layout in CSST_MSC.layouts[:2] if bool(layout.of_kind(SERIAL_OVERSCAN)) is overscan)
    for overscan in (False, True)
)


def world():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.radesys = ["RA---TAN", "DEC--TAN"], "ICRS"
    wcs.wcs.crval, wcs.wcs.crpix = [150.0, 2.2], [4608.5, 4616.5]
    wcs.wcs.cd = 0.074 / 3600 * np.array([[-0.8, 0.6], [0.6, 0.8]])
    return wcs


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    raw = np.full(WITH.shape, 503, "uint16")
    for section in WITH.of_kind(SCIENCE):
        raw[section.slices] += 10 * int(section.amplifier)
    path = tmp_path_factory.mktemp("csst") / NAME
    write_raw(path, {8: raw}, wcs={8: world()}, history=["truth"], header={"EXPSTART": 61582.5}, **OPTIONS)
    return path


def test_a_frame_comes_back_with_its_bias_subtracted(path):
    (frame,) = read_frames(path)
    assert (frame.unit, frame.shape) == (u.adu, (9232, 9216))
    for section, place in (("1", (0, 0)), ("8", (0, -1)), ("9", (-1, 0)), ("16", (-1, -1))):
        assert frame.data[place] == 10 * int(section)
    assert (frame.meta["ACCHIP"], frame.meta["ACBAND"], frame.meta["EXPTIME"]) == (8, "r", 150)
    noise = np.sqrt(160 / 1.1 + (5 / 1.1) ** 2)
    assert frame.uncertainty.array[-1, -1] == pytest.approx(noise, rel=1e-3)
    for x, y in ((0, 0), (9215, 3), (4000.5, 9000.25)):
        separation = frame.wcs.pixel_to_world(x, y).separation(world().pixel_to_world(x, y))
        assert separation.to_value(u.arcsec) < 1e-6


def test_the_file_has_the_structure_of_the_archives(path):
    with fits.open(path) as hdulist:
        hdulist.verify("exception")
        assert [hdu.header["NAXIS"] for hdu in hdulist] == [0, 2]
        primary, science = (hdu.header for hdu in hdulist)
        assert science["BITPIX"] == 16
        assert [science[f"GAIN{n}"] for n in (1, 16)] == [1.1, 1.1]
        assert [science[key] for key in ("RDNOISE1", "RDNOISE9", "RDNOIS10", "RDNOIS16")] == [5.0] * 4
        assert (primary["TELESCOP"], primary["DETECTOR"], primary["DATE-OBS"]) == (
            "CSST",
            "CHIP-08",
            "2027-06-26",
        )
        assert list(primary["HISTORY"]) == ["truth"]


def test_an_image_without_overscan_is_read_whole_and_its_name_tells_its_detector(tmp_path):
    write_raw(tmp_path / NAME, {0: np.full(WITHOUT.shape, 517, "uint16")}, **OPTIONS)
    (frame,) = read_frames(tmp_path / NAME)
    assert frame.meta["ACCHIP"] == 8
    assert np.all(frame.data == 517)


@pytest.mark.parametrize(
    ("raw", "changes", "error", "message"),
    [
        ({31: np.zeros((4, 4), "uint16")}, {}, ParameterError, "no chip 31"),
        ({1: np.zeros((4, 4), "uint16"), 2: np.zeros((4, 4), "uint16")}, {}, ParameterError, "one detector"),
        ({1: np.zeros((4, 4), "uint16")}, {}, UnsupportedInstrumentError, "9216 x 9232"),
        ({1: np.zeros(WITHOUT.shape, "uint16")}, {"band": "F606W"}, ParameterError, "NUV, u, g"),
    ],
)
def test_what_no_telescope_would_write_is_refused(tmp_path, raw, changes, error, message):
    with pytest.raises(error, match=message):
        write_raw(tmp_path / NAME, raw, **OPTIONS | changes)
    assert not list(tmp_path.iterdir())


def test_names_are_those_that_the_reader_understands():
    name = parse_csst_name(NAME)
    assert (name.detector, name.level, name.data_type) == (8, "L0", "SCI")
    assert (name.stop - name.start).total_seconds() == 150
    others = {
        parse_csst_name(csst_name(7, i, expstart=61582.5, exptime=150, detector=8)).obs_id for i in range(500)
    }
    assert len(others) == 500
    with pytest.raises(ParameterError, match="1 to 30"):
        csst_name(7, 0, expstart=61582.5, exptime=150, detector=31)
