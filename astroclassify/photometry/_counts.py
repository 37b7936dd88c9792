"""Eq. (1) with units: from a spectrum and a band to electrons."""

import warnings

import numpy as np
from astropy import units as u

from astroclassify.core import AstroclassifyWarning, ParameterError, in_unit
from astroclassify.photometry._bandpass import as_bandpass, collecting_area
from astroclassify.photometry._core import ab_zero_point, photon_rate
from astroclassify.photometry._spectra import FLAM, tabulated

#: Part of a band's weight that a spectrum may leave uncovered without a warning.
_UNCOVERED = 0.01


class CoverageWarning(AstroclassifyWarning):
    """A spectrum does not cover the whole band."""


def count_rate(sed, bandpass=None, area=None, *, solid_angle=None):
    """
    Count electrons per second: Eq. (1) of the paper without the exposure time.

    Parameters
    ----------
    sed : synphot.SourceSpectrum, synphot.Observation, or tuple
        What the light is. A tuple is (wavelength, spectral flux density), two Quantities of shape (n,).
    bandpass : Bandpass or anything `as_bandpass` takes, optional
        The throughput; not with an ``Observation``, which has its own.
    area : astropy.units.Quantity, optional
        Collecting area; by default the band's.
    solid_angle : astropy.units.Quantity or float, optional
        For a surface brightness (a spectrum for each square arcsecond): the patch of sky, for example one
        pixel; a bare number is in square arcseconds.

    Returns
    -------
    astropy.units.Quantity
        Electrons per second.

    Raises
    ------
    ParameterError
        If there is no area, no band, an argument of the wrong kind, or the spectrum lies outside the band.

    Warns
    -----
    CoverageWarning
        If more than 1% of the band lies beyond the wavelengths of the spectrum; what synphot makes of it
        there counts (of a table, its end value).

    Notes
    -----
    ``A * integral(S(lambda) tau(lambda) lambda / (h c) d lambda)`` by the trapezoidal rule on the
    wavelengths of the spectrum and of the band together.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import BANDS, count_rate, normalise, star
    >>> band = BANDS["acs-wfc", "F814W"]
    >>> print(f"{count_rate(normalise(star('G2'), 20 * u.ABmag, band), band):.1f}")
    241.5 electron / s
    """
    wavelength, flux, throughput, square_cm = _sampled(sed, bandpass, area)
    rate = photon_rate(wavelength, flux, throughput, square_cm) * u.electron / u.s
    if solid_angle is not None:
        rate = rate * in_unit("solid_angle", solid_angle, u.arcsec**2)
    return rate


def electrons(sed, bandpass=None, area=None, exptime=None, *, solid_angle=None):
    """
    Count the electrons of an exposure: Eq. (1) of the paper.

    Parameters
    ----------
    sed : synphot.SourceSpectrum, synphot.Observation, or tuple
        As for `count_rate`.
    bandpass : Bandpass or anything `as_bandpass` takes, optional
        As for `count_rate`.
    area : astropy.units.Quantity, optional
        Collecting area; by default the band's.
    exptime : astropy.units.Quantity or float
        Exposure time, seconds.
    solid_angle : astropy.units.Quantity or float, optional
        As for `count_rate`.

    Returns
    -------
    astropy.units.Quantity
        Electrons, the mean of a Poisson distribution.

    Raises
    ------
    ParameterError
        As `count_rate`, and if the exposure time is missing or negative.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import BANDS, electrons, normalise, power_law
    >>> flat = normalise(power_law(-2), 22 * u.ABmag, BANDS["csst-msc", "r"])
    >>> print(f"{electrons(flat, BANDS['csst-msc', 'r'], exptime=150 * u.s):.0f}")
    6115 electron
    """
    seconds = in_unit("exptime", exptime, u.s)
    if not np.all(seconds >= 0):
        raise ParameterError(f"exptime is {exptime}; expected a time of zero or more, as 150 * u.s")
    return count_rate(sed, bandpass, area, solid_angle=solid_angle) * (seconds * u.s)


def zero_point(bandpass, area=None):
    """
    Give the AB magnitude of a source of one electron per second.

    Parameters
    ----------
    bandpass : Bandpass or anything `as_bandpass` takes
        The throughput.
    area : astropy.units.Quantity, optional
        Collecting area; by default the band's.

    Returns
    -------
    astropy.units.Magnitude
        AB magnitude.

    Raises
    ------
    ParameterError
        If there is no area.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, zero_point
    >>> f"{zero_point(BANDS['csst-msc', 'r']):.2f}"
    '26.03 mag(AB)'
    """
    band = as_bandpass(bandpass)
    return ab_zero_point(band.wavelength, band.throughput, collecting_area(band, area)) * u.ABmag


