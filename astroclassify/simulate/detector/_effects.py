"""Detector effects and their strengths: noise, hot pixels, cosmic rays, charge transfer, bias."""

from dataclasses import dataclass, fields, replace
from numbers import Real

import numpy as np
from astropy import units as u

from astroclassify.core import checked, rules
from astroclassify.simulate._rules import DATE, known_camera

#: Date (MJD) that `Effects` describe unless another is told, and which exposures have by default: that of
#: jczgx1ppq, from whose header the gains are.
REFERENCE_DATE = 57677.0
# The largest strength that makes sense, where that is not just any number.
_LIMITS = {
    "hot_pixels": 0.5,
    "warm_pixels": 0.5,
    "cte": 0.6,
    "crosstalk": 0.1,
    "pixel_response": 0.2,
    "flat_field": 3.0,
    "cosmic_ray_rate": 100.0,
    "satellite_trails": 100,
}


@dataclass(frozen=True)
class Effects:
    """
    Strengths of the effects of the detector, from light to ADU; 0 or `False` is off.

    The defaults are typical of ACS/WFC; `typical` knows the other cameras.

    Parameters
    ----------
    photon_noise : bool, default True
        Draw Poisson counts instead of what is expected.
    read_noise : float, default 1
        Relative to that of each amplifier.
    dark : float, default 1
        Dark current relative to the camera's.
    hot_pixels : float, default 0.007
        Fraction of pixels that are hot halfway between two anneals, 0 to 0.5.
    hot_rate : float, default 0.08
        Electrons per second that a hot pixel has at least.
    warm_pixels : float, default 0.01
        Fraction of pixels that are warm, 0 to 0.5.
    warm_rate : float, default 0.04
        Electrons per second that a warm pixel has at least, and ``hot_rate`` at most.
    pixel_response : float, default 0.005
        How much pixels differ in sensitivity, rms; 0 to 0.2.
    flat_field : float, default 1
        Structure of the sensitivity that is larger than pixels, relative to what is usual; 0 to 3. It is
        smooth (5 to 10% at most), with shadows of dust, and fringes in narrow red bands; the flash's lamp is
        uneven as well.
    post_flash : float, default 0
        Electrons per (unbinned) pixel.
    cosmic_ray_rate : float, default 1.2
        Hits per second and square centimetre.
    satellite_trails : int, default 0
        Trails across the mosaic.
    bleeding : bool, default True
        Charge above the full well runs along the column.
    cte : float, default 0.2
        Fraction of a very faint signal, on nothing, that 2000 parallel transfers defer; 0 to 0.6. With 0.2 a
        star of 300 electrons on 5 loses 0.09 mag to an aperture of 3 pixels (``benchmarks/cte.py``).
    crosstalk : float, default 9.1e-5
        Fraction of the mirrored column's signal that is missing.
    bias_jitter : float, default 50
        How far an amplifier's bias level is off the camera's table, ADU rms.
    bias_gradient : float, default 7
        Typical change of the bias over an amplifier's rows, ADU; a tenth of it over its columns.
    striping : float, default 0.9
        Noise common to a row of all amplifiers of a chip, electrons rms.
    startup_ramp : float, default 24
        ADU above the bias in the first prescan column that is read.

    Raises
    ------
    ParameterError
        If a strength is negative, not finite, or above its limit.

    Notes
    -----
    Post-SM4 ACS: stripes of 0.9 electrons (ACS Instrument Handbook 2.1), cross-talk of 9.1e-5
    (``cross_talk_corr`` in hstcal), cosmic rays (ACS ISR 2002-07), pixels hot above 0.08 electrons per second
    (ACS Instrument Handbook of 2005, 4.3.5). The fractions of hot pixels, bias jitter and gradient and
    ``pixel_response`` have no source that was checked; :doc:`/sources` lists them all.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from astroclassify.simulate import Effects
    >>> replace(Effects.none(), read_noise=1.0).cosmic_ray_rate
    0.0
    """

    photon_noise: bool = True
    read_noise: float = 1.0
    dark: float = 1.0
    hot_pixels: float = 0.007
    hot_rate: float = 0.08
    warm_pixels: float = 0.01
    warm_rate: float = 0.04
    pixel_response: float = 0.005
    flat_field: float = 1.0
    post_flash: float = 0.0
    cosmic_ray_rate: float = 1.2
    satellite_trails: int = 0
    bleeding: bool = True
    cte: float = 0.2
    crosstalk: float = 9.1e-5
    bias_jitter: float = 50.0
    bias_gradient: float = 7.0
    striping: float = 0.9
    startup_ramp: float = 24.0

    def __post_init__(self):
        for field in fields(self):
            value, limit = getattr(self, field.name), _LIMITS.get(field.name, np.inf)
            rule = rules.quantity(u.dimensionless_unscaled, 0, limit)
            found = rule(field.name, int(value) if isinstance(value, bool) else value)
            if not isinstance(value, Real):  # whole numbers stay whole
                object.__setattr__(self, field.name, found)

    @classmethod
    def none(cls):
        """
        Switch everything off, noise included: a raw frame is then bias plus expected light.

        Returns
        -------
        Effects
            All strengths 0.
        """
        rates = {"hot_rate", "warm_rate"}
        return cls(**{f.name: type(f.default)(0) for f in fields(cls) if f.name not in rates})

    @classmethod
    def typical(cls, instrument):
        """
        Give the strengths that are usual for a camera.

        Parameters
        ----------
        instrument : str or Instrument
            The camera or its name; an unknown one is like ACS/WFC.

        Returns
        -------
        Effects
            Typical strengths.
        """
        return cls(**_TYPICAL.get(getattr(instrument, "name", instrument), {}))


