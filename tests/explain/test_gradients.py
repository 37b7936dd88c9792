"""Integrated gradients are complete, agree with captum, and take little memory where planes are large."""

import warnings

import numpy as np
import pytest
import torch

from astroclassify.core import FrameWarning, ParameterError, UnknownNameError
from astroclassify.explain import EXPLAINERS
from astroclassify.explain._baselines import BASELINES, baseline_planes
from astroclassify.explain._gradients import attributions
from astroclassify.explain._less_memory import less_memory
from astroclassify.explain._seen import see, target_log_odds
from astroclassify.inference import calibrated_logits, galaxy_probability, predict
from astroclassify.models import build_model
from astroclassify.simulate import random_frames

QUICK = {"steps": 4, "flips": False}


@pytest.fixture(scope="module")
def frame():
    return random_frames(3, shape=(96, 128))[0].array


@pytest.mark.filterwarnings("ignore:4 steps missed")
@pytest.mark.parametrize(("target", "baseline"), [("nsc", "sky"), *(("galaxy", name) for name in BASELINES)])
def test_the_parts_add_up_to_the_difference_of_log_odds(frame, baseline, target):
    model = build_model("patchnet", precision="float32")
    seen = see(model, frame, target, flips=False)
    before, after = seen.many_log_odds([baseline_planes(baseline, seen.planes)[0], seen.planes[0]])
    heat = EXPLAINERS["integrated-gradients"].explain(model, frame, target=target, baseline=baseline, **QUICK)
    assert heat.data.sum() == pytest.approx(after - before, rel=0.01, abs=0.005)
    assert heat.meta["ACBASE"] == baseline


def test_what_is_explained_is_the_answers_log_odds(frame):
    model = build_model("patchnet", precision="float32")
    (said,) = predict(model, [frame])
    galaxy = galaxy_probability(calibrated_logits(said.logits, model.calibration), model.classes)
    for target, sign in (("galaxy", 1), ("nsc", -1)):
        seen = see(model, frame, target)
        assert seen.many_log_odds([seen.planes[0]])[0] == pytest.approx(
            sign * np.log(galaxy / (1 - galaxy)), abs=1e-3
        )


def test_log_odds_do_not_depend_on_field():
    model = build_model("patchnet")
    logits = torch.tensor([[2.0, 1.0, 0.5, -9.0], [2.0, 1.0, 0.5, 9.0]])
    one, other = target_log_odds(logits - torch.tensor(model.calibration.bias or (0.0,) * 4), model, "galaxy")
    assert one == other


def test_an_object_is_any_class_but_field():
    model = build_model("patchnet")
    shares = torch.tensor([[0.2, 0.1, 0.3, 0.4]])
    bias = torch.tensor(model.calibration.bias or (0.0,) * 4)
    logits = (shares.log() - bias) * model.calibration.temperature
    assert target_log_odds(logits, model, "object").item() == pytest.approx(np.log(0.6 / 0.4), abs=1e-5)


def test_few_steps_agree_with_many_of_captum(smooth):
    captum = pytest.importorskip("captum.attr")
    frame = np.random.default_rng(2).normal(0, 1, (32, 48)).astype(np.float32)
    seen = see(smooth, frame, "galaxy")
    parts, _ = attributions(seen, "black", steps=16)
    reference = captum.IntegratedGradients(lambda planes: seen.log_odds(planes)).attribute(
        seen.planes, baseline_planes("black", seen.planes), n_steps=200
    )
    expected = reference[0, 0].detach().numpy()
    assert np.abs(parts - expected).max() < 0.01 * np.abs(expected).max()


@pytest.mark.parametrize(("share", "told"), [(0.2, False), (0.7, True)])
def test_steps_that_miss_much_are_told_with_what_to_do(frame, share, told, monkeypatch):
    from astroclassify.explain import _gradients

    facts = [("ACMISSED", share, "")]
    monkeypatch.setattr(_gradients, "attributions", lambda *args, **asked: (np.zeros((6, 8)), facts))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        EXPLAINERS["integrated-gradients"].explain(build_model("patchnet"), frame, target="nsc", steps=5)
    said = [str(each.message) for each in caught if issubclass(each.category, FrameWarning)]
    assert bool(said) == told
    assert all("5 steps missed 70%" in each and "steps=20" in each for each in said)


