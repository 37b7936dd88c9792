"""`plan_exposure`: the same whenever it is asked, blind to the class, consistent on the sky."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.io import parse_csst_name
from astroclassify.photometry import BANDS
from astroclassify.simulate import KINDS, Body, ChipWindow, View, flat_field
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate._light import light_on_field
from astroclassify.simulate.sets import _plan
from astroclassify.simulate.sets._config import CAUSES, SimulationConfig
from astroclassify.simulate.sets._levels import (
    Setup,
    exptime_for,
    signal_for,
    signal_to_noise,
)
from astroclassify.simulate.sets._plan import (
    _first_frame_at_level,
    body_of_any_brightness,
    plan_exposure,
    rootname_of,
    setting_of,
)

SMALL = {"acs-wfc": ("WFC1A-512", "WFC2D-512"), "wfc3-uvis": ("UVIS1-C512A-SUB",)}
CONFIG = SimulationConfig(apertures=SMALL, frames_per_body=3)
#: Spectra are costly to integrate for every redshift: few bands are enough here.
BLURRY = SimulationConfig(
    apertures=SMALL,
    blurry=True,
    instruments={"acs-wfc": 1},
    bands={"acs-wfc": dict.fromkeys(("F435W", "F814W", "F658N", "F502N"), 1.0)},
)
#: What a header says, and what light and detector do around the body.
CIRCUMSTANCES = (
    *("instrument", "band", "exptime", "aperture", "sky", "effects", "optics", "foreground", "background"),
    *("expstart", "rootname", "name"),
)


def test_a_plan_is_the_same_in_whatever_order_plans_are_made():
    forward = [plan_exposure(CONFIG, 7, index) for index in range(4)]
    _first_frame_at_level.cache_clear()
    backward = [plan_exposure(CONFIG, 7, index) for index in reversed(range(4))]
    assert forward == backward[::-1]
    assert forward[0] != replace(plan_exposure(CONFIG, 8, 0), seed=7)


def test_frames_of_one_body_show_it_in_several_ways():
    plans = [plan_exposure(CONFIG, 7, index) for index in range(3)]
    assert len({plan.body for plan in plans}) == 1
    assert {plan.name for plan in plans} == {"SIM-000000"}
    assert len({plan.view.centre for plan in plans}) == 3
    assert plan_exposure(CONFIG, 7, 3).name == "SIM-000001"


@pytest.mark.parametrize("classes", [{"galaxy": 1}, {"nebula": 1}, {"star cluster": 1}], ids=str)
def test_what_surrounds_a_body_does_not_depend_on_its_class(classes):
    other = replace(CONFIG, classes=classes)
    for index in range(12):
        here, there = setting_of(CONFIG, 5, index), setting_of(other, 5, index)
        assert here == there
        assert rootname_of(CONFIG, 5, index) == rootname_of(other, 5, index)
    here, there = plan_exposure(CONFIG, 5, 1), plan_exposure(other, 5, 1)
    assert [getattr(here, name) for name in CIRCUMSTANCES] == [getattr(there, name) for name in CIRCUMSTANCES]
    assert (here.body.latitude, here.body.extinction) == (there.body.latitude, there.body.extinction)


def test_each_block_of_bodies_shares_out_the_classes():
    for block in range(5):
        labels = Counter(body_of_any_brightness(CONFIG, 2, 4 * block + n).label for n in range(4))
        assert labels == {"galaxy": 2, "nebula": 1, "star cluster": 1}


def test_names_are_unique_and_look_like_the_archives():
    names = [rootname_of(CONFIG, 3, index) for index in range(400)]
    assert len(set(names)) == 400
    assert all(len(name) == 9 and name[0] in "ij" and name[-1] == "q" and name.isalnum() for name in names)


@pytest.mark.parametrize("index", range(3))
def test_every_frame_of_a_body_puts_it_at_the_same_place_on_the_sky(index):
    first, plan = plan_exposure(CONFIG, 11, 0), plan_exposure(CONFIG, 11, index)
    places = [_place_of_body(each) for each in (first, plan)]
    # The frames' linear WCS are tangent planes; the body's middle lies up to a body unit outside.
    assert places[0].separation(places[1]).arcsec < 1e-3 * first.body.angular_radius


def _place_of_body(plan):
    # On square pixels: the body's middle may lie where the field's polynomial means nothing any more.
    field = replace(FieldOfView.of(plan.instrument, plan.aperture), distortion=None)
    ((chip, world),) = field.world(*plan.pointing).items()
    y, x = plan.view.to_pixels(0.0, 0.0)
    corner = field.corners[chip]
    return world.pixel_to_world(x - corner[1], y - corner[0])


def test_the_latitude_of_a_body_is_that_of_its_pointing():
    from astropy.coordinates import SkyCoord

    for number in range(4):
        plan = plan_exposure(CONFIG, 4, 3 * number)
        b = SkyCoord(*plan.pointing[:2], unit="deg").galactic.b.deg
        assert abs(plan.body.latitude - b) < 1.5 * plan.body.angular_radius / 3600 + 0.01
        assert 0 <= plan.body.extinction <= 3


def setup_of(plan):
    return Setup(plan.instrument, plan.band, plan.aperture, plan.effects.flat_field)


def test_exposure_times_follow_the_level_in_part_and_stay_in_their_range():
    settings = [setting_of(CONFIG, 3, 3 * number) for number in range(300)]
    times = np.log([setting["exptime"] for setting in settings])
    levels = [_plan._target_level(CONFIG, 3, number) for number in range(300)]
    # Seven and three tenths of two even distributions: 0.3 / hypot(0.7, 0.3).
    assert np.corrcoef(times, levels)[0, 1] == pytest.approx(0.39, abs=0.12)
    shortest, longest = np.log(CONFIG.exptime)
    assert shortest - 0.01 <= times.min() < times.max() <= longest + 0.01


@pytest.mark.parametrize("classes", [{"galaxy": 1}, {"nebula": 1}, {"star cluster": 1}], ids=str)
def test_the_first_frame_has_the_level_asked_for_whatever_the_class(classes):
    config = replace(CONFIG, surface_brightness=(22.5, 22.5), frames_per_body=1, classes=classes)
    for index in range(3):
        plan = plan_exposure(config, 1, index)
        bright, faint = KINDS[plan.body.kind].brightness
        assert min(bright, faint) <= plan.body.brightness <= max(bright, faint)
        level = setup_of(plan).level(plan.body, plan.view)
        # Of a small body the level is that of a disk of 0.7 of its radius.
        disk = np.pi * (0.7 * plan.view.scale) ** 2 / np.prod(plan.view.shape)
        assert level == pytest.approx(setup_of(plan).rate(22.5) * min(disk, 1.0), rel=0.06)


def test_where_no_body_has_the_level_one_keeps_its_own_brightness(monkeypatch):
    monkeypatch.setattr(_plan, "_BODIES", 2)
    config = replace(CONFIG, surface_brightness=(11.0, 11.0), classes={"galaxy": 1})
    assert plan_exposure(config, 1, 0).body == body_of_any_brightness(config, 1, 0)


@pytest.mark.parametrize("aperture", [None, "WFC1B-512"])
def test_the_predicted_sensitivity_is_that_of_the_chips(aperture):
    setup = Setup("acs-wfc", "F606W", aperture)
    field, factor = setup.field, 48
    seen = setup.sensitivity(factor)
    for chip, layout in field.layouts.items():
        window = ChipWindow.of(field.camera, layout, bandpass=BANDS["acs-wfc", "F606W"])
        flat = flat_field(window, layout.science_shape, pixel_response=0.0, structure=1.0).numpy()
        first = -(-field.corners[chip][0] // factor)
        start = first * factor - field.corners[chip][0]
        block = flat[start : start + factor, :factor].mean()
        assert seen[first, 0] == pytest.approx(block, abs=0.01)
    assert np.ptp(seen[seen > 0]) > 0.005
    assert aperture or (seen == 0).any()


def test_the_predicted_level_is_that_of_the_exposed_light_in_a_distorted_corner():
    setup = Setup("acs-wfc", "F606W", "WFC1B-512", flat_field=0.0)
    body = Body("elliptical", 30e6, 5e3, 20.0, seed=4)
    view = View(setup.field.shape, body.angular_radius / 0.05, (0.1, 0.2), 0.3, 0.05)
    exposed = replace(view, distortion=setup.field.distortion)
    light = light_on_field(setup.field, body, exposed, "F606W", (40.0, None), densities=(0.0, 0.0))
    assert setup.level(body, view) == pytest.approx(float(light.mean()), rel=0.03)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_blurry_frame_is_below_the_limit_by_its_cause_alone(cause):
    config = replace(BLURRY, causes={cause: 1}, blurry_snr=2.0)
    plans = [plan_exposure(config, 3, index) for index in range(4)]
    for plan in plans:
        assert plan.cause in (cause, "exposure time")
        assert plan.snr < 2.0 <= plan.snr_without_cause
    assert sum(plan.cause == cause for plan in plans) >= 2


@pytest.mark.parametrize("key", ["seed", "index"])
@pytest.mark.parametrize("value", [-1, 1.5, True, "7"])
def test_numbers_that_cannot_be_are_refused(key, value):
    with pytest.raises(ParameterError, match=rf"{key} is .*whole number"):
        plan_exposure(CONFIG, **({"seed": 1, "index": 1} | {key: value}))


@pytest.mark.parametrize("noise", [(0.1, 20.0), (3.0, 0.0)])
@pytest.mark.parametrize("ratio", [0.3, 5.0])
def test_signal_time_and_ratio_invert_each_other(noise, ratio):
    signal = signal_for(ratio, 300.0, noise)
    assert signal_to_noise(signal, 300.0, noise) == pytest.approx(ratio)
    assert exptime_for(ratio, signal, noise) == pytest.approx(300.0)


def test_signal_to_noise_is_that_of_poisson_counts_and_read_noise():
    rng = np.random.default_rng(1)
    counts = rng.poisson((0.2 + 0.1) * 500.0, 200_000) + rng.normal(0, 4.0, 200_000)
    measured = 0.2 * 500 / counts.std()
    assert signal_to_noise(0.2, 500.0, (0.1, 16.0)) == pytest.approx(measured, rel=0.01)


def test_csst_exposures_have_the_names_of_its_archive():

    config = SimulationConfig(instruments={"csst-msc": 1.0})
    names = {rootname_of(config, 5, index) for index in range(30)}
    assert len(names) == 30
    assert all(parse_csst_name(f"{name}.fits") is not None for name in names)
    plan = plan_exposure(config, 5, 3)
    assert plan.rootname in names
    assert plan.band in BANDS.of("csst-msc")