def _sampled(sed, bandpass, area):
    """Give wavelength, flux, throughput and area of Eq. (1) as plain numbers."""
    if hasattr(sed, "bandpass") and hasattr(sed, "spectrum"):
        return _sampled_observation(sed, bandpass, area)
    if bandpass is None:
        raise ParameterError(
            "there is no bandpass; expected a Bandpass, for example BANDS['acs-wfc', 'F814W']"
        )
    band = as_bandpass(bandpass)
    spectrum = as_spectrum(sed)
    wavelength = common_grid(spectrum, band)
    flux = flux_density(spectrum, wavelength)
    throughput = np.interp(wavelength, band.wavelength, band.throughput)
    _check_coverage(spectrum, wavelength, throughput)
    return wavelength, flux, throughput, collecting_area(band, area)


def _sampled_observation(observation, bandpass, area):
    if bandpass is not None:
        raise ParameterError("an Observation has its own bandpass; give it without one")
    square_cm = collecting_area(as_bandpass(observation.bandpass), area)
    wavelength = observation.waveset.to_value(u.nm)
    return wavelength, flux_density(observation, wavelength), np.ones_like(wavelength), square_cm


def as_spectrum(sed):
    """Make a ``SourceSpectrum`` of (wavelength, flux density); pass one through."""
    if hasattr(sed, "waveset") and hasattr(sed, "model"):
        return sed
    if isinstance(sed, tuple) and len(sed) == 2:
        wavelength = in_unit("wavelength", sed[0], u.nm) * u.nm
        flux = _flux_values(sed[1], wavelength)
        if (
            wavelength.ndim != 1
            or wavelength.shape != flux.shape
            or not (np.diff(wavelength.value) > 0).all()
        ):
            raise ParameterError("a spectrum needs increasing wavelengths and as many flux densities")
        return tabulated(wavelength.value, flux)
    raise ParameterError(
        f"a {type(sed).__name__} is no spectrum; expected a synphot SourceSpectrum or "
        "(wavelength, flux density)"
    )


def _flux_values(flux, wavelength):
    try:
        return u.Quantity(flux).to_value(FLAM, u.spectral_density(wavelength))
    except (u.UnitsError, TypeError, ValueError) as error:
        raise ParameterError(
            f"a spectrum's values are no flux densities ({error}); expected such as {FLAM} or Jy"
        ) from error


def flux_density(spectrum, wavelength):
    """Sample a synphot spectrum at wavelengths in nm, in erg / s / cm2 / Angstrom."""
    return spectrum(wavelength * u.nm, flux_unit=FLAM).value


def common_grid(spectrum, band):
    """Join the wavelengths of a spectrum and a band, in nm, within the band."""
    # Both are linear between their own points: on the union of the points nothing is missed, neither a narrow
    # line within a wide band nor a steep edge of the band on a smooth spectrum.
    first, last = band.wavelength[[0, -1]]
    if spectrum.waveset is None:
        return band.wavelength
    waves = spectrum.waveset.to_value(u.nm)
    inside = waves[(waves > first) & (waves < last)]
    return np.union1d(band.wavelength, inside)


def _check_coverage(spectrum, wavelength, throughput):
    if spectrum.waveset is None:
        return
    first, last = spectrum.waveset.to_value(u.nm)[[0, -1]]
    missing = (wavelength < first) | (wavelength > last)
    # Weights of wavelengths are electrons of a spectrum flat in frequency: throughput / wavelength.
    weight = np.where(missing, throughput, 0.0) * np.gradient(wavelength) / wavelength
    part = weight.sum() / (throughput * np.gradient(wavelength) / wavelength).sum()
    if part > 1 - _UNCOVERED:
        raise ParameterError(
            f"the spectrum ({first:.0f} to {last:.0f} nm) and the band "
            f"({wavelength[0]:.0f} to {wavelength[-1]:.0f} nm) do not overlap"
        )
    if part > _UNCOVERED:
        warnings.warn(
            f"the spectrum ({first:.0f} to {last:.0f} nm) leaves {part:.0%} of the band uncovered",
            CoverageWarning,
            stacklevel=4,
        )
