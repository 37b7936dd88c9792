"""`fit` trains any model on any frames, goes on where it was stopped, and leaves weights with a card."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from astroclassify import classify
from astroclassify.core import (
    AstroclassifyWarning,
    ParameterError,
    RunFolder,
    TrainingError,
    UnknownNameError,
)
from astroclassify.datasets import LabelledFrame
from astroclassify.models import MODELS, build_model, calibration_of, find_spec, locate_weights
from astroclassify.training import PRESETS, FrameSet, Recipe, _store, fit, read_log
from tests.training.conftest import made_frames, small_spec

SPECS = ("patchnet", "resnet18-resize")


class Stopped(Exception):
    """What interrupts a training."""


def spec_of(name):
    return small_spec(name) if name != "patchnet" else MODELS["patchnet"]


def stop_before(batch, monkeypatch):
    """Let the making of a batch fail, as if the process had been killed then."""
    plain = FrameSet.batch

    def stopping(self, number, size):
        if number == batch:
            raise Stopped
        return plain(self, number, size)

    monkeypatch.setattr(FrameSet, "batch", stopping)


@pytest.mark.parametrize("name", SPECS)
def test_a_training_that_was_killed_goes_on_to_the_same_bits(name, frames, quick, tmp_path, monkeypatch):
    spec, asked = spec_of(name), {"preset": quick, "validation": 0.34, "checkpoint_seconds": 0.0}
    straight = fit(spec, frames, folder=tmp_path / "straight", **asked)
    assert straight.steps >= 4
    with monkeypatch.context() as patched:
        stop_before(3, patched)
        with pytest.raises(Stopped):
            fit(spec, frames, folder=tmp_path / "killed", **asked)
    half = torch.load(tmp_path / "killed" / "checkpoint.pt", weights_only=True)["steps"]
    assert 0 < half < straight.steps
    resumed = fit(spec, frames, folder=tmp_path / "killed", resume=True, **asked)
    for one, other in zip(
        load_file(straight.weights).items(), load_file(resumed.weights).items(), strict=True
    ):
        assert one[0] == other[0]
        assert torch.equal(one[1], other[1]), one[0]
    checkpoints = [torch.load(done.weights.with_name("checkpoint.pt")) for done in (straight, resumed)]
    assert torch.equal(*(one["random"][0] for one in checkpoints))
    assert [row["loss"] for row in read_log(straight.log)] == [row["loss"] for row in read_log(resumed.log)]


def test_the_weights_are_what_classify_takes_and_the_card_says_where_they_are_from(frames, quick, tmp_path):
    spec = small_spec("resnet18-resize")
    done = fit(spec, frames, folder=tmp_path, preset=quick, validation=0.34, licence="CC0-1.0")
    card = json.loads((tmp_path / "weights.json").read_text())
    assert card == done.card
    answer = classify(frames[0].frame, model=spec, weights=done.weights)
    assert answer.meta["weights_sha256"] == card["sha256"]
    assert card["licence"] == "CC0-1.0"
    assert card["training"]["recipe"] == json.loads(json.dumps(quick.values()))
    assert card["training"]["split"] == "by body"
    assert card["training"]["started_from"] == "random weights"
    assert card["training"]["samples"] == done.steps * quick.batch_size
    figures = card["metrics"]["held-out frames (95% by body)"]
    assert figures["frames"] == card["training"]["validation"]["frames"] == 4
    assert "(" in figures["balanced_accuracy"]
    assert 0.2 <= card["calibration"]["temperature"] <= 20


def test_few_held_out_frames_change_neither_the_calibration_much_nor_the_limits(frames, quick, tmp_path):
    _, before, _ = locate_weights(MODELS["patchnet"])
    recipe = replace(quick, epochs=1, average=0.0, learning_rate=1e-4)
    card = fit("patchnet", frames, folder=tmp_path, preset=recipe, weights="default", validation=0.34).card
    assert 0.5 < card["calibration"]["temperature"] / before["calibration"]["temperature"] < 2
    np.testing.assert_allclose(card["calibration"]["bias"], before["calibration"]["bias"], atol=1)
    assert card["novelty"]["score"] == before["novelty"]["score"]
    assert card["novelty"]["above"] >= before["novelty"]["above"]
    assert card["uncertain_below"] == before["uncertain_below"]


def test_what_was_known_before_is_carried_over_where_nothing_is_held_out(frames, quick, tmp_path):
    spec = MODELS["patchnet"]
    before = calibration_of(locate_weights(spec)[1], spec.classes)
    recipe = replace(quick, epochs=1, average=0.0)
    card = fit("patchnet", frames, folder=tmp_path, preset=recipe, weights="default", validation=0).card
    assert calibration_of(card, spec.classes) == before


def test_the_card_carries_on_whose_pictures_and_under_which_licence(frames, quick, tmp_path):
    before = locate_weights(MODELS["patchnet"])[1]
    recipe = replace(quick, epochs=1, average=0.0)
    asked = {"preset": recipe, "weights": "default", "validation": 0}
    card = fit("patchnet", frames, folder=tmp_path / "a", licence="CC0-1.0", **asked).card
    for name in ("pictures", "pretrained"):
        assert card["training"][name] == before["training"][name]
    assert card["licence"] == f"CC0-1.0 AND {before['licence']}"
    unsaid = fit("patchnet", frames[:4], folder=tmp_path / "b", **asked).card
    assert unsaid["licence"] == f"not stated (started from weights under: {before['licence']})"


def test_the_card_names_the_bodies_learnt_from_and_those_before(frames, quick, tmp_path):
    spec, recipe = small_spec("resnet18-resize"), replace(quick, epochs=1)
    first = fit(spec, frames[:6], folder=tmp_path / "first", preset=recipe, validation=0)
    assert first.card["bodies"] == {"learnt": ["body 0", "body 1", "body 2"]}
    second = fit(
        spec, frames[6:], folder=tmp_path / "second", preset=recipe, validation=0.34, weights=first.weights
    )
    known = second.card["bodies"]
    assert set(known["learnt"]) >= {"body 0", "body 1", "body 2"}
    assert known["calibrated"]
    assert not set(known["calibrated"]) & set(known["learnt"])
    assert set(known["learnt"]) | set(known["calibrated"]) == {f"body {i}" for i in range(6)}


def test_it_learns_what_is_easy(tmp_path):
    recipe = Recipe(epochs=8, batch_size=8, learning_rate=3e-3, precision="float32", average=0.5)
    done = fit(small_spec("resnet18-resize"), made_frames(32), folder=tmp_path, preset=recipe)
    rows = read_log(done.log)
    assert float(rows[-1]["loss"]) < 0.5 * float(rows[0]["loss"])
    assert float([row for row in rows if row["validation_accuracy"]][-1]["validation_accuracy"]) == 1.0


def test_what_is_held_out_is_no_body_that_was_learnt_from(frames, quick, tmp_path, monkeypatch):
    seen = set()
    plain = FrameSet.batch
    monkeypatch.setattr(FrameSet, "batch", lambda self, *a: seen.update(self.bodies) or plain(self, *a))
    held = set()
    in_order = FrameSet.in_order
    monkeypatch.setattr(
        FrameSet, "in_order", lambda self, size: held.update(self.bodies) or in_order(self, size)
    )
    fit(small_spec("resnet18-resize"), frames, folder=tmp_path, preset=replace(quick, epochs=1))
    assert seen | held == {frame.body for frame in frames}
    assert held
    assert not seen & held


def test_a_split_by_frame_warns(frames, quick, tmp_path):
    with pytest.warns(AstroclassifyWarning, match="by frame"):
        fit(
            small_spec("resnet18-resize"),
            frames,
            folder=tmp_path,
            preset=replace(quick, epochs=1),
            split="frame",
        )


def test_patience_ends_a_training_and_keeps_the_best_weights(tmp_path, quick):
    noise = np.random.default_rng(1)
    frames = [  # there is nothing to learn
        LabelledFrame(noise.normal(size=(48, 96)).astype("f4"), ("galaxy", "nsc")[i % 2], f"body {i}")
        for i in range(12)
    ]
    recipe = replace(quick, epochs=30, learning_rate=3e-2, patience=2, average=0.0)
    done = fit(small_spec("resnet18-resize"), frames, folder=tmp_path, preset=recipe, validation=0.3)
    losses = [float(row["validation_loss"]) for row in read_log(done.log) if row["validation_loss"]]
    assert len(losses) < 30
    assert losses.index(min(losses)) == len(losses) - 3
    best = load_file(tmp_path / "best.safetensors")
    assert all(torch.equal(best[name], value) for name, value in load_file(done.weights).items())


SPOILT = 12345.0


def test_a_loss_that_is_not_finite_stops_and_leaves_the_last_checkpoint(frames, quick, tmp_path, monkeypatch):
    """A preprocessing of somebody's own may give planes so large that the loss overflows."""

    def planes(spec, array, usual=_store.checked_planes):
        return np.full_like(usual(spec, array), 1e38) if array[0, 0] == SPOILT else usual(spec, array)

    monkeypatch.setattr(_store, "checked_planes", planes)
    spec = small_spec("resnet18-resize")
    spoilt = [replace(frames[0], frame=np.full((48, 96), SPOILT, dtype=np.float32), name="the spoilt one")]
    recipe = replace(quick, epochs=1, batch_size=1, seed=4)
    with pytest.raises(TrainingError, match=r"step \d+ \(learning rate .*the spoilt one.*lower") as caught:
        fit(spec, frames + spoilt, folder=tmp_path, preset=recipe, validation=0, checkpoint_seconds=0.0)
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert f"step {kept['steps'] + 1} " in str(caught.value)
    assert all(bool(one.isfinite().all()) for one in kept["module"].values())
    assert not (tmp_path / "weights.safetensors").exists()


