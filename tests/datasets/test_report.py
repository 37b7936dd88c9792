"""Reports: what the published lists are known to hold, and reports on lists whose answer is known."""

import numpy as np
import pytest
from astropy.table import Table, vstack

from astroclassify.core import ParameterError, ReadError
from astroclassify.datasets import (
    MANIFEST_COLUMNS,
    canonical_bodies,
    read_manifest,
    report_manifest,
    visit_of,
)


@pytest.fixture(scope="module")
def published(shared):
    return {
        "test": read_manifest(shared / "lcid" / "LCID_test.csv"),
        "blurry": read_manifest(shared / "lcid" / "blurry_validation.csv"),
    }


@pytest.fixture(scope="module")
def found(published):
    """The report that the documentation prints, with fewer draws."""
    return report_manifest(
        published["test"], others={"blurry": published["blurry"]}, accuracy=0.8909, draws=300
    )


def test_the_test_list_holds_what_was_counted_by_hand(found):
    # shared/facts/paper.md and Table 1 of the paper.
    assert (found.frames, len(found.bodies), found.visits) == (1595, 21, 166)
    total = {label: found.largest(label)[2] for label in ("galaxy", "nsc")}
    assert total == {"galaxy": 852, "nsc": 743}
    assert found.largest("nsc") == (("NGC346", "M16", "M5"), 598, 743)


def test_the_rule_that_looks_at_the_camera_only_scores_what_was_found(found):
    rule = found.rules[found.rules["rule"] == "Instrument"][0]
    assert rule["says"] == "ACS/WFC: nsc, WFC3/UVIS: galaxy"
    assert rule["accuracy"] == pytest.approx(0.794, abs=0.0005)
    # Whole bodies say less than frames.
    widths = [rule[f"{what} high"] - rule[f"{what} low"] for what in ("body", "visit", "frame")]
    assert widths == sorted(widths, reverse=True)


def test_the_published_accuracy_is_worth_what_was_found(found):
    # shared/facts/paper.md: 89.09% is 69-97% by body, 83-93% by visit, 87.5-90.5% by frame.
    limits = {row["drawn"]: (100 * row["low"], 100 * row["high"]) for row in found.intervals}
    assert limits["bodies"] == pytest.approx((69, 97), abs=0.5)
    assert limits["visits"] == pytest.approx((83, 93), abs=0.5)
    assert limits["frames"] == pytest.approx((87.5, 90.5), abs=0.05)


def test_nothing_leaks_between_the_published_lists_and_no_frame_is_listed_twice(found):
    assert found.leakage["blurry"].level is None
    assert found.repeats["frames"][0] == 0


def test_the_blurry_list_holds_what_was_counted_by_hand(published):
    found = report_manifest(published["blurry"], draws=20)
    assert (found.frames, len(found.bodies)) == (116, 16)
    labels, frames = np.unique(found.bodies["label"], return_counts=True)
    assert dict(zip(labels.tolist(), frames.tolist(), strict=True)) == {"galaxy": 10, "nsc": 6}
    counted = {row["value"]: row["total"] for row in found.counts}
    assert counted["WFC3/UVIS"] == 110
    # Most frames are in the ultraviolet.
    bands = found.counts[found.counts["column"] == "Filter"]
    assert set(bands["value"][np.argsort(bands["total"])[-2:]]) == {"F336W", "F275W"}


def made(rows):
    """A list of (body, camera, band, label) in visits of their own."""
    listed = [
        (body, camera, f"{'j' if camera == 'ACS/WFC' else 'i'}{n:05d}abq", band, 0.0, 0.0, 1, label)
        for n, (body, camera, band, label) in enumerate(rows)
    ]
    table = Table(rows=listed, names=MANIFEST_COLUMNS)
    table["RA"] = 10.0 * np.unique(table["ID"], return_inverse=True)[1]
    return table


def test_a_rule_that_only_knows_its_own_bodies_fails_on_others():
    """Each body has a band of its own: such a rule is right on the list, and knows nothing of a new body."""
    rows = [(f"body {n}", "ACS/WFC", f"F{n}W", "galaxy" if n % 2 else "nsc") for n in range(6)]
    found = report_manifest(made([row for row in rows for _ in range(4)]), draws=20)
    by_band = found.rules[found.rules["rule"] == "Filter"][0]
    assert by_band["accuracy"] == 1.0
    assert by_band["unseen"] <= 0.5


def test_frames_off_their_body_are_counted():
    table = made([("NGC1786", "ACS/WFC", "F606W", "nsc")] * 3)
    table["RA"], table["DEC"] = 74.783, [-67.745, -67.745 + 2.9 / 60, -67.745 + 3.1 / 60]
    # The cluster's radius is 1 arcminute; half a chip beyond it is 3.
    assert list(report_manifest(table, draws=20).bodies["outside"]) == [1]


def test_frames_that_repeat_a_view_are_counted():
    table = made([("M31", "ACS/WFC", "F606W", "galaxy")] * 4)
    table["OBSID"] = ["jaaaa1abq", "jaaaa1acq", "jaaaa2abq", "jaaaa1adq"]
    table["Filter"] = ["F606W", "F606W", "F606W", "F814W"]
    assert list(report_manifest(table, draws=20).repeats["frames"]) == [0, 1]


def test_what_cannot_be_reported_is_said():
    table = made([("M31", "ACS/WFC", "F606W", "galaxy")])
    with pytest.raises(ParameterError, match="empty"):
        report_manifest(table[:0])
    with pytest.raises(ParameterError, match="no frame is labelled 'nsc'"):
        report_manifest(table, draws=20).largest("nsc")
    with pytest.raises(ParameterError, match="share of 89"):
        report_manifest(table, draws=20, accuracy=89.09)
    table.remove_column("Filter")
    with pytest.raises(ReadError, match="no column 'Filter'"):
        report_manifest(table)


def test_names_of_one_body_are_one_by_name_and_by_place():
    table = Table({"ID": ["NGC1982", "M 43", "HD 36982", "Field-7", "field_7", "FIELD-8", "elsewhere"]})
    assert len(set(canonical_bodies(table))) == 5  # without positions, names only
    table["RA"] = [83.88, 83.88, 83.87, 200.0, 200.3, 200.32, 359.99]
    table["DEC"] = [-5.27, -5.27, -5.29, 60.0, 60.0, 60.01, 60.0]
    bodies = canonical_bodies(table).tolist()
    assert bodies[:3] == ["M43"] * 3
    assert bodies[3:6] == ["Field-7"] * 3
    assert bodies[6] == "elsewhere"


def test_places_are_near_each_other_across_the_zero_of_right_ascension():
    table = Table({"ID": ["a1", "b1"], "RA": [359.999, 0.001], "DEC": [40.0, 40.0]})
    assert len(set(canonical_bodies(table))) == 1


def test_a_visit_is_the_first_six_characters_of_a_rootname():
    assert visit_of("IDDT11fxq") == "iddt11"
    with pytest.raises(ParameterError, match="'iddt' is no rootname"):
        visit_of("iddt")


def test_a_list_leaks_into_itself(published):
    both = vstack([published["blurry"], published["test"]], metadata_conflicts="silent")
    leakage = report_manifest(published["blurry"], others={"both": both}, draws=20).leakage["both"]
    assert leakage.level == "frame"
    assert (len(leakage.bodies), len(leakage.frames)) == (16, 116)
