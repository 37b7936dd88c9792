"""Statistics that a few wild values do not move."""

import numpy as np

# Of a normal distribution; four digits, as the shipped weights' planes and bias levels were made with.
# `astropy.stats.mad_std` has all of them, and changes last bits.
_SIGMA_PER_DEVIATION = 1.4826


def robust_sigma(values, *, about=None):
    """
    Estimate a standard deviation from the median of absolute deviations.

    Parameters
    ----------
    values : numpy.ndarray
        The values, finite; at least one.
    about : float, optional
        What they deviate from; by default their median.

    Returns
    -------
    float
        1.4826 times the median absolute deviation.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.core import robust_sigma
    >>> print(f"{robust_sigma(np.array([1.0, 2.0, 3.0, 4.0, 1e9])):.4f}")
    1.4826
    """
    centre = np.median(values) if about is None else about
    return _SIGMA_PER_DEVIATION * np.median(np.abs(values - centre))
