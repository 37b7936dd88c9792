"""Transforms of Sersic profiles, as sums of Gaussians."""

from functools import lru_cache

import numpy as np
from scipy.optimize import nnls
from scipy.special import gammaincinv

#: Rms widths of the Gaussians over the half-light radius.
_WIDTHS = np.geomspace(0.004, 8.0, 28)
_RADII = np.geomspace(1e-3, 10.0, 500)
#: Where transforms are tabulated: arcsinh of the frequency times 2 pi half-light radii.
_STEPS, _LARGEST = 2048, 9.0


def sersic(radius, index):
    """
    Give Sersic's profile.

    Parameters
    ----------
    radius : numpy.ndarray
        Over the half-light radius.
    index : float
        Sersic index.

    Returns
    -------
    numpy.ndarray
        Brightness, 1 in the middle.
    """
    # Half of the light of exp(-b r**(1 / n)) lies within 1 if b is the median of a Gamma distribution of 2 n.
    return np.exp(-gammaincinv(2 * index, 0.5) * radius ** (1 / index))


@lru_cache(maxsize=16)
def _gaussians(index):
    """Shares of the light in Gaussians of `_WIDTHS` that make up a profile."""
    # Non-negative least squares on the light of rings, r**2 I per logarithmic radius, so that all of it
    # counts.
    rings = _RADII**2 * sersic(_RADII, index)
    basis = np.exp(-0.5 * (_RADII[:, None] / _WIDTHS) ** 2) / _WIDTHS**2 * _RADII[:, None] ** 2
    shares, _ = nnls(basis / basis.max(), rings / rings.max(), maxiter=100 * _WIDTHS.size)
    return shares / shares.sum()


@lru_cache(maxsize=16)
def _table(index):
    k = np.sinh(np.linspace(0, _LARGEST, _STEPS))
    # A round Gaussian of rms s has the transform exp(-k**2 s**2 / 2) for k in radians.
    return (np.exp(-0.5 * (k[:, None] * _WIDTHS) ** 2) @ _gaussians(index)).astype(np.float32)


def transform(k, index):
    """
    Give the transform of a round profile of unit light and half-light radius 1.

    Parameters
    ----------
    k : numpy.ndarray
        Angular frequency, 0 or more.
    index : float
        Sersic index.

    Returns
    -------
    numpy.ndarray
        float32; 1 at zero.
    """
    if index == 1.0:  # exact: an exponential disk of scale length h has (1 + (k h)**2)**-1.5
        return (1 + (k / gammaincinv(2.0, 0.5)) ** 2) ** -1.5
    place = np.arcsinh(k) * ((_STEPS - 1) / _LARGEST)
    low = np.minimum(place.astype(np.int32), _STEPS - 2)
    part = place - low
    table = _table(index)
    return table[low] * (1 - part) + table[low + 1] * part