def test_weights_that_are_not_finite_are_never_kept(frames, quick, tmp_path):
    absurd = replace(quick, optimiser="sgd", learning_rate=1e38, clip=None, schedule="constant", warm_up=0)
    with pytest.raises(TrainingError, match="learning rate"):
        fit(small_spec("alexnet"), frames, folder=tmp_path, preset=absurd, checkpoint_seconds=0.0)
    assert not (tmp_path / "weights.safetensors").exists()


@pytest.mark.parametrize("trainable", ["all", "convolutions", "head"])
def test_fine_tuning_starts_from_the_shipped_weights(trainable, frames, quick, tmp_path):
    recipe = replace(quick, epochs=1, learning_rate=1e-3, average=0.0, trainable=trainable)
    done = fit(
        "patchnet", frames, folder=tmp_path, preset=recipe, weights="default", validation=0, max_frames=4
    )
    path, card, _ = locate_weights(MODELS["patchnet"])
    before, after = load_file(path), load_file(done.weights)
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed
    assert all(name.startswith("votes") for name in changed) == (trainable == "head")
    # Batch normalisation has statistics, which a training moves unless it is told to leave them.
    assert any(name.endswith("running_mean") for name in changed) == (trainable == "all")
    assert done.card["training"]["started_from"] == card["sha256"]
    assert done.card["training"]["data"]["frames"] == 4


