"""Stellar populations, and starlight that dust scatters."""

import numpy as np
from scipy.special import erfc

from astroclassify.core import ParameterError, checked, rules
from astroclassify.photometry._counts import as_spectrum
from astroclassify.photometry._lines import WAVELENGTHS
from astroclassify.photometry._modify import as_arrays
from astroclassify.photometry._spectra import GRID, at_reference, planck, tabulated

# Roughly M giants, K stars, the turn-off, A stars and hot stars: a population's light in five black bodies.
_TEMPERATURES = (3500.0, 4500.0, 6500.0, 10000.0, 30000.0)
_LINE_SIGMA = 100.0 / 299792.458  # 100 km/s: rotation of the galaxy

# Black bodies (their parts at 550 nm for _TEMPERATURES), then how deep the breaks at 400, 440 nm and in the
# ultraviolet are, and where and how wide the last; non-negative least squares to the spectra E, Sbc and Im of
# Coleman, Wu & Weedman (1980), 200 to 1050 nm, without the lines. Root mean square residual: 6%, 4%, 4%.
_OLD = ((0.4431, 0.0, 0.3862, 0.1446, 0.0015), (0.485, 0.275, 0.96, 292.2, 34.0))
_STAR_FORMING = ((0.4156, 0.0, 0.0, 0.5421, 0.0096), (0.292, 0.093, 0.658, 340.0, 41.8))
_STARBURST = ((0.2776, 0.0, 0.0, 0.6322, 0.0964), (0.248, 0.0, 0.567, 340.0, 50.2))
# Equivalent widths in nm; [O II] and Hbeta + [O III] add up to those of Sbc and Im, which have no Halpha.
_STAR_FORMING_LINES = {"[OII] 3727": 0.3, "Hbeta": 0.3, "[OIII] 5007": 0.5, "[OIII] 4959": 0.17} | {
    "Halpha": 2.0,
    "[NII] 6583": 0.7,
    "[NII] 6548": 0.23,
    "[SII] 6716": 0.3,
    "[SII] 6731": 0.25,
}
_STARBURST_LINES = {"[OII] 3727": 3.6, "Hbeta": 1.8, "[OIII] 5007": 5.2, "[OIII] 4959": 1.75} | {
    "Halpha": 8.0,
    "[NII] 6583": 1.0,
    "[NII] 6548": 0.33,
    "[SII] 6716": 0.8,
    "[SII] 6731": 0.6,
}


def _continuum(wavelength, parts, breaks):
    # Metals absorb below 400 nm (H and K of calcium, and the crowd of lines beyond), CH below 440 nm (the G
    # band), and in cool stars little light is left below some 300 nm. The hottest body has no such breaks.
    deep400, deep440, deep_uv, centre, width = breaks
    blanketing = 1 - deep400 * _below(wavelength, 399.0, 5.0)
    blanketing *= 1 - deep440 * _below(wavelength, 440.0, 5.0)
    blanketing *= 1 - deep_uv * _below(wavelength, centre, width)
    cool = sum(part * planck(wavelength, t) for part, t in zip(parts[:-1], _TEMPERATURES[:-1], strict=True))
    return cool * blanketing + parts[-1] * planck(wavelength, _TEMPERATURES[-1])


def _below(wavelength, edge, width):
    return 0.5 * erfc((wavelength - edge) / width)


def _population(parts, breaks, lines):
    centres = np.array([WAVELENGTHS[name] for name in lines])
    near = (centres[:, None] * (1 + _LINE_SIGMA * np.linspace(-5, 5, 41))).ravel()
    wavelength = np.union1d(GRID, near)
    flux = _continuum(wavelength, parts, breaks)
    for name, width in lines.items():
        profile = np.exp(-0.5 * ((wavelength / WAVELENGTHS[name] - 1) / _LINE_SIGMA) ** 2)
        level = width * np.interp(WAVELENGTHS[name], wavelength, _continuum(wavelength, parts, breaks))
        flux = flux + level * profile / np.trapezoid(profile, wavelength)
    return tabulated(wavelength, at_reference(wavelength, flux))


def old_population():
    """
    Give the spectrum of an old, metal-rich population: an elliptical galaxy, a bulge, a globular cluster.

    Returns
    -------
    synphot.SourceSpectrum
        Sampled from 91.2 nm to 2500 nm; V = 0.

    Notes
    -----
    Black bodies with breaks at 400 and 440 nm and in the ultraviolet; band magnitudes from 250 to 1000 nm
    agree with the observed spectrum E to 0.15 mag.

    References
    ----------
    Coleman, Wu & Weedman 1980, ApJS 43, 393, https://doi.org/10.1086/190674
    """
    return _population(*_OLD, {})


def star_forming_population():
    """
    Give the spectrum of a disk that forms stars: a spiral galaxy.

    Returns
    -------
    synphot.SourceSpectrum
        Sampled from 91.2 nm to 2500 nm; V = 0.

    Notes
    -----
    As `old_population`, after the spectrum Sbc, with emission lines: Halpha has an equivalent width of 2 nm.

    References
    ----------
    Coleman, Wu & Weedman 1980, ApJS 43, 393, https://doi.org/10.1086/190674

    Examples
    --------
    >>> from astroclassify.photometry import BANDS, ab_magnitude, star_forming_population
    >>> disk = star_forming_population()
    >>> blue, red = BANDS["acs-wfc", "F435W"], BANDS["acs-wfc", "F814W"]
    >>> f"{ab_magnitude(disk, blue) - ab_magnitude(disk, red):.1f}"
    '1.2 mag'
    """
    return _population(*_STAR_FORMING, _STAR_FORMING_LINES)


def starburst_population():
    """
    Give the spectrum of a starburst: an irregular galaxy, a young star-forming knot with its gas.

    Returns
    -------
    synphot.SourceSpectrum
        Sampled from 91.2 nm to 2500 nm; V = 0.

    Notes
    -----
    As `old_population`, after the spectrum Im, with emission lines: Halpha has an equivalent width of 8 nm.

    References
    ----------
    Coleman, Wu & Weedman 1980, ApJS 43, 393, https://doi.org/10.1086/190674
    """
    return _population(*_STARBURST, _STARBURST_LINES)


@checked(scattering=rules.number)
def reflection_nebula(star_light, *, scattering=-1.3):
    """
    Give the light of a star after dust has scattered it: bluer than the star.

    Parameters
    ----------
    star_light : synphot.SourceSpectrum or tuple
        The star, for example ``star("B5")``.
    scattering : float, default -1.3
        The scattered part goes as ``wavelength**scattering``, -4 (Rayleigh) to 0 (grey); -1.3 is thin dust of
        the Milky Way.

    Returns
    -------
    synphot.SourceSpectrum
        As bright at 550 nm as the star.

    Raises
    ------
    ParameterError
        If ``scattering`` is out of range.
    """
    if not -4.0 <= scattering <= 0.0:
        raise ParameterError(f"scattering is {scattering}; expected -4 to 0")
    wavelength, flux = as_arrays(as_spectrum(star_light))
    # Small grains scatter blue light more: cross sections go as lambda**-4 where grains are much smaller than
    # the wavelength, and hardly change where they are larger. The -1.3 of the Galaxy's mixture is a textbook
    # value.
    return tabulated(wavelength, flux * (wavelength / 550.0) ** scattering)
