"""`fit` trains any model on any frames, goes on where it was stopped, and leaves weights with a card."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from astroclassify import classify
from astroclassify.core import AstroclassifyWarning, ParameterError, TrainingError, UnknownNameError
from astroclassify.models import MODELS
from astroclassify.training import PRESETS, FrameSet, LabelledFrame, Recipe, fit, read_log
from tests.training.conftest import labelled_frames, small_spec

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
    for one, other in zip(load_file(straight.weights).items(), load_file(resumed.weights).items(), strict=True):
        assert one[0] == other[0]
        assert torch.equal(one[1], other[1]), one[0]
    checkpoints = [torch.load(done.weights.with_name("checkpoint.pt")) for done in (straight, resumed)]
    assert torch.equal(*(one["random"][0] for one in checkpoints))
    assert [row["loss"] for row in read_log(straight.log)] == [row["loss"] for row in read_log(resumed.log)]
