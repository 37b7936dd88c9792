"""Eq. (1) on plain arrays: no units, no objects, nothing but numpy.

Wavelengths are in nm, spectral flux densities in erg / s / cm2 / Angstrom, areas in cm2, throughputs are
fractions; units are converted once, in the modules above.
"""

import numpy as np

from astroclassify.core import checked, rules

PLANCK = 6.62607015e-27  # erg s, exact since 2019
LIGHT = 2.99792458e17  # nm / s, exact
AB_FLUX = 3.630780547701e-20  # erg / s / cm2 / Hz at AB magnitude 0: 10**(-48.6 / 2.5)
ANGSTROM_PER_NM = 10.0


@checked(wavelength=rules.array, flux=rules.array, throughput=rules.array, area=rules.number)
def photon_rate(wavelength, flux, throughput, area):
    """
    Integrate Eq. (1) without the exposure time: electrons per second from plain arrays.

    Parameters
    ----------
    wavelength : numpy.ndarray
        Wavelengths in nm, increasing, shape (n,).
    flux : numpy.ndarray
        Spectral flux density in erg / s / cm2 / Angstrom, shape (..., n): many spectra at once.
    throughput : numpy.ndarray
        Electrons per photon that reaches the aperture, 0 to 1, shape (n,) or (..., n).
    area : float
        Collecting area in cm2.

    Returns
    -------
    float or numpy.ndarray
        Electrons per second, of shape (...).

    Notes
    -----
    ``A * integral(flux * throughput * wavelength / (h c) d wavelength)`` by the trapezoidal rule. This
    is what a loop over many spectra should call; `count_rate` is the same with units.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.photometry import photon_rate
    >>> wavelength = np.linspace(500, 600, 101)  # nm
    >>> print(f"{photon_rate(wavelength, np.full(101, 1e-18), np.full(101, 0.5), area=31416):.2f}")
    4.35
    """
    # A photon has the energy h c / lambda. Flux is per Angstrom and the integral over nm: ten times that.
    photons = flux * wavelength * (ANGSTROM_PER_NM / (PLANCK * LIGHT))
    return area * np.trapezoid(photons * throughput, wavelength, axis=-1)


def ab_zero_point(wavelength, throughput, area):
    """Give the AB magnitude of a source of one electron per second."""
    # F_nu = 3631 Jy, as F_lambda = F_nu c / lambda**2: photons per wavelength are F_lambda lambda / (h c), so
    # that c drops out and F_nu / (h lambda) is left. The rate of magnitude 0 in magnitudes is the zero point.
    ab_photons = AB_FLUX / PLANCK * np.trapezoid(throughput / wavelength, wavelength)
    return 2.5 * np.log10(area * ab_photons)


def pivot_wavelength(wavelength, throughput):
    """Give the pivot wavelength in nm, for a throughput that counts photons."""
    # The wavelength with F_lambda = F_nu c / pivot**2 for the mean flux densities of any spectrum: the mean
    # of F_lambda weights with T lambda, that of F_nu with T / lambda.
    above = np.trapezoid(throughput * wavelength, wavelength)
    below = np.trapezoid(throughput / wavelength, wavelength)
    return float(np.sqrt(above / below))


def ab_flux_density(wavelength):
    """Give the spectral flux density of AB magnitude 0, in erg / s / cm2 / Angstrom."""
    return AB_FLUX * LIGHT / wavelength**2 / ANGSTROM_PER_NM
