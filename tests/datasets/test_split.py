"""What is held out, and what is kept apart."""

from collections import Counter

import numpy as np
import pytest
from astropy.table import Table, vstack
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import AstroclassifyWarning, ParameterError
from astroclassify.datasets import (
    PAPER_SEED,
    check_leakage,
    find_leakage,
    kfold,
    read_manifest,
    resolve_body,
    split_by_body,
    split_frames,
    split_manifest,
)


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_a_split_by_body_parts_no_body_and_holds_out_every_class(fraction):
    rng = np.random.default_rng(0)
    bodies = np.sort(rng.integers(0, 30, 300)).astype(str)
    labels = np.where(bodies.astype(int) < 12, "galaxy", "nsc")
    held = split_by_body(bodies, labels, fraction=fraction, seed=5)
    assert not set(bodies[held]) & set(bodies[~held])
    for label, number in Counter(labels[np.unique(bodies, return_index=True)[1]]).items():
        out = len(set(bodies[held & (labels == label)]))
        assert out == max(1, round(fraction * number))


def test_the_seed_chooses_the_bodies_that_are_held_out():
    bodies = [f"body {i}" for i in range(40)]
    first = split_by_body(bodies, seed=1)
    np.testing.assert_array_equal(first, split_by_body(bodies, seed=1))
    assert not np.array_equal(first, split_by_body(bodies, seed=2))


def test_one_body_of_each_class_cannot_be_split():
    with pytest.raises(ParameterError, match="no body can be held out"):
        split_by_body(["M31", "M31", "M13"], ["galaxy", "galaxy", "nsc"])


def test_a_split_by_frame_parts_bodies_and_says_so():
    bodies = np.repeat(["M31", "M33"], 50)
    with pytest.warns(AstroclassifyWarning, match="never seen"):
        held = split_frames(bodies, fraction=0.2, by="frame")
    assert held.sum() == 20
    assert set(bodies[held]) == set(bodies[~held])


def test_a_body_is_held_out_under_all_of_its_names():
    for seed in range(10):
        held = split_by_body(["NGC 1982", "M43", "M42", "M 43", "M5"], seed=seed)
        assert held[0] == held[1] == held[3]


#: Bodies whose place the table knows, and some that it does not know.
NAMES = (
    "M31",
    "NGC 224",
    "M33",
    "M82",
    "NGC3034",
    "M5",
    "NGC5904",
    "M3",
    "M16",
    "a field",
    "A Field",
    "another",
)
CLASS_OF = dict(zip(NAMES, ["galaxy"] * 5 + ["nsc"] * 4 + ["field"] * 3, strict=True))


@st.composite
def manifests(draw):
    """A list of visits, each of one body by one camera; frames of a visit share all but the exposure."""
    rows = []
    for visit in range(draw(st.integers(8, 25))):
        name, camera = draw(st.sampled_from(NAMES)), draw(st.sampled_from(["ACS/WFC", "WFC3/UVIS"]))
        for exposure in range(draw(st.integers(1, 4))):
            obsid = f"{'j' if camera == 'ACS/WFC' else 'i'}zzz{visit:02d}{exposure:02d}q"
            rows += [(name, camera, obsid, hdu, CLASS_OF[name]) for hdu in (1, 4)]
    return Table(rows=rows, names=("ID", "Instrument", "OBSID", "HDU Index", "Label"))


def rows_of(table):
    return sorted(zip(table["OBSID"].tolist(), table["HDU Index"].tolist(), strict=True))


@settings(deadline=None, max_examples=20)
@given(manifest=manifests(), seed=st.integers(0, 99), by=st.sampled_from(["body", "visit"]))
def test_a_split_is_the_whole_list_once_and_parts_no_group(manifest, seed, by):
    if by == "body" and max(Counter(by_class(manifest)).values()) == 1:
        with pytest.raises(ParameterError, match="nothing can be held out"):
            split_manifest(manifest, seed=seed)
        return
    parts = split_manifest(manifest, by=by, seed=seed)
    assert rows_of(vstack([parts.train, parts.test], metadata_conflicts="silent")) == rows_of(manifest)
    assert len(parts.train)
    assert len(parts.test)
    assert not set(visits_of(parts.train)) & set(visits_of(parts.test))
    if by == "body":
        assert parts.leakage.level is None
        assert not {resolved(name) for name in parts.train["ID"]} & {
            resolved(name) for name in parts.test["ID"]
        }
        # What can be tested is tested: each class of two bodies or more is in both parts.
        for label, bodies in Counter(by_class(manifest)).items():
            assert (label in parts.test["Label"]) == (bodies > 1)
            assert label in parts.train["Label"]


