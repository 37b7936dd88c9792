"""XRAI: the fast merge is the slow one, regions are those of the reference, and parts follow the light."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.explain import EXPLAINERS
from astroclassify.explain._merge import merge
from astroclassify.explain._segments import isophotes, members, segments, tiles
from astroclassify.explain._xrai import picture
from astroclassify.models import build_model
from astroclassify.simulate import random_frames

pytest.importorskip("skimage")


def slow_merge(attribution, parts, least):
    """The union as it is written down: every segment is looked at anew each time."""
    values = attribution.ravel().astype(float)
    covered, density = np.zeros(values.size, bool), np.full(values.size, np.nan)
    left = dict(enumerate(parts))
    while True:
        new = {number: part[~covered[part]] for number, part in left.items()}
        new = {number: cells for number, cells in new.items() if len(cells) >= max(least, 1)}
        if not new:
            break
        best = max(new, key=lambda number: values[new[number]].mean())
        density[new[best]] = values[new[best]].mean()
        covered[new[best]] = True
        left = {number: left[number] for number in new if number != best}
    density[~covered] = values[~covered].mean() if not covered.all() else 0
    return density.reshape(attribution.shape)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_the_merge_is_the_greedy_union_exactly(seed, least):
    rng = np.random.default_rng(seed)
    attribution = rng.normal(size=(7, 9))
    parts = [np.flatnonzero(rng.random(63) < rng.uniform(0.05, 0.6)) for _ in range(rng.integers(1, 12))]
    parts = [part for part in parts if len(part)]
    found = merge(attribution, parts, least=least)
    assert found.density == pytest.approx(slow_merge(attribution, parts, least))
    assert found.density.sum() == pytest.approx(attribution.sum())


def test_ranks_are_in_the_order_of_means_and_what_is_in_no_segment_comes_last():
    attribution = np.array([[1.0, 5.0, 9.0, 7.0]])
    found = merge(attribution, [np.array([0]), np.array([1, 3])])
    assert found.ranks.tolist() == [[2, 1, 3, 1]]


def test_our_regions_are_those_of_the_reference_at_its_own_settings():
    reference = pytest.importorskip("saliency.core")
    from saliency.core.xrai import _normalize_image

    (simulated,) = random_frames(7, kind="spiral", shape=(224, 224))
    light = np.nan_to_num(np.arcsinh(simulated.array / 30))
    image = np.repeat(light[..., None], 3, axis=2)
    rng = np.random.default_rng(4)
    attribution = light * rng.normal(0.3, 1.0, light.shape)
    theirs = reference.XRAI().GetMask(
        image, None, base_attribution=np.repeat(attribution[..., None], 3, axis=2)
    )
    stretched = _normalize_image(image, [-1.0, 1.0])
    labels = segments(stretched, scales=(50, 100, 150, 250, 500, 1200), least=150)
    parts = [part for each in labels for part in members(each, grown=5)]
    ours = merge(attribution, parts, least=50).density
    for share in (0.1, 0.2, 0.3):
        one, other = (each >= np.quantile(each, 1 - share) for each in (ours, theirs))
        assert (one & other).sum() / (one | other).sum() >= 0.95


def test_members_hold_each_part_and_grow_as_a_disk():
    labels = np.zeros((9, 9), dtype=int)
    labels[4, 4], labels[0, 0] = 1, 2
    one, other = members(labels)
    assert (one.tolist(), other.tolist()) == ([40], [0])
    grown = np.zeros(81, bool)
    grown[members(labels, grown=2)[0]] = True
    y, x = np.indices((9, 9)) - 4
    assert np.array_equal(grown.reshape(9, 9), y**2 + x**2 <= 4)


def test_isophotes_follow_the_light_of_a_star_and_leave_the_sky_out():
    y, x = np.indices((64, 64)) - 32
    image = 500 * np.exp(-(y**2 + x**2) / 18) + np.random.default_rng(1).normal(0, 1, (64, 64))
    found = isophotes(image)
    assert len(found) >= 5
    outer, inner = (np.count_nonzero(labels == labels[32, 32]) for labels in (found[0], found[-1]))
    assert inner < outer < 0.1 * image.size
    assert all(labels[32, 32] for labels in found)


def test_a_frame_without_any_light_has_no_isophotes():
    assert isophotes(np.zeros((20, 30))) == []


def test_tiles_cover_all():
    found = tiles((30, 64))
    assert found.min() == 1
    assert sum(len(part) for part in members(found)) == 30 * 64


@pytest.mark.parametrize("shape", [(64, 64), (1025, 300), (700, 1100)])
def test_a_picture_has_equal_cells_where_the_frame_has_them(shape):
    y, _ = np.indices(shape, dtype=np.float32)
    y[:2, :2] = np.nan
    small = picture(y, 512)
    assert max(small.shape) <= 512
    middles = (np.arange(small.shape[0]) + 0.5) * shape[0] / small.shape[0] - 0.5
    assert np.abs(small[:, -1] - middles).max() <= shape[0] / small.shape[0]


def test_the_sum_stays_that_of_integrated_gradients_and_regions_are_ranked_by_their_mean():
    model = build_model("patchnet")
    frame = random_frames(5, shape=(128, 160))[0].array
    options = {"target": "galaxy", "steps": 4, "flips": False}
    heat = EXPLAINERS["xrai"].explain(model, frame, **options)
    parts = EXPLAINERS["integrated-gradients"].explain(model, frame, **options)
    assert heat.data.sum() == pytest.approx(parts.data.sum(), abs=1e-3)
    values = [heat.data[heat.flags == rank].mean() for rank in range(1, heat.flags.max())]
    assert np.all(np.diff(values) <= 1e-6)


def test_black_and_white_is_the_mean_of_both(smooth):
    frame = np.random.default_rng(2).normal(0, 1, (32, 48)).astype(np.float32)
    sums = {
        name: EXPLAINERS["xrai"].explain(smooth, frame, target="galaxy", baseline=name).data.sum()
        for name in ("black", "white", "black-and-white")
    }
    assert sums["black-and-white"] == pytest.approx((sums["black"] + sums["white"]) / 2, abs=1e-4)
