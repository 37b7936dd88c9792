"""Labels: galaxy against nsc without field, and "uncertain" for a stated reason."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from astroclassify.core import ConfigurationError, WeightsError, conf
from astroclassify.inference import galaxy_probability, interpret, predict
from astroclassify.models import ModelOutput

FINE = ("galaxy", "nebula", "star cluster", "field")


def answer(model, frame):
    (prediction,) = predict(model, [frame])
    return interpret(prediction, model, meta={"source": "a test"})


def logits(*probabilities):
    return np.log(probabilities).tolist()


@pytest.mark.parametrize(
    ("probabilities", "label", "probability"),
    [
        ((0.7, 0.1, 0.1, 0.1), "galaxy", 0.7 / 0.9),
        ((0.3, 0.25, 0.35, 0.1), "nsc", 0.6 / 0.9),  # neither part alone beats galaxy by much
        ((0.4, 0.3, 0.3, 1e-9), "nsc", 0.6),  # galaxy is the largest class, but not of the two sides
        ((0.45, 0.05, 0.05, 0.45), "galaxy", 0.45 / 0.55),  # field drops out
    ],
)
def test_the_label_is_galaxy_against_nsc_without_field(fixed, frames, probabilities, label, probability):
    found = answer(fixed(*logits(*probabilities), uncertain_below=0.5), frames[0])
    assert (found.label, found.leaning) == (label, label)
    assert found.probability == pytest.approx(probability, rel=1e-5)
    assert list(found.probabilities.values()) == pytest.approx(probabilities, rel=1e-5)
    assert found.meta["reason"] == ""
    assert found.meta["source"] == "a test"


def test_a_two_class_model_has_two_probabilities(fixed, frames):
    found = answer(fixed(*logits(0.1, 0.9), classes=("galaxy", "nsc")), frames[0])
    assert found.label == "nsc"
    assert set(found.probabilities) == {"galaxy", "nsc"}


def test_a_small_probability_is_uncertain_and_says_so(fixed, frames):
    found = answer(fixed(*logits(0.65, 0.35, 1e-9, 1e-9), uncertain_below=0.7), frames[0])
    assert (found.label, found.leaning) == ("uncertain", "galaxy")
    assert found.probability == pytest.approx(0.65, rel=1e-5)
    assert "0.650 is below 0.700" in found.meta["reason"]


def test_a_frame_that_is_mostly_field_is_uncertain_and_says_so(fixed, frames):
    found = answer(fixed(*logits(0.39, 0.005, 0.005, 0.6)), frames[0])
    assert (found.label, found.leaning) == ("uncertain", "galaxy")
    assert "P(field) = 0.600" in found.meta["reason"]


@pytest.mark.parametrize(("field_above", "label"), [(0.29, "uncertain"), (0.31, "galaxy")])
def test_the_card_says_how_probable_an_empty_field_may_be(fixed, frames, field_above, label):
    found = answer(fixed(*logits(0.68, 0.01, 0.01, 0.3), field_above=field_above), frames[0])
    assert found.label == label
    assert found.meta["field_above"] == field_above
    assert ("P(field) = 0.300 is above 0.290" in found.meta["reason"]) == (label == "uncertain")


@pytest.mark.parametrize(("setting", "label"), [(-1.0, "uncertain"), (0.0, "galaxy"), (0.9, "uncertain")])
def test_the_users_threshold_comes_before_the_cards(fixed, frames, setting, label):
    model = fixed(*logits(0.65, 0.35, 1e-9, 1e-9), uncertain_below=0.7)
    with conf.set_temp("uncertain_below", setting):
        assert answer(model, frames[0]).label == label


def test_an_impossible_threshold_is_refused(fixed, frames):
    with conf.set_temp("uncertain_below", 2.0), pytest.raises(ConfigurationError, match="uncertain_below"):
        answer(fixed(0.0, 0.0, 0.0, 0.0), frames[0])


def test_the_cards_calibration_is_applied(fixed, frames):
    found = answer(fixed(4.0, 0.0, classes=("galaxy", "nsc"), temperature=2.0, bias=(-1.0, 0.0)), frames[0])
    assert found.probability == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_novel_frame_is_uncertain_whatever_its_probability(fixed, frames):
    logits = (0.1, 9.0, -3.0, -3.0)
    novelty = -np.log(np.exp(logits).sum())
    found = answer(fixed(*logits, novelty_above=novelty - 0.01, novelty_score="energy"), frames[0])
    assert (found.label, found.leaning) == ("uncertain", "nsc")
    assert found.novelty == pytest.approx(novelty, rel=1e-6)
    assert found.meta["reason"].startswith("unlike anything the model has learnt: novelty -9")
    usual = answer(fixed(*logits, novelty_above=novelty + 0.01), frames[0])
    assert (usual.label, usual.meta["reason"]) == ("nsc", "")
    assert usual.meta["novelty_score"] == "energy"


def test_a_limit_for_a_distance_needs_a_network_that_measures_it(fixed, frames):
    with pytest.raises(WeightsError, match="measures none"):
        answer(fixed(0.0, 0.0, 0.0, 0.0, novelty_score="mahalanobis", novelty_above=3.0), frames[0])


def test_the_card_chooses_between_the_two_novelties(make_model, frames):
    class Explaining(torch.nn.Module):
        def examine(self, planes, *, evidence=True):
            return ModelOutput(torch.zeros(len(planes), 4), novelty=torch.ones(len(planes)))

    assert answer(make_model(Explaining()), frames[0]).novelty == 1
    assert answer(make_model(Explaining(), novelty_score="energy"), frames[0]).novelty == -np.log(4)


def test_a_prior_changes_probabilities_and_not_the_evidence(make_model, frames, additive):
    model = make_model(additive.module)
    (prediction,) = predict(model, frames[:1])
    usual = interpret(prediction, model)
    sure = interpret(prediction, model, prior={"galaxy": 1e-6, "nsc": 1 - 1e-6})
    sign = 1 if usual.leaning == sure.leaning else -1
    assert sure.probabilities["nebula"] > usual.probabilities["nebula"]
    assert np.array_equal(sure.evidence.data, sign * usual.evidence.data)
    assert sure.meta["prior"] == {"galaxy": 1e-6, "nsc": 1 - 1e-6}
    assert usual.meta["prior"] is None


def test_extreme_logits_stay_finite(fixed, frames):
    found = answer(fixed(-2000.0, -3000.0, -4000.0, 5000.0), frames[0])
    assert found.label == "uncertain"
    assert (found.leaning, found.probability) == ("galaxy", 1.0)


def test_evidence_points_towards_the_leaning(additive, frames):
    (prediction,) = predict(additive, frames[:1])
    found = interpret(prediction, additive)
    galaxy, nebula, cluster, _ = prediction.evidence
    share = softmax(prediction.logits[1:3])
    towards_galaxy = galaxy - share[0] * nebula - share[1] * cluster
    sign = 1 if found.leaning == "galaxy" else -1
    assert found.evidence.data.dtype == np.float32
    assert np.allclose(found.evidence.data, sign * towards_galaxy, atol=1e-6)


def test_evidence_of_two_classes_adds_up_to_the_log_odds(make_model, frames, additive):
    model = make_model(type(additive.module)(2), classes=("galaxy", "nsc"), temperature=3.0)
    found = answer(model, frames[0])
    assert found.evidence.data.sum() == pytest.approx(
        np.log(found.probability / (1 - found.probability)), rel=1e-4
    )
    assert found.evidence.data.sum() >= 0


@given(st.lists(st.floats(-50, 50), min_size=4, max_size=4), st.floats(-20, 20))
def test_the_two_sides_depend_neither_on_field_nor_on_an_offset(values, change):
    moved = [*values[:3], values[3] + change]
    first = galaxy_probability(values, FINE)
    assert galaxy_probability(moved, FINE) == pytest.approx(float(first), abs=1e-12)
    assert galaxy_probability(np.add(values, change), FINE) == pytest.approx(float(first), abs=1e-9)
    assert 0 <= first <= 1
    assert softmax(values).sum() == pytest.approx(1)
