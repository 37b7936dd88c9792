"""A frame's picture is in the frame's pixels, robust, and turned the right way on the sky."""

import numpy as np
import pytest
from astropy.nddata import CCDData
from astropy.wcs import WCS

from astroclassify.core import FrameError, ParameterError
from astroclassify.visualization import plot_frame
from astroclassify.visualization._frame import block_means
from astroclassify.visualization._sky import sky_directions


def tan_wcs(*, angle=0.0):
    """Make a TAN projection with north at ``angle`` degrees from +y, and east to the left of it."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = 83.8, -5.4
    wcs.wcs.crpix = 50, 40
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    wcs.wcs.cd = 1.4e-5 * np.array([[-cosine, -sine], [-sine, cosine]])
    return wcs


@pytest.fixture
def sky():
    return np.random.default_rng(3).normal(100, 5, (80, 100)).astype("float32")


def test_the_axes_are_the_pixels_of_the_frame(sky):
    large = np.tile(sky, (30, 20))
    image = plot_frame(large).get_images()[0]
    assert max(image.get_array().shape) <= 1024
    assert image.get_extent() == [-0.5, large.shape[1] - 0.5, -0.5, large.shape[0] - 0.5]


def test_masked_pixels_do_not_change_the_stretch(sky):
    mask = np.zeros(sky.shape, dtype=bool)
    mask[10:20, 10:20] = True
    spoiled = np.where(mask, 1e9, sky)
    clean, masked = (plot_frame(CCDData(data, unit="adu", mask=mask)) for data in (sky, spoiled))
    limits = [ax.get_images()[0].get_clim() for ax in (clean, masked)]
    assert limits[0] == limits[1]


def test_hot_pixels_do_not_set_the_brightness(sky):
    spoiled = sky.copy()
    spoiled[5, 5] = 1e9
    assert plot_frame(spoiled).get_images()[0].get_clim()[1] < 1000


def test_a_constant_frame_can_be_shown():
    plot_frame(np.full((16, 16), 7.0)).figure.canvas.draw()


def test_zscale_is_a_choice(sky):
    low, high = plot_frame(sky, stretch="zscale").get_images()[0].get_clim()
    assert 80 < low < 100 < high < 120


def test_an_unknown_stretch_is_refused(sky):
    with pytest.raises(ParameterError, match="asinh"):
        plot_frame(sky, stretch="log")


def test_a_frame_without_good_pixels_is_refused(sky):
    with pytest.raises(FrameError):
        plot_frame(np.full_like(sky, np.nan))


def test_the_compass_is_drawn_only_where_the_sky_is_known(sky):
    with_wcs = plot_frame(CCDData(sky, unit="adu", wcs=tan_wcs()))
    without = plot_frame(CCDData(sky, unit="adu"))
    assert {text.get_text() for text in with_wcs.texts} >= {"N", "E"}
    assert not without.texts


@pytest.mark.parametrize("angle", [0, 30, 135])
def test_north_and_east_point_where_the_wcs_says(angle, sky):
    north, east = sky_directions(tan_wcs(angle=angle), sky.shape)
    radians = np.radians(angle)
    np.testing.assert_allclose(north, [-np.sin(radians), np.cos(radians)], atol=1e-3)
    np.testing.assert_allclose(east, [-np.cos(radians), -np.sin(radians)], atol=1e-3)


def test_block_means_leave_out_what_is_not_finite():
    image = np.array([[1.0, 3.0, np.nan, np.nan], [np.nan, 5.0, np.nan, np.nan]])
    np.testing.assert_array_equal(block_means(image, largest_side=2), [[3.0, np.nan]])


def test_block_means_keep_the_mean_of_a_frame_that_blocks_divide(sky):
    assert block_means(sky, largest_side=50).mean() == pytest.approx(sky.mean(), rel=1e-5)
