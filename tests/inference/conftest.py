"""Models whose answers are known, without a weights file."""

import numpy as np
import pytest
import torch

from astroclassify.models import Calibration, Model, ModelOutput, ModelSpec

FINE = ("galaxy", "nebula", "star cluster", "field")


class Additive(torch.nn.Module):
    """Logits that are the sums of an evidence map: a convolution, summed."""

    def __init__(self, classes):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.layers = torch.nn.Conv2d(1, classes, 4, stride=4)

    def examine(self, planes, *, evidence=True):
        maps = self.layers(planes / 1000) / 100
        return ModelOutput(maps.sum(dim=(2, 3)), maps if evidence else None)

    def forward(self, planes):
        return self.examine(planes).logits


class Fixed(torch.nn.Module):
    """The same logits for every frame."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.tensor([logits])

    def forward(self, planes):
        return self.logits.expand(planes.shape[0], -1)


@pytest.fixture
def make_model():
    """Give a function that makes a model around a network (callable)."""

    def made(module, *, classes=FINE, preprocessing="astroclassify.preprocess:counts_planes", **calibration):
        options = {"height": 32, "width": 48} if preprocessing.endswith("counts_planes") else {}
        spec = ModelSpec(
            name="known",
            description="Known answers",
            builder="torch.nn:Identity",
            preprocessing=preprocessing,
            preprocessing_options=options,
            classes=classes,
        )
        return Model(spec, module.eval(), {}, Calibration(**calibration), "no file", "cpu")

    return made


@pytest.fixture
def fixed(make_model):
    """Give a function that makes a model that always gives these logits (callable)."""
    return lambda *logits, **options: make_model(Fixed(logits), **options)


@pytest.fixture
def additive(make_model):
    """Give a model with an evidence map (Model)."""
    return make_model(Additive(len(FINE)))


@pytest.fixture
def frames():
    """Give five frames of different shapes (list of numpy.ndarray)."""
    rng = np.random.default_rng(7)
    shapes = [(64, 64), (32, 48), (100, 70), (33, 49), (64, 64)]
    return [rng.normal(1000, 50, shape).astype("f4") for shape in shapes]
