"""The planes of diffuse light, flattened light and sources among the default model's input planes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroclassify.preprocess import pixel_noise, working_planes
from astroclassify.preprocess._shrinking import shrunk_by_blocks

_SHAPE = 800, 1200


def _noise(seed=0, shape=_SHAPE):
    return np.random.default_rng(seed).normal(100, 5, shape).astype(np.float32)


def _with_rays(frame, number=3000, seed=1):
    """Wide tracks: of 3 x 3 pixels, which an opening by 2 x 2 leaves, on 3% of the pixels."""
    rng, frame = np.random.default_rng(seed), frame.copy()
    for y, x in zip(*(rng.integers(n - 3, size=number) for n in frame.shape), strict=True):
        frame[y : y + 3, x : x + 3] += 10 ** rng.uniform(1.5, 3.5)
    return frame


def _faint_body(shape=_SHAPE):
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1.5 : 1.5 : shape[1] * 1j]
    return (2 * np.exp(-4 * (x**2 + y**2))).astype(np.float32)  # 0.4 of the noise of a pixel


def _planes(frame, **settings):
    return working_planes(frame, side=min(98, *frame.shape), peaks=True, diffuse=True, **settings)


def test_a_faint_body_shows_through_cosmic_rays():
    body = _faint_body()
    planes = _planes(_with_rays(_noise() + body))
    truth = body.reshape(80, 10, 120, 10).mean(axis=(1, 3)).ravel()
    of_all, of_diffuse = (np.corrcoef(planes[i].ravel(), truth)[0, 1] for i in (0, 5))
    assert of_all < 0.1
    assert of_diffuse > 0.25


def test_diffuse_light_is_as_precise_as_a_mean():
    assert shrunk_by_blocks(_noise(), 10).diffuse.std() == pytest.approx(5 / 10, rel=0.15)
    blocks = shrunk_by_blocks(_with_rays(_noise()), 10)
    assert pixel_noise(blocks.diffuse) < 1.5 * 5 / 10
    assert pixel_noise(blocks.mean) > 3


def test_its_level_rises_by_what_is_added():
    frame = _noise()
    one, other = (shrunk_by_blocks(shown, 8).diffuse for shown in (frame, frame + 7))
    np.testing.assert_allclose(other - one, 7, atol=0.05)


def test_in_small_blocks_all_light_is_diffuse():
    for shape in ((150, 150), (400, 400)):
        planes = working_planes(_noise(shape=shape), side=150, peaks=True, diffuse=True)
        np.testing.assert_array_equal(planes[5], planes[0])
        np.testing.assert_allclose(planes[6], planes[1], atol=0.1)  # flat but for chance
        assert not planes[8].any()


@pytest.mark.parametrize("shape", [(800, 1200), (150, 151)])
def test_what_varies_on_large_scales_is_taken_away(shape):
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1.5 : 1.5 : shape[1] * 1j]
    lit = (60 * np.exp(-(x**2) - y**2) + 20 * x).astype(np.float32)
    flat, bent = (_planes(_noise(shape=shape) + light)[6] for light in (0, lit))
    assert np.abs(bent - flat).mean() < 0.08  # a standard deviation of the noise
    np.testing.assert_allclose(bent.std(), flat.std(), rtol=0.3)


def test_stripes_of_either_amplifier_are_taken_away():
    frame, rng = _noise() + _faint_body(), np.random.default_rng(2)
    striped = frame.copy()
    for part in (slice(0, 600), slice(600, 1200)):
        striped[:, part] += np.repeat(rng.normal(0, 0.8, 80), 10)[:, None].astype(np.float32)
    one, other = (_planes(each)[6] for each in (frame, striped))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95


def test_a_bright_galaxy_seen_edge_on_stays():
    frame = _noise()
    frame[390:420, 100:1100] += 30  # along the rows, over most of both halves
    flat = _planes(frame)[6]
    assert flat[39:42, 15:105].mean() > np.arcsinh(30 / 5 * 10 * 0.7 / 3) / 4


def test_sources_count_alike_however_bright():
    planes = []
    for light in (60, 6000):
        frame = _noise()
        frame[200:203, 200:203] += light
        planes.append(_planes(frame)[8])
    assert planes[0][20, 20] == planes[1][20, 20] == planes[0].max()
    assert np.median(planes[0]) == 0


def test_what_is_masked_has_no_influence():
    frame = _with_rays(_noise() + _faint_body())
    bad = np.random.default_rng(3).random(_SHAPE) < 0.1
    shown = [_planes(np.where(bad, np.float32(value), frame)) for value in (np.nan, np.inf)]
    np.testing.assert_array_equal(*shown)
    assert np.isfinite(shown[0]).all()
    assert np.corrcoef(shown[0][6].ravel(), _planes(frame)[6].ravel())[0, 1] > 0.7


def test_a_step_is_found_in_the_diffuse_light():
    frame = _with_rays(_noise())
    stepped = frame.copy()
    stepped[:, 600:] += 3
    np.testing.assert_allclose(_planes(stepped)[6], _planes(frame)[6], atol=0.05)


def test_frames_without_noise_have_diffuse_light_too():
    smooth = np.tile(np.linspace(0, 1, 1200, dtype=np.float32), (800, 1))
    planes = _planes(smooth)
    assert np.isfinite(planes).all()
    assert (np.diff(planes[5].mean(axis=0)) >= 0).all()
    assert np.isfinite(_planes(np.zeros(_SHAPE, np.float32))).all()


@pytest.mark.parametrize("value", [1e38, -3e38])
@pytest.mark.parametrize("shape", [(150, 150), (800, 1200)])
def test_one_absurd_pixel_changes_little(value, shape):
    frame = _noise(shape=shape)
    absurd = frame.copy()
    absurd[77, 80] = value
    one, other = _planes(frame), _planes(absurd)
    assert np.isfinite(other).all()
    assert np.median(np.abs(one - other)[5:]) < 0.02


@given(st.integers(0, 99), st.floats(0.05, 0.6), st.integers(4, 7))
def test_pixels_beside_unusable_ones_keep_their_light(seed, share, block):
    rng = np.random.default_rng(seed)
    frame = np.full((56, 84), 100.0, np.float32)
    frame[:, 42:] = 200
    frame[rng.random(frame.shape) < share] = np.nan
    blocks = shrunk_by_blocks(frame, block)
    left, right = blocks.mean[:, : 42 // block], blocks.mean[:, -(42 // block) :]
    known = blocks.coverage > 0
    # They were as faint as the frame's median where one lay beside.
    assert np.allclose(left[known[:, : left.shape[1]]], 100)
    assert np.allclose(right[known[:, -right.shape[1] :]], 200)


def test_a_sky_of_few_levels_is_not_full_of_sources():
    rng = np.random.default_rng(3)
    fine = rng.normal(100, 1, (400, 400)).astype(np.float32)
    fine[101:104, 101:104] += 50
    coarse = np.round(fine / 3)  # most neighbours are equal
    assert pixel_noise(coarse) == 0
    sources = shrunk_by_blocks(coarse, 5).sources
    assert sources[20, 20] == sources.max() == np.float32(9 / 25)
    assert np.median(sources) == 0
    assert sources.mean() < 0.02
