"""Any frame becomes float32 with NaN on unusable pixels, or a clear error."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, NDData
from astropy.utils.masked import Masked
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.core import FrameError
from astroclassify.preprocess import MINIMUM_SIDE, frame_array

REAL_TYPES = ["u1", "i1", "<u2", ">u2", ">i2", ">i4", "<i8", "u8", "f2", ">f4", "<f8", ">f8", "f16"]
SHAPE = (18, 20)


def counts(dtype="f4"):
    return (np.arange(360) % 100).reshape(SHAPE).astype(dtype)


@pytest.mark.parametrize("dtype", REAL_TYPES)
def test_every_real_type_becomes_native_float32_with_its_values(dtype):
    array = frame_array(counts(dtype))
    assert array.dtype == np.dtype("=f4")
    assert array.flags.c_contiguous
    assert np.array_equal(array, counts())


@pytest.mark.parametrize("dtype", [bool, complex, object, "U4", "M8[s]", [("a", "f4")]])
def test_what_is_not_a_real_number_is_refused(dtype):
    with pytest.raises(FrameError, match="real numbers"):
        frame_array(np.zeros(SHAPE, dtype=dtype))


@pytest.mark.parametrize("shape", [(), (5,), (3, 20, 30), (1, 20, 30, 1)])
def test_a_wrong_number_of_axes_names_the_shape(shape):
    with pytest.raises(FrameError) as caught:
        frame_array(np.ones(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("shape", [(0, 0), (0, 100), (MINIMUM_SIDE - 1, 100), (100, 1)])
def test_too_small_a_frame_names_the_shape(shape):
    with pytest.raises(FrameError, match="at least") as caught:
        frame_array(np.ones(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_frame_without_a_usable_pixel_is_refused(value):
    with pytest.raises(FrameError, match="no usable pixel"):
        frame_array(np.full(SHAPE, value))


@pytest.mark.parametrize("factor", [1e-300, 1e-40, 1e30, 1e300])
def test_values_that_float32_cannot_hold_are_scaled_by_a_power_of_two(factor):
    ratio = (frame_array(counts("f8") * factor) / np.maximum(counts(), 1))[:, 2:90]
    ratio = float(ratio[ratio > 0][0])
    np.testing.assert_allclose(frame_array(counts("f8") * factor), ratio * counts(), rtol=1e-6)
    power = np.log2(factor / ratio)
    assert power == pytest.approx(np.rint(power), abs=1e-5)


def test_a_level_that_float32_cannot_hold_is_subtracted():
    array = frame_array(counts("f8") + 1e12)
    np.testing.assert_array_equal(array - array[0, 0], counts())


@pytest.mark.parametrize("thing", [None, 3, "text", [[1, 2]], {}, fits.PrimaryHDU()])
def test_what_is_not_a_frame_is_refused_by_type(thing):
    with pytest.raises(FrameError, match=type(thing).__name__):
        frame_array(thing)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data, mask: CCDData(data, unit="adu", mask=mask),
        lambda data, mask: NDData(data, mask=mask),
        lambda data, mask: NDData(data, mask=mask.astype(int) * 64),
        lambda data, mask: np.ma.masked_array(data, mask=mask, fill_value=-1),
        lambda data, mask: NDData(np.ma.masked_array(data, mask=mask)),
        lambda data, mask: Masked(data, mask=mask),
        lambda data, mask: Masked(data * u.electron, mask=mask),
    ],
)
def test_masked_pixels_are_nan_whoever_masks_them(wrap):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[2, 3] = mask[17, 0] = True
    array = frame_array(wrap(counts(), mask))
    assert np.array_equal(np.isnan(array), mask)
    assert np.array_equal(array[~mask], counts()[~mask])


@pytest.mark.parametrize("unit", ["adu", "electron / s", "erg / (s cm2 Angstrom)", ""])
def test_any_unit_is_taken_as_it_is(unit):
    assert np.array_equal(frame_array(u.Quantity(counts(), unit)), counts())
    assert np.array_equal(frame_array(CCDData(counts(), unit=unit)), counts())


def test_infinite_and_unrepresentable_values_are_nan_without_a_warning():
    data = counts("f8")
    data[0, :4] = [np.inf, -np.inf, 1e39, np.nan]
    assert np.isnan(frame_array(data)[0]).tolist() == [True] * 4 + [False] * 16


def test_scaled_unsigned_integers_of_a_file_keep_their_values(tmp_path):
    raw = np.full(SHAPE, 65535, dtype="u2")
    raw[0, 0] = 0
    fits.PrimaryHDU(raw).writeto(tmp_path / "raw.fits")  # BITPIX 16, BZERO 32768
    with fits.open(tmp_path / "raw.fits") as hdulist:
        array = frame_array(hdulist[0].data)
    assert (array[0, 0], array[0, 1]) == (0, 65535)


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(FrameError, match="mask"):
        frame_array(NDData(counts(), mask=np.zeros((2, 2), dtype=bool)))


def test_transposed_and_strided_frames_become_contiguous():
    data = np.arange(1600.0).reshape(40, 40)
    assert np.array_equal(frame_array(data.T), data.T)
    assert frame_array(data[::2, ::2]).flags.c_contiguous


def test_the_users_pixels_are_never_written_to():
    clean, holed = counts(), counts()
    holed[0, 0] = np.inf
    result = frame_array(clean)
    with pytest.raises(ValueError, match="read-only"):
        result[0, 0] = 5
    frame_array(holed)
    assert np.isinf(holed[0, 0])
    clean[0, 0] = 1  # the user's own array stays writeable


def _ordinary(data):
    with np.errstate(invalid="ignore"):
        return (np.abs(data) > 1e-15) & (np.abs(data) < 1e4)


@given(
    hnp.arrays(
        st.sampled_from([np.dtype(t) for t in ("u2", ">i4", "f4", ">f8")]),
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=16, max_side=20),
    )
)
def test_finite_pixels_survive_and_all_others_are_nan(data):
    data = np.where(_ordinary(data), data, np.array(np.nan if data.dtype.kind == "f" else 1, data.dtype))
    expected = data.astype("f4")
    expected[~np.isfinite(expected)] = np.nan
    if np.isnan(expected).all():
        with pytest.raises(FrameError):
            frame_array(data)
    else:
        assert np.array_equal(frame_array(data), expected, equal_nan=True)
