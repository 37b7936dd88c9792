"""Stars by spectral type: absolute magnitudes in the survey's bands, masses, extinction."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import Table

from astroclassify.photometry import SPECTRAL_TYPES, blackbody, effective_temperature, star
from astroclassify.simulate.survey._magnitudes import WAVELENGTHS, magnitudes, sampled

#: Where colours are known: pivots in nm of U, B, V, R, I, z and y, and AB less Vega magnitudes of the first
#: five (textbook values, to 0.02 mag); z and y are AB.
_PIVOTS = np.array([360.0, 440.0, 550.0, 650.0, 790.0, 905.0, 1000.0])
_AB_LESS_VEGA = np.array([0.79, -0.09, 0.02, 0.21, 0.45])
_SLOAN_I = 763.0  # nm, pivot of the i of i - z
_HALF_WIDTH = 0.06  # of a pivot: over so much a spectrum is averaged there
#: Change of magnitudes with [Fe/H], per dex, of stars hotter than 4500 K: fewer lines leave more blue light.
#: u - g: after Ivezic et al. (2008), 0.2 mag from -0.5 to -1.5. The ultraviolet: chosen, three times that.
_BLUE_BY_METALS = {"NUV": 0.6, "u": 0.22, "g": 0.03}
#: White dwarfs: absolute V magnitudes and temperatures in kelvin of hydrogen atmospheres of 0.6 solar masses.
_WHITE_DWARFS = (
    (10.2, 30000.0),
    (11.0, 20000.0),
    (12.1, 12000.0),
    (13.2, 8500.0),
    (14.3, 6500.0),
    (15.4, 5000.0),
    (16.3, 4200.0),
)


@dataclass(frozen=True, eq=False)
class Sequence:
    """
    A sequence of stars in a table from bright to faint.

    Parameters
    ----------
    visual : numpy.ndarray
        Absolute V magnitudes (Vega), increasing.
    absolute : numpy.ndarray
        Absolute AB magnitudes ``[star, band]``.
    extinction : numpy.ndarray
        Extinction in each band over that in V, ``[star, band]``.
    temperature : numpy.ndarray
        Kelvin.
    mass : numpy.ndarray
        Solar masses.
    """

    visual: np.ndarray
    absolute: np.ndarray
    extinction: np.ndarray
    temperature: np.ndarray
    mass: np.ndarray

    def at(self, visual):
        """
        Interpolate.

        Parameters
        ----------
        visual : numpy.ndarray
            Absolute V magnitudes ``[n]``.

        Returns
        -------
        tuple of numpy.ndarray
            Absolute magnitudes and extinctions ``[n, band]``, temperatures ``[n]``.
        """
        columns = [np.interp(visual, self.visual, column) for column in self.absolute.T]
        dust = [np.interp(visual, self.visual, column) for column in self.extinction.T]
        return np.stack(columns, -1), np.stack(dust, -1), np.interp(visual, self.visual, self.temperature)


@cache
def _table():
    return Table.read(Path(__file__).with_name("data") / "dwarfs.ecsv", format="ascii.ecsv")


def _wanted(row):
    """AB magnitudes at the pivots relative to that at V; NaN where nothing is known."""
    b = row["B-V"]
    vega = np.array([row["U-B"] + b, b, 0.0, -row["V-R"], -row["V-I"]])
    found = vega + _AB_LESS_VEGA - _AB_LESS_VEGA[2]
    # Sloan's i lies between R and I; z and y follow from it by their colours, where these are known.
    i = np.interp(_SLOAN_I, _PIVOTS[3:5], found[3:5]) if np.isfinite(found[3]) else found[4] + 0.1
    z = i - row["i-z"]
    return np.append(found, [z, z - row["z-y"]])


def _at_pivots(flux):
    """AB magnitudes of a spectrum at the pivots, relative to V."""
    f_nu = flux * WAVELENGTHS**2
    near = np.abs(WAVELENGTHS / _PIVOTS[:, None] - 1) < _HALF_WIDTH
    found = -2.5 * np.log10((f_nu * near).sum(1) / near.sum(1))
    return found - found[2]


def dwarf_spectrum(row):
    """
    Make the spectrum of a dwarf that has the colours observed.

    Parameters
    ----------
    row : astropy.table.Row
        Of the table of dwarfs.

    Returns
    -------
    numpy.ndarray
        Flux density at `WAVELENGTHS`, V = 0.

    Notes
    -----
    `astroclassify.photometry.star` of the type, or the coolest that it has, times a smooth curve: linear in
    magnitudes and the logarithm of the wavelength between the pivots of U, B, V, R, I, z and y, constant
    beyond. So broad-band colours are those of real stars, and lines and jumps are those of `star`.
    """
    coolest = SPECTRAL_TYPES[-1]
    is_known = row["temperature"] >= effective_temperature(coolest).value
    flux = sampled(star(str(row["type"]) if is_known else coolest))
    wanted = _wanted(row)
    known = np.isfinite(wanted)
    for _ in range(2):  # the second time takes out what averaging over a pivot's width left
        missing = (wanted - _at_pivots(flux))[known]
        curve = np.interp(np.log(WAVELENGTHS), np.log(_PIVOTS[known]), missing)
        flux = flux * 10 ** (-0.4 * curve)
    return flux


def _sequence(visual, spectra, bands, temperature, mass):
    # At 10 pc a star of spectrum S (V = 0) has the magnitude of S plus its absolute V magnitude.
    flux = np.stack(spectra)
    absolute = magnitudes(flux, bands)
    dimmed = magnitudes(flux * _transmission(0.3), bands)
    visual = np.asarray(visual, float)
    return Sequence(
        visual, absolute + visual[:, None], (dimmed - absolute) / 0.3, np.array(temperature), np.array(mass)
    )


def _transmission(a_v):
    from dust_extinction.parameter_averages import F19

    law = F19(Rv=3.1)
    inverse = np.clip(1000.0 / WAVELENGTHS, law.x_range[0] + 1e-6, law.x_range[1] - 1e-6)
    return law.extinguish(inverse / u.um, Av=a_v)


@lru_cache(maxsize=8)
def dwarfs(bands):
    """
    Give the main sequence, B5 to L5.

    Parameters
    ----------
    bands : tuple of str
        Bands of the survey.

    Returns
    -------
    Sequence
        Of solar metallicity.
    """
    table = _table()
    return _sequence(
        table["M_V"], [dwarf_spectrum(row) for row in table], bands, table["temperature"], table["mass"]
    )


@lru_cache(maxsize=8)
def white_dwarfs(bands):
    """
    Give the white dwarfs, as black bodies.

    Parameters
    ----------
    bands : tuple of str
        Bands of the survey.

    Returns
    -------
    Sequence
        Of 0.6 solar masses.
    """
    visual, temperature = np.transpose(_WHITE_DWARFS)
    spectra = [sampled(blackbody(t * u.K)) for t in temperature]
    return _sequence(visual, spectra, bands, temperature, np.full(visual.size, 0.6))


def metal_shift(bands, temperature, metallicity):
    """
    Give what a lack of metals changes in the magnitudes.

    Parameters
    ----------
    bands : tuple of str
        Bands of the survey.
    temperature : numpy.ndarray
        Kelvin, ``[n]``.
    metallicity : numpy.ndarray
        [Fe/H], ``[n]``.

    Returns
    -------
    numpy.ndarray
        Magnitudes ``[n, band]``, negative (brighter) for metal-poor stars.
    """
    slope = np.array([_BLUE_BY_METALS.get(band, 0.0) for band in bands])
    warm = np.clip((temperature - 3800.0) / 700.0, 0.0, 1.0) * np.clip((8000.0 - temperature) / 800.0, 0, 1)
    return slope * (np.maximum(metallicity, -2.0) * warm)[:, None]


def companion(visual, ratio, bands):
    """
    Find the companion of a star.

    Parameters
    ----------
    visual : numpy.ndarray
        The star's absolute V magnitude.
    ratio : numpy.ndarray
        Mass of the companion over the star's, up to 1.
    bands : tuple of str
        Bands of the survey.

    Returns
    -------
    numpy.ndarray
        Absolute V magnitude of the companion.
    """
    table = dwarfs(bands)
    mass = np.interp(visual, table.visual, table.mass) * ratio
    return np.interp(mass, table.mass[::-1], table.visual[::-1])
