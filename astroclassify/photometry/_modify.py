"""Normalisation, extinction and redshift of spectra."""

from difflib import get_close_matches

import numpy as np
from astropy import units as u
from astropy.modeling import InputParameterError

from astroclassify.core import ParameterError, UnknownNameError, checked, import_string, rules
from astroclassify.photometry._bandpass import as_bandpass
from astroclassify.photometry._core import ANGSTROM_PER_NM, ab_flux_density, photon_rate
from astroclassify.photometry._counts import as_spectrum, common_grid, count_rate, flux_density
from astroclassify.photometry._spectra import FLAM, GRID, tabulated
from astroclassify.photometry._vega import vega

_ENERGY_FLUX = u.erg / u.s / u.cm**2
_ONE_CM2 = 1 * u.cm**2
_LAWS = ("CCM89", "O94", "F99", "F04", "F19", "G23", "VCG04", "M14")


def normalise(sed, brightness, bandpass):
    """
    Scale a spectrum to a brightness in a band.

    Parameters
    ----------
    sed : synphot.SourceSpectrum or tuple
        The spectrum, at any brightness; not dark in the band.
    brightness : astropy.units.Quantity
        An AB magnitude (``u.ABmag``), a Vega magnitude (``synphot.units.VEGAMAG``), an ST magnitude
        (``u.STmag``), a mean spectral flux density (for example in ``u.uJy``), or the energy flux
        within the band, weighted by throughput over its peak (``erg / s / cm2``). Divided by a solid angle
        (``u.mag(u.AB / u.arcsec**2)``, ``u.MJy / u.sr``) it is a surface brightness.
    bandpass : Bandpass or anything `as_bandpass` takes
        The band; no area is needed.

    Returns
    -------
    synphot.SourceSpectrum
        The scaled spectrum; that of one square arcsecond, if a surface brightness was asked for.

    Raises
    ------
    ParameterError
        If the unit measures no brightness, the brightness is not positive, or the band is dark.

    Notes
    -----
    Magnitudes are of photons counted: the source gives as many electrons as the reference spectrum (flat in
    frequency for AB, flat in wavelength for ST, `vega` for Vega magnitudes) of that magnitude would. The mean
    spectral flux density is that of the flat reference spectrum with the same count rate.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import BANDS, count_rate, normalise, star
    >>> band = BANDS["wfc3-uvis", "F336W"]
    >>> faint = normalise(star("A0"), 26 * u.ABmag, band)
    >>> bright = normalise(star("A0"), 21 * u.ABmag, band)
    >>> f"{count_rate(bright, band) / count_rate(faint, band):.3f}"
    '100.000'
    """
    spectrum, band = as_spectrum(sed), as_bandpass(bandpass)
    now = count_rate(spectrum, band, _ONE_CM2).value
    if not now > 0:
        raise ParameterError(f"the spectrum is dark in the band {band.name!r}; it cannot be normalised there")
    factor = float(_wanted_rate(spectrum, band, now, brightness) / now)
    if not 0 < factor < np.inf:
        raise ParameterError(f"brightness is {brightness}; expected a positive, finite one")
    return spectrum * factor


def _wanted_rate(spectrum, band, now, brightness):
    """Give the electrons per second and cm2 that a source of this brightness makes."""
    from synphot.units import VEGAMAG

    vega_flux = VEGAMAG.physical_unit
    if getattr(brightness, "unit", None) is None:
        raise ParameterError(f"brightness is {brightness!r}; expected a Quantity, for example 22 * u.ABmag")
    # Each unit has a reference spectrum that defines its zero: the same number of electrons as from that
    # spectrum, scaled by the linear brightness, is what was asked for. Per square arcsecond it is the same,
    # of one of them.
    linear = brightness.physical if hasattr(brightness, "physical") else brightness
    for flux in (linear, linear * u.arcsec**2):
        if flux.unit.is_equivalent(vega_flux):
            return flux.to_value(vega_flux) * count_rate(vega(), band, _ONE_CM2).value
        if flux.unit.is_equivalent(u.Jy):
            return flux.to_value(u.ABflux) * _flat_rate(band, ab_flux_density(band.wavelength))
        if flux.unit.is_equivalent(FLAM):
            return flux.to_value(FLAM) * _flat_rate(band, np.ones_like(band.wavelength))
        if flux.unit.is_equivalent(_ENERGY_FLUX):
            return now * flux.to_value(_ENERGY_FLUX) / _energy_flux(spectrum, band)
    raise ParameterError(
        f"{brightness.unit} measures no brightness; expected magnitudes (ABmag, STmag, VEGAMAG), a spectral "
        "flux density or an energy flux, or one of these divided by a solid angle"
    )


def _flat_rate(band, flux):
    return photon_rate(band.wavelength, flux, band.throughput, 1.0)


