"""Drizzled images: masked where nothing looked, and a noise that the weight map scales."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from astroclassify.core import ParameterError, ReadError, UnsupportedInstrumentError
from astroclassify.io._drizzled import HST_DRIZZLED
from astroclassify.io._reader import ReadOptions

SHAPE = (60, 80)


def drizzled(*, science=None, weight=None, detector="WFC", bunit="ELECTRONS/S", **cards):
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOP="HST", INSTRUME="ACS", DETECTOR=detector, NDRIZIM=4, EXPTIME=2000.0)
    primary.header.update(FILTER1="CLEAR1L", FILTER2="F814W", **cards)
    science = np.ones(SHAPE, "float32") if science is None else science
    hdus = [primary, fits.ImageHDU(science, name="SCI")]
    hdus[1].header["BUNIT"] = bunit
    if weight is not None:
        hdus.append(fits.ImageHDU(weight, name="WHT"))
    hdus.append(fits.ImageHDU(np.ones(SHAPE, "int32"), name="CTX"))
    hdus.append(fits.BinTableHDU.from_columns([fits.Column("A", "E", array=[1.0])], name="HDRTAB"))
    return fits.HDUList(hdus)


def read(hdulist, **options):
    return HST_DRIZZLED.read(hdulist, ReadOptions(source="mosaic_drc.fits", **options))


def test_a_drizzled_file_is_matched_by_its_weight_map_or_its_inputs():
    headers = [hdu.header for hdu in drizzled(weight=np.ones(SHAPE))]
    assert HST_DRIZZLED.identify(headers)
    del headers[0]["NDRIZIM"]
    assert HST_DRIZZLED.identify(headers)


def test_a_cutout_of_chip_minus_999_is_drizzled():
    headers = [hdu.header for hdu in drizzled()[:2]]
    del headers[0]["NDRIZIM"]
    headers[1]["CCDCHIP"] = "-999    "
    assert HST_DRIZZLED.identify(headers)


def test_one_frame_with_unit_filter_and_instrument():
    (frame,) = read(drizzled())
    assert frame.unit == u.electron / u.s
    assert frame.meta["ACBAND"] == "F814W"
    assert frame.meta["ACINSTR"] == "acs-wfc"
    assert "ACCHIP" not in frame.meta


def test_pixels_without_exposure_are_masked():
    weight = np.ones(SHAPE, "float32")
    weight[:3] = 0
    weight[5, 5] = np.nan
    (frame,) = read(drizzled(weight=weight))
    assert frame.mask[:3].all()
    assert frame.mask[5, 5]
    assert frame.mask.sum() == 3 * SHAPE[1] + 1


@pytest.mark.parametrize("factor", [1.0, 500.0, 1e6], ids=["relative", "exposure time", "inverse variance"])
def test_the_uncertainty_of_the_background_is_its_noise_whatever_the_weight_means(factor):
    rng = np.random.default_rng(3)
    relative = np.where(np.arange(400) < 200, 1.0, 4.0) * np.ones((400, 1))
    noise = 0.02 / np.sqrt(relative)
    science = rng.normal(0, noise).astype("float32")
    hdulist = drizzled(science=science, weight=(factor * relative).astype("float32"), bunit="OTHER")
    (frame,) = read(hdulist)
    assert np.allclose(frame.uncertainty.array, noise, rtol=0.03)


def test_a_bright_source_adds_its_photon_noise():
    science = np.random.default_rng(4).normal(0, 0.01, SHAPE).astype("float32")
    science[30, 40] = 50.0
    (frame,) = read(drizzled(science=science, weight=np.full(SHAPE, 2000, "float32")))
    assert np.isclose(frame.uncertainty.array[30, 40], np.sqrt(50 / 2000 + 0.01**2), rtol=0.01)


def test_without_weight_map_there_is_no_uncertainty():
    (frame,) = read(drizzled())
    assert frame.uncertainty is None
    assert "No weight map" in str(frame.meta["HISTORY"])


def test_a_stamp_with_its_image_in_the_primary_is_read():
    hdu = fits.PrimaryHDU(np.ones(SHAPE, "float32"))
    hdu.header.update(INSTRUME="WFC3", DETECTOR="UVIS", NDRIZIM=8, BUNIT="ELECTRONS", FILTER="F606W")
    (frame,) = read(fits.HDUList([hdu]))
    assert frame.unit == u.electron
    assert frame.meta["ACINSTR"] == "wfc3-uvis"


def test_an_unsupported_detector_is_named():
    with pytest.raises(UnsupportedInstrumentError, match="ACS/SBC"):
        read(drizzled(detector="SBC"))


def test_asking_for_a_chip_is_an_error():
    with pytest.raises(ParameterError, match="combines the chips"):
        read(drizzled(), chips=(1,))


def test_a_weight_map_of_another_shape_is_an_error():
    with pytest.raises(ReadError, match=r"\(3, 4\); its image has \(60, 80\)"):
        read(drizzled(weight=np.ones((3, 4), "float32")))


def test_a_file_without_science_image_is_an_error():
    hdulist = drizzled()
    del hdulist[1]
    with pytest.raises(ReadError, match="needs a two-dimensional SCI image"):
        read(hdulist)
