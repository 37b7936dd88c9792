"""``clear_snr``: every chip of every exposure sees its body, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate.detector import Effects
from astroclassify.simulate.scenes import Body, View
from astroclassify.simulate.sets import _plan
from astroclassify.simulate.sets._clear import chip_views
from astroclassify.simulate.sets._config import SimulationConfig
from astroclassify.simulate.sets._plan import plan_exposure, setting_of

#: Few bands: spectra are costly to integrate for every redshift.
BANDS = {"acs-wfc": {"F606W": 1.0, "F814W": 1.0}, "wfc3-uvis": {"F555W": 1.0, "F814W": 1.0}}
CLEAR = SimulationConfig(frames_per_body=2, clear_snr=2.0, bands=BANDS)


def sights(plan):
    names = ("instrument", "band", "exptime", "sky", "effects", "aperture")
    return chip_views(plan.body, plan.view, **{name: getattr(plan, name) for name in names})


@pytest.fixture(scope="module")
def plans():
    return [plan_exposure(CLEAR, 7, index) for index in range(6)]


def test_both_chips_of_every_exposure_see_the_body(plans):
    for plan in plans:
        found = sights(plan)
        assert set(found) == {1, 2}
        assert all(sight.snr >= 2.0 for sight in found.values())
        assert plan.snr == pytest.approx(min(sight.snr for sight in found.values()), abs=1e-4)


def test_without_it_some_chips_see_nothing():
    ordinary = replace(CLEAR, clear_snr=0.0)
    least = [min(s.snr for s in sights(plan_exposure(ordinary, 7, i)).values()) for i in range(8)]
    assert min(least) < 2.0


def test_frames_of_one_body_show_one_body_in_other_places(plans):
    for first, second in zip(plans[::2], plans[1::2], strict=True):
        assert first.body == second.body
        assert first.view.centre != second.view.centre
    assert len({plan.body for plan in plans}) == 3


def test_a_plan_does_not_depend_on_those_made_before(plans):
    _plan._clear_first_frame.cache_clear()
    assert [plan_exposure(CLEAR, 7, index) for index in (3, 0)] == [plans[3], plans[0]]


def test_the_setting_stays_what_was_drawn_before_the_body_is_known(plans):
    for plan in plans:
        drawn = setting_of(CLEAR, 7, plan.index)
        assert (plan.band, plan.exptime, plan.sky) == (drawn["band"], drawn["exptime"], drawn["sky"])


def test_where_no_body_is_clear_other_times_are_tried(monkeypatch):
    monkeypatch.setattr(_plan, "_OTHER_SETTINGS", 2)
    faint = replace(CLEAR, exptime=(0.5, 3600.0), clear_snr=8.0)
    changed = 0
    for index in range(0, 8, 2):
        plan = plan_exposure(faint, 3, index)
        assert min(sight.snr for sight in sights(plan).values()) >= 8.0
        changed += plan.exptime != setting_of(faint, 3, index)["exptime"]
    assert changed


def test_what_cannot_be_clear_says_so(monkeypatch):
    monkeypatch.setattr(_plan, "_CLEAR_TRIES", 3)
    hopeless = replace(CLEAR, exptime=(0.5, 0.5), clear_snr=100.0)
    with pytest.raises(ParameterError, match=r"in 3 tries .* below 100 on a chip; expected"):
        plan_exposure(hopeless, 1, 0)


@pytest.mark.parametrize("wrong", [{"blurry": True}, {"classes": {"galaxy": 1, "field": 1}}], ids=str)
def test_what_is_never_clear_is_refused(wrong):
    with pytest.raises(ParameterError, match=r"clear_snr"):
        SimulationConfig(clear_snr=1.0, **wrong)


def test_a_chip_that_the_body_does_not_reach_has_less_of_it():
    field = FieldOfView.of("acs-wfc")
    body = Body("elliptical", distance=20e6, radius=3e3, brightness=19.0)
    scale = body.angular_radius / INSTRUMENTS["acs-wfc"].pixel_scale
    # The view's centre lies a body unit above the body's middle, the frame upright: all below, on chip 2.
    view = View(field.shape, scale, (1.0, 0.0), 0.0, INSTRUMENTS["acs-wfc"].pixel_scale)
    found = chip_views(
        body,
        view,
        instrument="acs-wfc",
        band="F606W",
        exptime=500.0,
        sky=(22.7, None),
        effects=Effects.typical("acs-wfc"),
    )
    assert found[2].snr > found[1].snr
    assert found[2].part > 0.9
    assert found[1].part < 0.01


def test_the_parts_on_both_chips_and_in_the_gap_make_a_whole():
    body = Body("elliptical", distance=20e6, radius=3e3, brightness=19.0)
    field, camera = FieldOfView.of("wfc3-uvis"), INSTRUMENTS["wfc3-uvis"]
    view = View(field.shape, body.angular_radius / camera.pixel_scale, (0.0, 0.0), 0.3, camera.pixel_scale)
    settings = {"exptime": 500.0, "sky": (22.7, None), "effects": Effects.typical("wfc3-uvis")}
    found = chip_views(body, view, instrument="wfc3-uvis", band="F606W", **settings)
    parts = [sight.part for sight in found.values()]
    assert np.sum(parts) == pytest.approx(1.0, abs=0.06)
    assert parts[0] == pytest.approx(parts[1], abs=0.06)
