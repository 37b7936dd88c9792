"""Networks that are small enough to know what their explanations must be."""

import numpy as np
import pytest
import torch
from astropy.nddata import CCDData
from astropy.wcs import WCS

from astroclassify.models import Calibration, Model, ModelSpec


@pytest.fixture(scope="session")
def make_model():
    """Give a function that makes a model of counts on a grid of 32 x 48 around a network (callable)."""

    def made(module, *, classes=("galaxy", "nsc"), grid=(32, 48), **changes):
        spec = ModelSpec(
            name="known",
            description="Known answers",
            builder="torch.nn:Identity",
            preprocessing="astroclassify.preprocess:counts_planes",
            preprocessing_options={"height": grid[0], "width": grid[1]},
            classes=classes,
            **changes,
        )
        return Model(spec, module.eval(), {}, Calibration(), "no file", "cpu")

    return made


@pytest.fixture(scope="session")
def smooth(make_model):
    """Give a small model without corners: convolution, tanh, mean, linear (Model)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 4, 5, stride=2, padding=2),
            torch.nn.Tanh(),
            torch.nn.AdaptiveAvgPool2d((2, 2)),
            torch.nn.Flatten(),
            torch.nn.Linear(16, 2),
        )
    return make_model(layers)


class Brightness(torch.nn.Module):
    """Galaxy's logit is a hundredth of the sum of all counts, nsc's is 0."""

    def forward(self, planes):
        total = planes.sum(dim=(1, 2, 3)) / 100
        return torch.stack([total, torch.zeros_like(total)], dim=1)


@pytest.fixture(scope="session")
def brightness(make_model):
    """Give a model whose answer is the sum of all pixels (Model)."""
    return make_model(Brightness())


@pytest.fixture
def spot():
    """Give a frame of 64 x 96 with a WCS and one bright square, rows 40:44, columns 20:24 (CCDData)."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [150.0, 2.0], [-1e-5, 1e-5]
    wcs.wcs.crpix = 48.5, 32.5
    pixels = np.zeros((64, 96), dtype=np.float32)
    pixels[40:44, 20:24] = 100.0
    return CCDData(pixels, unit="adu", wcs=wcs)
