"""Plain FITS images: which image is the frame, what its companions mean, and what is refused."""

import io

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty, VarianceUncertainty

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.io import READERS, find_reader, read_frames
from astroclassify.io._fits_image import FITS_IMAGE
from astroclassify.io._reader import Reader, ReadOptions

BLOCK = 2880
IMAGE = np.arange(20, dtype="float32").reshape(4, 5)


def read(*hdus, **options):
    return FITS_IMAGE.read(fits.HDUList(list(hdus)), ReadOptions(source="stamp.fits", **options))


def image_with(**cards):
    hdu = fits.PrimaryHDU(IMAGE.copy())
    hdu.header.update(cards)
    return hdu


def test_the_primary_image_is_the_frame():
    (frame,) = read(fits.PrimaryHDU(IMAGE))
    assert np.array_equal(frame.data, IMAGE)
    assert frame.unit == u.dimensionless_unscaled
    assert frame.mask is None


def test_the_first_extension_is_the_frame_where_the_primary_is_empty():
    primary = fits.PrimaryHDU()
    primary.header["TELESCOP"] = "Donald"
    (frame,) = read(primary, fits.ImageHDU(IMAGE))
    assert frame.shape == IMAGE.shape
    assert frame.meta["TELESCOP"] == "Donald"


def test_images_that_do_not_say_what_they_are_are_left_out_with_a_warning_that_says_how_to_choose():
    hdus = fits.PrimaryHDU(), *(fits.ImageHDU(IMAGE + i) for i in range(3))
    with pytest.warns(FrameWarning, match=r"2 more images do not say what they are.*extension="):
        (frame,) = read(*hdus)
    assert np.array_equal(frame.data, IMAGE)
    assert sum("left out" in line for line in frame.meta["HISTORY"]) == 2


def test_an_image_named_sci_goes_before_the_first():
    (frame,) = read(fits.PrimaryHDU(IMAGE), fits.ImageHDU(IMAGE + 1, name="SCI"))
    assert np.array_equal(frame.data, IMAGE + 1)


def test_each_sci_extension_is_a_frame_with_its_own_companions():
    frames = read(
        fits.PrimaryHDU(),
        fits.ImageHDU(IMAGE, name="SCI", ver=1),
        fits.ImageHDU(IMAGE + 100, name="SCI", ver=2),
        fits.ImageHDU(IMAGE * 0 + 2, name="ERR", ver=2),
        fits.ImageHDU(IMAGE * 0 + 1, name="ERR", ver=1),
    )
    assert [frame.meta["ACCHIP"] for frame in frames] == [1, 2]
    assert [frame.uncertainty.array[0, 0] for frame in frames] == [1, 2]


def test_a_chip_that_is_not_there_is_an_error_that_names_those_that_are():
    hdus = fits.PrimaryHDU(), fits.ImageHDU(IMAGE, name="SCI", ver=1), fits.ImageHDU(IMAGE, name="SCI", ver=2)
    assert read(*hdus, chips=(2,))[0].meta["ACCHIP"] == 2
    with pytest.raises(ParameterError, match="no chip 7; the chips are: 1, 2"):
        read(*hdus, chips=(7,))


@pytest.mark.parametrize(
    ("name", "value", "sigma"), [("ERR", 3, 3), ("VAR", 9, 3), ("IVAR", 0.25, 2), ("UNCERT", 4, 4)]
)
def test_named_companions_give_the_uncertainty(name, value, sigma):
    (frame,) = read(
        fits.PrimaryHDU(), fits.ImageHDU(IMAGE, name="SCI"), fits.ImageHDU(IMAGE * 0 + value, name=name)
    )
    assert np.allclose(frame.uncertainty.array, sigma)


@pytest.mark.parametrize("name", ["ERR", "DQ"])
def test_a_companion_of_another_shape_is_not_used_and_that_is_said(name):
    with pytest.warns(FrameWarning, match=rf"1 \('{name}', 1\) is left out: it has the shape \(2, 5\)"):
        (frame,) = read(fits.PrimaryHDU(IMAGE), fits.ImageHDU(IMAGE[:2], name=name))
    assert frame.uncertainty is None
    assert frame.mask is None


def test_bits_that_are_asked_for_where_there_is_no_mask_image_cost_a_warning():
    with pytest.warns(FrameWarning, match="mask_bits=3 masks nothing: there is no mask image"):
        read_frames(fits.PrimaryHDU(IMAGE), mask_bits=3)