#: When the cameras came into orbit, MJD: servicing missions 3B (March 2002) and 4 (May 2009).
_INSTALLED = {"acs-wfc": 52_340.0, "wfc3-uvis": 54_965.0}
# What differs from ACS. UVIS: hot above 54 electrons per hour, 0.015 per second (Data Handbook 5.3.1),
# cross-talk only of saturated pixels (Data Handbook 5.5). CSST: hot where the dark charge of 150 s is the
# square of the read noise, 5**2 / 150 = 0.17 electrons per second, warm from half of that on, as its pipeline
# flags them; it is a new detector, and nothing is published of its gradients and deferred charge.
_TYPICAL = {
    "wfc3-uvis": {
        "hot_pixels": 0.004,
        "hot_rate": 0.015,
        "warm_pixels": 0.006,
        "warm_rate": 0.008,
        "post_flash": 12.0,
        "cte": 0.12,
        "crosstalk": 0.0,
        "bias_jitter": 15.0,
        "bias_gradient": 5.0,
        "striping": 0.0,
        "startup_ramp": 10.0,
    },
    "csst-msc": {
        "hot_pixels": 0.002,
        "hot_rate": 0.17,
        "warm_pixels": 0.004,
        "warm_rate": 0.085,
        "cte": 0.005,
        "crosstalk": 0.0,
        "bias_jitter": 15.0,
        "bias_gradient": 3.0,
        "striping": 0.0,
        "startup_ramp": 0.0,
    },
}


@checked(rng=rules.randomness, instrument=known_camera, date=DATE)
def random_effects(rng, instrument="acs-wfc", *, date=REFERENCE_DATE):
    """
    Draw random strengths of the effects of the detector.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    instrument : str or Instrument, default "acs-wfc"
        The camera.
    date : float, default 57677
        Start of the exposure, MJD: hot pixels and deferred charge grow in proportion to the years in orbit.

    Returns
    -------
    Effects
        Typical strengths of that date. Dark current, bias gradient and start-up ramp have a factor between
        0.5 and 2, deferred charge one between 0.8 and 1.25; one frame in forty has a satellite's trail; every
        other UVIS frame has no post-flash. What belongs to the chip does not vary.

    Raises
    ------
    UnknownNameError
        If there is no camera of this name.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.simulate import random_effects
    >>> random_effects(np.random.default_rng(1)).striping
    0.9
    """
    typical = Effects.typical(instrument)
    low, high = np.log([0.5, 2.0])
    varied = ("dark", "bias_gradient", "startup_ramp")
    values = {name: float(getattr(typical, name) * np.exp(rng.uniform(low, high))) for name in varied}
    age = _age(getattr(instrument, "name", instrument), date)
    values |= {
        name: min(getattr(typical, name) * age, _LIMITS[name]) for name in ("hot_pixels", "warm_pixels")
    }
    values["cte"] = min(float(typical.cte * age * np.exp(rng.uniform(*np.log([0.8, 1.25])))), _LIMITS["cte"])
    return replace(
        typical,
        **values,
        # Around the 1 to 1.2 of ACS and UVIS (hst_cosmic_rays): more at solar minimum and at the edge of the
        # South Atlantic Anomaly.
        cosmic_ray_rate=float(rng.uniform(0.8, 1.6)),
        post_flash=float(typical.post_flash * rng.uniform(0.7, 1.6) * rng.integers(2)),
        # 2.7% of HST's exposures of 2002 to 2021 (Kruk et al. 2023, doi:10.1038/s41550-023-01903-3).
        satellite_trails=int(rng.random() < 0.025),
    )


def _age(name, date):
    """Give the time in orbit relative to that at the reference date; 1 for a camera that is not there yet."""
    # Radiation damage adds up at a nearly constant rate, so that its effects go with the time in orbit.
    if name not in _INSTALLED:
        return 1.0
    return float(np.clip((date - _INSTALLED[name]) / (REFERENCE_DATE - _INSTALLED[name]), 0.05, 3.0))