def test_half_of_the_bits_of_convolutions_are_kept_and_measured(frames, quick, tmp_path):
    done = fit(small_spec("resnet18-resize"), frames, folder=tmp_path, preset=quick, half=True)
    state = load_file(done.weights)
    assert {one.dtype for one in state.values() if one.ndim == 4} == {torch.float16}
    assert state["classifier.weight"].dtype == torch.float32
    assert done.card["metrics"]


def test_a_folder_with_another_training_is_refused(frames, quick, tmp_path):
    spec, recipe = small_spec("resnet18-resize"), replace(quick, epochs=1)
    fit(spec, frames, folder=tmp_path, preset=recipe, validation=0)
    with RunFolder(tmp_path), pytest.raises(ParameterError, match="another process is at work"):
        fit(spec, frames, folder=tmp_path, preset=recipe, validation=0, resume=True)
    with pytest.raises(ParameterError, match="resume=True"):
        fit(spec, frames, folder=tmp_path, preset=recipe, validation=0)
    other = replace(recipe, learning_rate=5e-4)
    with pytest.raises(ParameterError, match=r"recipe.learning_rate is 0.001, not 0.0005"):
        fit(spec, frames, folder=tmp_path, preset=other, validation=0, resume=True)
    others = [replace(frame, frame=frame.frame[::-1].copy()) for frame in frames]
    with pytest.raises(ParameterError, match=r"its data\.sha256 is"):
        fit(spec, others, folder=tmp_path, preset=recipe, validation=0, resume=True)
    again = fit(spec, frames, folder=tmp_path, preset=recipe, validation=0, resume=True)
    assert again.steps == 4


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"preset": "ancient"}, UnknownNameError, "paper, modern, fine-tune"),
        ({"preset": 3}, ParameterError, "a name or a Recipe"),
        ({"validation": 1.5}, ParameterError, "less than 1"),
        ({"split": "visit"}, ParameterError, "body, frame"),
        ({"max_frames": 0}, ParameterError, "max_frames is 0"),
        ({"data": []}, ParameterError, "no frame"),
        ({"data": [np.zeros((64, 64))]}, ParameterError, "LabelledFrame"),
    ],
)
def test_wrong_arguments_are_named(frames, tmp_path, changes, error, message):
    asked = {"data": frames, **changes}
    with pytest.raises(error, match=message):
        fit(small_spec("resnet18-resize"), asked.pop("data"), folder=tmp_path, **asked)


def test_torch_is_left_as_it_was(frames, quick, tmp_path):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    fit(small_spec("resnet18-resize"), frames, folder=tmp_path, preset=replace(quick, epochs=1), validation=0)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_the_paper_preset_is_the_papers():
    recipe = PRESETS["paper"]
    assert (recipe.optimiser, recipe.learning_rate, recipe.batch_size, recipe.epochs) == ("sgd", 1e-4, 4, 20)
    assert (recipe.momentum, recipe.weight_decay, recipe.smoothing, recipe.average) == (0, 0, 0, 0)
    assert recipe.schedule == "constant"


def test_a_model_by_its_name_goes_on_with_the_planes_of_its_weights(frames, quick, tmp_path):
    plain = find_spec("resnet18-resize")
    other = replace(plain, preprocessing_options={"height": 32, "width": 64, "scale": "noise"})
    recipe = replace(quick, epochs=1)
    first = fit(other, frames, folder=tmp_path / "first", preset=recipe, validation=0)
    assert first.card["preprocessing_options"] == {"height": 32, "width": 64, "scale": "noise"}
    model = build_model("resnet18-resize", weights=first.weights, precision="float32")
    assert model.spec.planes(frames[0].array()).shape == (1, 32, 64)
    asked = {"preset": recipe, "validation": 0, "weights": first.weights}
    by_name = fit("resnet18-resize", frames, folder=tmp_path / "by name", **asked)
    assert by_name.card["preprocessing_options"] == first.card["preprocessing_options"]
    own = fit(plain, frames[:2], folder=tmp_path / "own", **asked)
    assert own.card["preprocessing_options"] == {"height": 224, "width": 448}
