"""Simulated twins: what a list says is kept, what it does not say follows from the seed."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroclassify.core import ParameterError, ReadError
from astroclassify.datasets import MANIFEST_COLUMNS, body_at, labelled_frames, resolve_body
from astroclassify.simulate import FieldOfView, SimulationConfig, simulate_twin, twin_plans
from astroclassify.simulate.sets._twins import _thinned

#: Two chips of one exposure as the paper's lists have them, 82.4 arcseconds apart; one chip of another visit.
ROWS = [
    ("NGC4298", "WFC3/UVIS", "iddt11fxq", "F625W", 185.392173, 14.612604, 1, "galaxy"),
    ("NGC4298", "WFC3/UVIS", "iddt11fxq", "F625W", 185.397162, 14.590217, 4, "galaxy"),
    ("NGC4298", "ACS/WFC", "jabc01xyq", "F814W", 185.39, 14.61, 4, "galaxy"),
    ("NGC5272", "ACS/WFC", "jm3a01aaq", "F606W", 205.55, 28.38, 1, "nsc"),
    ("M3", "ACS/WFC", "jm3a01abq", "F814W", 205.55, 28.38, 1, "nsc"),
    ("Nobody's", "ACS/WFC", "jnob01aaq", "F606W", 10.0, -80.0, 1, "nsc"),
]


@pytest.fixture
def table():
    return Table(rows=ROWS, names=MANIFEST_COLUMNS)


def middles(plan):
    """Where the middles of both chips of a plan point, by chip."""
    field = FieldOfView.of(plan.instrument)
    worlds = field.world(*plan.pointing)
    found = {}
    for chip, wcs in worlds.items():
        rows, columns = field.layouts[chip].science_shape
        found[chip] = SkyCoord(*wcs.wcs_pix2world((columns + 1) / 2, (rows + 1) / 2, 1), unit="deg")
    return found


def test_both_chips_point_where_the_list_says(table):
    plans = twin_plans(table, seed=3)
    chips = middles(plans.plan(0))
    for row, chip in zip(table[:2], (2, 1), strict=True):
        assert chips[chip].separation(SkyCoord(row["RA"], row["DEC"], unit="deg")) < 0.3 * u.arcsec


def test_the_view_is_where_the_pointing_lies_from_the_body(table):
    plan, known = twin_plans(table, seed=3).plan(0), resolve_body("NGC4298")
    middle = SkyCoord(*plan.pointing[:2], unit="deg")
    apart = middle.separation(SkyCoord(known.ra, known.dec, unit="deg")).arcsec
    assert np.hypot(*plan.view.centre) * plan.body.angular_radius == pytest.approx(apart, rel=1e-4)
    # The middle of the body, seen in the window, is where the world coordinates put it.
    field = FieldOfView.of(plan.instrument)
    y, x = replace(plan.view, distortion=field.distortion).to_pixels(0, 0)
    (y0, x0), wcs = field.corners[2], field.world(*plan.pointing, distorted=True)[2]
    column, row = wcs.all_world2pix(known.ra, known.dec, 0)
    assert (row + y0, column + x0) == (pytest.approx(y, abs=0.5), pytest.approx(x, abs=0.5))


def test_camera_filter_name_and_body_are_those_of_the_list(table):
    plans = twin_plans(table, seed=3)
    assert [plans.rootname(i) for i in range(len(plans))] == list(dict.fromkeys(table["OBSID"]))
    for index, plan in enumerate(map(plans.plan, range(len(plans)))):
        rows = table[table["OBSID"] == plan.rootname]
        assert (plan.name, plan.band) == (rows["ID"][0], rows["Filter"][0])
        assert plan.label == rows["Label"][0] == plan.truth()["label"]
        assert plan.index == index
    galaxy = resolve_body("NGC4298")
    assert plans.plan(0).body == plans.plan(1).body
    assert plans.plan(0).body.kind == galaxy.kind
    assert plans.plan(0).body.angular_radius == pytest.approx(30 * galaxy.diameter)


def test_two_names_are_one_body(table):
    plans = twin_plans(table, seed=3)
    assert plans.plan(2).body == plans.plan(3).body
    assert (plans.body(2), plans.body(3)) == ("NGC5272", "M3")


def test_what_the_list_does_not_say_follows_from_the_seed(table):
    first, again, other = (twin_plans(table, seed=seed) for seed in (3, 3, 4))
    assert first.plan(1) == again.plan(1) == pickle.loads(pickle.dumps(again)).plan(1)
    assert first.plan(1).exptime != other.plan(1).exptime
    assert first.plan(1).body.seed != other.plan(1).body.seed


def test_frames_are_clear_or_blurry_as_asked(table):
    for blurry in (False, True):
        plans = twin_plans(table, seed=3, blurry=blurry)
        ratios = [plans.plan(i).snr for i in range(len(plans))]
        assert all(ratio < 1 if blurry else ratio > 1 for ratio in ratios)


def test_a_row_beyond_the_body_is_moved_in(table):
    table["DEC"] += np.where(table["OBSID"] == "jabc01xyq", 0.5, 0)
    plan = twin_plans(table, seed=3).plan(1)
    half = min(plan.view.shape) / 2 / plan.view.scale
    assert np.hypot(*plan.view.centre) == pytest.approx(max(1.0, half - 0.5))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("Instrument", "WFPC2", "WFPC2"), ("Filter", "F160W", "F160W"), ("HDU Index", 7, "expected 1 or 4")],
)
def test_what_cannot_be_simulated_is_refused(table, column, value, message):
    table[column] = [value] * len(table)
    with pytest.raises(ParameterError, match=message):
        twin_plans(table)


@pytest.mark.parametrize("column", ["ID", "HDU Index"])
def test_a_table_without_a_column_is_refused(table, column, tmp_path):
    table.remove_column(column)
    with pytest.raises(ReadError, match=f"there is no column '{column}'"):
        simulate_twin(table, tmp_path / "twin", max_per_body=1)


def test_a_twin_has_the_lists_rows_and_files_that_can_be_read(table, tmp_path):
    listed = table[3:4]
    made = simulate_twin(listed, tmp_path / "twin", seed=3, config=SimulationConfig(optics="typical"))
    assert list(made.manifest["OBSID", "HDU Index", "Label"][0]) == ["jm3a01aaq", 1, "nsc"]
    (frame,) = labelled_frames(tmp_path / "twin" / "manifest.ecsv")
    assert (frame.label, frame.array().shape) == ("star cluster", (2048, 4096))
    again = simulate_twin(listed, tmp_path / "twin", seed=3, config=SimulationConfig(optics="typical"))
    assert again.kept == 1
    with pytest.raises(ParameterError, match="holds another set"):
        simulate_twin(table[4:5], tmp_path / "twin", seed=3, config=SimulationConfig(optics="typical"))


def test_a_thinned_list_keeps_every_body(table, tmp_path):
    thin = _thinned(table, 1)
    assert set(thin["ID"]) == set(table["ID"])
    assert list(thin["OBSID"][:2]) == ["iddt11fxq", "iddt11fxq"]
    assert len(thin) == 5
    with pytest.raises(ParameterError, match="max_per_body is 0"):
        simulate_twin(table, tmp_path, max_per_body=0)


@pytest.mark.parametrize(("name", "label"), [("NGC604", "nsc"), ("NGC346", "nsc"), ("M33", "galaxy")])
def test_the_label_of_a_nested_body_is_that_of_the_rule(name, label):
    known = resolve_body(name)
    row = (name, "ACS/WFC", "jnes01aaq", "F606W", known.ra, known.dec, 1, label)
    plans = twin_plans(Table(rows=[row], names=MANIFEST_COLUMNS), seed=3)
    ruled = body_at(*(middles(plans.plan(0))[2].ra.deg, middles(plans.plan(0))[2].dec.deg))
    assert (plans.exposures[0].body, plans.exposures[0].label) == (name, label)
    assert (ruled.name, ruled.label) == (name, label)
