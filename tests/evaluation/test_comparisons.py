"""Which of two models is better, and how sure that is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.core import ParameterError
from astroclassify.evaluation import holm, mcnemar
from astroclassify.evaluation._comparisons import compare_models, compare_with_rules

from .conftest import made_answers

CHANCE = {"draws": 500, "rng": 0}
pairs = st.integers(1, 60).flatmap(lambda n: st.tuples(hnp.arrays(bool, n), hnp.arrays(bool, n)))


def of_models(**right):
    """Answers of models that are right about these frames of galaxies; two frames a body."""
    return {
        name: made_answers(
            np.where(r, 0.9, 0.1), np.ones(len(r), bool), model=name, body=np.arange(len(r)) // 2
        )
        for name, r in right.items()
    }


# Agresti 2002, "Categorical Data Analysis", section 10.1.1: approval, 150 and 86 discordant, z^2 = 17.36.
def test_mcnemar_agrees_with_the_large_sample_test():
    from scipy.stats import chi2

    right = np.repeat([True, False], [150, 86])
    assert mcnemar(right, ~right) == pytest.approx(chi2.sf(17.36, 1), rel=0.25)


def test_mcnemar_is_the_sum_of_binomial_tails():
    from math import comb

    right = np.repeat([True, False], [9, 2])
    assert mcnemar(right, ~right) == pytest.approx(2 * sum(comb(11, k) for k in range(3)) / 2**11)


@given(pairs)
def test_mcnemar_does_not_ask_which_model_came_first(pair):
    one, other = pair
    assert mcnemar(one, other) == mcnemar(other, one)
    assert 0 < mcnemar(one, other) <= 1


@given(pairs, st.integers(1, 20))
def test_frames_on_which_models_agree_do_not_count(pair, more):
    one, other = pair
    longer = [np.concatenate([each, np.ones(more, bool)]) for each in pair]
    assert mcnemar(one, other) == mcnemar(*longer)


def test_mcnemar_needs_the_same_frames():
    with pytest.raises(ParameterError, match="same frames"):
        mcnemar([True], [True, False])


@given(hnp.arrays(float, st.integers(1, 20), elements=st.floats(0, 1)))
def test_holm_lies_between_no_correction_and_bonferroni_s_and_keeps_the_order(p):
    found = holm(p)
    assert (found >= p).all()
    assert (found <= np.minimum(1, p * p.size) + 1e-15).all()
    assert (np.diff(found[np.argsort(p, kind="stable")]) >= 0).all()


def test_holm_of_the_textbook():
    # Holm 1979: with p = 0.01, 0.02, 0.03, 0.04 all are multiplied by 4, 3, 2, 1, and never fall.
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.02]), [0.06, 0.04, 0.06, 0.06])


def test_every_pair_is_compared_once_on_the_frames_that_both_answered():
    rng = np.random.default_rng(0)
    answers = of_models(a=rng.random(40) < 0.9, b=rng.random(40) < 0.7, c=rng.random(40) < 0.5)
    answers["b"]["error"][:10] = "PluginError: no"
    table = compare_models(answers, **CHANCE)
    assert [(row["model"], row["other"], row["frames"]) for row in table] == [
        *(("a", "b", 30), ("a", "c", 40), ("b", "c", 30))
    ]
    parts = ("both_right", "only_model_right", "only_other_right", "both_wrong")
    assert (sum(table[name] for name in parts) == table["frames"]).all()
    right_a, right_c = (answers[m]["leaning"] == "galaxy" for m in "ac")
    assert table["difference"][1] == pytest.approx(right_a.mean() - right_c.mean())
    assert (table["p_mcnemar_holm"] >= table["p_mcnemar"]).all()


def test_a_real_difference_is_found_and_none_is_not():
    rng = np.random.default_rng(1)
    good = rng.random(400) < 0.9
    answers = of_models(good=good, same=np.roll(good, 2), bad=rng.random(400) < 0.6)
    same, better, _ = compare_models(answers, **CHANCE)
    assert better["difference_low"] > 0.2
    assert better["p_bootstrap_holm"] < 0.02
    assert better["p_mcnemar_holm"] < 1e-6
    assert same["difference_low"] < 0 < same["difference_high"]
    assert same["p_bootstrap"] > 0.5


def test_equal_answers_differ_in_nothing():
    right = np.arange(20) % 3 == 0
    (row,) = compare_models(of_models(a=right, b=right), **CHANCE)
    assert (row["difference"], row["difference_low"], row["difference_high"]) == (0, 0, 0)
    assert row["p_bootstrap"] == row["p_mcnemar"] == 1


def test_differences_by_body_are_less_certain_where_a_body_stands_and_falls_together():
    right = np.repeat(np.random.default_rng(2).random(20) < 0.75, 10)
    other = np.repeat(np.random.default_rng(3).random(20) < 0.5, 10)
    answers = of_models(a=right, b=other)
    for each in answers.values():
        each["body"] = np.repeat(np.arange(20), 10).astype(str)
    (row,) = compare_models(answers, **CHANCE)
    wide = row["difference_high"] - row["difference_low"]
    assert wide > 2 * (row["difference_visit_high"] - row["difference_visit_low"])  # frames are visits here
    assert row["p_bootstrap"] > 10 * row["p_mcnemar"]


def test_one_model_has_no_pair_but_columns():
    table = compare_models(of_models(a=np.ones(4, bool)), **CHANCE)
    assert len(table) == 0
    assert {"model", "other", "difference", "p_mcnemar_holm"} <= set(table.colnames)


def test_a_rule_is_compared_frame_by_frame():
    answers = of_models(a=np.array([True, True, False, False]))
    says = {f"frame {i}": said for i, said in enumerate((True, False, True, False))}
    (row,) = compare_with_rules(answers, {"instrument": says}, **CHANCE)
    parts = ("both_right", "only_model_right", "only_other_right", "both_wrong")
    assert [row[name] for name in parts] == [1, 1, 1, 1]