def _energy_flux(spectrum, band):
    """Integrate the energy that arrives within the band, weighted by throughput over its peak."""
    wavelength = common_grid(spectrum, band)
    weight = np.interp(wavelength, band.wavelength, band.throughput) / band.peak
    return np.trapezoid(flux_density(spectrum, wavelength) * weight, wavelength) * ANGSTROM_PER_NM


def ab_magnitude(sed, bandpass):
    """
    Measure the AB magnitude of a spectrum in a band.

    Parameters
    ----------
    sed : synphot.SourceSpectrum or tuple
        The spectrum.
    bandpass : Bandpass or anything `as_bandpass` takes
        The band; no area is needed.

    Returns
    -------
    astropy.units.Magnitude
        AB magnitude.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, ab_magnitude, vega
    >>> print(f"{ab_magnitude(vega(), BANDS['acs-wfc', 'F814W']):.2f}")
    0.43 mag(AB)
    """
    band = as_bandpass(bandpass)
    rate = count_rate(sed, band, _ONE_CM2).value
    return -2.5 * np.log10(rate / _flat_rate(band, ab_flux_density(band.wavelength))) * u.ABmag


@checked(a_v=rules.quantity(u.mag), r_v=rules.number, law=rules.text)
def redden(sed, a_v, *, r_v=3.1, law="F19"):
    """
    Put dust in front of a spectrum.

    Parameters
    ----------
    sed : synphot.SourceSpectrum or tuple
        The spectrum.
    a_v : float
        Extinction in V, magnitudes, 0 to 100.
    r_v : float, default 3.1
        Ratio of total to selective extinction; each law has its range, 2.5 to 6 for ``"F19"``.
    law : str, default "F19"
        A law of the Milky Way in `dust_extinction`: CCM89, O94, F99, F04, F19, G23, VCG04 or M14.

    Returns
    -------
    synphot.SourceSpectrum
        The dimmed, reddened spectrum. Beyond the law's range (F19: 115 to 3300 nm) the extinction is that at
        its end.

    Raises
    ------
    ParameterError
        If ``a_v`` or ``r_v`` is out of range.
    UnknownNameError
        If there is no such law.

    References
    ----------
    Fitzpatrick et al. 2019, ApJ 886, 108, https://doi.org/10.3847/1538-4357/ab4c3a

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, ab_magnitude, redden, star
    >>> clear, dusty, band = star("F0"), redden(star("F0"), 1.0), BANDS["acs-wfc", "F814W"]
    >>> f"{(ab_magnitude(dusty, band) - ab_magnitude(clear, band)).value:.2f}"
    '0.61'
    """
    if not 0 <= a_v <= 100:
        raise ParameterError(f"a_v is {a_v}; expected 0 to 100 magnitudes")
    wavelength, flux = as_arrays(as_spectrum(sed))
    return tabulated(wavelength, flux * _transmission(wavelength, a_v, r_v, law))


def _transmission(wavelength, a_v, r_v, law):
    if law not in _LAWS:
        near = get_close_matches(str(law).upper(), _LAWS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownNameError(f"no extinction law is named {law!r}; there are {', '.join(_LAWS)}{hint}")
    try:
        model = import_string(f"dust_extinction.parameter_averages:{law}")(Rv=r_v)
    except InputParameterError as error:
        raise ParameterError(f"r_v is {r_v}, out of the range of {law}: {error}") from error
    # Laws are tabulated over 1 / wavelength, as dust extinction is nearly linear in it. At the ends of the
    # range a hair is left out, which rounding could push beyond it.
    low, high = model.x_range  # inverse micrometres
    inverse = np.clip(1000.0 / wavelength, low * (1 + 1e-9), high * (1 - 1e-9))
    return model.extinguish(inverse / u.um, Av=a_v)


@checked(z=rules.number)
def redshift(sed, z):
    """
    Shift a spectrum to the red; the total energy flux stays.

    Parameters
    ----------
    sed : synphot.SourceSpectrum or tuple
        The spectrum at rest.
    z : float
        Redshift, above -1.

    Returns
    -------
    synphot.SourceSpectrum
        ``f(lambda / (1 + z)) / (1 + z)``; set the brightness with `normalise` afterwards.

    Raises
    ------
    ParameterError
        If the redshift is not above -1.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import hii_region, redshift
    >>> lines = redshift(hii_region(), 0.1)
    >>> bool(lines(656.28 * 1.1 * u.nm) > lines(656.28 * u.nm))
    True
    """
    if not -1 < z < np.inf:
        raise ParameterError(f"z is {z}; expected a redshift above -1")
    # Wavelengths grow by 1 + z, and flux densities per wavelength shrink by it, so that the integral stays.
    wavelength, flux = as_arrays(as_spectrum(sed))
    return tabulated(wavelength * (1 + z), flux / (1 + z))


def as_arrays(spectrum):
    """Sample a spectrum where it wants to be: wavelength in nm, flux in erg / s / cm2 / Angstrom."""
    wavelength = GRID if spectrum.waveset is None else spectrum.waveset.to_value(u.nm)
    return wavelength, flux_density(spectrum, wavelength)
