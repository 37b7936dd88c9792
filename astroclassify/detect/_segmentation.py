"""Segmentation: what is brighter than the sky and larger than a star. The classical baseline."""

import numpy as np
from scipy import ndimage

from astroclassify.core import checked
from astroclassify.detect._classes import with_classes
from astroclassify.detect._light import above_sky, parts_of, spread_of
from astroclassify.detect._spec import SHARE, SIGMA

#: Pixels are smoothed by this before the threshold, in pixels (float).
_SMOOTHED = 2.0
#: An object has so many pixels, and is so many times larger than the usual (stellar) source.
_LEAST_PIXELS, _LARGER = 40, 1.8
#: Of stars only the part well above the noise is compared, and there are at least so many.
_STARS_ABOVE, _LEAST_STARS = 5.0, 5
#: An object as bright as this, in units of the sum's noise, has the score 1/2 (float).
_HALF_SURE = 40.0


@checked(sigma=SIGMA, least=SHARE)
def find_by_segmentation(image, *, sigma=2.0, least=0.1):
    """
    Find objects as connected pixels above the sky.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.
    sigma : float, default 2
        How many standard deviations above the sky.
    least : float, default 0.1
        Leave out what has a lower score.

    Returns
    -------
    astropy.table.QTable
        With the columns of detections. What it is the default model says.

    Raises
    ------
    OptionalDependencyError
        If photutils, of the extra ``detect``, is not installed.
    """
    light, noise = above_sky(image, smoothed=_SMOOTHED)
    parts = parts_of(light, noise, sigma)
    kept = (parts.area >= _LEAST_PIXELS) & (parts.spread > _LARGER * _stellar_spread(light, noise))
    snr = parts.snr[kept]
    return with_classes(image, parts.edges[kept], snr / (snr + _HALF_SURE), least=least)


def _stellar_spread(light, noise):
    """Spread of the usual source, a star: the lower quartile; that of the smoothing alone where few are."""
    alone = np.sqrt(2.0) * _SMOOTHED
    labels, number = ndimage.label(light > _STARS_ABOVE * noise)
    if number < _LEAST_STARS:
        return alone
    return max(alone, float(np.quantile(spread_of(light, labels, np.arange(1, number + 1)), 0.25)))
