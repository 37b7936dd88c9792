"""What every registered model must do with the frames of users; small grids and narrow layers, untrained."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from astroclassify import classify, classify_many
from astroclassify.core import FrameError
from astroclassify.explain import EXPLAINERS, explain
from astroclassify.explain._pix2pix import Generator
from astroclassify.explain.fit import save
from astroclassify.inference import checked_planes, interpret, predict
from astroclassify.models import MODELS, Model, built_module, calibration_of
from astroclassify.testing import difficult_frames

GRID = {"height": 64, "width": 96}
NARROW = {
    name: {"hidden": 64, "pooled": (1, 2)}
    for name in ("alexnet", "alexnet-resize", "vgg16-bn", "vgg16-bn-resize")
}
# HR-CelestialNet ends in maps of one size only, so it cannot be made small: its shapes are followed
# through without computing in test_check_model.py.
FULL_SIZE_ONLY = {"hr-celestialnet"}
# Untrained, 80 layers with their products make rounding a hundred times larger, and 50 layers as much as a
# processor's way of adding up: compared in float64.
ENLARGES_ROUNDING = {"efficientnet-b0", "resnet50", "resnet50-presence"}
# ResNet-101 is ResNet-50 with more of the same blocks.
MORE_OF_THE_SAME = {"resnet101"}
FOR_FRAMES = {name for name in MODELS if MODELS[name].task == "frame"}


def small_spec(name):
    spec = MODELS[name]
    grid = GRID if "height" in spec.preprocessing_options else {}
    return dataclasses.replace(
        spec,
        weights=None,
        builder_options={**spec.builder_options, **NARROW.get(name, {})},
        preprocessing_options={**spec.preprocessing_options, **grid},
    )


def different(names):
    """Leave out models that are the same once their grid is small."""
    kept = {}
    for name in sorted(names):
        spec = small_spec(name)
        kept.setdefault((spec.builder, spec.builder_options, spec.preprocessing), name)
    return sorted(kept.values())


def _settle(network, spec):
    """Let batch normalisation see frames once, so that signals are of the size that training gives."""
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    planes = [checked_planes(spec, difficult_frames((64, 96), rng=seed)["ordinary"]) for seed in range(4)]
    with torch.no_grad():
        network.train()(torch.from_numpy(np.stack(planes)))
    network.eval()


@pytest.fixture(scope="module", params=different(FOR_FRAMES - FULL_SIZE_ONLY - MORE_OF_THE_SAME))
def model(request):
    """Give a small model with random weights (Model)."""
    spec = small_spec(request.param)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = built_module(spec)
        _settle(network, spec)
    return Model(spec, network, {}, calibration_of({}, spec.classes), "untrained", "cpu")


@pytest.fixture(scope="module")
def sky():
    return difficult_frames((64, 96))["ordinary"]


def same(one, other, tolerance=1e-5):
    scale = max(1.0, np.abs(other).max())
    return np.abs(np.subtract(one, other)).max() <= tolerance * scale


def test_no_model_escapes():
    left_out = FULL_SIZE_ONLY | MORE_OF_THE_SAME
    seen = different(set(MODELS) - left_out)
    assert {MODELS[name].builder for name in {*seen, *left_out}} == {MODELS[n].builder for n in MODELS}


def test_logits_are_finite_one_for_each_class(model, sky):
    (prediction,) = predict(model, [sky])
    assert prediction.logits.shape == (len(model.classes),)
    assert np.isfinite(prediction.logits).all()
    assert np.isfinite(interpret(prediction, model).novelty)


class InFloat64(torch.nn.Module):
    """A network whose rounding is not seen in float32."""

    def __init__(self, network):
        super().__init__()
        self.network = copy.deepcopy(network).double()

    def forward(self, planes):
        return self.network(planes.double())


def test_a_batch_changes_nothing_but_rounding(model, sky):
    if model.spec.name in ENLARGES_ROUNDING:
        model = dataclasses.replace(model, module=InFloat64(model.module))
    frames = [sky, sky[::-1] + 5, np.roll(sky, 20), sky.T[:64, :64]]
    alone = predict(model, frames, flips=False)
    for size in (2, 4):
        together = predict(model, frames, flips=False, batch_size=size)
        for one, other in zip(together, alone, strict=True):
            assert same(one.logits, other.logits, tolerance=3e-5)  # fifty layers
            assert one.evidence is None or same(one.evidence, other.evidence)


@pytest.mark.parametrize("dtype", ["u2", ">u2", ">i4", "<f8", ">f4"])
def test_any_number_type_gives_the_same_answer(model, sky, dtype):
    expected = classify(sky, model=model, flips=False).probabilities
    assert classify(sky.astype(dtype), model=model, flips=False).probabilities == expected


def test_nan_and_masked_pixels_are_one_and_what_is_under_the_mask_is_nothing(model, sky):
    mask = np.zeros(sky.shape, dtype=bool)
    mask[10:20, 30:50] = mask[40] = True
    holes = np.where(mask, np.nan, sky)
    hot = np.ma.masked_array(np.where(mask, 1e9, sky), mask=mask)
    answer = classify(holes, model=model, flips=False)
    assert np.isfinite(list(answer.probabilities.values())).all()
    assert classify(hot, model=model, flips=False).probabilities == answer.probabilities


@pytest.mark.parametrize("shape", [(16, 16), (64, 64), (97, 33), (17, 300)])
def test_cutouts_of_any_shape_are_answered(model, shape):
    answer = classify(difficult_frames(shape)["ordinary"], model=model, flips=False)
    assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_a_frame_without_a_usable_pixel_is_an_error(model, sky):
    with pytest.raises(FrameError, match="no usable pixel"):
        classify(np.ma.masked_array(sky, mask=True), model=model)
    table = classify_many([sky * np.nan, sky], model=model)
    assert [bool(error) for error in table["error"]] == [True, False]


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_with_flips_a_mirrored_or_turned_frame_gets_the_same_answer(model, sky, axes):
    turned = np.ascontiguousarray(np.flip(sky, axes))
    (upright, other) = predict(model, [sky, turned], flips=True)
    assert same(other.logits, upright.logits)
    if upright.evidence is not None:
        back = np.flip(other.evidence, [axis + 1 for axis in axes])
        assert same(back, upright.evidence, tolerance=1e-5)
    assert other.novelty == pytest.approx(upright.novelty, rel=1e-4, abs=1e-6)


def test_evidence_adds_up_to_the_logits(model, sky):
    if predict(model, [sky])[0].evidence is None:
        pytest.skip("has no map of its evidence")
    for flips in (False, True):
        (prediction,) = predict(model, [sky], flips=flips)
        assert same(prediction.evidence.sum(axis=(1, 2)), prediction.logits)
        (without,) = predict(model, [sky], flips=flips, evidence=False)
        assert without.evidence is None
        assert same(without.logits, prediction.logits)


CHEAPLY = {
    "integrated-gradients": {"steps": 2, "flips": False},
    "xrai": {"steps": 2, "flips": False},
    "occlusion": {"squares": 2},
    "grad-cam++": {"flips": False},
}


@pytest.mark.filterwarnings("ignore:2 steps missed")
@pytest.mark.parametrize("method", sorted(EXPLAINERS))
def test_every_explainer_explains_frames_of_any_size(model, method, tmp_path):
    if method == "evidence" and predict(model, [difficult_frames((64, 64))["ordinary"]])[0].evidence is None:
        pytest.skip("has no map of its evidence")
    frame, options = difficult_frames((97, 33))["ordinary"], CHEAPLY.get(method, {})
    if method == "pix2pix":
        options = {"fast_map": tmp_path / "fast.safetensors"}
        save(Generator(), options["fast_map"], model, {})
    why = explain(frame, model=model, method=method, target="nsc", **options)
    assert np.isfinite(why.map.data).all()
    assert all(n <= m for n, m in zip(why.map.data.shape, frame.shape, strict=True))
    assert why.labels.shape == why.map.data.shape
