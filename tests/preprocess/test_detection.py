"""Planes of a detector: units and colours."""

import tracemalloc

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.preprocess import detection_planes

RNG = np.random.default_rng(7)
GREY = RNG.normal(100, 5, (60, 81)).astype(np.float32)


def test_planes_have_the_image_s_pixels():
    assert detection_planes(GREY).shape == (5, 60, 81)
    assert detection_planes(np.repeat(GREY[..., None], 3, axis=2)).shape == (5, 60, 81)


def test_planes_of_a_grey_image_take_little_more_memory_than_they_have():
    image = np.random.default_rng(1).normal(100, 5, (1200, 1200)).astype(np.float32)
    tracemalloc.start()
    detection_planes(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 5 * image.nbytes  # 60 bytes for each pixel, of which the planes are 20


def test_planes_do_not_depend_on_unit_and_level():
    np.testing.assert_allclose(detection_planes(GREY), detection_planes(8 * GREY - 512), atol=1e-3)


def test_grey_images_have_no_colour():
    assert not detection_planes(GREY)[3:].any()
    np.testing.assert_allclose(detection_planes(np.repeat(GREY[..., None], 3, axis=2))[3:], 0, atol=1e-6)


def test_what_is_red_is_red_whatever_the_sky_is():
    image = np.repeat(GREY[..., None], 3, axis=2) + np.array([50, 0, -20], np.float32)
    image[10:30, 10:30, 0] += 200
    red, blue = detection_planes(image)[3:]
    assert red[10:30, 10:30].min() > 0.2
    assert abs(np.median(red)) < 0.02
    assert abs(np.median(blue)) < 0.02


def test_unusable_pixels_give_finite_planes():
    image = np.repeat(GREY[..., None], 3, axis=2)
    image[:20] = np.nan
    assert np.isfinite(detection_planes(image)).all()
    assert np.isfinite(detection_planes(np.full((40, 40, 3), np.nan))).all()


@pytest.mark.parametrize("shape", [(5,), (10, 10, 4), (2, 10, 10)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ParameterError, match=r"expected \(y, x\)"):
        detection_planes(np.zeros(shape))
