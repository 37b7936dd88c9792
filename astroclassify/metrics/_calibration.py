"""Calibration of probabilities: reliability, calibration errors, logistic recalibration, Brier score.

Each function takes P(galaxy) against nsc and the truth of every frame, shape (N,), and
raises a `ParameterError` for what is none. The *confidence* of an
answer is the probability of what it leans to, 0.5 to 1.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

from astroclassify.metrics._scores import asks, leans_to_galaxy
from astroclassify.metrics._sums import SUMS, FromSums, of_all

#: Equal bins of confidence from 0.5 to 1 (int).
BINS = 10
#: Probabilities nearer to 0 or 1 than this have the logit of this.
_NEAREST = 1e-12


def confidence(p_galaxy):
    """
    Give the probability of what each frame leans to.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1.

    Returns
    -------
    numpy.ndarray
        0.5 to 1.

    Examples
    --------
    >>> from astroclassify.metrics import confidence
    >>> confidence([0.25, 0.75])
    array([0.75, 0.75])
    """
    p_galaxy = np.asarray(p_galaxy, float)
    return np.maximum(p_galaxy, 1 - p_galaxy)


def _bin(sure, bins):
    return np.minimum(((sure - 0.5) * 2 * bins).astype(int), bins - 1)


def _excess(p_galaxy, is_galaxy, bins=BINS):
    """In the bin of each frame, whether it is right less its confidence, shape (N, bins)."""
    # Summed over the frames of a bin and divided by their number this is accuracy less mean confidence, so
    # that the expected calibration error, sum of n / N |accuracy - confidence|, is the sum of |sums| over N.
    sure = confidence(p_galaxy)
    right = leans_to_galaxy(p_galaxy) == is_galaxy
    return np.eye(bins)[_bin(sure, bins)] * (right - sure)[:, None]


class Reliability(NamedTuple):
    """
    Confidence and accuracy in bins of confidence.

    Parameters
    ----------
    low, high : numpy.ndarray
        Edges of each bin, from 0.5 to 1.
    frames : numpy.ndarray of int
        How many frames it holds.
    confidence, accuracy : numpy.ndarray
        Their means; NaN in empty bins.
    """

    low: np.ndarray
    high: np.ndarray
    frames: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


@asks
def reliability(p_galaxy, is_galaxy, *, bins=BINS):
    """
    Compare confidence with accuracy, bin by bin.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.
    bins : int, default 10
        Equal bins of confidence from 0.5 to 1.

    Returns
    -------
    Reliability
        One element for each bin.

    Examples
    --------
    >>> from astroclassify.metrics import reliability
    >>> reliability([0.9, 0.1, 0.8], [True, False, False], bins=2).accuracy
    array([       nan, 0.66666667])
    """
    edges, sure = np.linspace(0.5, 1, bins + 1), confidence(p_galaxy)
    frames, total, right = (
        np.bincount(_bin(sure, bins), weights=values, minlength=bins)
        for values in (np.ones(sure.size), sure, leans_to_galaxy(p_galaxy) == is_galaxy)
    )
    there = np.where(frames > 0, frames, np.nan)
    return Reliability(edges[:-1], edges[1:], frames.astype(int), total / there, right / there)


@asks
def calibration_error(p_galaxy, is_galaxy):
    """
    Compute the expected calibration error, in 10 equal bins of confidence.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        Absolute difference between confidence and accuracy, averaged over bins by their frames; NaN of no
        frame. Of few frames it is too large: true probabilities have it too.

    See Also
    --------
    debiased_calibration_error : Without what chance adds.

    References
    ----------
    Naeini et al. 2015, AAAI 29, 2901; Guo et al. 2017, arXiv:1706.04599.

    Examples
    --------
    >>> from astroclassify.metrics import calibration_error
    >>> calibration_error([0.9, 0.9, 0.1, 0.9], [True, True, False, False])
    0.15
    """
    return of_all(calibration_error, p_galaxy, is_galaxy)


SUMS[calibration_error] = FromSums(
    lambda p_galaxy, is_galaxy: np.column_stack([_excess(p_galaxy, is_galaxy), np.ones(p_galaxy.size)]),
    lambda *sums: (np.abs(sums[:-1]).sum(axis=0), sums[-1]),
)


@asks
def debiased_calibration_error(p_galaxy, is_galaxy, groups=None):
    """
    Give the root mean square calibration error without what chance adds to it.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.
    groups : array_like, optional
        The body of each frame: frames of a body are right or wrong together, which adds more. By default
        every frame stands for itself.

    Returns
    -------
    float
        0 where confidence and accuracy differ by no more than chance makes them; NaN of no frame.

    Notes
    -----
    In each of 10 bins of confidence, with a share :math:`w` of the frames, confidence and accuracy differ by
    :math:`g`, whose variance :math:`s^2` is that of a mean of groups. The error squared is
    :math:`\\sum w (g^2 - s^2)`: of true probabilities 0 on average, however few the frames. Bins with
    one group say nothing. Squares weigh large gaps more than `calibration_error` does.

    References
    ----------
    Kumar, Liang & Ma 2019, "Verified Uncertainty Calibration", arXiv:1909.10155, section 5.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.metrics import calibration_error, debiased_calibration_error
    >>> rng = np.random.default_rng(1)
    >>> p = rng.random(200)
    >>> truth = rng.random(200) < p
    >>> round(calibration_error(p, truth), 2), round(debiased_calibration_error(p, truth), 2)
    (0.06, 0.0)
    """
    if not p_galaxy.size:
        return float("nan")
    member = np.arange(p_galaxy.size) if groups is None else np.unique(groups, return_inverse=True)[1]
    gaps, frames = np.zeros((2, member.max() + 1, BINS))
    np.add.at(gaps, member, _excess(p_galaxy, is_galaxy))
    np.add.at(frames, (member, _bin(confidence(p_galaxy), BINS)), 1)
    # A gap is a ratio of sums over groups, excess over frames. Its variance by the spread of the groups'
    # residuals is sum((excess - frames * gap)**2) / frames**2, times n / (n - 1) for n groups, as for any
    # mean. The square of a measured gap is too large by that variance on average, which is subtracted.
    number, of_bin = (frames > 0).sum(axis=0), frames.sum(axis=0)
    counted = number > 1
    gap = gaps.sum(axis=0)[counted] / of_bin[counted]
    spread = ((gaps[:, counted] - frames[:, counted] * gap) ** 2).sum(axis=0) / of_bin[counted] ** 2
    variance = spread * number[counted] / (number[counted] - 1)
    squared = (of_bin[counted] * (gap**2 - variance)).sum() / p_galaxy.size
    return float(np.sqrt(max(squared, 0.0)))


class Recalibration(NamedTuple):
    """
    Intercept and slope of the logistic recalibration of probabilities.

    Parameters
    ----------
    intercept : float
        0 where galaxies are as frequent as they are said to be; more, where more frequent.
    slope : float
        1 where probabilities are as sure as they should be; less, where too sure.
    """

    intercept: float
    slope: float


@asks
def recalibration(p_galaxy, is_galaxy):
    """
    Fit intercept and slope of the logistic recalibration.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    Recalibration
        NaN where the classes do not overlap: no slope is steep enough then.

    Notes
    -----
    The likelihood of :math:`logit P = intercept + slope \\times logit\\,p_{galaxy}` is largest.

    References
    ----------
    Cox 1958, Biometrika 45, 562, doi:10.1093/biomet/45.3-4.562.

    Examples
    --------
    >>> from astroclassify.metrics import recalibration
    >>> found = recalibration([0.9, 0.9, 0.9, 0.1, 0.1, 0.1], [True, True, False, False, False, True])
    >>> round(found.slope, 2)
    0.32
    """
    # If one threshold separates the classes, the likelihood grows with the slope for ever: there is no
    # maximum.
    x = logit(np.clip(p_galaxy, _NEAREST, 1 - _NEAREST))
    galaxies, others = x[is_galaxy], x[~is_galaxy]
    none = Recalibration(float("nan"), float("nan"))
    if not galaxies.size or not others.size:
        return none
    if galaxies.min() >= others.max() or others.min() >= galaxies.max():
        return none
    design = np.column_stack([np.ones(x.size), x])

    # Mean negative log-likelihood, -log P of what each frame is, and its gradient, the mean of (P - truth)
    # times the design. It is convex: the minimum that is found is the only one.
    def loss(line):
        predicted = design @ line
        value = -log_expit(np.where(is_galaxy, predicted, -predicted)).mean()
        return value, design.T @ (expit(predicted) - is_galaxy) / x.size

    return Recalibration(*minimize(loss, [0.0, 1.0], jac=True, method="BFGS").x.tolist())


@asks
def brier_score(p_galaxy, is_galaxy):
    """
    Give the mean squared error of probabilities.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN of no frame.

    References
    ----------
    Brier 1950, Monthly Weather Review 78, 1.

    Examples
    --------
    >>> from astroclassify.metrics import brier_score
    >>> brier_score([1.0, 0.5], [True, False])
    0.125
    """
    return of_all(brier_score, p_galaxy, is_galaxy)


SUMS[brier_score] = FromSums(
    lambda p_galaxy, is_galaxy: np.column_stack([(p_galaxy - is_galaxy) ** 2, np.ones(p_galaxy.size)]),
    lambda total, number: (total, number),
)


@asks
def brier_skill(p_galaxy, is_galaxy):
    """
    Compare the Brier score with that of always saying how frequent galaxies are.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        1 at best, 0 for that rule, negative for what is worse; NaN where only one class is there.

    Examples
    --------
    >>> from astroclassify.metrics import brier_skill
    >>> brier_skill([0.75, 0.25], [True, False])
    0.75
    """
    # Who always gives the frequency f of galaxies has the Brier score f (1 - f): the variance of the truth.
    if is_galaxy.all() or not is_galaxy.any():
        return float("nan")
    return 1 - of_all(brier_score, p_galaxy, is_galaxy) / float(is_galaxy.var())
