"""Emission-line spectra: ionised gas, planetary nebulae, supernova remnants."""

from types import MappingProxyType

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, checked, in_unit, rules
from astroclassify.photometry._core import ANGSTROM_PER_NM
from astroclassify.photometry._spectra import GRID, planck, tabulated

#: Wavelengths in air, nm.
WAVELENGTHS = MappingProxyType(
    {
        "[OII] 3727": 372.75,
        "[NeIII] 3869": 386.88,
        "Hdelta": 410.17,
        "Hgamma": 434.05,
        "[OIII] 4363": 436.32,
        "HeII 4686": 468.57,
        "Hbeta": 486.13,
        "[OIII] 4959": 495.89,
        "[OIII] 5007": 500.68,
        "HeI 5876": 587.56,
        "[OI] 6300": 630.03,
        "[OI] 6364": 636.38,
        "[NII] 6548": 654.80,
        "Halpha": 656.28,
        "[NII] 6583": 658.35,
        "[SII] 6716": 671.64,
        "[SII] 6731": 673.08,
        "[ArIII] 7136": 713.58,
        "[OII] 7325": 732.50,
        "[SIII] 9069": 906.86,
        "[SIII] 9531": 953.11,
    }
)
# Recombination of hydrogen at 10^4 K and 100 electrons per cm3 where the Lyman lines are opaque (case B;
# Hummer & Storey 1987, MNRAS 224, 801). The ratios hardly depend on temperature and density.
_BALMER = {"Halpha": 2.86, "Hbeta": 1.0, "Hgamma": 0.468, "Hdelta": 0.259}

# Pairs of lines from one upper level have fixed ratios, those of their transition probabilities, about three
# for [O III] 5007 / 4959, [N II] 6583 / 6548 and [O I] 6300 / 6364. [S II] 6716 / 6731 falls with the density
# of electrons, from 1.4 (thin gas) to 0.45: Orion is dense, the remnant thin. Ratios to Hbeta measured in J.
# R. Walsh's spectrum of the Orion nebula (STScI, 1996), rounded; case B.
_HII_REGION = _BALMER | {
    "[OII] 3727": 1.46,
    "[NeIII] 3869": 0.16,
    "[OIII] 4363": 0.013,
    "[OIII] 4959": 1.0,
    "[OIII] 5007": 3.0,
    "HeI 5876": 0.13,
    "[OI] 6300": 0.01,
    "[NII] 6548": 0.20,
    "[NII] 6583": 0.60,
    "[SII] 6716": 0.03,
    "[SII] 6731": 0.055,
    "[ArIII] 7136": 0.16,
    "[OII] 7325": 0.08,
    "[SIII] 9069": 0.38,
    "[SIII] 9531": 0.95,
}
# The same of Walsh's template of planetary nebulae, but with the [N II] of a typical nebula.
_PLANETARY_NEBULA = _BALMER | {
    "[OII] 3727": 0.3,
    "[NeIII] 3869": 1.1,
    "[OIII] 4363": 0.09,
    "HeII 4686": 0.27,
    "[OIII] 4959": 3.6,
    "[OIII] 5007": 10.8,
    "HeI 5876": 0.135,
    "[NII] 6548": 0.5,
    "[NII] 6583": 1.5,
    "[SII] 6716": 0.05,
    "[SII] 6731": 0.08,
    "[ArIII] 7136": 0.12,
    "[SIII] 9069": 0.15,
    "[SIII] 9531": 0.37,
}
# Shocks of 100 km/s in an old remnant: typical ratios, not those of one spectrum; the mark of a remnant is
# [S II] / Halpha above 0.4.
_SUPERNOVA_REMNANT = _BALMER | {
    "Halpha": 3.0,
    "[OII] 3727": 8.0,
    "[NeIII] 3869": 0.5,
    "[OIII] 4363": 0.2,
    "[OIII] 4959": 1.35,
    "[OIII] 5007": 4.0,
    "[OI] 6300": 0.8,
    "[OI] 6364": 0.27,
    "[NII] 6548": 0.8,
    "[NII] 6583": 2.4,
    "[SII] 6716": 1.6,
    "[SII] 6731": 1.25,
    "[OII] 7325": 0.5,
}
_HBETA_FLUX = 1e-15  # erg / s / cm2; of our choice, as spectra are normalised afterwards
_PROFILE = np.linspace(-5.0, 5.0, 41)  # standard deviations
_LIGHT_KM_S = 299792.458


