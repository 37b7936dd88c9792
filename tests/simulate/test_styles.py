"""Styles of photographs: the same picture, shown as other people would show it."""

import numpy as np
import pytest

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.simulate import STYLES, restyle


@pytest.fixture
def picture():
    y, x = np.mgrid[-1:1:80j, -1:1:100j]
    stars = np.random.default_rng(1).random((80, 100)) > 0.995
    return np.round(255 * np.clip(np.exp(-5 * np.hypot(y, x)) + stars, 0, 1)).astype(np.float32)


@pytest.mark.parametrize("style", STYLES)
def test_a_style_gives_grey_levels_of_the_same_shape(picture, style):
    for seed in range(5):
        shown = restyle(picture, seed, style=style)
        assert shown.shape == picture.shape
        assert shown.dtype == np.float32
        assert np.isfinite(shown).all()
        assert shown.min() >= 0
        assert shown.max() <= 255
        np.testing.assert_array_equal(shown, np.round(shown))


@pytest.mark.parametrize("style", STYLES)
def test_a_style_changes_the_picture_and_the_same_seed_does_it_alike(picture, style):
    one, again, other = (restyle(picture, seed, style=style) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, picture)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("style", sorted(set(STYLES) - {"chart"}))
def test_what_is_bright_stays_brighter_than_the_sky(picture, style):
    middle, corner = np.s_[35:45, 45:55], np.s_[15:25, 15:25]
    shown = np.mean([restyle(picture, seed, style=style) for seed in range(8)], axis=0)
    assert shown[middle].mean() > shown[corner].mean()


def test_a_chart_is_black_on_white(picture):
    shown = restyle(picture, 1, style="chart")
    assert shown[38:42, 48:52].mean() < shown[15:25, 15:25].mean()


def test_a_style_nobody_knows_is_refused_with_a_list(picture):
    with pytest.raises(UnknownNameError, match="there is no style 'sepia'; there are press picture"):
        restyle(picture, 1, style="sepia")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(np.full((64, 64), np.nan), "4096 pixels that are not finite"), (np.ones((1, 40)), "1 x 40 pixels")],
)
def test_what_is_no_picture_is_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        restyle(wrong, 1)


@pytest.mark.parametrize("level", [0.0, 255.0])
def test_pictures_of_one_level_stay_finite(level):
    flat = np.full((64, 64), level, np.float32)
    for style in STYLES:
        assert np.isfinite(restyle(flat, 2, style=style)).all()
