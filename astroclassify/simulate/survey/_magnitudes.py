"""Spectra on one grid of wavelengths, and their AB magnitudes in bands by Eq. (1)."""

from functools import lru_cache

import numpy as np
from astropy import units as u

from astroclassify.photometry import BANDS, photon_rate

#: The camera of the survey.
CAMERA = "csst-msc"
#: Wavelengths in nm: from the Lyman limit to beyond the reddest band, a resolution of 2500.
WAVELENGTHS = np.geomspace(91.2, 1150.0, 6340)
WAVELENGTHS.flags.writeable = False
_FLAM = u.erg / u.s / u.cm**2 / u.AA


def sampled(spectrum):
    """
    Sample a spectrum.

    Parameters
    ----------
    spectrum : synphot.SourceSpectrum
        The spectrum.

    Returns
    -------
    numpy.ndarray
        Flux density at `WAVELENGTHS`, erg / s / cm2 / Angstrom.
    """
    return spectrum(WAVELENGTHS * u.nm, flux_unit=_FLAM).value


@lru_cache(maxsize=64)
def _throughput(band):
    found = BANDS[CAMERA, band]
    inside = (found.wavelength[0] < WAVELENGTHS) & (found.wavelength[-1] > WAVELENGTHS)
    # On the union of both grids neither a line nor an edge of the band is missed; here the grid is finer than
    # the edges, and lines were made wider than its steps.
    return inside, np.interp(WAVELENGTHS[inside], found.wavelength, found.throughput), found.area


def rates(flux, bands):
    """
    Count the electrons of spectra.

    Parameters
    ----------
    flux : numpy.ndarray
        Flux densities at `WAVELENGTHS`, ``[..., n]``.
    bands : tuple of str
        Bands of the camera.

    Returns
    -------
    numpy.ndarray
        Electrons per second, ``[..., band]``.
    """
    columns = []
    for band in bands:
        inside, throughput, area = _throughput(band)
        columns.append(photon_rate(WAVELENGTHS[inside], flux[..., inside], throughput, area))
    return np.stack(columns, axis=-1)


@lru_cache(maxsize=64)
def zero_points(bands):
    """
    Give the AB magnitudes of one electron per second.

    Parameters
    ----------
    bands : tuple of str
        Bands of the camera.

    Returns
    -------
    numpy.ndarray
        One for each.
    """
    return np.array([BANDS[CAMERA, band].zero_point.value for band in bands])


def magnitudes(flux, bands):
    """
    Give the AB magnitudes of spectra.

    Parameters
    ----------
    flux : numpy.ndarray
        As for `rates`.
    bands : tuple of str
        Bands of the camera.

    Returns
    -------
    numpy.ndarray
        ``[..., band]``; infinite where a spectrum is dark.
    """
    with np.errstate(divide="ignore"):
        return zero_points(bands) - 2.5 * np.log10(rates(flux, bands))
