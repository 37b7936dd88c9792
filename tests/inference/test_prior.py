"""A prior moves the odds by the ratio of new shares to old ones, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from astroclassify.core import ParameterError
from astroclassify.inference import galaxy_probability, prior_shift
from astroclassify.models import Calibration, Model, ModelSpec

FINE = ("galaxy", "nebula", "star cluster", "field")


def model(classes=FINE, **calibration):
    spec = ModelSpec("known", "Known answers", "torch.nn:Identity", "torch.nn:Identity", classes)
    return Model(spec, None, {}, Calibration(**calibration), "no file", "cpu")


@given(st.floats(0.01, 0.99), st.lists(st.floats(-9, 9), min_size=4, max_size=4))
def test_the_odds_of_galaxy_change_by_the_priors_odds(share, logits):
    moved = logits + prior_shift({"galaxy": share, "nsc": 1 - share}, model())
    before, after = galaxy_probability(logits, FINE), galaxy_probability(moved, FINE)
    assert after / (1 - after) == pytest.approx(before / (1 - before) * share / (1 - share), rel=1e-6)
    # Nebulae against clusters, the parts of nsc, stay as they were.
    assert moved[1] - moved[2] == pytest.approx(logits[1] - logits[2])


def test_the_prior_of_the_calibration_is_no_change():
    shares = (0.4, 0.1, 0.2, 0.3)
    calibrated = model(prior=shares)
    assert np.allclose(prior_shift(dict(zip(FINE, shares, strict=True)), calibrated), 0)
    assert np.allclose(prior_shift({"galaxy": 4 / 7, "nsc": 3 / 7}, calibrated), 0)
    assert np.allclose(prior_shift({"galaxy": 0.5, "nsc": 0.5}, model()), 0)
    assert np.array_equal(prior_shift(None, calibrated), np.zeros(4))


def test_bayes_on_frames_drawn_with_other_shares():
    # Frames with one number each, normal about 0, 1, 2, 3: the posterior for a prior is known.
    old, new = np.array([0.25, 0.25, 0.25, 0.25]), np.array([0.7, 0.1, 0.15, 0.05])
    log_likelihood = -((1.3 - np.arange(4)) ** 2) / 2
    shift = prior_shift(dict(zip(FINE, new, strict=True)), model(prior=tuple(old)))
    assert np.allclose(softmax(log_likelihood + np.log(old) + shift), softmax(log_likelihood + np.log(new)))


def test_two_classes_are_the_same_by_either_name():
    assert np.allclose(
        prior_shift({"nsc": 0.25, "galaxy": 0.75}, model(("galaxy", "nsc"))), np.log([1.5, 0.5])
    )


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"galaxy": 1.0}, "share for each"),
        ({"galaxy": 0.5, "nebula": 0.5}, r"got \['galaxy', 'nebula'\]"),
        ({"galaxy": 0.5, "nsc": 0.5, "field": 0.0}, "share for each"),
        (0.9, "got a float"),
        ({"galaxy": 1.0, "nsc": 0.0}, "above 0"),
        ({"galaxy": 1.1, "nsc": -0.1}, "above 0"),
        ({"galaxy": float("nan"), "nsc": 0.5}, "above 0"),
        ({"galaxy": "0.5", "nsc": 0.5}, "above 0"),
        ({"galaxy": 9, "nsc": 1}, "sum up to 1"),
    ],
)
def test_what_is_no_prior_is_refused(prior, message):
    with pytest.raises(ParameterError, match=message):
        prior_shift(prior, model())
