"""Small models and labelled frames that need no file and no time."""

from dataclasses import replace

import numpy as np
import pytest

from astroclassify.datasets import LabelledFrame
from astroclassify.models import MODELS
from astroclassify.training import Recipe

#: What makes each shipped model small enough to take a step in no time.
SMALL = {
    "alexnet": {"builder_options": {"hidden": 16}, "size": (64, 96)},
    "vgg16-bn": {"builder_options": {"hidden": 16}, "size": (32, 64)},
}


def small_spec(name):
    """A shipped model that takes small planes; those of any size stay as they are."""
    spec = MODELS[name]
    changes = SMALL.get(name.removesuffix("-resize"), {"size": (32, 64)})
    if "height" in spec.preprocessing_options:
        height, width = changes["size"]
        options = {**spec.preprocessing_options, "height": height, "width": width}
        spec = replace(spec, preprocessing_options=options)
    return replace(spec, builder_options={**spec.builder_options, **changes.get("builder_options", {})})


def made_frames(number=12, *, shape=(48, 96), seed=0, labels=("galaxy", "nsc")):
    """Frames of bodies that show two each: galaxies have a wide patch of light, others points."""
    rng, frames = np.random.default_rng(seed), []
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    for i in range(number):
        label = labels[(i // 2) % len(labels)]
        array = rng.normal(100, 5, shape)
        if label == "galaxy":
            array += 200 * np.exp(-4 * (x**2 + y**2))
        else:
            array[rng.integers(0, shape[0], 40), rng.integers(0, shape[1], 40)] += 2000
        frames.append(LabelledFrame(array.astype(np.float32), label, f"body {i // 2}"))
    return frames


@pytest.fixture
def frames():
    return made_frames()


@pytest.fixture
def quick():
    """A recipe of two epochs of three small steps, exact on the CPU."""
    return Recipe(epochs=2, batch_size=3, precision="float32", learning_rate=1e-3)