def _ratios(name, value):
    """Ask for ratios of lines: numbers by name."""
    try:
        found = dict(value)
    except (TypeError, ValueError) as error:
        raise rules.wrong(name, value, "a mapping of lines to ratios") from error
    return {line: rules.number(f"{name}[{line!r}]", ratio) for line, ratio in found.items()}


@checked(ratios=_ratios, continuum=rules.optional(rules.having("a spectrum", "__call__")))
def emission_lines(ratios, *, hbeta_width=None, continuum=None, velocity=60 * u.km / u.s):
    """
    Give a spectrum of emission lines over a continuum.

    Parameters
    ----------
    ratios : mapping of str to float
        Energy fluxes relative to Hbeta, by the names in ``WAVELENGTHS``, for example ``"[OIII] 5007"``.
    hbeta_width : astropy.units.Quantity, optional
        Equivalent width of Hbeta, which sets the continuum: by default 100 nm.
    continuum : callable, optional
        Shape of the continuum: takes nm, gives flux in any unit; by default that of hot hydrogen gas.
    velocity : astropy.units.Quantity, default 60 km/s
        Full width at half maximum of the lines, 1 to 10,000 km/s.

    Returns
    -------
    synphot.SourceSpectrum
        With 1e-15 erg / s / cm2 in Hbeta; `normalise` sets the brightness.

    Raises
    ------
    ParameterError
        If a line has no name here, a ratio is negative, or a width is out of range.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, count_rate, emission_lines
    >>> halpha = emission_lines({"Halpha": 1.0})
    >>> bool(count_rate(halpha, BANDS["acs-wfc", "F658N"]) > count_rate(halpha, BANDS["acs-wfc", "F502N"]))
    True
    """
    _check_lines(ratios)
    # Doppler widths are fractions of the wavelength; 2.3548 = 2 sqrt(2 log(2)) is FWHM over rms.
    sigma = in_unit("velocity", velocity, u.km / u.s) / _LIGHT_KM_S / 2.3548
    if not 1.0 <= sigma * 2.3548 * _LIGHT_KM_S <= 10_000.0:
        raise ParameterError(f"velocity is {velocity}; expected 1 to 10,000 km/s")
    width = 100.0 if hbeta_width is None else in_unit("hbeta_width", hbeta_width, u.nm)
    if not width > 0:
        raise ParameterError(f"hbeta_width is {hbeta_width}; expected a positive length")
    shape = continuum or _gas_continuum
    centres = np.array([WAVELENGTHS[name] for name in ratios])
    wavelength = np.unique(np.concatenate([GRID, (centres[:, None] * (1 + sigma * _PROFILE)).ravel()]))
    # The equivalent width is the line's flux over the flux density of the continuum beside it.
    density = _HBETA_FLUX / width / ANGSTROM_PER_NM / shape(np.array([WAVELENGTHS["Hbeta"]]))
    return tabulated(wavelength, density * shape(wavelength) + _profiles(wavelength, ratios, sigma))


def _check_lines(ratios):
    unknown = sorted(set(ratios) - set(WAVELENGTHS))
    if unknown or not all(ratio >= 0 for ratio in ratios.values()):
        raise ParameterError(
            f"line ratios are {dict(ratios)}; expected numbers of zero or more for names among "
            f"{', '.join(WAVELENGTHS)}"
        )


