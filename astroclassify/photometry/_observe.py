"""Signal-to-noise ratio, exposure time, depth and saturation."""

from dataclasses import dataclass
from math import pi

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, checked, in_unit, rules
from astroclassify.instruments import INSTRUMENTS
from astroclassify.photometry._bandpass import as_bandpass
from astroclassify.photometry._bands import BANDS
from astroclassify.photometry._counts import zero_point
from astroclassify.photometry._sky import sky_rate

#: Exposures of 150 s in each band of the CSST survey: as public CSST parameters have them (docs/sources.rst).
_SURVEY_EXPOSURES = {"NUV": 4, "u": 2, "g": 2, "r": 2, "i": 2, "z": 2, "y": 4}
#: V magnitudes of the sky per square arcsecond, and the radius of 80% of the light: chosen to meet the
#: depths.
_SURVEY_SKY, _SURVEY_RADIUS = 22.4, 0.185 * u.arcsec


#: What snr and the others ask of noise: ApertureNoise, or a class of one's own that has the same.
_NOISE = rules.having("noise, as of aperture_noise", "fraction", "variance")


@checked(
    pixels=rules.quantity(u.pix),
    fraction=rules.number,
    sky=rules.quantity(u.electron / u.s),
    dark=rules.quantity(u.electron / u.s),
    read_noise=rules.quantity(u.electron),
)
@dataclass(frozen=True)
class ApertureNoise:
    """
    Noise terms of aperture photometry of a star; plain numbers.

    Parameters
    ----------
    pixels : float
        Pixels in the aperture.
    fraction : float
        Part of the star's light in it, above 0 and up to 1.
    sky : float
        Electrons per second and pixel.
    dark : float
        Electrons per second and pixel.
    read_noise : float
        Electrons, rms, for each pixel and exposure.

    Raises
    ------
    ParameterError
        If a number is out of range.
    """

    pixels: float
    fraction: float
    sky: float
    dark: float
    read_noise: float

    def __post_init__(self):
        if not (
            self.pixels > 0 and 0 < self.fraction <= 1 and min(self.sky, self.dark, self.read_noise) >= 0
        ):
            raise ParameterError(
                f"{self} is impossible; expected pixels > 0, 0 < fraction <= 1, nothing negative"
            )

    def variance(self, time, exposures):
        """
        Give the variance of everything but the star's own light.

        Parameters
        ----------
        time : float
            All exposures together, seconds.
        exposures : int
            How many exposures there are.

        Returns
        -------
        float
            Square electrons.
        """
        return self.pixels * ((self.sky + self.dark) * time + exposures * self.read_noise**2)


@checked(fraction=rules.number)
def aperture_noise(bandpass, *, radius=0.15 * u.arcsec, fraction=0.8, sky=None):
    """
    Describe the noise in an aperture on one of the shipped instruments.

    Parameters
    ----------
    bandpass : Bandpass
        A band of an instrument.
    radius : astropy.units.Quantity, default 0.15 arcsec
        Of the round aperture; the default is the radius of 80% encircled energy that CSST promises.
    fraction : float, default 0.8
        Part of a star's light in the aperture.
    sky : astropy.units.Quantity or float, optional
        Electrons per second (and pixel), also as a bare number; by default `sky_rate` of the band.

    Returns
    -------
    ApertureNoise
        With the instrument's dark current and the mean read noise of its amplifiers.

    Raises
    ------
    ParameterError
        If the band is of no instrument, or a number is out of range.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, aperture_noise
    >>> f'{aperture_noise(BANDS["csst-msc", "r"]).pixels:.1f}'
    '12.9'
    """
    camera = _camera(bandpass)
    pixels = pi * (in_unit("radius", radius, u.arcsec) / camera.pixel_scale) ** 2
    rate = sky_rate(bandpass) if sky is None else in_unit("sky", sky, u.electron / u.s) * u.electron / u.s
    read_noise = float(np.mean([amplifier.read_noise for amplifier in camera.amplifiers.values()]))
    return ApertureNoise(pixels, fraction, float(rate.value), camera.dark_current, read_noise)


def _camera(bandpass):
    name = as_bandpass(bandpass).instrument
    if not name:
        raise ParameterError(f"the band {bandpass.name!r} is of no instrument; make an ApertureNoise by hand")
    return INSTRUMENTS[name]


