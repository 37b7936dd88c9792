"""Training of models for sources: by field, resumable, augmented without moving the source."""

import json
from dataclasses import replace

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.models import MODELS, build_model
from astroclassify.stargalaxy import SourceInputs, SourceSet, classify_sample, source_inputs
from astroclassify.testing import difficult_samples
from astroclassify.training import PRESETS, fit_sources
from astroclassify.training._source_feed import turned, with_fewer_bands, with_noise, with_one_mode
from astroclassify.training._star_galaxy import source_feeds

QUICK = replace(PRESETS["sources"], epochs=3, batch_size=64, warm_up=2)


def fitted(data, folder, **options):
    preset = options.pop("preset", QUICK)
    return fit_sources("star-galaxy-catalogue", data, folder=folder, preset=preset, progress=False, **options)


@pytest.fixture(scope="module")
def done(source_set, tmp_path_factory):
    return fitted(source_set, tmp_path_factory.mktemp("run"), validation=0.25)


def test_wide_sources_are_learnt(done, source_set):
    model = build_model(MODELS["star-galaxy-catalogue"], weights=done.weights)
    sources = SourceSet.open(source_set)
    told = classify_sample(sources.sample(np.arange(60)), model)
    assert (told["p_class_galaxy"] > 0.5).tolist() == [False, True] * 30


def test_the_card_says_what_was_learnt_and_how_good_it_is(done):
    card = json.loads(done.weights.with_suffix(".json").read_text())
    assert card["training"]["data"] == {"sources": 360, "fields": 6, "labels": {"galaxy": 180, "star": 180}}
    assert card["prior"] == {"star": 0.5, "galaxy": 0.5}
    assert len(card["shares_by_magnitude"]["i"]) == 16
    assert "balanced_accuracy" in card["metrics"]["held-out fields (95% by field)"]


def test_a_training_that_was_stopped_goes_on_as_if_it_was_not(done, source_set, tmp_path):
    half = replace(QUICK, epochs=3)
    with pytest.raises(RuntimeError, match="stop"):
        _stopped(source_set, tmp_path, half)
    resumed = fitted(source_set, tmp_path, validation=0.25, preset=half, resume=True)
    assert resumed.card["sha256"] == done.card["sha256"]


def _stopped(source_set, folder, preset):
    from unittest.mock import patch

    from astroclassify.training._star_galaxy import SourceTrainer

    step = SourceTrainer.step

    def stopping(self, batch):
        if self.steps == 7:
            self.save(folder)
            raise RuntimeError("stop")
        return step(self, batch)

    with patch.object(SourceTrainer, "step", stopping):
        fitted(source_set, folder, validation=0.25, preset=preset)


def test_no_field_is_both_learnt_from_and_held_out(source_set):
    learnt, held = source_feeds(source_set, MODELS["star-galaxy-image"], validation=0.3)
    assert not set(learnt.fields) & set(held.fields)
    assert len(learnt) + len(held) == 480


def test_a_limit_takes_whole_fields_from_the_first(source_set):
    learnt, held = source_feeds(source_set, MODELS["star-galaxy-image"], validation=0.3, max_sources=150)
    assert sorted({*learnt.fields, *held.fields}) == [0, 1, 2]


def test_a_frame_model_is_refused(source_set, tmp_path):
    with pytest.raises(ParameterError, match="expected one for the task 'source'"):
        fit_sources("patchnet", source_set, folder=tmp_path)


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_share_that_holds_nothing_out_is_refused(source_set, tmp_path, share):
    with pytest.raises(ParameterError, match="expected a share"):
        fitted(source_set, tmp_path, validation=share)


@pytest.mark.parametrize("seed", range(8))
def test_a_mirrored_source_stays_in_its_pixel_and_its_offset_goes_along(seed):
    y, x = np.indices((32, 32)) - 16
    light = np.exp(-((x - 0.3) ** 2 + (y + 0.2) ** 2) / 4).astype(np.float32)
    source = np.zeros((1, 14), np.float32)
    source[0, :2] = 0.3, -0.2
    inputs = SourceInputs(light[None, None].repeat(7, axis=1), np.ones((1, 7, 7), np.float32), source)
    changed = turned(inputs, np.random.default_rng(seed))
    image = changed.cutouts[0, 0]
    centroid = [(image * axis).sum() / image.sum() for axis in (x, y)]
    np.testing.assert_allclose(centroid, changed.source[0, :2], atol=0.01)


def test_fewer_bands_leave_one_at_least_and_less_signal():
    inputs = source_inputs(difficult_samples(number=200)["missing bands"])
    before, signal = inputs.bands[:, :, 0].sum(axis=1), inputs.source[:, 11].copy()
    changed = with_fewer_bands(inputs, np.random.default_rng(1), share=1.0)
    left = changed.bands[:, :, 0].sum(axis=1)
    assert left.min() >= 1
    assert (left < before).mean() > 0.4
    assert (changed.source[left < before, 11] < signal[left < before]).all()
    np.testing.assert_allclose(changed.source[left == before, 11], signal[left == before], rtol=1e-5)
    assert not changed.cutouts[changed.bands[:, :, 0] == 0].any()


def test_noise_is_added_to_bands_that_are_there_only():
    inputs = source_inputs(difficult_samples(number=40)["missing bands"])
    before, there = inputs.cutouts.copy(), inputs.bands[:, :, 0] > 0
    added = with_noise(inputs, np.random.default_rng(1), most=1.0).cutouts - before
    assert not added[~there].any()
    assert 0.3 < added[there].std() < 1


def test_some_sources_have_no_pixels_and_as_many_others_no_catalogue():
    inputs = with_one_mode(source_inputs(difficult_samples(number=400)["ordinary"]), np.random.default_rng(1))
    without_pixels = ~inputs.cutouts.any(axis=(1, 2, 3))
    without_catalogue = ~inputs.bands[:, :, 1:].any(axis=(1, 2))
    assert 0.1 < without_pixels.mean() < 0.3
    assert 0.1 < without_catalogue.mean() < 0.3
    assert not (without_pixels & without_catalogue).any()
    assert inputs.bands[:, :, 0].all()
