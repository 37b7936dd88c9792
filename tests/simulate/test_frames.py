"""Training frames: what `random_frames` promises to those who train on them."""

import numpy as np
import pytest
from scipy.ndimage import label

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.simulate import CLASSES, KINDS, RandomStreams, random_frames
from astroclassify.simulate._frames import _isophote, linear_frame, photograph


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_frames(kind):
    for seed in range(3):
        for frame in random_frames(seed, shape=(64, 80), kind=kind, renderings=2):
            assert frame.array.shape == (64, 80)
            assert frame.array.dtype == np.float32
            assert (frame.label, frame.kind) == (KINDS[kind].label, kind)
            assert np.isfinite(frame.array).mean() > 0.2
            assert not np.isinf(frame.array).any()


@pytest.mark.parametrize("label", CLASSES)
def test_a_label_asked_for_is_given(label):
    assert {random_frames(seed, shape=(32, 32), label=label)[0].label for seed in range(5)} == {label}


def test_all_classes_come_by_chance():
    assert {random_frames(seed, shape=(32, 32))[0].label for seed in range(60)} == set(CLASSES)


def test_same_seed_gives_the_same_frame_and_another_seed_another():
    one, again, other = (random_frames(seed, kind="emission")[0].array for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other, equal_nan=True)


def test_a_generator_moves_on():
    rng = np.random.default_rng(1)
    first, second = (random_frames(rng, shape=(40, 40), kind="globular")[0].array for _ in range(2))
    assert not np.array_equal(first, second, equal_nan=True)


def test_renderings_show_the_same_body_differently():
    first, second = random_frames(8, renderings=2)
    assert first.kind == second.kind
    assert not np.array_equal(first.array, second.array, equal_nan=True)


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"spyral.*spiral"):
        random_frames(1, kind="spyral")


@pytest.mark.parametrize(
    ("name", "value"), [("shape", (6, 6)), ("shape", {64, 80}), ("shown", np.zeros(3)), ("shown", "painted")]
)
def test_what_cannot_be_is_told_by_its_name(name, value):
    with pytest.raises(ParameterError, match=rf"^{name}.* is .*expected"):
        random_frames(1, **{name: value})


@pytest.mark.parametrize("seed", range(12))
def test_the_smallest_frames_are_drawn(seed):
    assert random_frames(seed, shape=(8, 8))[0].array.shape == (8, 8)


def test_hardly_a_frame_is_blank():
    frames = [random_frames(seed, shape=(64, 64))[0].array for seed in range(80)]
    blank = sum(np.nanmax(frame) == np.nanmin(frame) for frame in frames)
    assert blank <= 2


def test_photographs_are_8_bit_pictures():
    image = np.random.default_rng(0).random((50, 60), dtype=np.float32)
    for seed in range(10):
        picture = photograph(image, RandomStreams(seed))
        assert picture.dtype == np.float32
        assert 0 <= picture.min() <= picture.max() <= 255
        np.testing.assert_array_equal(picture, np.round(picture))


def test_a_brighter_scene_makes_a_brighter_linear_frame():
    y, x = np.mgrid[:60, :60]
    image = np.exp(-((y - 30.0) ** 2 + (x - 30.0) ** 2) / 50).astype(np.float32)
    contrast = []
    for seed in range(30):
        frame = linear_frame(image, RandomStreams(seed))
        inside, outside = frame[image > 0.5], frame[image < 1e-3]
        if np.isfinite(frame).all() and outside.std() > 0:
            contrast.append((inside.mean() - outside.mean()) / outside.std())
    assert np.median(contrast) > 1


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_isophote_holds_its_share_of_the_light(share):
    light = np.random.default_rng(2).exponential(size=(50, 60)).astype(np.float32)
    level = _isophote(light, share)
    assert light[light > level].sum() / light.sum() == pytest.approx(share, abs=0.01)


def test_cosmic_rays_gaps_and_both_ways_of_showing_occur():
    frames = [random_frames(seed, shape=(48, 48), kind="elliptical")[0].array for seed in range(60)]
    pictures = [
        f for f in frames if np.isfinite(f).all() and f.min() >= 0 and f.max() <= 255 and (f % 1 == 0).all()
    ]
    assert 15 < len(pictures) < 45
    assert any(np.isnan(frame).any() for frame in frames)


def test_a_centred_body_is_whole_and_in_the_middle():
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    for seed in range(4):
        (frame,) = random_frames(seed, shape=(64, 64), kind="elliptical", shown="photograph", centred=True)
        light = frame.array - np.median(frame.array)
        assert np.corrcoef(light.ravel(), -np.hypot(y, x).ravel())[0, 1] > 0.2


def test_little_of_most_photographs_is_burnt_out():
    y, x = np.mgrid[-3:3:80j, -3:3:80j]
    image = (10 * np.exp(-3 * np.hypot(y, x))).astype(np.float32)  # a third of its light lies above 1
    burnt = [(photograph(image, RandomStreams(seed)) >= 255).mean() for seed in range(40)]
    assert np.quantile(burnt, 0.6) < 0.018  # 0.025 where white lies anywhere


def test_bright_stars_of_clusters_are_burnt_out_into_disks():
    largest = []
    for seed in range(20):
        (frame,) = random_frames(seed, shape=(128, 128), kind="open", shown="photograph", centred=True)
        groups, _ = label(frame.array >= 0.98 * frame.array.max())
        largest.append(np.bincount(groups.ravel())[1:].max())
    assert np.median(largest) > 22  # pixels: 31; 15 where no star may outshine its cluster's others
