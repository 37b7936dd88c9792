"""Every wrong unit or type in photometry, and in making frames poorer, ends in our own error."""

import inspect

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData

from astroclassify import degrade, photometry
from astroclassify.core import AstroclassifyError

BAND = photometry.BANDS["acs-wfc", "F814W"]
STAR = photometry.normalise(photometry.star("G2"), 20 * u.ABmag, BAND)
GRID = np.linspace(400, 500, 10)
PIXELS = np.random.default_rng(1).normal(100, 10, (64, 64))
RIGHT = {
    "a_v": 1.0,
    "band": "r",
    "bandpass": BAND,
    "area": 3e4,
    "brightness": 20 * u.ABmag,
    "curve": BAND,
    "dark": 0.1,
    "edges": [700, 800] * u.nm,
    "exptime": 100 * u.s,
    "flux": np.ones(10),
    "fraction": 0.8,
    "frame": CCDData(PIXELS, unit="electron", meta={"EXPTIME": 100.0}),
    "instrument": "wfc3-uvis",
    "key": "EXPTIME",
    "name": "mine",
    "noise": photometry.aperture_noise(BAND),
    "pixels": 20.0,
    "rate": 1 * u.electron / u.s,
    "ratio": 5.0,
    "ratios": {"Halpha": 2.8, "Hbeta": 1.0},
    "read_noise": 3.0,
    "sed": STAR,
    "sky": 0.1,
    "slope": -1.0,
    "spectral_type": "G2",
    "star_light": STAR,
    "temperature": 5000 * u.K,
    "throughput": np.ones(10),
    "wavelength": GRID,
    "z": 0.1,
}
CALLS = {name: getattr(photometry, name) for name in dir(photometry) if not name.startswith("_")}
CALLS = {name: call for name, call in CALLS.items() if inspect.isfunction(call)}
CALLS |= {"ApertureNoise": photometry.ApertureNoise, "Bandpass": photometry.Bandpass}
CALLS |= {name: getattr(degrade, name) for name in ("degrade", "count_electrons", "camera_of", "number_card")}
#: What is wrong only with a band to be degraded to.
NOT_LOOKED_AT = {("degrade", "sed")}


def arguments(call):
    asked = inspect.signature(call).parameters.values()
    needed = {one.name for one in asked if one.default is one.empty}
    needed |= {"exptime", "bandpass"} & {one.name for one in asked}
    return {one.name: RIGHT[one.name] for one in asked if one.name in needed}


@pytest.mark.parametrize("value", [3 * u.cd, object()], ids=["a luminous intensity", "an object"])
@pytest.mark.parametrize("name", CALLS)
def test_no_wrong_unit_or_type_ends_in_an_error_of_others(name, value):
    call = CALLS[name]
    for parameter in inspect.signature(call).parameters:
        if (name, parameter) in NOT_LOOKED_AT:
            continue
        with pytest.raises(AstroclassifyError):
            call(**arguments(call) | {parameter: value})


@pytest.mark.parametrize("name", CALLS)
def test_what_is_right_is_taken(name):
    CALLS[name](**arguments(CALLS[name]))
