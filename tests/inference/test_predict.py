"""Predictions: one frame at a time, no trace in torch, and contracts enforced."""

import dataclasses
import sys
import types

import numpy as np
import pytest
import torch

from astroclassify.core import FrameError, ParameterError, PluginError
from astroclassify.inference import interpret, predict
from astroclassify.models import ModelOutput
from astroclassify.preprocess import counts_planes


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


@pytest.mark.parametrize("flips", [True, False])
@pytest.mark.parametrize("size", [2, 3, 4, 9])
def test_larger_batches_change_results_by_rounding_only(additive, frames, size, flips):
    frames = [*frames, frames[-1][::-1]]
    alone = predict(additive, frames, flips=flips)
    for one, other in zip(alone, predict(additive, frames, flips=flips, batch_size=size), strict=True):
        assert np.allclose(one.logits, other.logits, rtol=1e-5, atol=1e-5)
        assert np.allclose(one.evidence, other.evidence, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "flips", "passed"),
    [
        (1, False, [1] * 5),
        (1, True, [1] * 20),
        (4, False, [4, 1]),
        (8, True, [5] * 4),
        (10, True, [10, 10]),
        (3, True, [3] * 4 + [2] * 4),
    ],
)
def test_as_many_planes_pass_together_as_asked_for(additive, frames, monkeypatch, size, flips, passed):
    honest, seen = additive.module.examine, []
    monkeypatch.setattr(
        additive.module, "examine", lambda x, evidence: seen.append(len(x)) or honest(x, evidence=evidence)
    )
    predict(additive, frames, flips=flips, batch_size=size)
    assert seen == passed


def test_frames_whose_planes_differ_in_shape_pass_apart(make_model, whole_frames, frames):
    network = Broken(lambda x: x.mean(dim=(2, 3)).repeat(1, 4) * 0 + len(x))
    found = predict(
        make_model(network, preprocessing=whole_frames), [frames[0], frames[4], frames[1]], batch_size=3
    )
    assert [prediction.logits[0] for prediction in found] == [2, 2, 1]


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "2"])
def test_a_batch_size_that_is_none_is_refused(additive, frames, size):
    with pytest.raises(ParameterError, match="batch_size"):
        predict(additive, frames, batch_size=size)


def test_flips_average_four_views_with_the_evidence_turned_back(additive, frames):
    frame = frames[1]  # of the grid's size, so that its planes turn with it
    views = [(slice(None, None, y), slice(None, None, x)) for y in (1, -1) for x in (1, -1)]
    seen = [predict(additive, [np.ascontiguousarray(frame[view])])[0] for view in views]
    (mean,) = predict(additive, [frame], flips=True)
    assert np.allclose(mean.logits, np.mean([p.logits for p in seen], axis=0), rtol=1e-6)
    turned = [p.evidence[(slice(None), *view)] for p, view in zip(seen, views, strict=True)]
    assert np.allclose(mean.evidence, np.mean(turned, axis=0), rtol=1e-4, atol=1e-7)
    assert not np.allclose(mean.evidence, seen[0].evidence, rtol=1e-2)


@pytest.mark.parametrize("view", [np.s_[::-1], np.s_[:, ::-1], np.s_[::-1, ::-1]])
def test_with_flips_a_turned_frame_gets_the_same_answer(additive, frames, view):
    (upright,) = predict(additive, [frames[1]], flips=True)
    (turned,) = predict(additive, [np.ascontiguousarray(frames[1][view])], flips=True)
    assert np.allclose(turned.logits, upright.logits, rtol=1e-6)
    view = view if isinstance(view, tuple) else (view,)
    assert np.allclose(turned.evidence, upright.evidence[(slice(None), *view)], rtol=1e-4, atol=1e-7)


def test_the_spec_says_whether_views_are_averaged_unless_the_user_does(additive, frames):
    model = dataclasses.replace(additive, spec=dataclasses.replace(additive.spec, flips=True))
    once, averaged = (predict(additive, frames[:1], flips=flips)[0].logits for flips in (False, True))
    assert not np.allclose(once, averaged, rtol=1e-9)
    assert np.array_equal(predict(model, frames[:1])[0].logits, averaged)
    assert np.array_equal(predict(model, frames[:1], flips=False)[0].logits, once)


def test_evidence_that_is_not_asked_for_is_not_made(additive, frames, monkeypatch):
    (expected,) = predict(additive, frames[:1])
    honest, asked = additive.module.examine, []
    monkeypatch.setattr(
        additive.module, "examine", lambda x, evidence: asked.append(evidence) or honest(x, evidence=evidence)
    )
    (prediction,) = predict(additive, frames[:1], evidence=False)
    assert prediction.evidence is None
    assert asked == [False]
    assert np.array_equal(prediction.logits, expected.logits)


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