@pytest.mark.parametrize("kind", [StdDevUncertainty, VarianceUncertainty, InverseVariance])
def test_what_ccddata_writes_is_read_back(kind, tmp_path):
    mask = IMAGE > 17
    written = CCDData(IMAGE, unit="electron", mask=mask, uncertainty=kind(np.full(IMAGE.shape, 4.0)))
    written.write(tmp_path / "ccd.fits")
    with fits.open(tmp_path / "ccd.fits") as hdulist:
        (frame,) = FITS_IMAGE.read(hdulist, ReadOptions())
    assert frame.unit == u.electron
    assert np.array_equal(frame.mask, mask)
    assert np.allclose(frame.uncertainty.array, written.uncertainty.represent_as(StdDevUncertainty).array)


@pytest.mark.parametrize("extver", [1, 2])
def test_companions_without_extver_are_of_the_only_image(extver, tmp_path):
    frame = CCDData(IMAGE, unit="electron", mask=IMAGE > 17, meta={"EXTNAME": "SCI", "EXTVER": extver})
    frame.uncertainty = StdDevUncertainty(np.full(IMAGE.shape, 4.0))
    frame.write(tmp_path / "ccd.fits")
    (again,) = read_frames(tmp_path / "ccd.fits")
    assert np.array_equal(again.mask, frame.mask)
    assert np.array_equal(again.uncertainty.array, frame.uncertainty.array)


def test_a_cut_out_without_the_distortion_tables_keeps_its_linear_wcs():
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 20.0})
    header.update({"CRPIX1": 1.0, "CRPIX2": 1.0, "CDELT1": -1e-5, "CDELT2": 1e-5, "CPDIS1": "LOOKUP"})
    header["DP1"] = "EXTVER: 1"
    with pytest.warns(FrameWarning, match=r"tables are missing.*polynomial distortion only"):
        (frame,) = read_frames(fits.HDUList([fits.PrimaryHDU(IMAGE, header)]))
    assert frame.wcs.wcs.crval.tolist() == [10, 20]


def test_nan_is_masked():
    data = IMAGE.copy()
    data[1, 2] = np.nan
    (frame,) = read(fits.PrimaryHDU(data))
    assert frame.mask[1, 2]
    assert frame.mask.sum() == 1


@pytest.mark.parametrize(("dtype", "bzero"), [("int16", 0), ("int32", 0), ("uint16", 32768)])
def test_blank_is_masked(dtype, bzero):
    hdu = fits.PrimaryHDU(np.arange(20).reshape(4, 5).astype(dtype))
    hdu.header["BLANK"] = 7 - bzero
    with fits.HDUList.fromstring(_bytes(fits.HDUList([hdu]))) as hdulist:
        (frame,) = FITS_IMAGE.read(hdulist, ReadOptions())
    assert frame.mask[1, 2]
    assert frame.mask.sum() == 1


def _bytes(hdulist):
    buffer = io.BytesIO()
    hdulist.writeto(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("shape", [(1, 4, 5), (1, 1, 4, 5), (4, 1, 5)])
def test_axes_of_length_one_are_dropped(shape):
    (frame,) = read(fits.PrimaryHDU(IMAGE.reshape(shape)))
    assert np.array_equal(frame.data, IMAGE)


def test_a_single_pixel_stays_two_dimensional():
    assert read(fits.PrimaryHDU(np.ones((1, 1))))[0].shape == (1, 1)


def test_a_cube_is_refused_with_its_axes_named():
    hdu = fits.PrimaryHDU(np.zeros((3, 4, 5), "float32"))
    hdu.header.update(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CTYPE3="FREQ")
    with pytest.raises(
        ReadError, match=r"NAXIS1 = 5 \(RA---TAN\).*NAXIS3 = 3 \(FREQ\).*cut one plane first.*data\[0\]"
    ):
        read(hdu)


@pytest.mark.parametrize(
    ("hdus", "message"),
    [
        ([fits.PrimaryHDU()], "no image with pixels"),
        ([fits.PrimaryHDU(np.zeros(9))], "is 1-D"),
        ([fits.PrimaryHDU(np.zeros((0, 5)))], "no image with pixels"),
        (
            [fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1.0])])],
            "BinTableHDU",
        ),
    ],
    ids=["empty", "1-D", "zero-size", "table"],
)
def test_what_is_no_image_is_refused(hdus, message):
    with pytest.raises(ReadError, match=message):
        read(*hdus)


