"""The noise of a frame's pixels."""

import numpy as np

# Two pixels of normal noise differ by a normal number of sqrt(2) sigma, whose absolute value has the median
# 0.6745 sqrt(2) sigma = 0.954 sigma: sigma is 1.0483 times the median difference. Structure of the sky
# changes little from pixel to pixel, and a median passes over the edges of stars.
_SIGMA_PER_DIFFERENCE = 1.0483


def pixel_noise(array, usable=None):
    """
    Estimate the noise of a frame's pixels from differences of neighbours along its rows.

    Parameters
    ----------
    array : numpy.ndarray
        Frame ``[y, x]``, or some of its rows.
    usable : numpy.ndarray of bool, optional
        Which pixels count; by default those that are finite.

    Returns
    -------
    float
        Standard deviation, in the frame's unit; 0 where there are no neighbours.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import pixel_noise
    >>> print(f"{pixel_noise(np.random.default_rng(1).normal(50, 3, (100, 100))):.1f}")
    3.0
    """
    differences = np.abs(array[:, 1:] - array[:, :-1])
    both = np.isfinite(differences) if usable is None else usable[:, 1:] & usable[:, :-1]
    differences = differences[both]
    return float(np.median(differences)) * _SIGMA_PER_DIFFERENCE if differences.size else 0.0
