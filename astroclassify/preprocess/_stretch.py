"""A frame as an 8-bit picture."""

import numpy as np

from astroclassify.core import robust_sigma

_WHITE, _LEAST_CONTRAST = 0.998, 10  # white: this quantile, or so many standard deviations above the sky


def asinh_stretched(image):
    """
    Stretch a frame for the eye, from the sky's noise to the brightest pixels.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, in any unit, NaN where there is nothing.

    Returns
    -------
    numpy.ndarray
        uint8 of the same shape. Black is two standard deviations of the noise below the median, white the
        99.8th percentile or ten of them above; NaN is black.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import asinh_stretched
    >>> asinh_stretched(np.array([[0.0, 1.0, 2.0, 3.0, 500.0, np.nan]])).max()
    np.uint8(255)
    """
    known = image[np.isfinite(image)]
    sky = np.median(known)
    noise = robust_sigma(known, about=sky) or 1.0
    white = max(float(np.quantile(known, _WHITE) - sky), _LEAST_CONTRAST * noise)
    # Black two sigma below the sky, so that its noise is seen; asinh of light in units of three sigma.
    light = np.clip((image - sky + 2 * noise) / noise, 0, None)
    value = np.arcsinh(light / 3) / np.arcsinh(white / noise / 3)
    return np.nan_to_num(np.clip(value, 0, 1) * 255).astype(np.uint8)
