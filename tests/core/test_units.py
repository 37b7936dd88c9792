"""Quantities are converted, and what is none is told by the parameter's name."""

import numpy as np
import pytest
from astropy import units as u

from astroclassify.core import ParameterError, in_unit
from astroclassify.photometry import BANDS, as_bandpass, blackbody, count_rate, electrons, normalise, star
from astroclassify.simulate import Body, simulate_exposure

BAND = BANDS["acs-wfc", "F814W"]
STAR = normalise(star("G2"), 20 * u.ABmag, BAND)


@pytest.mark.parametrize("value", [120, 120.0, 120 * u.s, 2 * u.min, np.float32(120)])
def test_a_time_is_given_in_seconds(value):
    assert in_unit("exptime", value, u.s) == 120.0


def test_arrays_stay_arrays():
    assert np.allclose(in_unit("edges", [1, 2] * u.um, u.nm), [1000, 2000])


@pytest.mark.parametrize("wrong", [2 * u.m, "soon", None, [1, "a"], {}])
def test_what_is_no_time_is_told_by_its_name(wrong):
    with pytest.raises(ParameterError, match=r"exptime is .*expected a quantity in s"):
        in_unit("exptime", wrong, u.s)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("exptime", lambda: electrons(STAR, BAND, exptime=5 * u.m)),
        ("exptime", lambda: electrons(STAR, BAND)),
        ("area", lambda: electrons(STAR, BAND, area=3 * u.s, exptime=5 * u.s)),
        ("solid_angle", lambda: count_rate(STAR, BAND, solid_angle=1 * u.m)),
        ("wavelength", lambda: as_bandpass(([1, 2, 3] * u.s, [1, 1, 1]))),
        ("wavelength", lambda: BAND(3 * u.s)),
        ("temperature", lambda: blackbody("hot")),
        ("no flux densities", lambda: count_rate(([400, 500, 600] * u.nm, [1, 1, 1] * u.m), BAND)),
        ("distance", lambda: Body("spiral", distance="far", radius=1e3, brightness=20.0)),
        ("exptime", lambda: simulate_exposure("spiral", "acs-wfc", "F814W", 3 * u.m)),
        ("exptime", lambda: simulate_exposure("spiral", "acs-wfc", "F814W", "long")),
        ("radius", lambda: Body("spiral", distance=1e6, radius=1 * u.s, brightness=20.0)),
    ],
)
def test_every_wrong_unit_or_type_is_an_error_of_ours(name, call):
    with pytest.raises(ParameterError, match=name):
        call()


def test_an_exposure_time_is_a_number_or_a_quantity():
    assert electrons(STAR, BAND, exptime=120) == electrons(STAR, BAND, exptime=2 * u.min)


def test_a_body_takes_quantities():
    body = Body("spiral", distance=10 * u.Mpc, radius=10 * u.kpc, brightness=20.5)
    assert body == Body("spiral", distance=10e6, radius=10e3, brightness=20.5)
    assert round(body.angular_radius) == 206


def test_what_has_no_unit_is_asked_for_as_a_number():
    with pytest.raises(ParameterError, match=r"least is 'abc'; expected a number \("):
        in_unit("least", "abc", u.one)