def resolved(name):
    body = resolve_body(name)
    return body.name if body else name.casefold()


def visits_of(table):
    return [obsid[:6] for obsid in table["OBSID"]]


def by_class(table):
    """The class of each body, once."""
    return [label for _, label in {(resolved(row["ID"]), row["Label"]) for row in table}]


@settings(deadline=None, max_examples=10)
@given(manifest=manifests(), seed=st.integers(0, 99), order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter_and_the_seed_says_it_all(manifest, seed, order):
    numbers = list(range(len(manifest)))
    order.shuffle(numbers)
    try:
        first = split_manifest(manifest, seed=seed)
    except ParameterError:
        return
    assert rows_of(split_manifest(manifest[numbers], seed=seed).test) == rows_of(first.test)
    assert rows_of(split_manifest(manifest, seed=seed).test) == rows_of(first.test)


@settings(deadline=None, max_examples=10)
@given(manifest=manifests(), k=st.integers(2, 3), seed=st.integers(0, 99))
def test_each_frame_is_in_one_test_fold_and_each_class_in_every_fold(manifest, k, seed):
    fewest = min(Counter(by_class(manifest)).values())
    if fewest < k:
        with pytest.raises(ParameterError, match=f"{k} folds are too many"):
            kfold(manifest, k, seed=seed)
        return
    folds = kfold(manifest, k, seed=seed)
    tested = vstack([fold.test for fold in folds], metadata_conflicts="silent")
    assert rows_of(tested) == rows_of(manifest)
    for number, fold in enumerate(folds, start=1):
        assert fold.leakage.level is None
        assert len(fold.train) + len(fold.test) == len(manifest)
        assert set(fold.test["Label"]) == set(manifest["Label"])
        assert fold.test.meta["split"] == {
            "part": "test",
            "by": "body",
            "seed": seed,
            "fold": number,
            "folds": k,
        }


def balanced(bodies=40, frames=20):
    """Two classes of many bodies of unequal numbers of frames, both cameras alike."""
    rng, rows = np.random.default_rng(3), []
    for body in range(bodies):
        label, camera = ("galaxy", "nsc")[body % 2], ("ACS/WFC", "WFC3/UVIS")[body // 2 % 2]
        for frame in range(rng.integers(1, 2 * frames)):
            obsid = f"{'j' if camera == 'ACS/WFC' else 'i'}q{body:02d}01{frame:02d}q"
            rows.append((f"body {body}", camera, obsid, 1, label))
    return Table(rows=rows, names=("ID", "Instrument", "OBSID", "HDU Index", "Label"))


@pytest.mark.parametrize("seed", [0, 1, PAPER_SEED])
def test_the_share_of_frames_is_met_in_each_class_and_for_each_camera(seed):
    manifest = balanced()
    test = split_manifest(manifest, seed=seed).test
    for label in ("galaxy", "nsc"):
        for camera in ("ACS/WFC", "WFC3/UVIS"):
            share = [np.sum((t["Label"] == label) & (t["Instrument"] == camera)) for t in (test, manifest)]
            assert share[0] / share[1] == pytest.approx(0.2, abs=0.05)
    assert len(set(test["ID"])) >= 0.2 * 40


def test_the_seed_chooses_another_split():
    manifest = balanced()
    assert rows_of(split_manifest(manifest, seed=1).test) != rows_of(split_manifest(manifest, seed=2).test)


def test_folds_are_of_one_size():
    sizes = [len(fold.test) for fold in kfold(balanced(), 5)]
    assert max(sizes) < 1.15 * min(sizes)


def test_by_instrument_tests_on_a_camera_without_its_bodies_in_training():
    manifest = balanced()
    manifest["ID"][manifest["ID"] == "body 2"] = "body 0"  # a galaxy that both cameras saw
    folds = kfold(manifest, by="instrument")
    assert [fold.test.meta["split"]["camera"] for fold in folds] == ["ACS/WFC", "WFC3/UVIS"]
    for fold in folds:
        assert len(set(fold.test["Instrument"])) == 1
        assert not set(fold.train["Instrument"]) & set(fold.test["Instrument"])
        assert "body 0" not in fold.train["ID"]
        assert fold.left_out > 0
        assert len(fold.train) + len(fold.test) + fold.left_out == len(manifest)
    nearest = split_manifest(manifest, by="instrument", fraction=0.9)
    shares = [len(fold.test) / (len(fold.train) + len(fold.test)) for fold in folds]
    assert len(nearest.test) / (len(nearest.train) + len(nearest.test)) == max(shares)


def test_one_camera_cannot_be_split_by_instrument():
    manifest = balanced()
    with pytest.raises(ParameterError, match="no body is left to learn from"):
        split_manifest(manifest[manifest["Instrument"] == "ACS/WFC"], by="instrument")


def test_a_split_by_frame_is_refused_unless_told():
    manifest = balanced()
    for way in (split_manifest, kfold):
        with pytest.raises(ParameterError, match="allow_leakage=True"):
            way(manifest, by="frame")
    with pytest.warns(AstroclassifyWarning, match="by frame"):
        parts = split_manifest(manifest, by="frame", allow_leakage=True)
    assert len(parts.test) == pytest.approx(0.2 * len(manifest), abs=2)
    assert parts.leakage.level == "visit"


def test_the_bodies_of_the_papers_test_list_are_the_papers_split(shared):
    listed = [read_manifest(shared / "lcid" / f"{name}.csv") for name in ("LCID_test", "blurry_validation")]
    both = vstack(listed, metadata_conflicts="silent")
    parts = split_manifest(both, by="paper")
    assert rows_of(parts.test) == rows_of(listed[0])
    assert rows_of(parts.train) == rows_of(listed[1])
    with pytest.raises(ParameterError, match="all of the list's bodies"):
        split_manifest(listed[0], by="paper")


def test_what_cannot_be_split_is_said():
    manifest = balanced()
    with pytest.raises(ParameterError, match="by one of body, paper, instrument, visit, frame; got 'colour'"):
        split_manifest(manifest, by="colour")
    with pytest.raises(ParameterError, match="the fraction held out is 1"):
        split_manifest(manifest, fraction=1)
    with pytest.raises(ParameterError, match="got 1 folds"):
        kfold(manifest, 1)
    with pytest.raises(ParameterError, match="not folds"):
        kfold(manifest, by="paper")
    with pytest.raises(ParameterError, match="the list is empty"):
        split_manifest(manifest[:0])


@pytest.mark.parametrize(
    ("test", "level"),
    [
        (("M33", "jzzz02abq", 1, 23.46, 30.66), None),
        (("NGC 224", "jzzz02abq", 1, 10.68, 41.27), "body"),
        (("my field", "jzzz02abq", 1, 10.69, 41.28), "body"),
        (("M33", "jzzz01abq", 1, 23.46, 30.66), "visit"),
        (("M31", "jzzz01aaq", 4, 10.70, 41.29), "exposure"),
        (("M31", "jzzz01aaq", 1, 10.68, 41.27), "frame"),
    ],
)
def test_leakage_is_refused_at_each_level_and_named(test, level):
    names = ("ID", "OBSID", "HDU Index", "RA", "DEC")
    train = Table(rows=[("M31", "jzzz01aaq", 1, 10.68, 41.27)], names=names)
    test = Table(rows=[test], names=names)
    assert find_leakage(train, test).level == level
    if level is None:
        assert str(check_leakage(train, test)).startswith("nothing")
        return
    named = {"body": "M31", "visit": "jzzz01", "exposure": "jzzz01aaq", "frame": r"jzzz01aaq\[1\]"}[level]
    with pytest.raises(ParameterError, match=f"{named}.*allow='{level}'"):
        check_leakage(train, test)
    assert check_leakage(train, test, allow=level).level == level
    if level != "body":
        with pytest.raises(ParameterError, match=named):
            check_leakage(train, test, allow="body")


def test_a_body_found_by_position_only_is_said_to_be():
    names = ("ID", "OBSID", "RA", "DEC")
    train = Table(rows=[("M31", "jzzz01aaq", 10.68, 41.27)], names=names)
    test = Table(rows=[("my field", "jzzz02aaq", 10.68, 41.27)], names=names)
    assert str(find_leakage(train, test)) == "1 body (M31), 1 of them by position only"
    with pytest.raises(ParameterError, match="one of body, visit, exposure, frame, or None; got 'all'"):
        check_leakage(train, test, allow="all")


def test_bodies_of_one_visit_stay_together():
    manifest = balanced()
    manifest.add_row(("body 4", "ACS/WFC", "jq0801zzq", 1, "galaxy"))  # in the visit to body 8
    for seed in range(5):
        test = split_manifest(manifest, seed=seed).test
        assert ("body 4" in test["ID"]) == ("body 8" in test["ID"])
