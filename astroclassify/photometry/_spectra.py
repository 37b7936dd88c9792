"""Spectral energy distributions of stars and other simple bodies, as ``synphot`` spectra.

Every function gives a `synphot.SourceSpectrum` whose flux density at 550 nm is that of V = 0 (3.63e-9
erg / s / cm2 / Angstrom), unless it says otherwise; `normalise` sets the brightness.
"""

from difflib import get_close_matches

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, UnknownNameError, checked, in_unit, rules
from astroclassify.photometry._blanketing import blanketing
from astroclassify.photometry._core import LIGHT, PLANCK

FLAM = u.erg / u.s / u.cm**2 / u.AA
# V = 0 at 550 nm, erg / s / cm2 / Angstrom. AB magnitude 0 there is 3.63e-20 c / lambda**2 = 3.60e-9; the
# textbook value of Vega's scale, 3.63e-9, is 0.01 mag brighter.
REFERENCE_FLUX = 3.63e-9
REFERENCE_WAVELENGTH = 550.0  # nm
_SECOND_RADIATION = PLANCK * LIGHT / 1.380649e-16  # h c / k in nm K, with Boltzmann's constant in erg / K
#: Where smooth spectra are sampled, in nm: a resolution of 1000 from the Lyman limit to the K band.
GRID = np.geomspace(91.2, 2500.0, 3310)
GRID.flags.writeable = False

# Effective temperatures of dwarfs in kelvin, Pecaut & Mamajek (2013, ApJS 208, 9), rounded.
_TEMPERATURES = {
    "O5": 41400,
    "O7": 36500,
    "O9": 33300,
    "B0": 31400,
    "B1": 26000,
    "B2": 20600,
    "B3": 17000,
    "B5": 15700,
    "B8": 12500,
    "A0": 9700,
    "A2": 8840,
    "A5": 8080,
    "F0": 7220,
    "F2": 6820,
    "F5": 6550,
    "F8": 6180,
    "G0": 5930,
    "G2": 5770,
    "G5": 5660,
    "G8": 5480,
    "K0": 5270,
    "K2": 5100,
    "K3": 4830,
    "K5": 4440,
    "K7": 4050,
    "M0": 3850,
    "M1": 3660,
    "M2": 3560,
    "M3": 3430,
    "M4": 3210,
    "M5": 3060,
    "M6": 2810,
}
SPECTRAL_TYPES = tuple(_TEMPERATURES)


def planck(wavelength, temperature):
    """Give Planck's law per wavelength, 1 at 550 nm."""
    # B_lambda ~ lambda**-5 / (exp(h c / (lambda k T)) - 1); the cut at 700 keeps the exponential finite.
    exponent = _SECOND_RADIATION / temperature
    ratio = np.expm1(exponent / REFERENCE_WAVELENGTH) / np.expm1(np.minimum(exponent / wavelength, 700.0))
    return ratio * (REFERENCE_WAVELENGTH / wavelength) ** 5


def tabulated(wavelength, flux):
    """Make a ``SourceSpectrum`` from arrays in nm and erg / s / cm2 / Angstrom."""
    from synphot import Empirical1D, SourceSpectrum

    return SourceSpectrum(Empirical1D, points=wavelength * u.nm.to(u.AA), lookup_table=flux * FLAM)


def at_reference(wavelength, flux):
    """Scale a flux density to V = 0 at 550 nm."""
    return flux * (REFERENCE_FLUX / np.interp(REFERENCE_WAVELENGTH, wavelength, flux))


def blackbody(temperature):
    """
    Give the spectrum of a black body.

    Parameters
    ----------
    temperature : astropy.units.Quantity
        Temperature, 500 K to 10 million K.

    Returns
    -------
    synphot.SourceSpectrum
        Sampled from 91.2 nm to 2500 nm; V = 0.

    Raises
    ------
    ParameterError
        If the temperature is out of range.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.photometry import blackbody
    >>> sun = blackbody(5770 * u.K)
    >>> bool(sun(400 * u.nm) < sun(600 * u.nm))
    True
    """
    kelvin = in_unit("temperature", temperature, u.K)
    if not 500.0 <= kelvin <= 1e7:
        raise ParameterError(f"temperature is {kelvin:g} K; expected 500 to 10 million K")
    return tabulated(GRID, REFERENCE_FLUX * planck(GRID, kelvin))