@checked(noise=_NOISE, exposures=rules.whole())
def snr(rate, exptime, noise, *, exposures=1):
    """
    Compute the signal-to-noise ratio of a star.

    Parameters
    ----------
    rate : astropy.units.Quantity
        Electrons per second of the whole star, from `count_rate`; any shape.
    exptime : astropy.units.Quantity
        Time of each exposure.
    noise : ApertureNoise
        The aperture, from `aperture_noise`.
    exposures : int, default 1
        Exposures that are added, 1 or more.

    Returns
    -------
    numpy.ndarray or float
        The ratio.

    Raises
    ------
    ParameterError
        If the time or the number of exposures is not positive.

    Notes
    -----
    ``f R t n / sqrt(f R t n + p (sky + dark) t n + p n read_noise**2)`` with the fraction ``f`` of the light
    in ``p`` pixels and ``n`` exposures of the time ``t``.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import ApertureNoise, snr
    >>> round(float(snr(100 * u.electron / u.s, 100 * u.s, ApertureNoise(10, 1.0, 0.0, 0.0, 0.0))), 3)
    100.0
    """
    # Light, sky and dark current are Poisson counts, whose variances are their means; read noise comes once
    # for each pixel and exposure. The star's own light counts only as far as it falls into the aperture.
    time = _total_time(exptime, exposures)
    signal = noise.fraction * in_unit("rate", rate, u.electron / u.s) * time
    return signal / np.sqrt(signal + noise.variance(time, exposures))


@checked(ratio=rules.number, noise=_NOISE, exposures=rules.whole())
def exposure_for_snr(rate, ratio, noise, *, exposures=1):
    """
    Compute the exposure time that reaches a signal-to-noise ratio.

    Parameters
    ----------
    rate : astropy.units.Quantity
        Electrons per second of the whole star.
    ratio : float
        The signal-to-noise ratio wanted, positive.
    noise : ApertureNoise
        The aperture.
    exposures : int, default 1
        Exposures that are added, 1 or more.

    Returns
    -------
    astropy.units.Quantity
        Seconds, of each exposure.

    Raises
    ------
    ParameterError
        If the rate, the ratio or the number of exposures is not positive.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import BANDS, aperture_noise, exposure_for_snr, snr
    >>> noise, rate = aperture_noise(BANDS["acs-wfc", "F606W"]), 2 * u.electron / u.s
    >>> time = exposure_for_snr(rate, 10, noise)
    >>> round(float(snr(rate, time, noise)), 6)
    10.0
    """
    detected = noise.fraction * in_unit("rate", rate, u.electron / u.s)
    if not (np.all(detected > 0) and ratio > 0 and exposures >= 1):
        raise ParameterError(
            f"rate is {rate}, ratio is {ratio}, exposures is {exposures}; expected all of them positive"
        )
    # ratio = detected T / sqrt(per_second T + fixed), squared: detected**2 T**2 = ratio**2 (per_second T +
    # fixed), a quadratic equation for the total time T of which the positive root counts.
    per_second = detected + noise.pixels * (noise.sky + noise.dark)
    fixed = noise.pixels * exposures * noise.read_noise**2
    root = np.sqrt((ratio * per_second) ** 2 + 4 * detected**2 * fixed)
    return ratio * (ratio * per_second + root) / (2 * detected**2) / exposures * u.s


@checked(noise=_NOISE, ratio=rules.number, exposures=rules.whole())
def limiting_magnitude(bandpass, exptime, noise, *, ratio=5.0, exposures=1, area=None):
    """
    Compute the AB magnitude of the faintest star that is detected.

    Parameters
    ----------
    bandpass : Bandpass or anything `as_bandpass` takes
        The band.
    exptime : astropy.units.Quantity
        Time of each exposure.
    noise : ApertureNoise
        The aperture.
    ratio : float, default 5
        Signal-to-noise ratio that counts as seen.
    exposures : int, default 1
        Exposures that are added, 1 or more.
    area : astropy.units.Quantity, optional
        Collecting area; by default the band's.

    Returns
    -------
    astropy.units.Magnitude
        AB magnitude.

    Raises
    ------
    ParameterError
        If the time, the ratio or the number of exposures is not positive.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import BANDS, aperture_noise, limiting_magnitude
    >>> r = BANDS["csst-msc", "r"]
    >>> noise = aperture_noise(r, sky=0.3591 * u.electron / u.s)
    >>> print(f"{limiting_magnitude(r, 150 * u.s, noise, exposures=2):.2f}")
    26.01 mag(AB)
    """
    if not ratio > 0:
        raise ParameterError(f"ratio is {ratio}; expected a positive number")
    # ratio = S / sqrt(S + V) for S electrons of the star and the variance V of all else, solved for S: the
    # positive root of S**2 - ratio**2 S - ratio**2 V = 0. Without background S is ratio**2, 25 electrons for
    # 5 sigma.
    time = _total_time(exptime, exposures)
    root = np.sqrt(ratio**2 + 4 * noise.variance(time, exposures))
    needed = ratio * (ratio + root) / 2 / (noise.fraction * time)
    return zero_point(bandpass, area) - 2.5 * np.log10(needed) * u.mag


