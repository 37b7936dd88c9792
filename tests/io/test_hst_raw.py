"""Raw ACS/WFC and WFC3/UVIS frames: geometry, bias, sky coordinates, flags, noise."""

import copy
import pickle

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.wcs import WCS

from astroclassify.core import FrameWarning, ParameterError, ReadError, UnsupportedInstrumentError
from astroclassify.instruments import ACS_WFC, SCIENCE, WFC3_UVIS, find_layout
from astroclassify.io import read_frames, write_raw

FULL = {"acs-wfc": (2068, 4144), "wfc3-uvis": (2070, 4206)}
BANDS = {"acs-wfc": "F814W", "wfc3-uvis": "F606W"}
# Rows and columns of each half of a chip (facts A3, B1), independent of the layouts in the package
HALVES = {
    ("acs-wfc", 1): ((20, 2068), (24, 2072), (2072, 4120)),
    ("acs-wfc", 2): ((0, 2048), (24, 2072), (2072, 4120)),
    ("wfc3-uvis", 1): ((19, 2070), (25, 2073), (2133, 4181)),
    ("wfc3-uvis", 2): ((0, 2051), (25, 2073), (2133, 4181)),
}


def sky(y=1024.0):
    world = WCS(naxis=2)
    world.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    world.wcs.crval = [201.7, -47.5]
    world.wcs.crpix = [2048.0, y]
    world.wcs.cd = np.array([[-1.36e-5, 2.1e-6], [1.9e-6, 1.38e-5]])
    return world


def write(path, raw, instrument="acs-wfc", *, header=None, wcs=None, exptime=500.0):
    write_raw(
        path, raw, instrument=instrument, band=BANDS[instrument], exptime=exptime, wcs=wcs, header=header
    )
    return path


def change(path, editor):
    """Edit a file's HDUs in place."""
    with fits.open(path, mode="update", memmap=False) as hdulist:
        editor(hdulist)
    return path


@pytest.fixture(scope="module", params=list(FULL))
def full_frame(request, tmp_path_factory):
    """Give an instrument, its two raw images of random values, and their file."""
    rng = np.random.default_rng(5)
    raw = {chip: rng.integers(0, 65536, FULL[request.param], dtype="uint16") for chip in (1, 2)}
    path = tmp_path_factory.mktemp("full") / "jtest0001_raw.fits"
    write(path, raw, request.param, wcs={1: sky(), 2: sky(1020.0)})
    return request.param, raw, path


def small(path, image=None, *, amplifier="C", header=None, **options):
    """Write the pre-2016 512 subarray of ACS: 512 x 534, 22 physical columns."""
    image = np.full((512, 534), 2200, "uint16") if image is None else image
    chip = 1 if amplifier in "AB" else 2
    return write(path, {chip: image}, header={"CCDAMP": amplifier} | (header or {}), **options)


# Geometry ------------------------------------------------------------------------------------


def test_science_pixels_come_back_to_the_adu(full_frame):
    instrument, raw, path = full_frame
    frames = read_frames(path, bias="none")
    for chip, frame in zip((1, 2), frames, strict=True):
        rows, left, right = HALVES[instrument, chip]
        science = np.hstack([raw[chip][slice(*rows), slice(*half)] for half in (left, right)])
        assert frame.data.dtype == np.float32
        np.testing.assert_array_equal(frame.data, science.astype("float32"))


def test_frames_are_ordered_by_chip_not_by_extension(full_frame):
    _, _, path = full_frame
    with fits.open(path) as hdulist:
        assert [hdulist["SCI", version].header["CCDCHIP"] for version in (1, 2)] == [2, 1]
    assert [frame.meta["CCDCHIP"] for frame in read_frames(path)] == [1, 2]


def test_stars_keep_their_place_on_the_sky(full_frame):
    instrument, _, path = full_frame
    rows, left, _ = HALVES[instrument, 1]
    with fits.open(path) as hdulist:
        before = WCS(hdulist["SCI", 2].header)
    frame = read_frames(path, chip=1)[0]
    for x, y in ((left[0] + 3, rows[0] + 7), (left[1] - 1, rows[1] - 1), (left[0] + 1000, rows[0] + 500)):
        after = frame.wcs.pixel_to_world(x - left[0], y - rows[0])
        distance = before.pixel_to_world(x, y).separation(after).to_value(u.arcsec)
        assert distance < 0.01 * 0.04


