"""How good answers are: accuracy, calibration, intervals by body; and the fit of the calibration."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from astroclassify.core import ParameterError
from astroclassify.training._loss import partial_cross_entropy


@dataclass(frozen=True)
class Score:
    """
    One figure with its interval.

    Parameters
    ----------
    value : float
        The figure.
    low, high : float
        Bounds of the 95% bootstrap interval.
    """

    value: float
    low: float
    high: float

    def __str__(self):
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def accuracy(p_galaxy, is_galaxy):
    """
    Give the share of frames whose label, galaxy or nsc, is right; exactly 0.5 counts as nsc.

    Parameters
    ----------
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc, 0 to 1.
    is_galaxy : numpy.ndarray of bool
        The truth.

    Returns
    -------
    float
        0 to 1.
    """
    return float(((p_galaxy > 0.5) == is_galaxy).mean())


def f1_galaxy(p_galaxy, is_galaxy):
    """
    Give the harmonic mean of precision and recall of galaxies.

    Parameters
    ----------
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc, 0 to 1; exactly 0.5 counts as nsc.
    is_galaxy : numpy.ndarray of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where neither the truth nor the answers have a galaxy.
    """
    return _f1(p_galaxy > 0.5, is_galaxy)


def f1_nsc(p_galaxy, is_galaxy):
    """
    Give the harmonic mean of precision and recall of nsc.

    Parameters
    ----------
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc, 0 to 1; exactly 0.5 counts as nsc.
    is_galaxy : numpy.ndarray of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where neither the truth nor the answers have an nsc.
    """
    return _f1(p_galaxy <= 0.5, ~is_galaxy)


def _f1(said, true):
    both = said.sum() + true.sum()
    return float(2 * (said & true).sum() / both) if both else float("nan")


def balanced_accuracy(p_galaxy, is_galaxy):
    """
    Give the mean of both classes' recalls; exactly 0.5 counts as nsc.

    Parameters
    ----------
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc, 0 to 1.
    is_galaxy : numpy.ndarray of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where only one class is there.
    """
    if not both_are_there(is_galaxy):
        return float("nan")
    said = p_galaxy > 0.5
    return float((said[is_galaxy].mean() + (~said[~is_galaxy]).mean()) / 2)


def both_are_there(is_galaxy):
    """
    Say whether there are galaxies and others.

    Parameters
    ----------
    is_galaxy : numpy.ndarray of bool
        The truth.

    Returns
    -------
    bool
        False where there is no frame.
    """
    return is_galaxy.any() and not is_galaxy.all()


def area_under_curve(p_galaxy, is_galaxy):
    """
    Give the chance that a galaxy scores higher than an nsc (ties count half).

    Parameters
    ----------
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc.
    is_galaxy : numpy.ndarray of bool
        The truth.

    Returns
    -------
    float
        0 to 1; NaN where only one class is there.
    """
    if not both_are_there(is_galaxy):
        return float("nan")
    galaxies, others = p_galaxy[is_galaxy], np.sort(p_galaxy[~is_galaxy])
    below = np.searchsorted(others, galaxies, "left")
    not_above = np.searchsorted(others, galaxies, "right")
    return float((below + not_above).mean() / (2 * others.size))


def calibration_error(p_galaxy, is_galaxy, *, bins=10):
    """
    Give the expected calibration error of the probability of the chosen label.

    Parameters
    ----------
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc.
    is_galaxy : numpy.ndarray of bool
        The truth.
    bins : int, default 10
        Equal bins of confidence from 0.5 to 1.

    Returns
    -------
    float
        Mean absolute difference between confidence and accuracy, weighted by frames.
    """
    confidence = np.maximum(p_galaxy, 1 - p_galaxy)
    right = (p_galaxy > 0.5) == is_galaxy
    index = np.minimum(((confidence - 0.5) * 2 * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(index, right - confidence)).sum() / right.size)


def bootstrap(metric, p_galaxy, is_galaxy, bodies, *, draws=2000, rng=0):
    """
    Evaluate a metric with its interval, drawing whole bodies.

    Parameters
    ----------
    metric : callable
        ``metric(p_galaxy, is_galaxy) -> float``.
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc.
    is_galaxy : numpy.ndarray of bool
        The truth.
    bodies : array_like
        The body that each frame shows.
    draws : int, default 2000
        Bootstrap samples.
    rng : numpy.random.Generator or int, default 0
        Source of randomness or its seed.

    Returns
    -------
    Score
        The figure and its 95% interval.

    Raises
    ------
    ParameterError
        If there is no frame, or only one class and the metric needs both.

    Notes
    -----
    Each draw takes as many bodies as there are, with replacement, and all frames of each. Draws that the
    metric cannot judge (NaN) are left out.
    """
    p_galaxy, is_galaxy = np.asarray(p_galaxy, float), np.asarray(is_galaxy, bool)
    value = metric(p_galaxy, is_galaxy) if is_galaxy.size else float("nan")
    if np.isnan(value):
        raise ParameterError("both classes must be there to score a model; found one or none")
    samples = _samples_of_bodies(np.asarray(bodies), draws, np.random.default_rng(rng))
    values = [metric(p_galaxy[chosen], is_galaxy[chosen]) for chosen in samples]
    low, high = np.nanquantile(values, [0.025, 0.975])
    return Score(value, float(low), float(high))


def _samples_of_bodies(bodies, draws, rng):
    """Yield the frames of as many bodies as there are, drawn with replacement."""
    _, member, count = np.unique(bodies, return_inverse=True, return_counts=True)
    order, first = np.argsort(member, kind="stable"), np.cumsum(count) - count
    for _ in range(draws):
        drawn = rng.integers(0, count.size, count.size)
        lengths = count[drawn]
        before = np.cumsum(lengths) - lengths
        yield order[np.repeat(first[drawn] - before, lengths) + np.arange(lengths.sum())]


def fit_calibration(logits, labels):
    """
    Fit the temperature and the class offsets that make probabilities true.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (N, classes), on held-out bodies.
    labels : numpy.ndarray of int or bool
        The class of each frame, shape (N,), or which classes are right, shape (N, classes).

    Returns
    -------
    tuple
        Temperature (float) and bias (list of float): calibrated logits are
        ``logits / temperature + bias``.
    """
    logits, labels = torch.as_tensor(logits, dtype=torch.float64), torch.as_tensor(labels)
    allowed = labels if labels.ndim == 2 else nn.functional.one_hot(labels.long(), logits.shape[1]).bool()
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(logits.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        scaled = logits / log_temperature.exp() + bias
        value = partial_cross_entropy(scaled, allowed).mean() + 1e-3 * (bias**2).sum()
        value.backward()
        return value

    optimiser.step(loss)
    return float(log_temperature.detach().exp()), bias.detach().tolist()
