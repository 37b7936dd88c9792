"""Accuracy against coverage, when the least certain frames are left unanswered."""

from typing import NamedTuple

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.metrics._calibration import confidence
from astroclassify.metrics._scores import asks, leans_to_galaxy


class CoverageCurve(NamedTuple):
    """
    Coverage and accuracy for each threshold of the probability.

    Parameters
    ----------
    threshold : numpy.ndarray
        Ascending, 0.5 to 1: frames with at least this probability are answered, the others ``uncertain``.
    coverage : numpy.ndarray
        Share of the frames that is answered, descending from 1.
    accuracy : numpy.ndarray
        Share of the answered frames that is right.

    Examples
    --------
    >>> from astroclassify.metrics import coverage_curve
    >>> coverage_curve([0.9, 0.4, 0.2], [True, True, False]).threshold_for(1.0)
    0.8
    """

    threshold: np.ndarray
    coverage: np.ndarray
    accuracy: np.ndarray

    def threshold_for(self, accuracy):
        """
        Find the smallest threshold from which on the answers are accurate enough.

        Parameters
        ----------
        accuracy : float
            Wanted share of right answers, 0 to 1.

        Returns
        -------
        float
            At this threshold and at every higher one the accuracy is reached; NaN where the most
            certain frames miss it.
        """
        missed = np.flatnonzero(self.accuracy < accuracy)
        first = missed[-1] + 1 if missed.size else 0
        return float(self.threshold[first]) if first < self.threshold.size else float("nan")


@asks
def coverage_curve(p_galaxy, is_galaxy):
    """
    Measure accuracy against coverage.

    Parameters
    ----------
    p_galaxy : array-like
        P(galaxy) against nsc, one per frame, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array-like of bool
        The truth.

    Returns
    -------
    CoverageCurve
        A point for each probability that occurs.

    Raises
    ------
    ParameterError
        If there is no frame, the lengths differ, or a probability is not one.

    Examples
    --------
    >>> from astroclassify.metrics import coverage_curve
    >>> curve = coverage_curve([0.9, 0.4, 0.2], [True, True, False])
    >>> curve.threshold
    array([0.6, 0.8, 0.9])
    >>> curve.accuracy
    array([0.66666667, 1.        , 1.        ])
    """
    if not p_galaxy.size:
        raise ParameterError("there is no frame to measure coverage on")
    # Frames by rising confidence: at a threshold those from it on are answered, and sums from the end count
    # them.
    sure = confidence(p_galaxy)
    order = np.argsort(sure)
    sure, right = sure[order], (leans_to_galaxy(p_galaxy) == is_galaxy)[order]
    first = np.flatnonzero(np.diff(sure, prepend=-1))
    answered = p_galaxy.size - first
    right_above = np.cumsum(right[::-1])[::-1][first]
    return CoverageCurve(sure[first], answered / p_galaxy.size, right_above / answered)
