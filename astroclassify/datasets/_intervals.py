"""Intervals of an accuracy: how much it may be worth, by frame, by visit and by body."""

import numpy as np
from scipy.special import ndtri

from astroclassify.core import ParameterError


def accuracy_interval(accuracy, number, *, confidence=0.95):
    """
    Give the interval of an accuracy that was measured on so many independent draws (Wilson's).

    What is known of a published accuracy is only how many frames it is of. If the frames of a body are
    right or wrong together, there are as many draws as bodies; if each stands for itself, as many as frames.

    Parameters
    ----------
    accuracy : float
        0 to 1.
    number : int
        Of independent draws, 1 or more.
    confidence : float, default 0.95
        More than 0 and less than 1.

    Returns
    -------
    low, high : float
        The interval.

    Raises
    ------
    ParameterError
        If a value is out of its range.

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22, 209, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> from astroclassify.datasets import accuracy_interval
    >>> [round(value, 3) for value in accuracy_interval(0.8909, 21)]
    [0.694, 0.967]
    """
    if not (0 <= accuracy <= 1 and number >= 1 and 0 < confidence < 1):
        raise ParameterError(
            f"got an accuracy of {accuracy}, {number} draws and a confidence of {confidence}; expected "
            "0 to 1, 1 or more, and more than 0 and less than 1"
        )
    z = ndtri((1 + confidence) / 2)
    middle = (accuracy + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z * np.sqrt(accuracy * (1 - accuracy) / number + (z / (2 * number)) ** 2) / (1 + z**2 / number)
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def bootstrap_interval(correct, groups, *, confidence=0.95, samples=2000, seed=0):
    """
    Give the interval of a mean by drawing whole groups again.

    Parameters
    ----------
    correct : array_like
        What the mean is of: bool or float, shape (N,).
    groups : array_like
        What is drawn together: the body or the visit of each frame, shape (N,).
    confidence : float, default 0.95
        More than 0 and less than 1.
    samples : int, default 2000
        How often to draw.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    low, high : float
        Percentiles of the means.

    Raises
    ------
    ParameterError
        If there is nothing to draw.

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap.

    Examples
    --------
    >>> from astroclassify.datasets import bootstrap_interval
    >>> bootstrap_interval([True, True, False, False], ["M31", "M31", "M33", "M33"])
    (0.0, 1.0)
    """
    correct = np.asarray(correct, dtype=float)
    if not correct.size:
        raise ParameterError("there is no frame to draw from")
    names, group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    right, frames = np.bincount(group, weights=correct), np.bincount(group)
    rng = np.random.default_rng(seed)
    means = np.empty(samples)
    for index in range(samples):
        drawn = rng.integers(names.size, size=names.size)
        means[index] = right[drawn].sum() / frames[drawn].sum()
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