def test_cards_that_count_pixels_follow_the_trim(full_frame):
    instrument, _, path = full_frame
    rows, left, _ = HALVES[instrument, 1]
    with fits.open(path) as hdulist:
        raw_header = hdulist["SCI", 2].header.copy()
    frame = read_frames(path, chip=1)[0]
    meta = frame.meta
    assert (meta["LTV1"], meta["LTV2"]) == (0.0, 0.0)
    assert meta["CRPIX1"] == raw_header["CRPIX1"] - left[0]
    assert meta["CRPIX2"] == raw_header["CRPIX2"] - rows[0]
    assert (meta["SIZAXIS1"], meta["SIZAXIS2"]) == frame.shape[::-1]
    assert list(frame.wcs.wcs.crpix) == [meta["CRPIX1"], meta["CRPIX2"]]
    centre = rows[0] + (rows[1] - rows[0]) // 2 + 1
    assert meta["CENTERA2"] == centre


def test_header_joins_primary_and_extension_and_says_where_it_comes_from(full_frame):
    instrument, _, path = full_frame
    meta = read_frames(path, chip=2)[0].meta
    assert meta["DETECTOR"] == {"acs-wfc": "WFC", "wfc3-uvis": "UVIS"}[instrument]
    assert (meta["CCDCHIP"], meta["EXTVER"], meta["BUNIT"]) == (2, 1, "COUNTS")
    assert meta["ACREADER"] == "hst-raw"
    assert meta["ACINSTR"] == instrument
    assert meta["ACSOURCE"] == path.name
    assert "BZERO" not in meta


def test_paper_crop_keeps_2048_rows_and_the_sky(full_frame):
    instrument, _, path = full_frame
    for whole, cropped in zip(read_frames(path), read_frames(path, rows="paper"), strict=True):
        first = 3 if instrument == "wfc3-uvis" and whole.meta["CCDCHIP"] == 1 else 0
        assert cropped.shape == (2048, 4096)
        np.testing.assert_array_equal(cropped.data, whole.data[first : first + 2048])
        assert cropped.meta["LTV2"] == whole.meta["LTV2"] - first
        here, there = cropped.wcs.pixel_to_world(100, 200), whole.wcs.pixel_to_world(100, 200 + first)
        assert here.separation(there).to_value(u.arcsec) < 1e-6


@pytest.mark.parametrize("binning", [2, 3])
def test_binned_uvis_frames_are_read(tmp_path, binning):
    shape = {2: (1035, 2102), 3: (690, 1402)}[binning]
    raw = {chip: np.full(shape, 2600 + chip, "uint16") for chip in (1, 2)}
    frames = read_frames(write(tmp_path / "i_raw.fits", raw, "wfc3-uvis"), bias="none")
    assert [frame.shape for frame in frames] == [{2: (1025, 2048), 3: (683, 1364)}[binning]] * 2
    assert [np.unique(frame.data).tolist() for frame in frames] == [[2601], [2602]]


SUBARRAYS = [
    pytest.param(instrument, layout, id=layout.name)
    for instrument in (ACS_WFC, WFC3_UVIS)
    for layout in instrument.layouts
    if layout.shape[0] <= 512 and layout.binning == 1
]


@pytest.mark.parametrize(("instrument", "layout"), SUBARRAYS)
@pytest.mark.filterwarnings("ignore::astroclassify.core.FrameWarning")
def test_subarrays_are_told_apart_by_size_and_amplifier(tmp_path, instrument, layout):
    image = np.random.default_rng(6).integers(0, 65536, layout.shape, dtype="uint16")
    header = {"CCDAMP": layout.amplifiers[0]}
    path = write(tmp_path / "sub_raw.fits", {layout.chip: image}, instrument.name, header=header)
    with fits.open(path) as hdulist:
        assert hdulist["SCI"].header["EXTVER"] == 1
        assert hdulist[0].header["SUBARRAY"]
    (frame,) = read_frames(path, bias="none")
    assert frame.meta["CCDCHIP"] == layout.chip
    (section,) = layout.of_kind(SCIENCE)
    np.testing.assert_array_equal(frame.data, image[section.slices])
    assert (frame.meta["LTV1"], frame.meta["LTV2"]) == (-layout.origin[1], -layout.origin[0])