@pytest.fixture
def whole_frames(monkeypatch):
    """Give the import path of a preprocessing that leaves a frame's size as it is (str)."""
    module = types.ModuleType("planes_for_a_test")
    module.planes = lambda array: array[None]
    monkeypatch.setitem(sys.modules, "planes_for_a_test", module)
    return "planes_for_a_test:planes"


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


class Explaining(torch.nn.Module):
    """A network that measures how novel a frame is: its largest value."""

    def __init__(self, classes=4, extra=()):
        super().__init__()
        self.classes, self.extra = classes, extra

    def examine(self, planes, *, evidence=True):
        maps = planes.repeat(1, self.classes, 1, 1) / 1e6
        novelty = planes.amax(dim=(1, 2, 3)).reshape(-1, *self.extra)
        return ModelOutput(maps.sum(dim=(2, 3)), maps, novelty=novelty)

    def forward(self, planes):
        raise RuntimeError("not needed")


@pytest.mark.parametrize("evidence", [True, False])
def test_a_network_that_measures_novelty_is_asked_for_it(make_model, frames, evidence):
    found = predict(make_model(Explaining()), frames, evidence=evidence, flips=True, batch_size=8)
    for prediction, frame in zip(found, frames, strict=True):
        assert (prediction.evidence is None) != evidence
        assert prediction.novelty == pytest.approx(counts_planes(frame, height=32, width=48).max())


def test_without_one_the_novelty_is_the_energy_of_the_logits(fixed, frames):
    model = fixed(1.0, 2.0, 3.0, 4.0)
    (prediction,) = predict(model, frames[:1])
    assert prediction.novelty is None
    assert interpret(prediction, model).novelty == pytest.approx(-np.log(np.exp([1, 2, 3, 4]).sum()))


def test_a_network_that_examines_into_something_else_is_named(make_model, frames):
    network = Explaining()
    network.examine = lambda x, evidence: (torch.zeros(len(x), 4), None)
    with pytest.raises(PluginError, match="gave a tuple; expected a ModelOutput"):
        predict(make_model(network), frames[:1])


def test_a_model_for_another_task_is_refused(fixed, frames):
    model = fixed(1.0, 2.0, 3.0, 4.0)
    spec = dataclasses.replace(model.spec, task="source", classes=("star", "galaxy"))
    with pytest.raises(ParameterError, match=r"'known' is for the task 'source'.*for the task 'frame'"):
        predict(dataclasses.replace(model, spec=spec), frames[:1])


def test_a_novelty_of_another_shape_is_named(make_model, frames):
    with pytest.raises(PluginError, match=r"novelty of the shape \(1, 1\); expected \(1,\)"):
        predict(make_model(Explaining(extra=(1,))), frames[:1])


def test_evidence_of_another_shape_is_named(make_model, frames):
    network = Explaining()
    network.examine = lambda x, evidence: ModelOutput(torch.zeros(len(x), 4), torch.zeros(len(x), 3, 2, 2))
    with pytest.raises(
        PluginError, match=r"evidence of the shape \(1, 3, 2, 2\); expected \(1, 4, any, any\)"
    ):
        predict(make_model(network), frames[:1])


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


def logits_of(batch):
    return torch.zeros(len(batch), 4)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (lambda x: ModelOutput(None), "logits of the type NoneType"),
        (lambda x: ModelOutput([[0.0] * 4]), "logits of the type list"),
        (lambda x: ModelOutput(np.zeros((1, 4))), "logits of the type ndarray"),
        (lambda x: ModelOutput(logits_of(x) * 1j), "logits of the type torch.complex64"),
        (lambda x: ModelOutput(logits_of(x), np.zeros((1, 4, 2, 2))), "evidence of the type ndarray"),
        (lambda x: ModelOutput(logits_of(x), novelty=0.5), "novelty of the type float"),
    ],
)
def test_what_is_no_tensor_of_real_numbers_is_named(make_model, frames, said, message):
    network = Explaining()
    network.examine = lambda x, evidence: said(x)
    with pytest.raises(PluginError, match=message):
        predict(make_model(network), frames[:1])


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("kind", ["evidence", "no evidence", "novelty"])
def test_views_that_are_not_told_alike_are_named(make_model, frames, kind, batch_size):
    calls = []

    def examine(x, evidence):
        calls.append(x)
        later = len(calls) > 1
        maps = torch.zeros(len(x), 4, 2 + (kind == "evidence" and later), 2)
        novelty = None if kind != "novelty" or later else torch.zeros(len(x))
        return ModelOutput(logits_of(x), None if kind == "no evidence" and later else maps, novelty=novelty)

    network = Explaining()
    network.examine = examine
    with pytest.raises(PluginError, match=f"gave a?.*{kind.removeprefix('no ')}.* of .*views of a frame"):
        predict(make_model(network), frames[:1], flips=True, batch_size=batch_size)
