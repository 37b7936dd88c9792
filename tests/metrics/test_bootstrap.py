"""Intervals: whole groups are drawn, and few groups never give a certainty that is not there."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.core import ParameterError
from astroclassify.metrics import (
    SHARES,
    ClusterBootstrap,
    Estimate,
    accuracy,
    area_under_curve,
    balanced_accuracy,
    brier_score,
    brier_skill,
    calibration_error,
    f1_galaxy,
    precision_galaxy,
    recall_galaxy,
    wilson_interval,
)

METRICS = (*SHARES, balanced_accuracy, area_under_curve, calibration_error, brier_score)


def bounds(estimate):
    return estimate.low, estimate.high


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_are_those_of_drawing_whole_bodies_one_after_the_other(answers, metric):
    p, truth, bodies = answers
    found = ClusterBootstrap(bodies, draws=60, rng=8).estimate(metric, p, truth)
    rng, names, values = np.random.default_rng(8), np.unique(bodies), []
    for _ in range(60):
        drawn = [np.flatnonzero(bodies == names[i]) for i in rng.integers(0, names.size, names.size)]
        chosen = np.concatenate(drawn)
        values.append(metric(p[chosen], truth[chosen]))
    assert bounds(found) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])))
    assert found.value == metric(p, truth)
    assert found.method == "bootstrap"


@pytest.mark.parametrize("metric", [accuracy, f1_galaxy, calibration_error])
def test_the_fast_way_is_the_slow_one(answers, metric):
    p, truth, bodies = answers
    samples = ClusterBootstrap(bodies, draws=60)
    slow = samples.estimate(lambda *told: metric(*told), p, truth)
    assert bounds(samples.estimate(metric, p, truth)) == pytest.approx(bounds(slow))


def test_frames_that_do_not_count_leave_the_draws_as_they_are(answers):
    p, truth, bodies = answers
    where = np.arange(p.size) % 4 > 0
    samples = ClusterBootstrap(bodies, draws=60)
    found = samples.estimate(accuracy, np.where(where, p, np.nan), truth, where=where)
    assert found.value == accuracy(p[where], truth[where])
    right = (p >= 0.5) == truth
    mean = samples.mean(np.where(where, right, np.nan), bounds=(0, 1))
    slow = samples.estimate(lambda *told: accuracy(*told), p, truth, where=where)
    assert bounds(found) == bounds(mean) == pytest.approx(bounds(slow))


def test_the_interval_of_an_accuracy_is_that_of_a_binomial_if_each_body_has_one_frame():
    rng = np.random.default_rng(1)
    truth = rng.random(400) < 0.5
    p = np.where(rng.random(400) < 0.9, truth, ~truth)
    found = ClusterBootstrap(np.arange(400)).estimate(accuracy, p, truth)
    expected = 2 * 1.96 * np.sqrt(found.value * (1 - found.value) / 400)
    assert found.high - found.low == pytest.approx(expected, rel=0.15)


def test_the_interval_is_wider_when_frames_share_bodies():
    rng = np.random.default_rng(3)
    truth, body = np.arange(400) % 2 == 0, np.arange(400) // 20
    p = np.where((rng.random(20) < 0.7)[body], truth, ~truth)
    by_frame, by_body = (
        ClusterBootstrap(groups, draws=300).estimate(balanced_accuracy, p, truth)
        for groups in (np.arange(400), body)
    )
    assert by_body.high - by_body.low > 2 * (by_frame.high - by_frame.low)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(float, st.integers(10, 40), elements=st.floats(-1e3, 1e3)))
def test_a_mean_of_single_frames_has_the_textbook_spread(values):
    found = ClusterBootstrap(np.arange(values.size)).mean(values)
    assert found.value == pytest.approx(values.mean())
    if found.method == "bootstrap":
        half = (found.high - found.low) / 2
        assert half <= 1.3 * 1.96 * values.std() / np.sqrt(values.size) + 1e-9


# Few groups --------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(*[hnp.arrays(bool, n)] * 2, hnp.arrays(int, n, elements=st.integers(0, 14)))
    )
)
def test_an_interval_has_a_width_or_says_that_there_is_none(drawn):
    said, truth, groups = drawn
    samples = ClusterBootstrap(groups, draws=50)
    for metric in METRICS:
        found = samples.estimate(metric, said, truth)
        assert (found.method == "too few groups") == np.isnan(found.low) == np.isnan(found.high)
        if found.method != "too few groups":
            assert 0 <= found.low < found.high <= 1
            assert not np.isnan(found.value)


@pytest.mark.parametrize("groups", [2, 5, 9, 10, 40])
def test_an_accuracy_without_an_error_has_the_interval_of_wilson(groups):
    bodies = np.repeat(np.arange(groups), 7)
    found = ClusterBootstrap(bodies).estimate(accuracy, np.ones(bodies.size), np.ones(bodies.size, bool))
    assert (found.value, *bounds(found)) == pytest.approx((1.0, *wilson_interval(1, groups)))
    assert found.method == "wilson"


def test_few_groups_have_the_wider_of_both_intervals():
    right, bodies = np.repeat([True, True, True, False], 50), np.repeat(list("abcd"), 50)
    found = ClusterBootstrap(bodies).mean(right, bounds=(0, 1))
    assert bounds(found) == (0.25, 1.0)  # of Wilson, 0.30 to 0.95
    even = ClusterBootstrap(bodies).mean(np.arange(200) % 2, bounds=(0, 1))
    assert bounds(even) == wilson_interval(0.5, 4)


@pytest.mark.parametrize("metric", METRICS)
def test_one_body_tells_nothing_of_others(answers, metric):
    p, truth, _ = answers
    found = ClusterBootstrap(np.zeros(p.size)).estimate(metric, p, truth)
    assert found.value == metric(p, truth)
    assert str(found).endswith("(too few groups)")


def test_a_figure_rests_on_the_groups_in_its_denominator():
    bodies, truth = np.arange(30), np.arange(30) < 3
    p = np.where(np.arange(30) < 2, 0.9, 0.1)
    samples = ClusterBootstrap(bodies)
    recall, precision = (
        samples.estimate(recall_galaxy, p, truth),
        samples.estimate(precision_galaxy, p, truth),
    )
    assert recall.low <= wilson_interval(2 / 3, 3)[0]
    assert bounds(precision) == wilson_interval(1, 2)


@pytest.mark.parametrize("metric", [balanced_accuracy, area_under_curve])
def test_what_needs_both_classes_rests_on_the_rarer_one(metric):
    truth = np.arange(30) < 4
    found = ClusterBootstrap(np.arange(30)).estimate(metric, truth, truth)
    assert (found.value, *bounds(found)) == (1.0, *wilson_interval(1, 4))
    alone = ClusterBootstrap(np.arange(30)).estimate(metric, truth, np.arange(30) < 1)
    assert alone.method == "too few groups"


def test_a_number_without_bounds_has_no_interval_of_few_groups():
    assert ClusterBootstrap(np.arange(9)).mean(np.arange(9.0)).method == "too few groups"
    assert ClusterBootstrap(np.arange(10)).mean(np.arange(10.0)).method == "bootstrap"
    assert ClusterBootstrap(np.arange(20)).mean(np.ones(20)).method == "too few groups"


@pytest.mark.parametrize("metric", METRICS)
def test_no_frame_is_no_figure(metric):
    found = ClusterBootstrap([]).estimate(metric, [], [])
    assert np.isnan([found.value, found.low, found.high]).all()
    assert str(found) == "-"


def test_few_groups_hold_the_truth_about_as_often_as_they_promise():
    rng, held = np.random.default_rng(0), 0
    for seed in range(200):
        bodies = np.repeat(np.arange(5), 8)
        right = rng.random(40) < rng.beta(0.9, 0.1, 5)[bodies]  # correlated by one half
        found = ClusterBootstrap(bodies, draws=200, rng=seed).mean(right, bounds=(0, 1))
        held += found.low <= 0.9 <= found.high
    assert held / 200 > 0.93


# Differences -------------------------------------------------------------------------------------


def test_a_difference_of_none_is_as_sure_as_the_groups_are_many():
    for groups in (5, 50):
        found, p_value = ClusterBootstrap(np.arange(groups)).difference(np.zeros(groups))
        unlike = wilson_interval(0, groups)[1]
        assert (found.value, *bounds(found)) == (0, -unlike, unlike)
        assert p_value == 1


def test_groups_that_agree_are_no_more_than_as_many_coins():
    _, p_value = ClusterBootstrap(np.arange(4)).difference(np.ones(4))
    assert p_value == 2 / 2**4
    _, p_value = ClusterBootstrap(np.arange(40), draws=99).difference(np.ones(40))
    assert p_value == pytest.approx(2 / 100)
    estimate, p_value = ClusterBootstrap([1, 1]).difference([1, 1])
    assert np.isnan(p_value)
    assert estimate.method == "too few groups"


# The rest ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"confidence": 1.0}, {"confidence": 0.0}])
def test_draws_and_confidence_have_a_range(wrong):
    with pytest.raises(ParameterError, match="expected 1 or more"):
        ClusterBootstrap([1, 2], **wrong)


def test_values_are_of_the_frames_that_the_groups_are_of():
    with pytest.raises(ParameterError, match="those of 2 frames"):
        ClusterBootstrap([1, 2]).mean([1.0])
    with pytest.raises(ParameterError, match="those of 2 frames"):
        ClusterBootstrap([1, 2]).estimate(accuracy, [1.0], [True])


def test_an_estimate_is_written_as_asked_for():
    assert Estimate(0.967, 0.957, 0.977).text(".2%", ".1%") == "96.70% (95.7% to 97.7%)"


@settings(deadline=None, max_examples=50)
@given(share=st.floats(0, 1), number=st.integers(1, 5000))
def test_wilson_s_interval_holds_its_share_and_shrinks_with_draws(share, number):
    low, high = wilson_interval(share, number)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    closer = wilson_interval(share, 4 * number)
    assert closer[1] - closer[0] < high - low


def test_wilson_s_interval_is_that_of_scipy_and_of_print():
    from scipy.stats import binomtest

    # Newcombe 1998, Stat. Med. 17, 857, table I, method 3: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(7 / 9, 9) == pytest.approx(tuple(binomtest(7, 9).proportion_ci(method="wilson")))
    with pytest.raises(ParameterError, match="got a share of"):
        wilson_interval(1.5, 3)


def test_two_thousand_draws_of_fifteen_hundred_frames_are_a_matter_of_seconds():
    rng = np.random.default_rng(2)
    truth, bodies = rng.random(1500) < 0.5, np.arange(1500) // 2
    start = time.process_time()
    ClusterBootstrap(bodies).estimate(area_under_curve, rng.random(1500), truth)
    assert time.process_time() - start < 4


def test_differences_that_are_not_known_are_left_out():
    bodies = np.arange(40).repeat(2)
    values = np.tile([1.0, -1.0], 40)
    gaps = np.where(np.arange(80) % 40 < 2, np.nan, values)
    samples, known = ClusterBootstrap(bodies), np.isfinite(gaps)
    assert samples.difference(gaps)[1] == ClusterBootstrap(bodies[known]).difference(gaps[known])[1] == 1


@pytest.mark.parametrize("values", [[np.nan] * 3, [1, np.nan, np.nan]])
def test_differences_of_fewer_than_two_groups_have_no_probability(values):
    assert np.isnan(ClusterBootstrap(["a", "b", "c"]).difference(values)[1])


def test_a_figure_that_is_no_share_has_no_interval_of_few_groups():
    truth, p_galaxy = [True, False] * 3, [0.2, 0.7, 0.1, 0.9, 0.4, 0.6]
    estimate = ClusterBootstrap(list("aabbcc")).estimate(brier_skill, p_galaxy, truth)
    assert estimate.value < 0
    assert estimate.method == "too few groups"
