"""Calibrated ACS/WFC and WFC3/UVIS frames."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from astroclassify.core import FrameWarning, ReadError, UnsupportedInstrumentError
from astroclassify.io import read_frames


def calibrated(*, shape=(40, 50), instrument=("WFC3", "UVIS"), unit="ELECTRONS"):
    """Build both imsets: pixels, errors and flags tell chip and EXTVER."""
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOP="HST", INSTRUME=instrument[0], DETECTOR=instrument[1], FILTER="F606W")
    hdus = [primary]
    for version, chip in ((1, 2), (2, 1)):
        science = fits.ImageHDU(np.full(shape, chip, "float32"), name="SCI", ver=version)
        science.header.update(CCDCHIP=chip, BUNIT=unit, LTV1=0.0, LTV2=0.0, CRPIX1=5.0, CRPIX2=6.0)
        science.header.update(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=10.0, CRVAL2=20.0, CD1_1=-1e-5)
        science.header.update(CD2_2=1e-5, CD1_2=0.0, CD2_1=0.0)
        flags = np.zeros(shape, "int16")
        flags[chip, 0] = 16
        hdus += [
            science,
            fits.ImageHDU(np.full(shape, 10.0 * chip, "float32"), name="ERR", ver=version),
            fits.ImageHDU(flags, name="DQ", ver=version),
        ]
    return fits.HDUList(hdus)


def test_errors_and_flags_go_with_their_chip():
    for chip, frame in enumerate(read_frames(calibrated()), start=1):
        assert frame.meta["CCDCHIP"] == chip
        assert np.all(frame.data == chip)
        assert np.all(frame.uncertainty.array == 10 * chip)
        assert np.argwhere(frame.mask).tolist() == [[chip, 0]]
        assert frame.flags[chip, 0] == 16


def test_extensions_in_another_order_change_nothing():
    hdulist = calibrated()
    shuffled = fits.HDUList([hdulist[0], *(hdulist[i] for i in (5, 3, 1, 6, 4, 2))])
    for frame, again in zip(read_frames(hdulist), read_frames(shuffled), strict=True):
        np.testing.assert_array_equal(frame.data, again.data)
        np.testing.assert_array_equal(frame.flags, again.flags)
        np.testing.assert_array_equal(frame.uncertainty.array, again.uncertainty.array)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("ELECTRONS", u.electron), ("ELECTRONS/S", u.electron / u.s), ("COUNTS", u.adu), ("", u.electron)],
)
def test_unit_is_that_of_bunit(text, unit):
    assert {frame.unit for frame in read_frames(calibrated(unit=text))} == {unit}


@pytest.mark.parametrize("bit", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384])
def test_documented_bits_mask(bit):
    hdulist = calibrated()
    hdulist["DQ", 1].data[:] = bit
    _, frame = read_frames(hdulist)
    masks = bit in (1, 2, 4, 8, 16, 512, 4096, 8192)
    assert np.all(frame.flags == bit)
    assert frame.mask is not None if masks else frame.mask is None


def test_pixels_that_are_not_finite_are_masked():
    hdulist = calibrated()
    hdulist["SCI", 1].data[3, 4] = np.nan
    hdulist["SCI", 1].data[5, 6] = np.inf
    _, frame = read_frames(hdulist)
    assert frame.mask[3, 4]
    assert frame.mask[5, 6]


def test_constant_errors_and_flags_are_expanded():
    hdulist = calibrated()
    for name, value in (("ERR", 2.5), ("DQ", 64)):
        null = fits.ImageHDU(name=name, ver=2)
        null.header.update(NPIX1=50, NPIX2=40, PIXVALUE=value)
        hdulist[hdulist.index_of((name, 2))] = null
    frame, _ = read_frames(hdulist)
    assert frame.uncertainty.array.shape == frame.flags.shape == frame.shape
    assert np.all(frame.uncertainty.array == 2.5)
    assert np.all(frame.flags == 64)


def test_companions_of_another_size_are_left_out_with_a_warning():
    hdulist = calibrated()
    hdulist["DQ", 1].data = np.zeros((3, 3), "int16")
    with pytest.warns(FrameWarning, match="DQ.*left out"):
        _, frame = read_frames(hdulist)
    assert frame.flags is None


def test_paper_crop_takes_the_rows_away_from_the_gap():
    hdulist = calibrated(shape=(2051, 4096))
    first, second = read_frames(hdulist, rows="paper")
    assert first.shape == second.shape == (2048, 4096)
    assert np.argwhere(second.mask).tolist() == [[2, 0]]  # chip 2 keeps its lower rows
    assert first.mask is None  # the flag of chip 1 was in row 1
    assert first.meta["LTV2"] == -3.0
    assert first.uncertainty.array.shape == (2048, 4096)
    whole = read_frames(hdulist)[0]
    separation = first.wcs.pixel_to_world(9, 10).separation(whole.wcs.pixel_to_world(9, 13))
    assert separation.to_value(u.arcsec) < 1e-6


def test_real_files_keep_their_distortion(shared):
    path = shared / "fits" / "sample_svm_flc.fits"
    frames = read_frames(path)
    with fits.open(path) as hdulist:
        for frame, version in zip(frames, (2, 1), strict=True):
            full = WCS(hdulist["SCI", version].header, fobj=hdulist)
            assert frame.wcs.sip is not None
            assert frame.wcs.cpdis1 is not None
            separation = frame.wcs.pixel_to_world(3, 4).separation(full.pixel_to_world(3, 4))
            assert separation.to_value(u.arcsec) < 1e-6


def test_missing_distortion_tables_cost_a_warning_only(shared):
    with fits.open(shared / "fits" / "sample_svm_flc.fits") as hdulist:
        kept = fits.HDUList([hdu for hdu in hdulist if hdu.name not in ("WCSDVARR", "D2IMARR")])
        with pytest.warns(FrameWarning, match="distortion tables are missing or broken"):
            frames = read_frames(kept)
        for frame in frames:
            assert frame.wcs.sip is not None
            assert frame.wcs.cpdis1 is None


def test_other_detectors_are_refused_by_name():
    with pytest.raises(UnsupportedInstrumentError, match="WFC3/IR"):
        read_frames(calibrated(instrument=("WFC3", "IR")))


def test_an_image_without_pixels_is_refused():
    hdulist = calibrated()
    hdulist["SCI", 1].data = None
    with pytest.raises(ReadError, match=r"\('SCI', 1\) holds no two-dimensional image"):
        read_frames(hdulist)
