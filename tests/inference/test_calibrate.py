"""Calibration to labelled frames of one's own: what changes, what it gains, what is written."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from astroclassify.core import ParameterError
from astroclassify.datasets import LabelledFrame
from astroclassify.inference import calibrate, calibrate_shares, expected_shares, gain_table
from astroclassify.models import Calibration, ModelSpec, build_model

CARD = {
    "name": "bright",
    "classes": ["galaxy", "nsc"],
    "calibration": {"temperature": 1.0, "bias": [0.0, 0.0]},
    "uncertain_below": 0.7,
    "field_above": 0.3,
    "novelty": {"score": "energy", "above": 9.0, "auroc": 0.9},
    "bodies": {"learnt": ["M31"]},
    "training": {"data": "a test"},
}


class Bright(torch.nn.Module):
    """Galaxies are bright: the logit is the mean."""

    def __init__(self):
        super().__init__()
        self.steepness = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, planes):
        mean = self.steepness * planes.mean(dim=(1, 2, 3))
        return torch.stack([mean, -mean], dim=1)


@pytest.fixture
def spec():
    """Give a spec of a network that takes frames of 32 x 48 as they are (ModelSpec)."""
    return ModelSpec(
        name="bright",
        description="Bright frames are galaxies",
        builder=f"{__name__}:Bright",
        preprocessing="astroclassify.preprocess:counts_planes",
        preprocessing_options={"height": 32, "width": 48},
        classes=("galaxy", "nsc"),
    )


@pytest.fixture
def model(spec, tmp_path):
    """Give a model with a file of weights and a card (Model)."""
    path = tmp_path / "bright.safetensors"
    save_file(Bright().state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps(CARD))
    return build_model(spec, weights=path)


def frame(level):
    return np.full((32, 48), level, dtype=np.float32)


def shifted(number, *, by, seed=0):
    """Frames of a source in which everything is brighter: galaxies lie about +1, others about -1."""
    rng = np.random.default_rng(seed)
    labels = [("galaxy", "nsc")[i % 2] for i in range(number)]
    levels = [rng.normal(1 if label == "galaxy" else -1, 0.5) + by for label in labels]
    return [
        LabelledFrame(frame(level), label, f"body {i}")
        for i, (level, label) in enumerate(zip(levels, labels, strict=True))
    ]


def test_labels_move_the_threshold_and_the_gain_is_measured_on_bodies_left_out(model):
    found = calibrate(model, shifted(40, by=1.5), draws=50)
    assert found.calibration.bias[0] < -0.5 < 0.5 < found.calibration.bias[1]
    balanced, loss, *_ = found.figures
    assert float(balanced["after"][:5]) > float(balanced["before"][:5]) + 0.2
    assert float(loss["after"][:5]) < float(loss["before"][:5])
    assert found.about["labels"] == {"galaxy": 20, "nsc": 20}


def test_what_is_measured_comes_from_calibrations_without_the_body(model, monkeypatch):
    frames = shifted(8, by=0.0)
    usual = calibrate.__globals__["fit_calibration"]
    seen = []
    monkeypatch.setitem(
        calibrate.__globals__,
        "fit_calibration",
        lambda *a, **k: seen.append(set(k["bodies"])) or usual(*a, **k),
    )
    calibrate(model, frames, draws=10)
    everything = {one.body for one in frames}
    assert sorted(map(len, seen)) == [7] * 8 + [8]
    assert {min(everything - each) for each in seen if len(each) == 7} == everything


def test_the_written_weights_are_the_same_network_with_a_card_that_says_where_from(model, spec, tmp_path):
    found = calibrate(model, shifted(12, by=1.0), draws=10)
    path = found.write(tmp_path / "mine.safetensors")
    again, card = build_model(spec, weights=path), json.loads(path.with_suffix(".json").read_text())
    assert again.calibration == found.calibration
    assert all(torch.equal(load_file(path)[name], value) for name, value in load_file(model.path).items())
    assert card["sha256"] == again.sha256 != model.sha256
    assert card["calibrated"]["parent_sha256"] == model.sha256
    assert (card["calibrated"]["bodies"], card["calibrated"]["frames"]) == (12, 12)
    assert card["bodies"]["learnt"] == ["M31"]
    assert len(card["bodies"]["calibrated"]) == 12
    kept = ("uncertain_below", "field_above", "novelty", "training")
    assert all(card[name] == CARD[name] for name in kept)


def test_weights_are_not_written_over_those_they_come_from(model):
    found = calibrate(model, shifted(8, by=0.0), draws=10)
    with pytest.raises(ParameterError, match="own weights file"):
        found.write(model.path)
    with pytest.raises(ParameterError, match=r"NAME\.safetensors"):
        found.write(model.path.with_suffix(".pt"))


def test_too_few_bodies_are_refused_however_many_their_frames(model):
    frames = [replace(one, body=f"of {one.label}") for one in shifted(30, by=0.0)]
    with pytest.raises(ParameterError, match="1 labelled bodies that are galaxies and 1 "):
        calibrate(model, frames)


def test_a_frame_that_cannot_be_used_is_told_and_the_others_calibrate(model):
    bad = LabelledFrame(np.full((32, 48), np.nan, dtype=np.float32), "galaxy", "blank")
    found = calibrate(model, [bad, *shifted(8, by=0.0)], draws=10)
    assert len(found.failed) == 1
    assert found.about["frames"] == 8


def test_the_loss_of_both_sides_counts_alike():
    is_galaxy = np.array([True] + [False] * 9)
    p = np.where(is_galaxy, 0.5, 0.0)
    (loss,) = (
        row["before"]
        for row in gain_table(p, p, is_galaxy, range(10), draws=10)
        if row["figure"] == "log loss"
    )
    assert float(loss[:5]) == pytest.approx(np.log(2) / 2, abs=1e-3)


# Without labels ------------------------------------------------------------------------------


def test_shares_are_found_without_labels():
    rng = np.random.default_rng(0)
    is_galaxy = rng.random(4000) < 0.8
    logit = 2 * rng.normal(np.where(is_galaxy, 1, -1))  # the log-odds of two normal distributions of width 1
    p = 1 / (1 + np.exp(-logit))
    shares = expected_shares(np.column_stack([p, 1 - p]), (0.5, 0.5))
    assert shares[0] == pytest.approx(0.8, abs=0.03)
    assert shares.sum() == pytest.approx(1)


def test_shares_shift_the_offsets_only_and_become_the_prior(model, tmp_path):
    from astropy.io import fits

    paths = [tmp_path / f"{number}.fits" for number in range(16)]
    for number, path in enumerate(paths):
        fits.writeto(path, frame(1.0 if number < 14 else -1.0))
    found = calibrate_shares(model, [*paths, tmp_path / "missing.fits"], draws=20)
    assert len(found.failed) == 1
    galaxy, nsc = found.calibration.prior
    assert 0.75 < galaxy < 0.95
    np.testing.assert_allclose(np.diff(found.calibration.bias), [np.log(nsc / galaxy)])
    assert replace(found.calibration, bias=(), prior=()) == replace(model.calibration, bias=())
    assert "without labels" in json.dumps(found.card["calibrated"])


def test_a_few_frames_say_nothing_of_shares(model):
    with pytest.raises(ParameterError, match="need 10 or more"):
        calibrate_shares(model, [])


def test_a_calibration_that_holds_for_other_shares_is_not_shifted_twice():
    p = np.array([[0.9, 0.1]] * 9 + [[0.1, 0.9]])
    assert expected_shares(p, (0.82, 0.18))[0] < expected_shares(p, (0.5, 0.5))[0] + 1e-9
    assert Calibration().prior == ()
