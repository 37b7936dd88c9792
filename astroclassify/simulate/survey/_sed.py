"""Colours of galaxies and quasars by redshift: spectra of populations behind dust and intergalactic gas."""

from functools import cache, lru_cache

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from astroclassify.photometry import (
    old_population,
    star_forming_population,
    starburst_population,
)
from astroclassify.simulate.survey._magnitudes import WAVELENGTHS, magnitudes, sampled

#: Redshifts, types (0 old, 1 star-forming, 2 starburst, mixed in between) and A_V that colours are tabulated
#: for.
REDSHIFTS = np.append(np.arange(0.0, 3.0, 0.03), np.arange(3.0, 6.6, 0.06))
_TYPES = np.arange(0.0, 2.1, 0.25)
_DUST = np.array([0.0, 0.4, 0.8, 1.2, 1.8])
#: Attenuation of galaxies falls with this power of the wavelength (Charlot & Fall 2000).
_DUST_POWER = -0.7
#: Lyman series in the gas between the galaxies (Madau 1995): wavelengths in nm, optical depths at z = 0 of
#: (1 + z)**3.46.
_LYMAN = ((121.567, 0.0036), (102.572, 0.0017), (97.254, 0.0012), (94.974, 0.00093))
_LYMAN_POWER, _LYMAN_LIMIT = 3.46, 91.2
#: Quasars (Vanden Berk et al. 2001): f_nu ~ nu**-0.44 blueward of 460 nm, broad lines and their rest-frame
#: equivalent widths in nm; 5000 km/s wide.
QUASAR_SLOPE = -0.44
_QUASAR_LINES = (
    (121.6, 9.3),
    (140.0, 0.8),
    (154.9, 2.4),
    (190.9, 2.1),
    (279.8, 3.2),
    (434.0, 1.3),
    (486.1, 4.6),
    (500.7, 1.3),
    (656.3, 19.5),
)
_QUASAR_WIDTH = 5000.0 / 299_792.458 / 2.355
_SLOPES = QUASAR_SLOPE + np.array([-0.9, -0.45, 0.0, 0.45])


def intergalactic(redshift):
    """
    Give what intergalactic hydrogen leaves of the light of a source.

    Parameters
    ----------
    redshift : float
        Of the source.

    Returns
    -------
    numpy.ndarray
        Transmission at the observed `WAVELENGTHS`.
    """
    depth = np.zeros(WAVELENGTHS.size)
    for line, strength in _LYMAN:
        # Gas at 1 + z' absorbs the line at line (1 + z'), for all z' in front of the source.
        absorbed = line * (1 + redshift) > WAVELENGTHS
        depth += np.where(absorbed, strength * (WAVELENGTHS / line) ** _LYMAN_POWER, 0.0)
    ionised = _LYMAN_LIMIT * (1 + redshift) > WAVELENGTHS
    # The continuum below the limit: nearly opaque beyond z = 2 over the width of our ultraviolet band.
    depth += np.where(
        ionised, 0.25 * ((1 + redshift) ** 1.5 - (WAVELENGTHS / _LYMAN_LIMIT) ** 1.5).clip(0), 0
    )
    return np.exp(-depth)


def _redshifted(flux):
    """Spectra at all redshifts, ``[z, n]``; total energy stays, as in `photometry.redshift`."""
    rest = WAVELENGTHS / (1 + REDSHIFTS)[:, None]
    found = np.interp(rest, WAVELENGTHS, flux, left=0.0) / (1 + REDSHIFTS)[:, None]
    return found * _intergalactic_at_all()


@cache
def _intergalactic_at_all():
    return np.stack([intergalactic(z) for z in REDSHIFTS])


@lru_cache(maxsize=8)
def _galaxy_table(bands):
    parts = [sampled(make()) for make in (old_population, star_forming_population, starburst_population)]
    # Lines that are narrower than the grid's steps would be missed or counted twice: averaged over two steps.
    parts = [np.convolve(part, (0.25, 0.5, 0.25), mode="same") for part in parts]
    screen = (WAVELENGTHS / 550.0) ** _DUST_POWER - 1.0
    table = np.empty((_TYPES.size, _DUST.size, REDSHIFTS.size, len(bands)))
    for i, kind in enumerate(_TYPES):
        first = min(int(kind), 1)
        mixed = parts[first] * (first + 1 - kind) + parts[first + 1] * (kind - first)
        for j, a_v in enumerate(_DUST):
            table[i, j] = magnitudes(_redshifted(mixed * 10 ** (-0.4 * a_v * screen)), bands)
    return RegularGridInterpolator((_TYPES, _DUST, REDSHIFTS), np.minimum(table, 60.0))


def galaxy_magnitudes(kind, a_v, redshift, bands):
    """
    Give the magnitudes of galaxies whose rest-frame V is 0, as if they were at 10 pc.

    Parameters
    ----------
    kind : numpy.ndarray
        0 old, 1 star-forming, 2 starburst, and between.
    a_v : numpy.ndarray
        Attenuation in V, 0 to 1.8 mag; V = 0 is after it.
    redshift : numpy.ndarray
        0 to 6.5.
    bands : tuple of str
        Bands of the survey.

    Returns
    -------
    numpy.ndarray
        ``[n, band]``; add the distance modulus and M_V. 60 where nothing is left.
    """
    z = np.clip(redshift, 0, REDSHIFTS[-1])
    return _galaxy_table(bands)(np.stack([np.clip(kind, 0, 2), np.clip(a_v, 0, _DUST[-1]), z], axis=-1))


@lru_cache(maxsize=8)
def _quasar_table(bands):
    table = np.empty((_SLOPES.size, REDSHIFTS.size, len(bands)))
    for number, slope in enumerate(_SLOPES):
        table[number] = magnitudes(_redshifted(_quasar(slope)), bands)
    return RegularGridInterpolator((_SLOPES, REDSHIFTS), np.minimum(table, 60.0))


def _quasar(slope):
    # f_lambda ~ lambda**(-2 - slope) for f_nu ~ nu**slope; redder beyond 460 nm, where the host and hot dust
    # begin (Vanden Berk et al.: slope -2.45). Bluer than Lyman alpha a quasar is redder again, -1.6.
    edges = np.log(WAVELENGTHS / 460.0)
    power = -2.0 - slope
    log_flux = power * edges + 1.4 * np.maximum(edges, 0.0)
    bluer = np.minimum(np.log(WAVELENGTHS / 121.6), 0.0)
    flux = 2.5e-9 * np.exp(log_flux + 1.1 * bluer)
    lines = np.zeros(flux.size)
    for centre, width in _QUASAR_LINES:
        profile = np.exp(-0.5 * ((WAVELENGTHS / centre - 1) / _QUASAR_WIDTH) ** 2)
        lines += flux * profile * width / (np.sqrt(2 * np.pi) * _QUASAR_WIDTH * centre)
    return flux + lines


def quasar_magnitudes(slope, redshift, bands):
    """
    Give the magnitudes of quasars of a fixed rest-frame brightness.

    Parameters
    ----------
    slope : numpy.ndarray
        Of ``f_nu ~ nu**slope``, -1.3 to 0.
    redshift : numpy.ndarray
        0 to 6.5.
    bands : tuple of str
        Bands of the survey.

    Returns
    -------
    numpy.ndarray
        ``[n, band]``, up to a constant for each redshift.
    """
    slopes = np.clip(slope, _SLOPES[0], _SLOPES[-1])
    return _quasar_table(bands)(np.stack([slopes, np.clip(redshift, 0, REDSHIFTS[-1])], axis=-1))
