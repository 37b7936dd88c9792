"""Labels and losses, augmentation and recipes."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.models import allowed_classes
from astroclassify.preprocess import pixel_noise
from astroclassify.training import (
    PRESETS,
    Augmentation,
    Recipe,
    partial_cross_entropy,
)

FOUR = ("galaxy", "nebula", "star cluster", "field")
TWO = ("galaxy", "nsc")


@pytest.mark.parametrize(
    ("label", "classes", "right"),
    [
        ("galaxy", FOUR, ["galaxy"]),
        ("NSC", FOUR, ["nebula", "star cluster"]),
        ("nebula", FOUR, ["nebula"]),
        ("star cluster", TWO, ["nsc"]),
        ("NSC ", TWO, ["nsc"]),
        ("field", TWO, []),
        ("field", FOUR, ["field"]),
    ],
)
def test_a_label_allows_the_classes_that_it_covers(label, classes, right):
    assert [
        name for name, is_right in zip(classes, allowed_classes(label, classes), strict=True) if is_right
    ] == right


def test_an_unknown_label_is_refused():
    with pytest.raises(ParameterError, match="quasar"):
        allowed_classes("quasar", TWO)


def test_the_loss_of_one_class_is_the_cross_entropy():
    logits, labels = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 4
    allowed = torch.nn.functional.one_hot(labels, 4).bool()
    for smoothing in (0.0, 0.1):
        expected = torch.nn.functional.cross_entropy(
            logits, labels, label_smoothing=smoothing, reduction="none"
        )
        torch.testing.assert_close(partial_cross_entropy(logits, allowed, smoothing=smoothing), expected)


def test_the_loss_of_two_classes_is_that_of_their_summed_probability():
    logits = torch.tensor([[1.0, 2.0, 0.5, -1.0]])
    p = torch.softmax(logits, 1)[0]
    loss = partial_cross_entropy(logits, torch.tensor([[False, True, True, False]]))
    torch.testing.assert_close(loss[0], -torch.log(p[1] + p[2]))


def test_a_frame_that_shows_nothing_asks_for_no_preference():
    logits = torch.zeros(1, 4, requires_grad=True)
    partial_cross_entropy(logits, torch.zeros(1, 4, dtype=bool)).sum().backward()
    assert torch.equal(logits.grad, torch.zeros(1, 4))
    tilted = torch.tensor([[3.0, 0.0, 0.0, 0.0]])
    assert partial_cross_entropy(tilted, torch.zeros(1, 4, dtype=bool)) > np.log(4)


# Augmentation --------------------------------------------------------------------------------

CHANGES = ("crop", "blur", "noise", "brightness", "dropped_amplifier", "cosmic_rays")


def changed(name, array, seed=0):
    (change,), axes = replace(Augmentation(flips=0.0), **{name: 1.0}).draw(np.random.default_rng(seed))
    assert axes == ()
    return change(array, np.random.default_rng(seed))


@pytest.fixture
def array():
    array = np.random.default_rng(3).normal(100, 5, (80, 120)).astype(np.float32)
    array[10:20, 10:20] = np.nan
    return array


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_the_same_for_the_same_seed_and_leaves_its_input(name, array):
    before = array.copy()
    first, second, other = (changed(name, array, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(array, before)
    assert first.dtype == np.float32
    assert first.shape != other.shape or not np.array_equal(first, other, equal_nan=True)
    assert np.isfinite(first).any()


def test_changes_do_what_they_are_called(array):
    noise = pixel_noise(array)
    assert noise == pytest.approx(5, rel=0.1)
    assert pixel_noise(changed("blur", array)) < 0.7 * noise
    assert pixel_noise(changed("noise", array)) > noise
    assert np.nanmean(changed("brightness", array)) != pytest.approx(100, rel=0.01)
    lost = np.isnan(changed("dropped_amplifier", array)).mean()
    assert 0.24 < lost < 0.52
    rays = changed("cosmic_rays", array) - array
    assert np.nanmin(rays) == 0
    assert np.nanmax(rays) > 5 * noise
    assert changed("crop", array).shape < array.shape


def test_blur_and_rays_keep_unusable_pixels_unusable(array):
    for name in ("blur", "cosmic_rays", "noise"):
        np.testing.assert_array_equal(np.isnan(changed(name, array)), np.isnan(array))


def test_flips_come_with_their_probability():
    rng, augmentation = np.random.default_rng(0), Augmentation()
    axes = Counter(augmentation.draw(rng)[1] for _ in range(4000))
    assert set(axes) == {(), (1,), (2,), (1, 2)}
    assert all(abs(number / 4000 - 0.25) < 0.03 for number in axes.values())


def test_names_stand_for_augmentations():
    assert Augmentation.of("none") == Augmentation(flips=0.0)
    assert all(getattr(Augmentation.of("all"), name) == 0.3 for name in CHANGES)
    with pytest.raises(ParameterError, match="rotation"):
        Augmentation.of("flips,rotation")
    with pytest.raises(ParameterError, match="blur is 2"):
        Augmentation(blur=2)


# Recipes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs is 0; expected 1 or more"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0; expected more than 0"),
        ({"average": 1.0}, "average is 1.0"),
        ({"optimiser": "adagrad"}, "one of 'sgd', 'adamw'"),
        ({"precision": "float16"}, "one of 'auto', 'float32', 'bfloat16'"),
        ({"epochs": None}, "epochs is None"),
    ],
)
def test_values_of_a_recipe_are_checked(changes, message):
    with pytest.raises(ParameterError, match=message):
        Recipe(**changes)


def test_every_preset_differs_from_the_others():
    assert len({repr(recipe) for recipe in PRESETS.values()}) == len(PRESETS)