@checked(band=rules.text)
def survey_depth(band):
    """
    Give the depth of the CSST survey in a band: the faintest star at a signal-to-noise ratio of 5.

    Parameters
    ----------
    band : str
        ``NUV``, ``u``, ``g``, ``r``, ``i``, ``z`` or ``y``.

    Returns
    -------
    astropy.units.Magnitude
        AB magnitude.

    Raises
    ------
    ParameterError
        If the survey has no such band.

    Notes
    -----
    Two exposures of 150 s (four in NUV and y); one sky and one aperture for all bands: zodiacal light of
    V = 22.4 per square arcsecond without earthshine, and 80% of the light within 0.185 arcseconds, 20 pixels.
    These two were chosen so that the published depths are met to 0.1 mag; the radius of 80% that the
    telescope promises, 0.15 arcseconds, makes NUV, u and y 0.2 mag too deep.

    Examples
    --------
    >>> from astroclassify.photometry import survey_depth
    >>> print(f"{survey_depth('r'):.1f}")
    26.0 mag(AB)
    """
    if band not in _SURVEY_EXPOSURES:
        raise ParameterError(f"the survey has no band {band!r}; it has {', '.join(_SURVEY_EXPOSURES)}")
    bandpass = BANDS["csst-msc", band]
    sky = sky_rate(bandpass, zodiacal=_SURVEY_SKY)
    noise = aperture_noise(bandpass, radius=_SURVEY_RADIUS, sky=sky)
    return limiting_magnitude(bandpass, 150 * u.s, noise, exposures=_SURVEY_EXPOSURES[band])


@checked(peak_fraction=rules.number)
def saturation_magnitude(bandpass, exptime, *, peak_fraction=0.2, full_well=None, background=None, area=None):
    """
    Compute the AB magnitude of the faintest star that saturates a pixel.

    Parameters
    ----------
    bandpass : Bandpass or anything `as_bandpass` takes
        The band.
    exptime : astropy.units.Quantity
        Exposure time.
    peak_fraction : float, default 0.2
        Part of a star's light that falls on the brightest pixel, above 0 and up to 1; 0.2 is typical of a
        star centred on a pixel of ACS/WFC or WFC3/UVIS.
    full_well : astropy.units.Quantity, optional
        Electrons that a pixel holds; by default those of the band's instrument.
    background : astropy.units.Quantity, optional
        Electrons per second that the pixel gets otherwise; none by default.
    area : astropy.units.Quantity, optional
        Collecting area; by default the band's.

    Returns
    -------
    astropy.units.Magnitude
        AB magnitude; brighter stars saturate.

    Raises
    ------
    ParameterError
        If the time or the fraction is out of range, no full well is known, or the background alone fills it.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import BANDS, saturation_magnitude
    >>> print(f"{saturation_magnitude(BANDS['acs-wfc', 'F606W'], 500 * u.s):.2f}")
    19.29 mag(AB)
    """
    if not 0 < peak_fraction <= 1:
        raise ParameterError(f"peak_fraction is {peak_fraction}; expected a number above 0 and up to 1")
    # The pixel fills at full_well = (peak_fraction * star + background) * time.
    well = _camera(bandpass).full_well if full_well is None else in_unit("full_well", full_well, u.electron)
    other = 0.0 if background is None else in_unit("background", background, u.electron / u.s)
    rate = (well / _total_time(exptime, 1) - other) / peak_fraction
    if not rate > 0:
        raise ParameterError(f"the background of {background} alone fills the well of {well:g} electrons")
    return zero_point(bandpass, area) - 2.5 * np.log10(rate) * u.mag


def _total_time(exptime, exposures):
    seconds = in_unit("exptime", exptime, u.s)
    if not (np.all(seconds > 0) and exposures >= 1):
        raise ParameterError(f"exptime is {exptime}, exposures is {exposures}; expected both positive")
    return seconds * exposures
