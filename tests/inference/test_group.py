"""Several frames of one body give one answer."""

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.inference import answers_table, check_grouping, combine_answers, effective_number, grouped

FINE = ("galaxy", "nebula", "star cluster", "field")


def table(rows):
    """Answers of (source, label, P of each class, novelty)."""
    made = []
    for source, label, p, novelty in rows:
        galaxy = p[0] / sum(p[:3])
        made.append((source, 1, label, max(galaxy, 1 - galaxy), galaxy, *p, novelty, "", "", "known"))
    return answers_table(made, FINE)


@pytest.fixture
def model(fixed):
    """Give a model with limits (Model)."""
    return fixed(
        0.0, 0.0, 0.0, 0.0, uncertain_below=0.6, novelty_above=1.0, novelty_score="energy", field_above=0.4
    )


SURE = (0.8, 0.1, 0.05, 0.05)
OTHER = (0.1, 0.6, 0.25, 0.05)
EMPTY = (0.1, 0.1, 0.1, 0.7)


def test_one_frame_is_its_own_group(model):
    answer = combine_answers(table([("a", "galaxy", SURE, 0.0)]), model)
    assert (answer.label, answer.meta["effective_number"]) == ("galaxy", 1.0)
    assert list(answer.probabilities.values()) == pytest.approx(SURE)
    assert np.isnan(answer.meta["spread"])


def test_frames_that_agree_are_surer_together_but_not_as_if_they_were_independent(model):
    one = combine_answers(table([("a", "galaxy", SURE, 0.0)]), model)
    many = combine_answers(table([("a", "galaxy", SURE, 0.0)] * 50), model)
    odds = [answer.probability / (1 - answer.probability) for answer in (one, many)]
    assert odds[0] < odds[1] <= odds[0] ** 2 * 1.001
    assert many.meta["spread"] == pytest.approx(0, abs=1e-9)


def test_frames_are_worth_more_than_one_and_fewer_than_two():
    numbers = [effective_number(n) for n in (1, 2, 5, 1000)]
    assert numbers[0] == 1
    assert np.all(np.diff(numbers) > 0)
    assert numbers[-1] < 2


def test_frames_that_disagree_are_uncertain_and_say_so(model):
    answer = combine_answers(table([("a", "galaxy", SURE, 0.0)] * 3 + [("a", "nsc", OTHER, 0.0)]), model)
    assert (answer.label, answer.leaning) == ("uncertain", "galaxy")
    assert answer.meta["reason"].startswith("the frames disagree: 3 of them galaxy, 1 nebula")
    assert answer.meta["labels"] == {"galaxy": 3, "nsc": 1}
    assert answer.meta["spread"] > 1


@pytest.mark.parametrize("silent", [("a", "uncertain", EMPTY, 0.0), ("a", "uncertain", OTHER, 5.0)])
def test_an_empty_or_novel_frame_says_nothing_of_the_body(model, silent):
    alone = combine_answers(table([("a", "galaxy", SURE, 0.0)]), model)
    both = combine_answers(table([("a", "galaxy", SURE, 0.0), silent]), model)
    assert (both.label, both.probability) == ("galaxy", pytest.approx(alone.probability))
    assert (both.meta["frames"], both.meta["used"]) == (2, 1)


def test_frames_that_are_all_empty_are_an_empty_field(model):
    answer = combine_answers(table([("a", "uncertain", EMPTY, 0.0)] * 2), model)
    assert answer.label == "uncertain"
    assert "P(field)" in answer.meta["reason"]


def test_frames_are_grouped_by_visit_or_by_file(model):
    rows = [("n/jbf301a1q_raw.fits", "galaxy", SURE, 0.0)] * 2
    rows += [("n/jbf301a3q_raw.fits", "galaxy", SURE, 0.0), ("n/mine.fits", "nsc", OTHER, 0.0)]
    by_visit, by_file = (grouped(table(rows), by, model) for by in ("visit", "file"))
    assert by_visit["source"].tolist() == ["jbf301", "n/mine.fits"]
    assert by_visit["frames"].tolist() == [3, 1]
    assert by_visit["label"].tolist() == ["galaxy", "nsc"]
    assert by_file["frames"].tolist() == [2, 1, 1]


def test_a_group_without_an_answer_keeps_its_error(model):
    rows = table([("one.fits", "galaxy", SURE, 0.0), ("two.fits", "galaxy", SURE, 0.0)])
    rows = rows[:2]
    rows["error"] = ["ReadError: two.fits: truncated", ""]
    result = grouped(rows, "file", model)
    assert result["error"].tolist() == ["ParameterError: two.fits: truncated", ""]
    assert result["label"].tolist() == ["", "galaxy"]
    with pytest.raises(ParameterError, match="none of the frames"):
        combine_answers(rows[:1], model)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": "night"}, "group_by is 'night'"),
        ({"by": "file", "identify": True}, "catalogue"),
        ({"by": "file", "prior": "catalogue"}, "catalogue"),
    ],
)
def test_what_cannot_be_grouped_by_is_refused(asked, message):
    with pytest.raises(ParameterError, match=message):
        check_grouping(**asked)
