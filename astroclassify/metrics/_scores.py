"""Scores of answers, galaxy or nsc: accuracy, precision, recall, F1, the ROC curve and what is called what.

Each function takes P(galaxy) against nsc and the truth of every frame, shape (N,), and raises a
`ParameterError` for a probability that is none, NaN among them, or a truth that is neither true nor false.
Labels, as bool, may stand for the probabilities: they are 1 and 0.
"""

from functools import partial, wraps
from typing import NamedTuple

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.metrics._sums import SUMS, FromSums, of_all


def leans_to_galaxy(p_galaxy):
    """
    Say which of the two a probability leans to: exactly 0.5 is a galaxy.

    Parameters
    ----------
    p_galaxy : float or array_like
        P(galaxy) against nsc, 0 to 1.

    Returns
    -------
    bool or numpy.ndarray of bool
        True for galaxy. NaN is none.

    Examples
    --------
    >>> from astroclassify.metrics import leans_to_galaxy
    >>> leans_to_galaxy([0.2, 0.5, 0.9])
    array([False,  True,  True])
    """
    return np.asarray(p_galaxy) >= 0.5


def checked(p_galaxy, is_galaxy, *, bounded=True):
    """
    Check that there is one probability and one truth for each frame.

    Parameters
    ----------
    p_galaxy, is_galaxy : array_like
        Of each frame.
    bounded : bool, default True
        Whether probabilities must lie between 0 and 1; otherwise any score will do that is a number.

    Returns
    -------
    tuple of numpy.ndarray
        Float and bool, shape (N,).

    Raises
    ------
    ParameterError
        If the shapes differ, or are not (N,), a probability is not one, or a truth neither true nor false.
    """
    p_galaxy, is_galaxy = numbers(p_galaxy), checked_truth(is_galaxy)
    if p_galaxy.ndim != 1 or p_galaxy.shape != is_galaxy.shape:
        raise ParameterError(
            f"expected one probability and one truth for each frame; got the shapes {p_galaxy.shape} "
            f"and {is_galaxy.shape}"
        )
    wrong = np.isnan(p_galaxy)
    if bounded:
        wrong |= (p_galaxy < 0) | (p_galaxy > 1)
    if wrong.any():
        raise ParameterError(
            f"the probability of frame {wrong.argmax()} is {p_galaxy[wrong][0]}; "
            f"{'probabilities lie between 0 and 1' if bounded else 'expected numbers'}; "
            "leave out frames without an answer (NaN)"
        )
    return p_galaxy, is_galaxy


def numbers(values):
    """
    Check that probabilities are numbers.

    Parameters
    ----------
    values : array_like
        One for each frame.

    Returns
    -------
    numpy.ndarray
        Float.

    Raises
    ------
    ParameterError
        If they are not.
    """
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"expected a probability for each frame: {error}") from error


def checked_truth(truth):
    """
    Check that what is true or false is that.

    Parameters
    ----------
    truth : array_like
        Bool, or 0 and 1.

    Returns
    -------
    numpy.ndarray of bool
        The same.

    Raises
    ------
    ParameterError
        If something else is in it, such as a label.

    Examples
    --------
    >>> from astroclassify.metrics._scores import checked_truth
    >>> checked_truth([0, 1])
    array([False,  True])
    """
    try:
        truth = np.asarray(truth)
    except ValueError as error:
        raise ParameterError(f"expected a truth for each frame: {error}") from error
    if truth.dtype == bool:
        return truth
    wrong = [value for value in truth.ravel().tolist() if value not in (0, 1)]
    if wrong:
        raise ParameterError(
            f"a truth is {wrong[0]!r}; expected True or False (1 or 0); labels become so by "
            "np.array(labels) == 'galaxy'"
        )
    return truth.astype(bool)


def asks(metric=None, *, bounded=True):
    """
    Make a metric check what it is given; ``unchecked`` of it does without, for the samples of a bootstrap.

    Parameters
    ----------
    metric : callable
        ``metric(p_galaxy, is_galaxy, ...)``, of arrays that `checked` gives.
    bounded : bool, default True
        As for `checked`; also ``bounded`` of the metric.

    Returns
    -------
    callable
        The metric of whatever a user gives.
    """
    if metric is None:
        return partial(asks, bounded=bounded)

    @wraps(metric)
    def checking(p_galaxy, is_galaxy, *args, **kwargs):
        return metric(*checked(p_galaxy, is_galaxy, bounded=bounded), *args, **kwargs)

    checking.unchecked, checking.bounded = metric, bounded
    return checking


@asks
def confusion_matrix(p_galaxy, is_galaxy):
    """
    Count the confusion matrix.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    numpy.ndarray of int
        ``[[galaxies called galaxy, galaxies called nsc], [nsc called galaxy, nsc called nsc]]``.

    Raises
    ------
    ParameterError
        If the shapes differ, or are not (N,).

    Examples
    --------
    >>> from astroclassify.metrics import confusion_matrix
    >>> confusion_matrix([0.9, 0.5, 0.4, 0.1], [True, True, True, False])
    array([[2, 1],
           [0, 1]])
    """
    return _counted(p_galaxy, is_galaxy).sum(axis=0).astype(int).reshape(2, 2)


def _counted(p_galaxy, is_galaxy):
    """One 1 in every row: a galaxy called galaxy, or nsc; an nsc called galaxy, or nsc."""
    # With galaxies as the positive class: true positives, false negatives, false positives, true negatives.
    # All scores below are ratios of sums of these columns, which a bootstrap can add up group by group.
    return np.eye(4)[np.where(is_galaxy, 0, 2) + np.where(leans_to_galaxy(p_galaxy), 0, 1)]


