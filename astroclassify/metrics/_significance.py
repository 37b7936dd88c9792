"""Significance of differences: McNemar's test, and Holm's correction for many tests."""

import numpy as np
from scipy.stats import binomtest

from astroclassify.core import ParameterError
from astroclassify.metrics._scores import checked_truth


def mcnemar(right, other_right):
    """
    Test whether two models are right equally often, by the frames on which one is right and one is wrong.

    Parameters
    ----------
    right, other_right : array_like of bool
        Whether each model is right about each frame.

    Returns
    -------
    float
        Probability of a difference as large or larger if there were none: the exact, two-sided binomial
        test. 1 where they are right and wrong together. It takes frames for independent, which those of
        one body are not: the true probability is larger.

    Raises
    ------
    ParameterError
        If the lengths differ, or something is neither true nor false.

    Examples
    --------
    >>> from astroclassify.metrics import mcnemar
    >>> mcnemar([True] * 6 + [False], [False] * 6 + [True])
    0.125
    """
    right, other_right = checked_truth(right), checked_truth(other_right)
    if right.shape != other_right.shape:
        raise ParameterError(
            f"expected the same frames for both models; got {right.size} and {other_right.size}"
        )
    # Frames on which both are right, or both wrong, say nothing of a difference. Of the others each model
    # wins with probability 1/2 if they are equally good: a binomial distribution.
    only_first = int((right & ~other_right).sum())
    discordant = only_first + int((~right & other_right).sum())
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def holm(p_values):
    """
    Correct probabilities for how many tests there are, by Holm's method.

    Parameters
    ----------
    p_values : array_like
        Of all the tests, 0 to 1.

    Returns
    -------
    numpy.ndarray
        Corrected ones, in the same order: if those below 0.05 are believed, there is a chance of 5% at most
        that any of them is wrong.

    References
    ----------
    Holm 1979, Scandinavian Journal of Statistics 6, 65.

    Examples
    --------
    >>> from astroclassify.metrics import holm
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p_values = np.asarray(p_values, float)
    # The smallest of m is tested at 0.05 / m, the next at 0.05 / (m - 1), and so on until one fails: as
    # corrected values, p times the tests that are left, never less than the one before.
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(p_values.size, 0, -1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p_values[order] * factors))
    return corrected
