"""Which of two models is better, and how sure that is."""

import numpy as np
import pytest

from astroclassify.evaluation._tables import compare_models, compare_with_rules
from astroclassify.metrics import wilson_interval

from .conftest import made_answers

CHANCE = {"draws": 500, "rng": 0}


def of_models(**right):
    """Answers of models that are right about these frames of galaxies; two frames a body."""
    return {
        name: made_answers(
            np.where(r, 0.9, 0.1), np.ones(len(r), bool), model=name, body=np.arange(len(r)) // 2
        )
        for name, r in right.items()
    }


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


def test_equal_answers_differ_in_nothing_but_other_bodies_may_tell():
    right = np.arange(40) % 3 == 0
    (row,) = compare_models(of_models(a=right, b=right), **CHANCE)
    unlike = wilson_interval(0, 20)[1]  # what none of 20 bodies allows
    assert (row["difference"], row["difference_low"], row["difference_high"]) == (0, -unlike, unlike)
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
