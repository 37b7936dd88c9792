"""A figure with its interval: bootstrap, or Wilson's where there are too few groups."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from astroclassify.core import ParameterError

#: Fewer groups than this are few: see `ClusterBootstrap` (int).
FEW_GROUPS = 10
#: How an interval was made (str).
BOOTSTRAP, WILSON, TOO_FEW = "bootstrap", "wilson", "too few groups"
#: Least and greatest value of a share, and of a difference of two.
SHARE, DIFFERENCE = (0.0, 1.0), (-1.0, 1.0)


@dataclass(frozen=True)
class Estimate:
    """
    A value with its confidence interval.

    Parameters
    ----------
    value : float
        The figure; NaN where it is not defined.
    low, high : float
        Bounds of the interval; both are NaN where ``method`` is ``"too few groups"``.
    method : {"bootstrap", "wilson", "too few groups"}
        How the bounds were found; `ClusterBootstrap` tells the rule.

    Examples
    --------
    >>> from astroclassify.metrics import Estimate
    >>> print(Estimate(0.967, 0.957, 0.977))
    0.967 (0.957 to 0.977)
    >>> print(Estimate(0.5, float("nan"), float("nan"), "too few groups"))
    0.500 (too few groups)
    """

    value: float
    low: float
    high: float
    method: str = BOOTSTRAP

    def __str__(self):
        return self.text(".3f")

    def text(self, style, bounds=None):
        """
        Write the figure and its interval.

        Parameters
        ----------
        style : str
            Format of the value, such as ``".2%"``.
        bounds : str, optional
            Format of the bounds; by default that of the value.

        Returns
        -------
        str
            ``VALUE (LOW to HIGH)``, ``VALUE (too few groups)``, or ``-`` where there is no value.

        Examples
        --------
        >>> from astroclassify.metrics import Estimate
        >>> Estimate(0.967, 0.957, 0.977).text(".2%", ".1%")
        '96.70% (95.7% to 97.7%)'
        """
        if np.isnan(self.value):
            return "-"
        if self.method == TOO_FEW:
            return f"{self.value:{style}} ({self.method})"
        bounds = bounds or style
        return f"{self.value:{style}} ({self.low:{bounds}} to {self.high:{bounds}})"


def wilson_interval(share, number, *, confidence=0.95):
    """
    Give Wilson's interval of a share that was measured on so many independent draws.

    Of a published accuracy only the number of frames is known. If the frames of a body are right or wrong
    together, there are as many draws as bodies; if each stands for itself, as many as frames.

    Parameters
    ----------
    share : float
        Of the draws, 0 to 1: an accuracy, for example.
    number : int
        Of independent draws, 1 or more.
    confidence : float, default 0.95
        More than 0 and less than 1.

    Returns
    -------
    low, high : float
        The interval; it has a width even at 0 and 1.

    Raises
    ------
    ParameterError
        If a value is out of its range.

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22, 209, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> from astroclassify.metrics import wilson_interval
    >>> [round(value, 3) for value in wilson_interval(0.8909, 21)]
    [0.694, 0.967]
    """
    if not (0 <= share <= 1 and number >= 1 and 0 < confidence < 1):
        raise ParameterError(
            f"got a share of {share}, {number} draws and a confidence of {confidence}; expected 0 to 1, "
            "1 or more, and more than 0 and less than 1"
        )
    # All shares p from which the measured one is z standard errors away at most: (share - p)**2 = z**2 p (1 -
    # p) / n, a quadratic equation in p. The errors are those of p, not of the measured share: at 0 and 1 they
    # do not vanish.
    z = ndtri((1 + confidence) / 2)
    middle = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z * np.sqrt(share * (1 - share) / number + (z / (2 * number)) ** 2) / (1 + z**2 / number)
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def interval_of(value, samples, groups, *, bounds=None, confidence=0.95):
    """
    Choose the interval that so many groups can bear; `ClusterBootstrap` tells the rule.

    Parameters
    ----------
    value : float
        The figure.
    samples : numpy.ndarray
        The figure in each bootstrap sample; NaN where it is not defined.
    groups : int
        How many groups the figure rests on.
    bounds : tuple of float, optional
        Least and greatest value that the figure can have; `None` if it has none.
    confidence : float, default 0.95
        More than 0 and less than 1.

    Returns
    -------
    Estimate
        With its method.
    """
    samples = samples[np.isfinite(samples)]
    if np.isnan(value) or groups < 2 or not samples.size:
        return Estimate(value, np.nan, np.nan, TOO_FEW)
    low, high = map(float, np.quantile(samples, [(1 - confidence) / 2, (1 + confidence) / 2]))
    if groups >= FEW_GROUPS and low < high:
        return Estimate(value, low, high)
    if bounds is None:
        return Estimate(value, np.nan, np.nan, TOO_FEW)
    least, greatest = _of_groups(value, groups, bounds, confidence)
    return Estimate(value, min(low, least), max(high, greatest), WILSON)


def _of_groups(value, groups, bounds, confidence):
    """Wilson's interval of a share; of a difference, what groups unlike those seen could make of it."""
    if bounds == SHARE:
        return wilson_interval(value, groups, confidence=confidence)
    # Groups of a kind that was not seen among n may be as many as the upper bound of 0 of n. If they all had
    # the least or the greatest value there can be, the mean would move that far.
    _, unlike = wilson_interval(0, groups, confidence=confidence)
    return value - unlike * (value - bounds[0]), value + unlike * (bounds[1] - value)
