"""Figures that follow from sums over frames: once for all frames, and in each bootstrap sample."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class FromSums(NamedTuple):
    """
    How a figure follows from sums over frames.

    Parameters
    ----------
    columns : callable
        ``columns(p_galaxy, is_galaxy)``: what is summed up, shape (frames, k).
    ratio : callable
        ``ratio(*sums)``, of k arrays: numerator and denominator.
    """

    columns: Callable
    ratio: Callable


#: Figures of `metrics` that follow from sums, by the function that gives them; all are shares, 0 to 1.
SUMS = {}


def of_all(metric, p_galaxy, is_galaxy):
    """
    Give a figure of all frames.

    Parameters
    ----------
    metric : callable
        One of `SUMS`.
    p_galaxy, is_galaxy : numpy.ndarray
        Of each frame.

    Returns
    -------
    float
        NaN where there is nothing to divide by.
    """
    columns, ratio = SUMS[metric]
    over, under = ratio(*columns(p_galaxy, is_galaxy).sum(axis=0))
    return float(over / under) if under else np.nan