def test_a_window_of_unlisted_size_is_laid_out_from_its_offset(tmp_path):
    image = np.arange(300 * 224, dtype="uint16").reshape(300, 224)
    header = {"CCDAMP": "A", "LTV1": 24.0, "LTV2": -700.0}
    path = write(tmp_path / "w_raw.fits", {1: image}, header=header)
    (frame,) = read_frames(path, bias="none")
    np.testing.assert_array_equal(frame.data, image[:, 24:])


# Bias ----------------------------------------------------------------------------------------


def test_bias_of_each_amplifier_and_row_is_removed_exactly_where_there_is_no_noise(tmp_path):
    rng = np.random.default_rng(7)
    truth = {chip: rng.integers(0, 50, (2048, 4096), dtype="uint8") for chip in (1, 2)}
    raw = {}
    for chip, scene in truth.items():
        image = np.zeros((2068, 4144), "int32")
        rows = HALVES["acs-wfc", chip][0]
        image[slice(*rows), 24:4120] = scene
        image[:, :2072] += rng.integers(2000, 2300, (2068, 1))
        image[:, 2072:] += rng.integers(2000, 2300, (2068, 1))
        raw[chip] = image.astype("uint16")
    for chip, frame in enumerate(read_frames(write(tmp_path / "j_raw.fits", raw)), start=1):
        np.testing.assert_allclose(frame.data, truth[chip], atol=0.01)


def uvis_image(rng, *, bias=2500.0, physical=None, noise=1.9):
    image = rng.normal(bias, noise, (2070, 4206))
    if physical is not None:
        image[:, :25] = image[:, -25:] = physical
    return np.rint(image).astype("uint16")


def test_uvis_bias_comes_from_the_virtual_columns(tmp_path):
    rng = np.random.default_rng(8)
    raw = {chip: uvis_image(rng, physical=3000) for chip in (1, 2)}
    for frame in read_frames(write(tmp_path / "i_raw.fits", raw, "wfc3-uvis")):
        assert abs(frame.data.mean()) < 0.05


def test_acs_bias_comes_from_the_six_columns_next_to_the_image(tmp_path):
    image = np.full((512, 534), 2200, "uint16")
    image[:, :16] += 500
    (frame,) = read_frames(small(tmp_path / "j_raw.fits", image))
    assert np.all(frame.data == 0)
    assert frame.meta["ACBIASC"] == 2200


def test_cosmic_rays_in_the_overscan_leave_no_trace(tmp_path):
    rng = np.random.default_rng(9)
    clean = np.rint(rng.normal(2200, 2.2, (512, 534))).astype("uint16")
    hit = clean.copy()
    for row in rng.choice(512, 60, replace=False):
        hit[row, rng.choice(np.arange(16, 22), 2, replace=False)] += 20_000
    hit[100:130, 16:22] += 9000  # along the columns
    (expected,), (frame,) = (
        read_frames(small(tmp_path / f"j{i}_raw.fits", image)) for i, image in enumerate((clean, hit))
    )
    difference = frame.data - expected.data
    assert np.abs(difference).max() < 1.0
    assert abs(difference.mean()) < 0.05


def test_bias_adds_no_stripes_to_a_quiet_frame(tmp_path):
    rng = np.random.default_rng(10)
    image = np.rint(rng.normal(2200, 2.2, (512, 534))).astype("uint16")
    (frame,) = read_frames(small(tmp_path / "j_raw.fits", image))
    # The median of six columns alone would have 0.46 * 2.2 = 1.0 ADU; a row of 512 has 0.1 itself
    assert frame.data.mean(axis=1).std() < 0.4


def test_rows_that_do_differ_are_levelled(tmp_path):
    rng = np.random.default_rng(11)
    stripes = rng.normal(0, 15, (512, 1))
    image = np.rint(rng.normal(2200, 2.2, (512, 534)) + stripes).astype("uint16")
    (frame,) = read_frames(small(tmp_path / "j_raw.fits", image))
    assert frame.data.mean(axis=1).std() < 1.3


def test_a_frame_without_overscan_gets_the_nominal_level_with_a_warning(tmp_path):
    image = np.full((512, 512), 2600, "uint16")
    path = write(tmp_path / "i_raw.fits", {2: image}, "wfc3-uvis", header={"CCDAMP": "C"})
    with pytest.warns(FrameWarning, match="UVIS2-M512C-SUB has no overscan"):
        (frame,) = read_frames(path)
    assert np.all(frame.data == 100)