def _share(ratio):
    """Make a score of the ratio of two sums over frames: true and false positives and negatives."""

    def of(described):
        @asks
        @wraps(described)
        def score(p_galaxy, is_galaxy):
            return of_all(score, p_galaxy, is_galaxy)

        SUMS[score] = FromSums(_counted, ratio)
        return score

    return of


@_share(lambda tp, fn, fp, tn: (tp + tn, tp + fn + fp + tn))
def accuracy(p_galaxy, is_galaxy):
    """
    Compute the accuracy: the share of frames that are classified correctly.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN of no frame.

    Examples
    --------
    >>> from astroclassify.metrics import accuracy
    >>> accuracy([0.5, 0.5, 0.9], [True, True, True])
    1.0
    """


@_share(lambda tp, fn, fp, tn: (tp, tp + fp))
def precision_galaxy(p_galaxy, is_galaxy):
    """
    Give the share of galaxies among frames that are called so.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where no frame is called galaxy.
    """


@_share(lambda tp, fn, fp, tn: (tp, tp + fn))
def recall_galaxy(p_galaxy, is_galaxy):
    """
    Give the share of the galaxies that are called so.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where there is no galaxy.
    """


@_share(lambda tp, fn, fp, tn: (2 * tp, 2 * tp + fp + fn))
def f1_galaxy(p_galaxy, is_galaxy):
    """
    Give the harmonic mean of precision and recall of galaxies.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where neither the truth nor the answers have a galaxy.
    """


@_share(lambda tp, fn, fp, tn: (tn, tn + fn))
def precision_nsc(p_galaxy, is_galaxy):
    """
    Give the share of nsc among frames that are called so.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where no frame is called nsc.
    """


@_share(lambda tp, fn, fp, tn: (tn, tn + fp))
def recall_nsc(p_galaxy, is_galaxy):
    """
    Give the share of the nsc that are called so.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where there is no nsc.
    """


@_share(lambda tp, fn, fp, tn: (2 * tn, 2 * tn + fn + fp))
def f1_nsc(p_galaxy, is_galaxy):
    """
    Give the harmonic mean of precision and recall of nsc.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where neither the truth nor the answers have an nsc.
    """


#: Scores that are shares of frames (tuple of callable).
SHARES = (accuracy, precision_galaxy, recall_galaxy, f1_galaxy, precision_nsc, recall_nsc, f1_nsc)


@asks
def balanced_accuracy(p_galaxy, is_galaxy):
    """
    Give the mean of both classes' recalls.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, 0 to 1; 0.5 counts as galaxy.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where only one class is there.
    """
    # Unlike accuracy, it is 0.5 for every rule that does not look at the frame, however unequal the classes
    # are.
    recalls = (of_all(recall, p_galaxy, is_galaxy) for recall in (recall_galaxy, recall_nsc))
    return sum(recalls) / 2


@asks(bounded=False)
def area_under_curve(p_galaxy, is_galaxy):
    """
    Compute the area under the ROC curve: the chance that a galaxy scores higher than an nsc.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, or any score that is larger for galaxies.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where only one class is there.

    Examples
    --------
    >>> from astroclassify.metrics import area_under_curve
    >>> area_under_curve([0.9, 0.4, 0.6, 0.1], [True, True, False, False])
    0.75
    """
    # Mann & Whitney's U over the number of pairs: for each galaxy the nsc with a lower score, ties as halves.
    # The mean of "lower" and "lower or equal" counts is exactly that.
    galaxies, others = p_galaxy[is_galaxy], np.sort(p_galaxy[~is_galaxy])
    if not galaxies.size or not others.size:
        return float("nan")
    below = np.searchsorted(others, galaxies, "left")
    not_above = np.searchsorted(others, galaxies, "right")
    return float((below + not_above).mean() / (2 * others.size))


class RocCurve(NamedTuple):
    """
    A receiver operating characteristic, one point for each probability that occurs.

    Parameters
    ----------
    threshold : numpy.ndarray
        Descending from infinity: frames with at least this P(galaxy) are called galaxies.
    false_positive_rate : numpy.ndarray
        Share of the nsc that is called galaxy, ascending from 0 to 1.
    true_positive_rate : numpy.ndarray
        Share of the galaxies that is called so, ascending from 0 to 1.
    """

    threshold: np.ndarray
    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray


@asks(bounded=False)
def roc_curve(p_galaxy, is_galaxy):
    """
    Compute the receiver operating characteristic.

    Parameters
    ----------
    p_galaxy : array_like
        P(galaxy) against nsc, or any score that is larger for galaxies.
    is_galaxy : array_like of bool
        The truth.

    Returns
    -------
    RocCurve
        Without a point where only one class is there.

    Examples
    --------
    >>> from astroclassify.metrics import roc_curve
    >>> roc_curve([0.9, 0.4, 0.4], [True, True, False]).true_positive_rate
    array([0. , 0.5, 1. ])
    """
    if not is_galaxy.any() or is_galaxy.all():
        return RocCurve(*np.empty((3, 0)))
    # As the threshold falls, frames are added in order of their score. Equal scores come in together: one
    # point, at the last of them.
    order = np.argsort(-p_galaxy, kind="stable")
    threshold, truth = p_galaxy[order], is_galaxy[order]
    last = np.append(np.flatnonzero(np.diff(threshold)), truth.size - 1)
    rates = [np.append(0.0, np.cumsum(called)[last] / called.sum()) for called in (~truth, truth)]
    return RocCurve(np.append(np.inf, threshold[last]), *rates)