@checked(slope=rules.number)
def power_law(slope):
    """
    Give a power law of the wavelength.

    Parameters
    ----------
    slope : float
        ``beta`` of ``f_lambda ~ wavelength**beta``, -10 to 10; -2 is flat in frequency.

    Returns
    -------
    synphot.SourceSpectrum
        Sampled from 91.2 nm to 2500 nm; V = 0.

    Raises
    ------
    ParameterError
        If the slope is out of range.
    """
    if not -10.0 <= slope <= 10.0:
        raise ParameterError(f"slope is {slope}; expected -10 to 10")
    flux = REFERENCE_FLUX * (GRID / REFERENCE_WAVELENGTH) ** slope
    return tabulated(GRID, flux)


def star(spectral_type):
    """
    Give the spectrum of a dwarf star: a black body of the type's effective temperature, with absorption.

    Parameters
    ----------
    spectral_type : str
        For example ``"G2"``, ``"M1V"``; O5 to M6. Types between the tabulated ones are interpolated.

    Returns
    -------
    synphot.SourceSpectrum
        Sampled from 91.2 nm to 2500 nm; V = 0.

    Raises
    ------
    UnknownNameError
        If there is no such type.

    Notes
    -----
    No package with a free licence ships stellar spectra. What absorption leaves of the black body is known of
    two stars whose spectra are here as tables: Vega (its Balmer jump), and the Sun, as zodiacal light (the
    blanketing of its ultraviolet; Leinert's reddening taken out). Its logarithm is interpolated in the
    logarithm of the temperature: none above 30,000 K, Vega's at A0, the Sun's at G2, and three times the
    Sun's at K5 and cooler. U - B of B5 to M0 dwarfs is that observed to 0.1 mag (black bodies: up to 0.9 mag
    too blue), B - V to 0.1 mag for B5 to K0 and 0.3 mag below. Single lines and molecular bands are
    not there.

    References
    ----------
    Pecaut & Mamajek 2013, ApJS 208, 9, https://doi.org/10.1088/0067-0049/208/1/9 (temperatures);
    Leinert et al. 1998, A&AS 127, 1, https://doi.org/10.1051/aas:1998105 (colour of the zodiacal light)

    Examples
    --------
    >>> from astroclassify.photometry import effective_temperature
    >>> effective_temperature("G2V")
    <Quantity 5770. K>
    """
    kelvin = effective_temperature(spectral_type).value
    return tabulated(GRID, at_reference(GRID, planck(GRID, kelvin) * blanketing(GRID, kelvin)))


def effective_temperature(spectral_type):
    """
    Look up the effective temperature of a dwarf.

    Parameters
    ----------
    spectral_type : str
        For example ``"G2"``, ``"M1V"``; O5 to M6.

    Returns
    -------
    astropy.units.Quantity
        Kelvin.

    Raises
    ------
    UnknownNameError
        If there is no such type.
    """
    name = str(spectral_type).strip().upper().removesuffix("V")
    number = _type_number(name)
    if number is None or not _NUMBERS[0] <= number <= _NUMBERS[-1]:
        near = get_close_matches(name, SPECTRAL_TYPES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownNameError(
            f"no spectral type is named {spectral_type!r}; expected O5 to M6, as 'G2'{hint}"
        )
    return np.interp(number, _NUMBERS, list(_TEMPERATURES.values())) * u.K


def _type_number(name):
    try:
        return 10.0 * "OBAFGKM".index(name[:1]) + float(name[1:]) if name[:1] else None
    except ValueError:
        return None


_NUMBERS = [_type_number(kind) for kind in SPECTRAL_TYPES]  # from O5 to M6
