"""CSST survey-camera files: names, raw channels, calibrated images with companions."""

from datetime import datetime

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.instruments import CSST_MSC, SCIENCE, SERIAL_OVERSCAN, ChipLayout, Section
from astroclassify.io._csst import CSST, FLAG_BITS, channel_levels, parse_csst_name
from astroclassify.io._mask_bits import CSST as CSST_BITS
from astroclassify.io._overscan import trim_and_subtract
from astroclassify.io._reader import ReadOptions

L0 = "CSST_MSC_MS_SCI_20270626203558_20270626203828_100000066_06_L0_1.fits"
L1 = "CSST_MSC_MS_SCIE_20240821005429_20240821005659_10160000004_12_L1_V01_img.fits"
OLD = "MSC_MS_210525123000_100000001_07_raw.fits"


# Names of the three forms are quoted in csst_proto ch. 7, the tests of csst-dfs, csst-msc-instrument-effect.
@pytest.mark.parametrize(
    ("name", "level", "detector", "obs_id", "version", "suffix"),
    [
        (L0, "L0", 6, "100000066", "1", ""),
        (L1, "L1", 12, "10160000004", "V01", "img"),
        (L1.replace("10160000004", "10109100100413") + ".gz", "L1", 12, "10109100100413", "V01", "img"),
        (OLD, "L0", 7, "100000001", "", "raw"),
    ],
)
def test_names_of_every_form_are_understood(name, level, detector, obs_id, version, suffix):
    found = parse_csst_name("folder/" + name)
    assert (found.level, found.detector, found.obs_id) == (level, detector, obs_id)
    assert (found.version, found.suffix) == (version, suffix)


def test_a_name_gives_the_exposure():
    name = parse_csst_name(L0)
    assert name.start == datetime(2027, 6, 26, 20, 35, 58)
    assert (name.stop - name.start).total_seconds() == 150


@pytest.mark.parametrize(
    "name", ["jczgx1ppq_raw.fits", L0.replace("_06_", "_6_"), L0.replace("20270626", "20279926")]
)
def test_other_names_are_none(name):
    assert parse_csst_name(name) is None


def csst(pixels, **cards):
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOP="CSST", INSTRUME="MSC", DETECTOR="CHIP-08", FILTER="g", **cards)
    return fits.HDUList([primary, fits.ImageHDU(pixels)])


def test_a_raw_image_without_overscan_is_read_whole():
    pixels = np.full((9232, 9216), 517, "uint16")
    pixels[100, 200] = 40_000
    (frame,) = CSST.read(csst(pixels), ReadOptions(source=L0))
    assert frame.shape == (9232, 9216)
    assert frame.unit == u.adu
    assert frame.data[100, 200] == 40_000
    assert frame.meta["ACCHIP"] == 6
    assert frame.meta["ACBAND"] == "g"
    assert "The bias level is still in" in str(frame.meta["HISTORY"])


SMALL = ChipLayout(
    chip=0,
    shape=(6, 24),
    sections=(
        Section(SCIENCE, "1", (0, 6), (0, 7)),
        Section(SERIAL_OVERSCAN, "1", (0, 6), (7, 12)),
        Section(SERIAL_OVERSCAN, "2", (0, 6), (12, 17)),
        Section(SCIENCE, "2", (0, 6), (17, 24)),
    ),
)


def small_raw():
    bias = np.arange(6)[:, None] * 3 + np.where(np.arange(24) < 12, 500, 700)
    raw = bias.astype("uint16")
    raw[:, :7] += 11
    raw[:, 17:] += 22
    raw[:, [7, 8, 15, 16]] += 300  # deferred charge next to the image; as bad in the last column read
    raw[:, 11:13] += 300
    return raw


def test_the_bias_of_each_channel_and_row_is_measured():
    levels = channel_levels(small_raw(), SMALL)
    data = trim_and_subtract(small_raw(), SMALL, levels, np.dtype("float32"))
    assert np.allclose(data, np.where(np.arange(14) < 7, 11, 22) * np.ones((6, 1)), atol=1e-3)


def test_a_raw_image_with_overscan_is_trimmed_and_bias_subtracted():
    layout = next(layout for layout in CSST_MSC.layouts if layout.of_kind(SERIAL_OVERSCAN))
    raw = np.full(layout.shape, 510, "uint16")
    for section in layout.of_kind(SCIENCE):
        raw[section.slices] += 100 + int(section.amplifier)
    hdulist = csst(raw, GAIN16=2.0, RDNOIS16=4.0)
    (frame,) = CSST.read(hdulist, ReadOptions(source=L0))
    assert frame.shape == (9232, 9216)
    assert frame.data[0, 0] == 101
    assert frame.data[-1, -1] == 116
    # calwf3's noise model: sqrt(I / gain + (read noise / gain)^2)
    assert np.isclose(frame.uncertainty.array[-1, -1], np.sqrt(116 / 2 + (4 / 2) ** 2))


def test_full_frames_trim_to_the_image_of_the_detector_and_windows_to_theirs():
    assert {layout.science_shape for layout in CSST_MSC.layouts} == {(9232, 9216), (2048, 2048)}


