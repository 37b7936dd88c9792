"""Rules that see no picture: found where there is one, honest where there is none."""

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.datasets import canonical_bodies, read_manifest
from astroclassify.evaluation._baselines import (
    OTHERS,
    REFERENCE,
    SAME,
    STATISTICS,
    _above,
    _threshold,
    baselines,
    rules_for,
)


def frames(truth, instrument, *, body=None, band=None, **numbers):
    truth, nothing = np.asarray(truth, bool), np.zeros(len(truth))
    body = np.arange(truth.size) if body is None else body
    return Table(
        {
            "truth": np.where(truth, "galaxy", "nsc"),
            "body": np.asarray(body).astype(str),
            "visit": np.asarray(body).astype(str),
            "Instrument": np.asarray(instrument),
            "Filter": np.full(truth.size, "F606W") if band is None else np.asarray(band),
            **{name: numbers.get(name, nothing) for name in STATISTICS},
        }
    )


def called(rules, name, learnt_on):
    (rule,) = [rule for rule in rules if (rule.name, rule.learnt_on) == (name, learnt_on)]
    return rule.called


def test_a_shortcut_by_instrument_is_found_without_seeing_the_body_itself():
    truth = np.arange(40) % 2 == 0
    rules = rules_for(frames(truth, np.where(truth, "WFC3/UVIS", "ACS/WFC")))
    assert (called(rules, "instrument", OTHERS) == truth).all()
    assert (called(rules, "instrument and band", OTHERS) == truth).all()
    assert (
        called(rules, "the commoner class", SAME).all() or not called(rules, "the commoner class", SAME).any()
    )


def test_what_only_one_body_shows_is_not_learnt_from_itself():
    truth, band = np.array([True] * 6 + [False] * 4), np.array(["A"] * 6 + ["A", "A", "A", "B"])
    rules = rules_for(frames(truth, ["ACS/WFC"] * 10, band=band))
    assert called(rules, "band", SAME)[-1] == False  # noqa: E712
    assert called(rules, "band", OTHERS)[-1] == True  # noqa: E712


def test_a_reference_list_is_all_that_its_rules_know():
    truth = np.array([True, True, False, False])
    reference = Table(
        {"Instrument": ["ACS/WFC", "ACS/WFC", "WFC3/UVIS"], "Filter": ["F606W", "F814W", "F814W"],
         "Label": ["nsc", "nsc", "galaxy"]}
    )  # fmt: skip
    listed = frames(truth, ["ACS/WFC", "WFC3/UVIS", "ACS/WFC", "csst"])
    rules = rules_for(listed, reference=reference)
    assert called(rules, "instrument", REFERENCE).tolist() == [
        False,
        True,
        False,
        False,
    ]  # unknown: the commoner
    assert not any(rule.learnt_on == OTHERS and rule.name not in STATISTICS for rule in rules)


def test_a_number_that_tells_the_classes_apart_is_found_whichever_side_galaxies_are_on():
    rng, truth = np.random.default_rng(0), np.arange(60) % 2 == 0
    level = np.where(truth, -1, 1) + rng.normal(0, 0.1, 60)
    rules = rules_for(frames(truth, ["ACS/WFC"] * 60, level=level, noise=-level))
    for name in ("level", "noise"):
        assert (called(rules, name, OTHERS) == truth).all()


def test_a_number_that_only_tells_bodies_apart_does_not_help():
    body = np.arange(40) // 4
    truth = body % 2 == 0
    rules = rules_for(frames(truth, ["ACS/WFC"] * 40, body=body, level=body.astype(float)))
    assert (called(rules, "level", OTHERS) == truth).mean() < 0.6


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 25).flatmap(
        lambda n: st.tuples(
            hnp.arrays(float, n, elements=st.integers(-4, 4) | st.just(np.nan)), hnp.arrays(bool, n)
        )
    )
)
def test_the_threshold_is_the_best_of_all(drawn):
    values, truth = drawn
    best = (_above(values, *_threshold(values, truth)) == truth).sum()
    commoner = _threshold(values, truth)[2]
    for threshold in np.arange(-4.5, 5.5):
        for above in (True, False):
            assert best >= (_above(values, threshold, above, commoner) == truth).sum()


def test_the_table_scores_rules_as_models_are():
    truth = np.arange(40) % 4 == 0
    listed = frames(truth, ["ACS/WFC"] * 40)
    table = baselines(listed, rules_for(listed), draws=100, rng=0)
    row = table[(table["looks_at"] == "the commoner class") & (table["learnt_on"] == SAME)][0]
    assert row["accuracy"] == pytest.approx(0.75)
    assert row["recall_nsc"] == 1
    assert row["recall_galaxy"] == 0
    assert row["accuracy_low"] < 0.75 < row["accuracy_high"]


def test_the_published_test_list_is_told_by_the_camera(shared):
    # shared/facts/paper.md: "UVIS means galaxy" is right for 79.4% of the 1595 frames.
    manifest = read_manifest(shared / "lcid" / "LCID_test.csv")
    listed = frames(manifest["Label"] == "galaxy", manifest["Instrument"], body=canonical_bodies(manifest))
    rules = rules_for(listed)
    truth = listed["truth"] == "galaxy"
    assert (called(rules, "instrument", SAME) == truth).mean() == pytest.approx(0.794, abs=5e-4)
    assert (called(rules, "instrument", OTHERS) == truth).mean() == pytest.approx(0.794, abs=5e-4)
