"""Stars removed by morphology: what an opening takes away is a star; the gap is filled from about it."""

import numpy as np
from scipy import ndimage

from astroclassify.core import checked, robust_sigma, rules

#: A star is what the opening takes away, where it is brighter than so many times the noise (float).
_THRESHOLD = 5.0
#: Bright stars are wider: the mask is as wide as where the top hat falls below this share of the noise.
_WIDENED, _LEAST_WIDTH = 2, 5
#: Gaps are filled by means over so many pixels, narrow ones first (tuple of float).
_FILLED_BY = (2.0, 4.0, 8.0, 16.0, 32.0)
#: Weight below which there is too little about a pixel to fill it (float).
_LEAST_WEIGHT = 0.05


@checked(width=rules.whole(3, 101))
def remove_stars_classically(image, *, width=9):
    """
    Remove stars by a morphological opening.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]`` or ``[y, x, plane]``, finite.
    width : int, default 9
        Of the opening, pixels: wider than a star.

    Returns
    -------
    numpy.ndarray
        Float32, of the same shape: pixels of stars are the mean of those about them, with their noise; the
        others are as they were.
    """
    planes = np.atleast_3d(np.asarray(image, dtype=np.float32))
    mask = _stars(planes.mean(axis=-1), width)
    filled = np.stack([_filled(plane, mask) for plane in np.moveaxis(planes, -1, 0)], axis=-1)
    return filled.reshape(np.shape(image))


def _stars(grey, width):
    """Where stars are: what an opening by a disk takes away, and what is about it."""
    smooth = ndimage.gaussian_filter(grey, 0.7)
    reach = width // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = y**2 + x**2 <= reach**2
    hat = smooth - ndimage.grey_opening(smooth, footprint=disk)
    noise = robust_sigma(hat, about=float(np.median(hat))) or 1e-9
    level = float(np.median(hat))
    cores = hat > level + _THRESHOLD * noise
    about = hat > level + 0.5 * _THRESHOLD * noise
    return ndimage.binary_dilation(ndimage.binary_propagation(cores, mask=about), iterations=_WIDENED)


def _filled(plane, mask):
    """Fill a plane's gaps by means of what is about them, and give them its noise."""
    if not mask.any() or mask.all():
        return plane
    found = bridged(plane, mask)
    rest = (plane - ndimage.gaussian_filter(plane, 1.5))[~mask]
    noise = np.random.default_rng(0).permutation(np.resize(rest, mask.sum()))
    found[mask] += np.clip(noise, *np.quantile(rest, [0.02, 0.98]))
    return found


def bridged(plane, mask):
    """
    Fill gaps by means of what is about them: that near by, where there is enough.

    Parameters
    ----------
    plane : numpy.ndarray
        ``[y, x]``.
    mask : numpy.ndarray of bool
        Where the gaps are; not everywhere.

    Returns
    -------
    numpy.ndarray
        A copy, filled, smooth in the gaps.
    """
    found, left = plane.copy(), mask.copy()
    known = (~mask).astype(np.float32)
    for width in _FILLED_BY:
        weight = ndimage.gaussian_filter(known, width, truncate=3)
        mean = ndimage.gaussian_filter(plane * known, width, truncate=3)
        able = left & (weight > _LEAST_WEIGHT)
        found[able] = mean[able] / weight[able]
        left &= ~able
    found[left] = np.median(plane[~mask])
    return found