def test_little_of_a_smooth_difference_is_missed_by_the_steps(smooth):
    frame = np.random.default_rng(2).normal(0, 3, (32, 48)).astype(np.float32)
    missed = []
    for steps in (1, 16):
        facts = attributions(see(smooth, frame, "galaxy"), steps=steps)[1]
        missed.append({keyword: value for keyword, value, _ in facts}["ACMISSED"])
    assert missed[1] < 0.01
    assert missed[1] < missed[0] / 4


def test_a_sum_of_pixels_is_explained_by_each_pixels_excess_over_the_sky(brightness, spot):
    heat = EXPLAINERS["integrated-gradients"].explain(brightness, spot, target="galaxy", smooth=0)
    assert heat.data.shape == (32, 48)  # of the planes, in which four pixels are one
    assert heat.data[20:22, 10:12] == pytest.approx(np.ones((2, 2)), rel=1e-5)
    assert np.abs(np.delete(heat.data, np.s_[20:22], axis=0)).max() < 1e-6


def test_a_baseline_that_is_none_is_refused_with_those_that_are(smooth):
    with pytest.raises(UnknownNameError, match="sky, simulated-sky, blurred, black, white"):
        EXPLAINERS["integrated-gradients"].explain(
            smooth, np.eye(32, 48, dtype="f4"), target="nsc", baseline="grey"
        )


def test_simulated_sky_has_the_darker_half_of_the_frames_cells(frame):
    planes = see(build_model("patchnet"), frame, "galaxy").planes
    sky = baseline_planes("simulated-sky", planes)[0].numpy()
    there = {tuple(cell) for cell in planes[0].reshape(len(sky), -1).T.tolist()}
    assert {tuple(cell) for cell in sky.reshape(len(sky), -1).T.tolist()} <= there
    assert sky[0].max() <= np.median(planes[0, 0])


class Chain(torch.nn.Module):
    """Convolutions with everything that writes over its input."""

    def __init__(self):
        super().__init__()
        layers, width = [], 1
        for _ in range(6):
            layers += [torch.nn.Conv2d(width, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(True)]
            width = 8
        self.features = torch.nn.Sequential(*layers)

    def forward(self, planes):
        return self.features(planes).mean(dim=(2, 3))


def gradient_and_kept(network, planes, *, large):
    """Give the gradient, and the bytes that were kept for it at the end of the forward pass."""
    kept = {}

    def keep(tensor):
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    planes = planes.clone().requires_grad_()
    with less_memory(network, large=large):
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            out = network(planes)[:, 0].sum()
        (gradient,) = torch.autograd.grad(out, planes)
    return gradient, sum(kept.values())


def test_gradients_of_large_planes_are_the_same_in_a_fraction_of_the_memory():
    torch.manual_seed(1)
    network, planes = Chain().eval().requires_grad_(False), torch.rand(1, 1, 64, 64)
    plain, much = gradient_and_kept(network, planes, large=False)
    thrifty, little = gradient_and_kept(network, planes, large=True)
    assert torch.allclose(plain, thrifty, rtol=1e-3)
    assert little < 0.6 * much
    assert "forward" not in vars(network.features)


def test_an_explanation_with_little_memory_is_the_same(smooth, monkeypatch):
    frame = np.random.default_rng(2).normal(0, 1, (32, 48)).astype(np.float32)
    plain = EXPLAINERS["integrated-gradients"].explain(smooth, frame, target="galaxy").data
    monkeypatch.setattr("astroclassify.explain._gradients.LARGE", 0)
    thrifty = EXPLAINERS["integrated-gradients"].explain(smooth, frame, target="galaxy").data
    assert np.abs(plain - thrifty).max() <= 1e-3 * np.abs(plain).max()


def test_smoothing_keeps_the_sum_and_joins_neighbours(brightness, spot):
    fine, joined = (
        EXPLAINERS["integrated-gradients"].explain(brightness, spot, target="galaxy", smooth=smooth, **QUICK)
        for smooth in (0, 0.05)
    )

    assert joined.data.sum() == pytest.approx(fine.data.sum(), rel=1e-6)
    assert np.abs(np.diff(joined.data)).max() < 0.5 * np.abs(np.diff(fine.data)).max()
    assert joined.meta["ACSMOOTH"] == 0.05


@pytest.mark.parametrize("smooth", [-0.1, 0.6, np.nan])
def test_smoothing_out_of_range_is_refused(brightness, spot, smooth):
    with pytest.raises(ParameterError, match="smooth"):
        EXPLAINERS["integrated-gradients"].explain(brightness, spot, target="galaxy", smooth=smooth)
