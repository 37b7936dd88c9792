"""What a weight map says: where nothing was seen, and how uncertain the rest is.

The map is taken as the *relative* inverse variance of the background, whatever its type (exposure
time, IVM or ERR); its scale is measured in the frame. With ``k`` the robust standard deviation of
``SCI * sqrt(WHT)``, the variance is::

    k**2 / WHT + max(SCI, 0) / EXPTIME        (for electron / s)
    k**2 / WHT + max(SCI, 0)                  (for electron)
    k**2 / WHT                                (for any other unit)
"""

import numpy as np
from astropy import units as u

from astroclassify.core import robust_sigma

_NOISE_SAMPLE = 1_000_000

#: What a frame's history says of it.
NOTE = "Uncertainty from the weight map, scaled to the noise of the background"


def sigma_of_weight(data, weight, unit, exposure):
    """Give the standard deviation from the weight map (numpy.ndarray); infinite where the weight is zero."""
    scale = _background_scale(data, weight)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance = np.where(weight > 0, scale**2 / weight, np.inf).astype(data.dtype)
        if unit == u.electron:
            variance += np.maximum(data, 0)
        elif unit == u.electron / u.s and exposure and exposure > 0:
            variance += np.maximum(data, 0) / exposure
        return np.sqrt(variance, dtype=data.dtype)


def _background_scale(data, weight):
    """Robust standard deviation of ``data * sqrt(weight)``, from at most a million pixels."""
    step = max(1, data.size // _NOISE_SAMPLE)
    pixels, weights = data.ravel()[::step], weight.ravel()[::step]
    good = (weights > 0) & np.isfinite(pixels) & np.isfinite(weights)
    if not good.any():
        return 0.0
    scaled = pixels[good].astype(float) * np.sqrt(weights[good].astype(float))
    return float(robust_sigma(scaled))
