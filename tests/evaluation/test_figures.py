"""Figures of merit and their intervals, against scikit-learn and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.evaluation import _tables
from astroclassify.evaluation._scored import scored_answers, scores
from astroclassify.metrics import (
    SHARES,
    ClusterBootstrap,
    area_under_curve,
    brier_score,
    calibration_error,
    debiased_calibration_error,
    recalibration,
)

from .conftest import made_answers

CHANCE = {"draws": 200, "rng": 0}
_COLUMN = {calibration_error: "ece", area_under_curve: "auc"}


@pytest.fixture
def answers():
    rng = np.random.default_rng(3)
    truth = rng.random(200) < 0.6
    p = np.clip(0.5 + 0.3 * (truth - 0.5) + rng.normal(0, 0.25, 200), 0, 1).round(2)
    p[:3] = 0.5  # a tie, which leans to galaxy
    body = np.arange(200) // 8
    return made_answers(p, truth, body=body, visit=np.arange(200) // 4)


def test_shares_are_those_of_scikit_learn(answers):
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    row = _tables.performance({"m": answers}, **CHANCE)[0]
    precision, recall, f1, _ = precision_recall_fscore_support(
        answers["truth"], answers["leaning"], labels=["galaxy", "nsc"]
    )
    assert row["accuracy"] == pytest.approx(accuracy_score(answers["truth"], answers["leaning"]))
    for number, label in enumerate(("galaxy", "nsc")):
        assert row[f"precision_{label}"] == pytest.approx(precision[number])
        assert row[f"recall_{label}"] == pytest.approx(recall[number])
        assert row[f"f1_{label}"] == pytest.approx(f1[number])


def test_the_tables_hold_the_estimates_of_metrics(answers):
    scored = scored_answers(answers)
    tables = (
        _tables.performance({"m": answers}, **CHANCE)[0],
        _tables.calibration({"m": answers}, **CHANCE)[0],
    )
    names = {**dict.fromkeys(SHARES, tables[0]), calibration_error: tables[1], area_under_curve: tables[1]}
    for suffix, groups in (("", scored.body), ("_visit", scored.visit)):
        bootstrap = ClusterBootstrap(groups, **CHANCE)
        for metric, row in names.items():
            name = _COLUMN.get(metric, metric.__name__)
            found = bootstrap.estimate(metric, scored.p_galaxy, scored.truth)
            told_of = [row[name], row[f"{name}{suffix}_low"], row[f"{name}{suffix}_high"]]
            assert told_of == [found.value, found.low, found.high]


def test_what_probabilities_are_worth_is_told_beside_the_calibration_error(answers):
    row, scored = _tables.calibration({"m": answers}, **CHANCE)[0], scored_answers(answers)
    assert row["ece_debiased"] == debiased_calibration_error(scored.p_galaxy, scored.truth, scored.body)
    assert row["brier_low"] < row["brier"] == brier_score(scored.p_galaxy, scored.truth) < row["brier_high"]
    assert (row["intercept"], row["slope"]) == recalibration(scored.p_galaxy, scored.truth)


def test_the_calibration_error_is_that_of_the_reliability_table(answers):
    table = _tables.reliability({"m": answers})
    assert table["frames"].sum() == 200
    excess = np.nan_to_num(np.abs(table["confidence"] - table["accuracy"])) * table["frames"]
    assert excess.sum() / 200 == pytest.approx(_tables.calibration({"m": answers}, **CHANCE)["ece"][0])


def test_the_curve_and_its_area_are_those_of_scikit_learn(answers):
    from sklearn.metrics import roc_auc_score, roc_curve

    scored = scored_answers(answers)
    found = _tables.roc({"m": answers})
    false, true, threshold = roc_curve(scored.truth, scored.p_galaxy, drop_intermediate=False)
    np.testing.assert_allclose(found["false_positive_rate"], false)
    np.testing.assert_allclose(found["true_positive_rate"], true)
    np.testing.assert_allclose(found["threshold"], threshold)
    area = _tables.calibration({"m": answers}, **CHANCE)["auc"][0]
    assert area == pytest.approx(roc_auc_score(scored.truth, scored.p_galaxy))
    assert np.trapezoid(found["true_positive_rate"], found["false_positive_rate"]) == pytest.approx(area)


def test_the_confusion_matrix_is_that_of_scikit_learn_and_keeps_what_is_uncertain_apart(answers):
    from sklearn.metrics import confusion_matrix

    answers["label"] = answers["label"].astype("U10")
    answers["label"][:30] = "uncertain"
    found = _tables.confusion({"m": answers})
    expected = confusion_matrix(answers["truth"], answers["leaning"], labels=["galaxy", "nsc"])
    assert [[row["galaxy"], row["nsc"]] for row in found] == expected.tolist()
    assert found["uncertain"].sum() == 30


def test_time_goes_from_the_file_to_the_planes_and_from_there_to_the_answer(answers):
    row = _tables.performance({"m": answers}, **CHANCE)[0]
    assert row["preprocess_ms"] == pytest.approx(60 + 199 / 2)
    assert row["classify_ms"] == 50
    assert row["total_ms"] == pytest.approx(110 + 199 / 2)
    assert row["preprocess_ms_low"] < row["preprocess_ms"] < row["preprocess_ms_high"]


def test_failed_frames_are_counted_and_not_scored(answers):
    answers["error"][:50] = "ReadError: gone"
    row = _tables.performance({"m": answers}, **CHANCE)[0]
    assert (row["frames"], row["failed"]) == (150, 50)
    rest = answers[50:]
    assert row["accuracy"] == pytest.approx((rest["truth"] == rest["leaning"]).mean())


def test_groups_share_out_the_frames_and_the_mistakes(answers):
    whole = _tables.performance({"m": answers}, **CHANCE)[0]
    for table in (
        _tables.by_group({"m": answers}, "Instrument", **CHANCE),
        _tables.by_group({"m": answers}, "Filter", **CHANCE),
        _tables.by_body({"m": answers}, **CHANCE),
    ):
        assert table["frames"].sum() == 200
        assert (table["frames"] * table["accuracy"]).sum() / 200 == pytest.approx(whole["accuracy"])


def test_a_body_that_is_alone_has_no_interval(answers):
    one = answers[answers["body"] == "3"]
    row = _tables.performance({"m": one}, **CHANCE)[0]
    assert np.isfinite(row["accuracy"])
    assert np.isnan([row["accuracy_low"], row["accuracy_high"]]).all()
    assert row["accuracy_visit_low"] < row["accuracy"] < row["accuracy_visit_high"] or row["accuracy"] == 1


def test_coverage_begins_with_all_frames(answers):
    table = _tables.coverage({"m": answers})
    assert table["coverage"][0] == 1
    assert table["accuracy"][0] == pytest.approx((answers["truth"] == answers["leaning"]).mean())
    assert (np.diff(table["coverage"]) < 0).all()


def test_one_class_only_gives_what_can_be_said(answers):
    galaxies = answers[answers["truth"] == "galaxy"]
    row = _tables.performance({"m": galaxies}, **CHANCE)[0]
    assert np.isfinite(row["accuracy"])
    assert row["recall_galaxy"] == row["accuracy"]
    assert np.isnan(_tables.calibration({"m": galaxies}, **CHANCE)["auc"][0])
    assert len(_tables.roc({"m": galaxies})) == 0


@settings(max_examples=50, deadline=None)
@given(
    st.integers(2, 30).flatmap(
        lambda n: st.tuples(*[hnp.arrays(bool, n)] * 2, hnp.arrays(int, n, elements=st.integers(0, 5)))
    )
)
def test_turning_classes_around_turns_the_figures_around(drawn):
    said, truth, groups = drawn
    samples = {"": ClusterBootstrap(groups, draws=50)}
    found, turned = scores(SHARES, said, truth, samples), scores(SHARES, ~said, ~truth, samples)
    for name in (share.__name__ for share in SHARES):
        other = name.replace("galaxy", "X").replace("nsc", "galaxy").replace("X", "nsc")
        for ending in ("", "_low", "_high"):
            assert turned[name + ending] == pytest.approx(found[other + ending], nan_ok=True)