WINDOWS = [layout for layout in CSST_MSC.layouts if layout.science_shape == (2048, 2048)]


@pytest.mark.parametrize("layout", WINDOWS, ids=lambda layout: str(layout.origin))
def test_a_window_is_read_by_its_place_on_the_chip(layout):
    raw = np.full(layout.shape, 510, "uint16")
    for section in layout.of_kind(SCIENCE):
        raw[section.slices] += 100 + int(section.amplifier)
    cards = dict(zip(("LTV1", "LTV2"), layout.ltv, strict=True))
    (frame,) = CSST.read(csst(raw, **cards), ReadOptions(source=L0))
    for name, region in layout.science_regions.items():
        assert np.all(frame.data[region] == 100 + int(name))
    assert (frame.meta["LTV2"], frame.meta["LTV1"]) == tuple(-n for n in layout.origin)


def test_a_window_that_does_not_say_where_it_lies_is_refused():
    with pytest.raises(ReadError, match="LTV1, LTV2"):
        CSST.read(csst(np.zeros(WINDOWS[0].shape, "uint16")), ReadOptions(source=L0))


def test_a_raw_image_of_another_size_is_an_error_that_names_the_sizes():
    with pytest.raises(ReadError, match=r"9216 x 9232.*this one has 8 x 5"):
        CSST.read(csst(np.zeros((5, 8), "uint16")), ReadOptions(source=L0))


IMAGE = np.linspace(0, 3, 40, dtype="float32").reshape(5, 8)


def write_l1(folder, **companions):
    csst(IMAGE).writeto(folder / L1)
    for kind, pixels in companions.items():
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels)]).writeto(
            folder / L1.replace("_img", f"_{kind}")
        )
    return fits.open(folder / L1)


def test_flags_and_weights_beside_a_calibrated_image_are_used(tmp_path):
    flags = np.zeros(IMAGE.shape, "int32")
    flags[0, :4] = 1, 8, 16, 64
    with write_l1(tmp_path, flg=flags, wht=np.full(IMAGE.shape, 25, "float32")) as hdulist:
        (frame,) = CSST.read(hdulist, ReadOptions(source=L1))
    assert frame.unit == u.electron / u.s
    assert np.array_equal(frame.flags, flags)
    assert np.array_equal(frame.mask[0, :4], [True, False, True, False])
    assert np.allclose(frame.uncertainty.array, 0.2)


def test_a_calibrated_image_alone_is_a_frame(tmp_path):
    with write_l1(tmp_path) as hdulist:
        (frame,) = CSST.read(hdulist, ReadOptions(source=L1))
    assert np.array_equal(frame.data, IMAGE)
    assert frame.mask is None
    assert frame.uncertainty is None


def test_a_broken_companion_costs_a_warning_not_the_frame(tmp_path):
    (tmp_path / L1.replace("_img", "_flg")).write_bytes(b"not FITS")
    with write_l1(tmp_path) as hdulist, pytest.warns(FrameWarning, match="cannot be read"):
        (frame,) = CSST.read(hdulist, ReadOptions(source=L1))
    assert frame.flags is None


def test_a_companion_of_another_shape_is_left_out(tmp_path):
    hdulist = write_l1(tmp_path, flg=np.zeros((2, 2), "int32"))
    with hdulist, pytest.warns(FrameWarning, match="does not fit"):
        (frame,) = CSST.read(hdulist, ReadOptions(source=L1))
    assert frame.flags is None


def test_extensions_named_flg_and_wht_serve_as_well():
    hdulist = csst(IMAGE)
    hdulist.append(fits.ImageHDU(np.full(IMAGE.shape, 2, "int32"), name="FLG"))
    (frame,) = CSST.read(hdulist, ReadOptions())
    assert frame.mask.all()


@pytest.mark.parametrize("kind", ["wht", "flg"])
def test_a_companion_alone_is_refused(kind):
    with pytest.raises(ReadError, match=f"the {kind} file of an image; read its _img file"):
        CSST.read(csst(IMAGE), ReadOptions(source=L1.replace("_img", f"_{kind}")))


def test_another_chip_than_the_files_is_an_error():
    assert CSST.read(csst(IMAGE), ReadOptions(chips=(8,)))[0].meta["ACCHIP"] == 8
    with pytest.raises(ParameterError, match="chip 8 only"):
        CSST.read(csst(IMAGE), ReadOptions(chips=(1,)))


def test_a_file_without_image_is_an_error():
    with pytest.raises(ReadError, match="needs a two-dimensional image"):
        CSST.read(csst(None), ReadOptions())


def test_mask_bits_are_documented_bits():
    assert CSST_BITS.bad & ~sum(FLAG_BITS) == 0


@pytest.mark.parametrize("cards", [{"TELESCOP": "CSST"}, {"INSTRUME": "MSC"}])
def test_csst_headers_are_matched(cards):
    header = fits.Header()
    header.update(cards)
    assert CSST.identify([header, fits.Header()])
