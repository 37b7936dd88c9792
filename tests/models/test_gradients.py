"""Gradients reach the planes of every family of networks, and the logits are those of the fast network."""

import dataclasses

import pytest
import torch
from safetensors.torch import save_file

from astroclassify.core import PluginError, WeightsError
from astroclassify.models import MODELS, build_model, built_module
from astroclassify.models._optimise import agree
from astroclassify.models.nets import hr_celestialnet
from astroclassify.training._pool import PLANES

SMALL = {
    "alexnet-resize": {"hidden": 16},
    "vgg16-bn-resize": {"hidden": 16, "pooled": (2, 2)},
    "resnet18-resize": {"depth": 18, "pooled": (1, 2)},
    "efficientnet-b0": {},
    "hr-celestialnet": {},
}
SHAPE = (96, 128)


@pytest.fixture
def tiny_hr_celestialnet(monkeypatch):
    """Let HR-CelestialNet end early, so that it takes small planes."""
    monkeypatch.setattr(
        hr_celestialnet, "FEATURES", (("conv", 7, 8), ("pool", 8, 4), ("conv", 3, 16), ("pool", 4, 4))
    )
    monkeypatch.setattr(hr_celestialnet, "FINAL_MAP", (16, 4, 6))


def small(name, folder, **changes):
    """Build a small model of a family, with weights drawn at random."""
    options = {"height": SHAPE[0], "width": SHAPE[1]}
    spec = dataclasses.replace(
        MODELS[name], builder_options=SMALL[name], preprocessing_options=options, **changes
    )
    torch.manual_seed(3)
    path = folder / "weights.safetensors"
    save_file(spec.build().state_dict(), path)
    return build_model(spec, weights=path, precision="float32")  # untrained, rounding may matter


def check(model, planes):
    """Assert that logits with gradients are the fast ones, and that gradients are finite and not zero."""
    planes.requires_grad_()
    logits = model.logits(planes)
    with torch.inference_mode():
        fast = model.module(planes.detach())
    tolerance = {"float32": 1e-3, "bfloat16": 0.05}[model.precision]
    assert agree(logits.detach(), fast, tolerance)
    (logits[:, 0] - logits[:, 1]).sum().backward()
    assert planes.grad.isfinite().all()
    assert planes.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in model.differentiable.parameters())


def test_gradients_reach_the_planes_of_the_default_model():
    check(build_model("patchnet"), torch.rand(2, PLANES, 64, 80))


@pytest.mark.usefixtures("tiny_hr_celestialnet")
@pytest.mark.parametrize("name", SMALL)
def test_gradients_reach_the_planes_of_a_small_network_of_each_family(name, tmp_path):
    check(small(name, tmp_path), 1000 + 100 * torch.rand(1, 1, *SHAPE))


def test_the_network_with_gradients_is_made_once_and_only_when_asked_for():
    model = build_model("patchnet")
    assert "differentiable" not in vars(model)
    assert model.differentiable is model.differentiable
    assert model.differentiable is not model.module


def test_gradients_flow_though_the_caller_is_in_inference_mode_when_the_model_is_built():
    with torch.inference_mode():
        network = build_model("patchnet").differentiable
    planes = torch.rand(1, PLANES, 64, 64, requires_grad=True)
    network(planes).sum().backward()
    assert planes.grad.abs().max() > 0


def test_weights_that_changed_since_are_refused(tmp_path):
    model = small("resnet18-resize", tmp_path)
    save_file(built_module(model.spec).state_dict(), model.path)
    with pytest.raises(WeightsError, match="sha256"):
        model.logits(torch.rand(1, 1, *SHAPE))


def test_a_network_that_answers_otherwise_each_time_is_refused():
    model = build_model("patchnet")
    changed = built_module(model.spec).eval()
    with pytest.raises(PluginError, match="otherwise with gradients"):
        dataclasses.replace(model, module=changed).logits(torch.rand(1, PLANES, 64, 64))
