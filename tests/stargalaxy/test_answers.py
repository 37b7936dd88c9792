"""Answers for sources: calibrated, uncertain where they must be, and shifted by the shares of the classes."""

import numpy as np
import pytest
import torch

from astroclassify.core import FrameWarning, ParameterError, PluginError, conf
from astroclassify.inference import calibrated_logits
from astroclassify.models import PATCHNET, STAR_GALAXY_IMAGE, Calibration, Model
from astroclassify.stargalaxy import (
    checked_inputs,
    classify_sample,
    magnitude_bins,
    sample_logits,
    shares_by_magnitude,
    source_logits,
    source_probabilities,
)
from astroclassify.stargalaxy._predict import reference_band
from astroclassify.testing import difficult_samples


class Width(torch.nn.Module):
    """Call a galaxy what is wide: the log of the size in units of a point, at the sixth place."""

    def forward(self, cutouts, bands, source):
        wide = 8 * (source[:, 5] - 0.5)
        return torch.stack([-wide, wide], dim=1)


def model_of(network, *, card=None, calibration=None):
    return Model(STAR_GALAXY_IMAGE, network.eval(), card or {}, calibration or Calibration(), "none", "cpu")


@pytest.fixture
def model():
    return model_of(Width())


@pytest.fixture
def sample():
    return difficult_samples(number=40)["ordinary"]


def test_points_are_stars_and_wide_sources_galaxies(sample, model):
    table = classify_sample(sample, model)
    assert table["label"].tolist() == ["star", "galaxy"] * 20


def test_the_table_has_the_answer_first_and_all_that_was_measured(sample, model):
    table = classify_sample(sample, model)
    first = ["id", "x", "y", "label", "probability", "p_class_star", "p_class_galaxy"]
    assert table.colnames[: len(first)] == first
    assert set(sample.catalogue.colnames) <= set(table.colnames)
    assert table.meta["model"] == "star-galaxy-image"


def test_probabilities_sum_to_one_and_the_probability_is_the_larger(sample, model):
    table = classify_sample(sample, model)
    p = np.stack([table["p_class_star"], table["p_class_galaxy"]])
    np.testing.assert_allclose(p.sum(axis=0), 1)
    np.testing.assert_array_equal(table["probability"], p.max(axis=0))


def test_what_is_not_sure_enough_is_uncertain(sample, model):
    with conf.set_temp("uncertain_below", 1.0):
        assert set(classify_sample(sample, model)["label"]) == {"uncertain"}


def test_the_calibration_counts(sample):
    class Even(torch.nn.Module):
        def forward(self, cutouts, bands, source):
            return torch.zeros(len(source), 2)

    table = classify_sample(sample, model_of(Even(), calibration=Calibration(bias=(0.0, 2.0))))
    assert table["p_class_galaxy"][0] == pytest.approx(1 / (1 + np.exp(-2)))


def test_a_prior_shifts_the_log_odds(sample, model):
    logits = sample_logits(sample, model)
    plain = source_probabilities(logits, model, sample)
    shifted = source_probabilities(logits, model, sample, prior={"star": 0.9, "galaxy": 0.1})
    odds = [np.log(p[:, 0] / p[:, 1]) for p in (plain, shifted)]
    np.testing.assert_allclose(odds[1] - odds[0], np.log(9))


def test_the_field_tells_the_shares_at_each_magnitude(sample):
    class Weak(torch.nn.Module):
        def forward(self, cutouts, bands, source):
            wide = torch.sign(source[:, 5] - 0.5)
            return torch.stack([-wide, wide], dim=1)

    stars = sample[::2]
    stars.catalogue["mag_i"][:] = stars.catalogue["mag_i"].unit * 20.5
    model = model_of(Weak())
    logits = sample_logits(sample, model)[::2]
    plain = source_probabilities(logits, model, stars)
    shifted = source_probabilities(logits, model, stars, prior="field")
    # All look like stars, so a galaxy among them is less probable than one by one.
    assert (shifted[:, 1] < 0.6 * plain[:, 1]).all()


def test_any_other_prior_is_refused(sample, model):
    logits = sample_logits(sample, model)
    with pytest.raises(ParameterError, match="expected shares of the classes"):
        source_probabilities(logits, model, sample, prior="catalogue")


def test_shares_are_kept_by_magnitude(sample):
    bins = magnitude_bins(sample)
    is_star = np.arange(40) % 2 == 0
    shares = np.array(shares_by_magnitude(bins, np.stack([is_star, ~is_star], axis=1)))
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-4)
    assert shares[0] == pytest.approx([0.5, 0.5])  # no source is so bright: the shares of all


def test_the_band_that_magnitudes_are_counted_in_is_i_or_near_to_it(sample):
    assert reference_band(sample) == "i"
    assert reference_band(difficult_samples(bands=("g", "F606W"))["ordinary"]) == "F606W"


def test_no_source_gives_an_empty_table(sample, model):
    table = classify_sample(sample[:0], model)
    assert len(table) == 0
    assert "label" in table.colnames


def test_a_model_for_frames_is_refused(sample):
    frames = Model(PATCHNET, Width(), {}, Calibration(), "none", "cpu")
    with pytest.raises(ParameterError, match="expected one for the task 'source'"):
        source_logits(frames, checked_inputs(STAR_GALAXY_IMAGE, sample))


def test_a_network_that_gives_no_logits_is_told(sample):
    class Wrong(torch.nn.Module):
        def forward(self, cutouts, bands, source):
            return source[:, :3]

    with pytest.raises(PluginError, match="logits of the shape"):
        sample_logits(sample, model_of(Wrong()))


def test_logits_do_not_depend_on_how_many_pass_at_once(sample, model):
    inputs = checked_inputs(model.spec, sample)
    np.testing.assert_array_equal(source_logits(model, inputs), source_logits(model, inputs, batch_size=7))


def test_calibrated_logits_keep_their_shape(sample, model):
    assert calibrated_logits(sample_logits(sample, model), model.calibration).shape == (40, 2)


def test_points_of_another_width_than_was_learnt_are_warned_of(sample):
    model = model_of(Width(), card={"point_widths": [0.5, 1.0]})
    with pytest.warns(FrameWarning, match=r"points are 0.15 arcsec wide"):
        classify_sample(sample, model)