# Flags, unit, noise --------------------------------------------------------------------------


def test_constant_flags_are_expanded_without_memory(full_frame):
    _, _, path = full_frame
    frame = read_frames(path, chip=1)[0]
    assert frame.flags.shape == frame.shape
    assert frame.flags.dtype.kind == "i"
    assert frame.flags.strides == (0, 0)
    assert frame.mask is None
    assert frame.unit == u.adu


def test_a_constant_bad_flag_masks_the_frame(tmp_path):
    def editor(hdulist):
        hdulist["DQ", 1].header["PIXVALUE"] = 4

    (frame,) = read_frames(change(small(tmp_path / "j_raw.fits"), editor))
    assert np.all(frame.flags == 4)
    assert frame.mask.all()


def test_flags_go_with_their_chip_by_extver(tmp_path):
    path = tmp_path / "j_raw.fits"
    write(path, {chip: np.full((2068, 4144), 2200, "uint16") for chip in (1, 2)})

    def editor(hdulist):
        header = hdulist["DQ", 2].header
        flags = np.zeros((2068, 4144), "int16")
        flags[20, 24] = 4  # the first science pixel of chip 1
        flags[30, 4119] = 64  # warm: flagged, not masked
        position = hdulist.index_of(("DQ", 2))
        hdulist[position] = fits.ImageHDU(flags, name="DQ", ver=2)
        hdulist[position].header["CRPIX1"] = header.get("CRPIX1", 0.0)

    first, second = read_frames(change(path, editor))
    assert first.flags[0, 0] == 4
    assert first.flags[10, 4095] == 64
    assert np.argwhere(first.mask).tolist() == [[0, 0]]
    assert second.mask is None


def test_noise_is_that_of_gain_and_read_noise(tmp_path):
    image = np.full((512, 534), 2200, "uint16")
    image[:, 22:] += 1000
    (frame,) = read_frames(small(tmp_path / "j_raw.fits", image))
    gain, read_noise = 2.017, 4.05  # amplifier C, header of jczgx1ppq
    assert frame.uncertainty.uncertainty_type == "std"
    np.testing.assert_allclose(
        frame.uncertainty.array, np.sqrt(1000 / gain + (read_noise / gain) ** 2), rtol=1e-5
    )
    assert frame.uncertainty.array.dtype == np.float32


def test_noise_does_not_depend_on_whether_the_bias_is_left_in(tmp_path):
    path = small(
        tmp_path / "j_raw.fits",
        np.pad(np.full((512, 512), 2900, "uint16"), ((0, 0), (22, 0)), constant_values=2200),
    )
    without, within = (read_frames(path, bias=bias)[0] for bias in ("overscan", "none"))
    np.testing.assert_allclose(without.uncertainty.array, within.uncertainty.array, rtol=1e-5)


def test_gain_scales_with_its_setting_and_header_values_win(tmp_path):
    image = np.full((512, 534), 2200, "uint16")
    path = small(tmp_path / "j_raw.fits", image, header={"CCDGAIN": 1.0})
    (frame,) = read_frames(path)
    np.testing.assert_allclose(frame.uncertainty.array, 4.05 / (2.017 / 2), rtol=1e-5)
    path = small(tmp_path / "j2_raw.fits", image, header={"ATODGNC": 4.0, "READNSEC": 8.0})
    np.testing.assert_allclose(read_frames(path)[0].uncertainty.array, 2.0, rtol=1e-5)


@pytest.mark.parametrize(
    "treat", [copy.deepcopy, lambda f: f.copy(), lambda f: pickle.loads(pickle.dumps(f))]
)
def test_copies_keep_the_noise(tmp_path, treat):
    (frame,) = read_frames(small(tmp_path / "j_raw.fits"))
    again = treat(frame)
    assert again.uncertainty.array.shape == frame.shape
    np.testing.assert_array_equal(again.uncertainty.array, frame.uncertainty.array)


def test_slices_keep_their_noise(tmp_path):
    (frame,) = read_frames(small(tmp_path / "j_raw.fits"))
    assert frame[10:20, 5:9].uncertainty.array.shape == (10, 4)