def _profiles(wavelength, ratios, sigma):
    """Sum Gaussian lines, each with exactly its flux on this grid, in erg / s / cm2 / Angstrom."""
    total = np.zeros_like(wavelength)
    for name, ratio in ratios.items():
        profile = np.exp(-0.5 * ((wavelength / WAVELENGTHS[name] - 1) / sigma) ** 2)
        total += ratio * _HBETA_FLUX * profile / (np.trapezoid(profile, wavelength) * ANGSTROM_PER_NM)
    return total


def _gas_continuum(wavelength):
    """Approximate hydrogen at 10^4 K: nearly flat in frequency, brighter beyond the Balmer limit."""
    # F_lambda ~ lambda**-1.7 is F_nu ~ nu**-0.3. Below 364.6 nm recombinations to the second level add the
    # Balmer continuum; the jump by a factor of 3 is chosen by us.
    return (500.0 / wavelength) ** 1.7 * np.where(wavelength < 364.6, 3.0, 1.0)


@checked(ratios=rules.optional(_ratios))
def hii_region(*, hbeta_width=25 * u.nm, ratios=None):
    """
    Give the spectrum of an H II region: lines as of Orion over hot stars and gas.

    Parameters
    ----------
    hbeta_width : astropy.units.Quantity, default 25 nm
        Equivalent width of Hbeta; 25 nm is that of Orion, with its scattered starlight.
    ratios : mapping of str to float, optional
        Lines relative to Hbeta, instead of or in addition to those of Orion.

    Returns
    -------
    synphot.SourceSpectrum
        With 1e-15 erg / s / cm2 in Hbeta.

    Raises
    ------
    ParameterError
        If a line has no name here, a ratio is negative, or the width is not positive.

    References
    ----------
    Osterbrock & Ferland 2006, Astrophysics of Gaseous Nebulae and Active Galactic Nuclei, 2nd ed.

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, ab_magnitude, hii_region
    >>> wide, halpha = BANDS["acs-wfc", "F606W"], BANDS["acs-wfc", "F658N"]
    >>> f"{ab_magnitude(hii_region(), wide) - ab_magnitude(hii_region(), halpha):.1f}"
    '2.6 mag'
    """
    lines = _HII_REGION | dict(ratios or {})
    return emission_lines(lines, hbeta_width=hbeta_width, continuum=lambda x: planck(x, 30000.0))


@checked(ratios=rules.optional(_ratios))
def planetary_nebula(*, hbeta_width=107 * u.nm, ratios=None):
    """
    Give the spectrum of a planetary nebula: strong [O III], He II, faint continuum.

    Parameters
    ----------
    hbeta_width : astropy.units.Quantity, default 107 nm
        Equivalent width of Hbeta.
    ratios : mapping of str to float, optional
        Lines relative to Hbeta, instead of or in addition to the typical ones.

    Returns
    -------
    synphot.SourceSpectrum
        With 1e-15 erg / s / cm2 in Hbeta.

    Raises
    ------
    ParameterError
        If a line has no name here, a ratio is negative, or the width is not positive.
    """
    return emission_lines(_PLANETARY_NEBULA | dict(ratios or {}), hbeta_width=hbeta_width)


@checked(ratios=rules.optional(_ratios))
def supernova_remnant(*, hbeta_width=100 * u.nm, ratios=None):
    """
    Give the spectrum of a supernova remnant: shocked gas, strong [S II] and [O II].

    Parameters
    ----------
    hbeta_width : astropy.units.Quantity, default 100 nm
        Equivalent width of Hbeta.
    ratios : mapping of str to float, optional
        Lines relative to Hbeta, instead of or in addition to the typical ones.

    Returns
    -------
    synphot.SourceSpectrum
        With 1e-15 erg / s / cm2 in Hbeta.

    Raises
    ------
    ParameterError
        If a line has no name here, a ratio is negative, or the width is not positive.
    """
    lines = _SUPERNOVA_REMNANT | dict(ratios or {})
    return emission_lines(lines, hbeta_width=hbeta_width, velocity=200 * u.km / u.s)
