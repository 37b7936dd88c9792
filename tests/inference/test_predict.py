"""Predictions: one frame at a time, no trace in torch, and contracts enforced."""

import sys
import types

import numpy as np
import pytest
import torch

from astroclassify.core import FrameError, ParameterError, PluginError
from astroclassify.inference import predict


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_batch_never_changes_a_result_bit_for_bit(additive, frames, size):
    alone = [predict(additive, [frame])[0] for frame in frames]
    batches = [frames[i : i + size] for i in range(0, len(frames), size)]
    together = [prediction for batch in batches for prediction in predict(additive, batch)]
    for one, other in zip(alone, together, strict=True):
        assert one.logits.tobytes() == other.logits.tobytes()
        assert one.evidence.tobytes() == other.evidence.tobytes()


def test_evidence_adds_up_to_the_logits(additive, frames):
    for prediction in predict(additive, frames):
        assert np.allclose(prediction.evidence.sum(axis=(1, 2)), prediction.logits, rtol=1e-4)


def test_a_network_without_evidence_gives_none(fixed, frames):
    (prediction,) = predict(fixed(1.0, 2.0, 3.0, 4.0), frames[:1])
    assert prediction.logits.tolist() == [1, 2, 3, 4]
    assert prediction.evidence is None


def test_torchs_global_state_is_untouched(additive, frames):
    torch.manual_seed(11)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with torch.enable_grad():
        predict(additive, frames)
        assert torch.is_grad_enabled()
    assert torch.equal(state, torch.get_rng_state())
    assert threads == torch.get_num_threads()
    assert not torch.is_inference_mode_enabled()


def test_no_frames_give_no_predictions(additive):
    assert predict(additive, []) == []


class Broken(torch.nn.Module):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, planes):
        return self.answer(planes)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: torch.zeros(1, 3), r"shape \(1, 3\)"),
        (lambda x: torch.zeros(4), r"shape \(4,\)"),
        (lambda x: torch.full((1, 4), float("nan")), "not finite"),
        (lambda x: x @ torch.zeros(3, 3), "RuntimeError"),
    ],
)
def test_a_network_that_breaks_its_contract_is_named(make_model, frames, answer, message):
    with pytest.raises(PluginError, match=message) as caught:
        predict(make_model(Broken(answer)), frames[:1])
    assert "'known'" in str(caught.value)


def refuse(array):
    raise FrameError("not this one")


def too_small(array):
    raise ParameterError("at least 4000 rows")


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda array: array, PluginError, "channels"),
        (lambda array: array[None].astype("f8"), PluginError, "float64"),
        (lambda array: array[None] * np.float32("nan"), PluginError, "not finite"),
        (lambda array: array[5000], PluginError, "IndexError"),
        (lambda array: None, PluginError, "NoneType"),
        (refuse, FrameError, "not this one"),
        (too_small, FrameError, r"cannot take this frame: at least 4000 rows"),
    ],
)
def test_a_preprocessing_that_breaks_its_contract_is_named(
    make_model, frames, monkeypatch, function, error, message
):
    module = types.ModuleType("planes_for_a_test")
    module.planes = function
    monkeypatch.setitem(sys.modules, "planes_for_a_test", module)
    model = make_model(torch.nn.Identity(), preprocessing="planes_for_a_test:planes")
    with pytest.raises(error, match=message):
        predict(model, frames[:1])


def test_read_only_planes_are_taken(make_model, frames, monkeypatch):
    module = types.ModuleType("planes_for_a_test")
    module.planes = lambda array: np.broadcast_to(array, (2, *array.shape))
    monkeypatch.setitem(sys.modules, "planes_for_a_test", module)
    network = Broken(lambda x: x.mean(dim=(2, 3)).repeat(1, 2))
    model = make_model(network, preprocessing="planes_for_a_test:planes")
    assert predict(model, frames[:1])[0].logits.shape == (4,)
