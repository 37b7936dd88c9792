"""Occlusion and Grad-CAM++ give what their papers write down."""

import dataclasses

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.explain import EXPLAINERS
from astroclassify.explain._grad_cam import grad_cam, last_maps
from astroclassify.explain._occlusion import _squares
from astroclassify.explain._seen import see
from astroclassify.models import MODELS, Calibration, Model, built_module


def test_covering_the_only_light_costs_the_whole_answer(brightness, spot):
    heat = EXPLAINERS["occlusion"].explain(brightness, spot, target="galaxy", squares=8)
    y, x = np.unravel_index(heat.data.argmax(), heat.data.shape)
    assert (abs(y - 20.5), abs(x - 10.5)) < (6, 6)
    assert heat.data[:8, 24:].max() == 0  # where no square reaches the light
    against = EXPLAINERS["occlusion"].explain(brightness, spot, target="nsc", squares=8)
    assert np.allclose(against.data, -heat.data)


def test_a_grid_finer_than_the_planes_is_refused_before_hours_of_computing(brightness, spot):
    with pytest.raises(ParameterError, match="squares is 1000000; expected"):
        EXPLAINERS["occlusion"].explain(brightness, spot, target="galaxy", squares=10**6)


@pytest.mark.parametrize("shape", [(32, 48), (17, 5), (100, 100), (33, 300), (300, 1)])
def test_squares_cover_every_cell_overlap_by_half_and_are_alike_in_area(shape):
    covered = np.zeros(shape)
    for place in _squares(shape, 8):
        covered[place] += 1
    assert covered.min() >= 1
    assert covered.max() == (4 if min(shape) >= 3 * max(shape) / 8 else 2)
    areas = [covered[place].size for place in _squares(shape, 8)]
    assert max(areas) <= 1.5 * min(areas)


def test_the_weights_are_those_of_the_derivatives_of_the_exponential():
    # Chattopadhyay et al., eq. 19, from derivatives of Y = exp(S) that autograd takes one after the other.
    rng = np.random.default_rng(3)
    maps = torch.tensor(rng.random((2, 3, 4)), requires_grad=True)
    slopes = torch.tensor(rng.normal(size=(2, 3, 4)))
    score = torch.exp((maps * slopes).sum())
    derivatives = []
    for cell in (0, 7):  # each derivative of a cell by itself
        value = score
        for _ in range(3):
            (gradient,) = torch.autograd.grad(value, maps, create_graph=True)
            value = gradient.flatten()[cell]
            derivatives.append(value.item())
    first, second, third = ((slopes**power * score).detach() for power in (1, 2, 3))
    assert np.allclose(
        derivatives, [each.flatten()[cell] for cell in (0, 7) for each in (first, second, third)]
    )
    alpha = second / (2 * second + maps.detach().sum(dim=(1, 2), keepdim=True) * third)
    weights = (alpha * torch.relu(first)).sum(dim=(1, 2))
    expected = torch.relu((weights[:, None, None] * maps.detach()).sum(dim=0)) / score.detach()
    assert np.allclose(grad_cam(maps.detach().numpy(), slopes.numpy()), expected.numpy())


LAST = {
    "patchnet": "dropout",
    "resnet18-resize": "trunk",
    "resnet50": "trunk",
}


@pytest.mark.parametrize(("name", "layer"), LAST.items())
def test_the_last_maps_are_those_after_the_last_block(name, layer):
    spec = MODELS[name]
    grid = {"height": 64, "width": 96} if "height" in spec.preprocessing_options else {}
    spec = dataclasses.replace(spec, preprocessing_options={**spec.preprocessing_options, **grid})
    model = Model(spec, built_module(spec).eval(), {}, Calibration(), "untrained", "cpu")
    frame = np.random.default_rng(1).normal(100, 5, (64, 96)).astype("f4")
    assert last_maps(see(model, frame, "nsc", flips=False)) == layer


def test_a_layer_can_be_chosen_and_one_that_is_not_there_is_refused(smooth):
    frame = np.random.default_rng(2).normal(0, 1, (32, 48)).astype(np.float32)
    heat = EXPLAINERS["grad-cam++"].explain(smooth, frame, target="galaxy", layer="1")
    assert heat.meta["ACLAYER"] == "1"
    assert heat.data.shape == (16, 24)
    assert heat.data.min() >= 0
    with pytest.raises(ParameterError, match="no layer 'trunk'"):
        EXPLAINERS["grad-cam++"].explain(smooth, frame, target="galaxy", layer="trunk")


def test_a_network_without_convolutions_is_refused(brightness, spot):
    with pytest.raises(ParameterError, match="no convolution"):
        EXPLAINERS["grad-cam++"].explain(brightness, spot, target="galaxy")


def test_views_are_turned_back_before_they_are_averaged(smooth, make_model):
    frame = np.random.default_rng(2).normal(0, 1, (32, 48)).astype(np.float32)
    upright = EXPLAINERS["grad-cam++"].explain(smooth, frame, target="galaxy", flips=True)
    mirrored = EXPLAINERS["grad-cam++"].explain(smooth, frame[:, ::-1].copy(), target="galaxy", flips=True)
    assert np.allclose(upright.data[:, ::-1], mirrored.data, atol=1e-5 * upright.data.max())