@pytest.mark.parametrize("rows", ["all", "paper"])
def test_a_frame_can_be_written_and_read_back(tmp_path, rows):
    (frame,) = read_frames(small(tmp_path / "j_raw.fits"), rows=rows)
    frame.write(tmp_path / "frame.fits")
    plain = CCDData.read(tmp_path / "frame.fits")
    (again,) = read_frames(tmp_path / "frame.fits")
    for other in (plain, again):
        np.testing.assert_array_equal(other.data, frame.data)
        np.testing.assert_array_equal(other.uncertainty.array, frame.uncertainty.array)
        assert type(other.uncertainty) is StdDevUncertainty
        assert other.unit == frame.unit
    assert [again.meta[key] for key in ("ACREADER", "ACINSTR", "ACCHIP")] == ["fits-image", "acs-wfc", 2]


# Faults --------------------------------------------------------------------------------------


def test_other_detectors_are_refused_by_name(shared):
    with pytest.raises(UnsupportedInstrumentError, match=r"jbz504eoq_raw\.fits.*ACS/SBC"):
        read_frames(shared / "fits" / "jbz504eoq_raw.fits")


@pytest.mark.parametrize("name", ["j6gp01lzq_raw.fits", "j6gp01mkq_raw.fits"])
def test_a_raw_file_of_the_high_resolution_channel_is_trimmed_and_its_bias_subtracted(shared, name):
    (frame,) = read_frames(shared / "fits" / name)
    assert frame.shape == (1024, 1024)
    assert abs(np.median(frame.data)) < 1  # both have a bias of 1193 to 1196 ADU, and hardly any sky
    assert (frame.meta["ACINSTR"], frame.meta["ACCHIP"]) == ("acs-hrc", 1)
    assert frame.meta["CRPIX1"] == 512


def test_the_infrared_channel_is_refused_by_name(tmp_path):
    path = write(tmp_path / "i_raw.fits", {1: np.zeros((2070, 4206), "uint16")}, "wfc3-uvis")
    path = change(path, lambda hdulist: hdulist[0].header.set("DETECTOR", "IR"))
    with pytest.raises(UnsupportedInstrumentError, match="WFC3/IR"):
        read_frames(path)


def test_an_unknown_size_names_the_known_ones(tmp_path):
    path = small(tmp_path / "j_raw.fits")

    def editor(hdulist):
        hdulist["SCI"].data = np.zeros((100, 90), "uint16")
        del hdulist["SCI"].header["LTV1"]

    with pytest.raises(UnsupportedInstrumentError, match=r"j_raw.fits: .*90 x 100.*4144 x 2068"):
        read_frames(change(path, editor))


def test_a_chip_that_is_not_there_is_a_parameter_error(tmp_path):
    with pytest.raises(ParameterError, match="no chip 1; the chips are: 2"):
        read_frames(small(tmp_path / "j_raw.fits"), chip=1)


def test_a_missing_chip_number_is_not_guessed(tmp_path):
    path = change(small(tmp_path / "j_raw.fits"), lambda hdulist: hdulist["SCI"].header.remove("CCDCHIP"))
    with pytest.raises(ReadError, match="no CCDCHIP"):
        read_frames(path)


def test_two_images_of_one_chip_are_refused(tmp_path):
    path = tmp_path / "j_raw.fits"
    write(path, {chip: np.full((2068, 4144), 2200, "uint16") for chip in (1, 2)})
    change(path, lambda hdulist: hdulist["SCI", 1].header.set("CCDCHIP", 1))
    with pytest.raises(ReadError, match="two SCI extensions say CCDCHIP = 1"):
        read_frames(path)


def test_a_truncated_file_is_refused_before_its_pixels_are_touched(tmp_path):
    path = small(tmp_path / "j_raw.fits")
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(ReadError, match=r"j_raw.fits.*truncated"):
        read_frames(path)


def test_the_layout_in_use_is_the_one_that_is_described(tmp_path):
    (frame,) = read_frames(small(tmp_path / "j_raw.fits"))
    layout = find_layout(ACS_WFC, 2, (512, 534), amplifiers="C")
    assert layout.name in str(frame.meta["HISTORY"]).replace("\n", "")


def test_a_window_that_does_not_say_where_it_is_is_refused(tmp_path):
    path = small(tmp_path / "j_raw.fits")
    with fits.open(path) as hdulist:
        del hdulist[0].header["CCDAMP"], hdulist[1].header["LTV1"]
        with pytest.raises(ReadError, match=r"j_raw.fits: without CCDAMP and LTV1"):
            read_frames(hdulist)