@pytest.mark.parametrize(
    ("bunit", "unit"),
    [
        ("COUNTS", u.adu),
        ("ELECTRONS", u.electron),
        ("ELECTRONS/S ", u.electron / u.s),
        ("counts/sec", u.adu / u.s),
        ("e- / s", u.electron / u.s),
        ("UNITLESS", u.dimensionless_unscaled),
        ("MJy/sr", u.MJy / u.sr),
        ("furlongs??", u.dimensionless_unscaled),
        ("", u.dimensionless_unscaled),
        (5, u.dimensionless_unscaled),
        ("mag(AB)", u.dimensionless_unscaled),
    ],
)
def test_units_are_understood_and_their_text_is_kept(bunit, unit):
    (frame,) = read(image_with(BUNIT=bunit))
    assert frame.unit == unit
    assert frame.meta["BUNIT"] == (bunit.rstrip() if isinstance(bunit, str) else bunit)


SKY = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRPIX1": 2.0,
    "CRPIX2": 3.0,
    "CRVAL1": 10.0,
    "CRVAL2": -20.0,
    "CDELT1": -1e-5,
    "CDELT2": 1e-5,
}


def test_the_wcs_is_that_of_the_header():
    (frame,) = read(image_with(**SKY))
    assert np.allclose(frame.wcs.pixel_to_world_values(1, 2), (10, -20))
    assert frame.wcs.array_shape == IMAGE.shape


def test_the_wcs_of_a_squeezed_cube_has_two_axes():
    hdu = fits.PrimaryHDU(IMAGE[None])
    hdu.header.update(**SKY, CTYPE3="FREQ", CRVAL3=1e9)
    (frame,) = read(hdu)
    assert frame.wcs.naxis == 2


@pytest.mark.parametrize("cards", [{"CDELT1": 0.0}, {"CTYPE1": "RA---XYZ"}, {"CTYPE2": "DEC--SIN"}])
def test_a_broken_wcs_costs_a_warning_not_the_frame(cards):
    with pytest.warns(FrameWarning, match="WCS is broken"):
        (frame,) = read(image_with(**SKY | cards))
    assert frame.wcs is None


def test_the_frame_does_not_share_its_header_with_the_file():
    hdu = image_with(OBJECT="M 13")
    (frame,) = read(hdu)
    frame.meta["OBJECT"] = "changed"
    assert hdu.header["OBJECT"] == "M 13"


def test_pixels_are_floating_of_the_asked_type():
    for dtype in ("float32", "float64"):
        assert read(fits.PrimaryHDU(IMAGE.astype("int16")), dtype=np.dtype(dtype))[0].data.dtype == dtype


@pytest.mark.parametrize(
    "cards",
    [{"INSTRUME": "ACS", "NDRIZIM": 4}, {"TELESCOP": "CSST"}],
    ids=["drizzled", "csst"],
)
def test_files_with_a_reader_of_their_own_are_not_matched(cards):
    assert not FITS_IMAGE.identify([image_with(**cards).header])


def test_a_cutout_of_acs_that_does_not_say_its_chip_is_matched():
    head = image_with(INSTRUME="ACS", DETECTOR="WFC").header
    science = fits.ImageHDU(IMAGE, name="SCI").header
    assert FITS_IMAGE.identify([head, science])
    science["CCDCHIP"] = 2
    assert not FITS_IMAGE.identify([head, science])


def test_every_other_reader_goes_before_the_one_of_plain_images():
    READERS.register("mine", Reader("mine", "", lambda headers: True, FITS_IMAGE.read))
    try:
        assert find_reader([image_with().header]).name == "mine"
    finally:
        READERS.unregister("mine")
    assert find_reader([image_with().header]) is FITS_IMAGE


def test_a_file_cut_short_behind_its_frame_costs_a_warning():
    hdus = fits.HDUList([fits.PrimaryHDU(IMAGE), fits.ImageHDU(np.zeros((90, 90)), name="PSF")])
    with pytest.warns(FrameWarning, match=r"damaged.*truncated"):
        (frame,) = read_frames(_bytes(hdus)[:-BLOCK])
    assert np.array_equal(frame.data, IMAGE)


def test_a_cutout_of_acs_that_is_not_drizzled_is_matched():
    assert FITS_IMAGE.identify([image_with(INSTRUME="ACS", DETECTOR="WFC").header])


def test_a_calibrated_image_in_the_primary_hdu_is_a_plain_image():
    cards = {"TELESCOP": "HST", "INSTRUME": "ACS", "DETECTOR": "WFC", "EXTNAME": "SCI", "CCDCHIP": 2}
    (frame,) = read_frames(fits.HDUList([image_with(**cards)]))
    assert (frame.meta["ACREADER"], frame.meta["ACCHIP"]) == ("fits-image", 2)
