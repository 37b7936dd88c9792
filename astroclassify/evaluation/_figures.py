"""Figures of merit with their 95% intervals, all from the same draws of whole bodies or visits."""

import numpy as np

#: Each frame is one of so many: a galaxy called so or called nsc, an nsc called galaxy or called so.
_COUNTED = 4
#: How shares follow from the four sums.
SHARES = {
    "accuracy": lambda tp, fn, fp, tn: ((tp + tn), (tp + fn + fp + tn)),
    "precision_galaxy": lambda tp, fn, fp, tn: (tp, tp + fp),
    "recall_galaxy": lambda tp, fn, fp, tn: (tp, tp + fn),
    "f1_galaxy": lambda tp, fn, fp, tn: (2 * tp, 2 * tp + fp + fn),
    "precision_nsc": lambda tp, fn, fp, tn: (tn, tn + fn),
    "recall_nsc": lambda tp, fn, fp, tn: (tn, tn + fp),
    "f1_nsc": lambda tp, fn, fp, tn: (2 * tn, 2 * tn + fn + fp),
}
_INTERVAL = (0.025, 0.975)


class Draws:
    """
    Bootstrap samples of whole groups: how often each frame's group was drawn.

    Parameters
    ----------
    groups : array_like
        The body, or the visit, of each frame.
    draws : int
        Number of samples.
    rng : int
        Seed; the samples are those of `~astroclassify.training.bootstrap`.
    """

    def __init__(self, groups, draws, rng):
        names, self._member = np.unique(np.asarray(groups), return_inverse=True)
        self.groups, shape = names.size, (draws, names.size)
        drawn = np.random.default_rng(rng).integers(0, max(1, self.groups), shape)
        place = drawn + self.groups * np.arange(draws)[:, None]
        times = np.bincount(place.ravel(), minlength=draws * self.groups)
        self._times = times.reshape(shape).astype(float)

    def sums(self, values):
        """
        Sum up values of frames in every sample.

        Parameters
        ----------
        values : numpy.ndarray
            Shape (frames, k).

        Returns
        -------
        numpy.ndarray
            Shape (draws, k).
        """
        of_groups = np.zeros((self.groups, values.shape[1]))
        np.add.at(of_groups, self._member, values)
        return self._times @ of_groups

    def interval(self, over, under):
        """
        Give the 95% interval of a ratio.

        Parameters
        ----------
        over, under : numpy.ndarray
            Numerator and denominator in every sample; samples without a denominator are left out.

        Returns
        -------
        tuple of float
            NaN where one group, or none, tells nothing about others.
        """
        if self.groups < 2 or not under.any():
            return np.nan, np.nan
        low, high = np.quantile(over[under > 0] / under[under > 0], _INTERVAL)
        return float(low), float(high)


def counted(said, truth):
    """
    Count what each frame is: one of four.

    Parameters
    ----------
    said, truth : numpy.ndarray of bool
        Whether the frame is called, and is, a galaxy.

    Returns
    -------
    numpy.ndarray
        Shape (frames, 4), one 1 in every row.
    """
    return np.eye(_COUNTED)[np.where(truth, 0, 2) + np.where(said, 0, 1)]


def share(name, sums):
    """
    Give a figure of `SHARES`.

    Parameters
    ----------
    name : str
        Its name.
    sums : numpy.ndarray
        The four sums, shape (4,).

    Returns
    -------
    float
        NaN where there is nothing to divide by.
    """
    over, under = SHARES[name](*sums)
    return float(over / under) if under else np.nan


def shares(said, truth, draws_by, *, names=tuple(SHARES)):
    """
    Give figures with their intervals.

    Parameters
    ----------
    said, truth : numpy.ndarray of bool
        Whether each frame is called, and is, a galaxy.
    draws_by : mapping of str to Draws
        The samples by what is put between a figure's name and ``_low``: ``""`` for bodies, ``"_visit"``.
    names : sequence of str
        Which of `SHARES`.

    Returns
    -------
    dict of str to float
        ``NAME``, and ``NAME_low``, ``NAME_high``, ``NAME_visit_low``, ``NAME_visit_high``.
    """
    counts = counted(said, truth)
    sums = {suffix: draws.sums(counts).T for suffix, draws in draws_by.items()}
    found = {}
    for name in names:
        found[name] = share(name, counts.sum(axis=0))
        for suffix, draws in draws_by.items():
            low, high = draws.interval(*SHARES[name](*sums[suffix]))
            found |= {f"{name}{suffix}_low": low, f"{name}{suffix}_high": high}
    return found


def calibration_figures(right, confidence, draws_by, *, bins=10):
    """
    Give the expected calibration error with its intervals.

    Parameters
    ----------
    right : numpy.ndarray of bool
        Whether each frame is called what it is.
    confidence : numpy.ndarray
        Probability of what it is called, 0.5 to 1.
    draws_by : mapping of str to Draws
        As for `shares`.
    bins : int, default 10
        Equal bins of confidence.

    Returns
    -------
    dict of str to float
        ``ece`` and its bounds, as of `shares`; the figure of `~astroclassify.training.calibration_error`.
    """
    place = reliability_bin(confidence, bins)
    excess = np.eye(bins)[place] * (right - confidence)[:, None]
    counted_too = np.column_stack([excess, np.ones(right.size)])
    found = {"ece": float(np.abs(excess.sum(axis=0)).sum() / right.size) if right.size else np.nan}
    for suffix, draws in draws_by.items():
        sums = draws.sums(counted_too)
        low, high = draws.interval(np.abs(sums[:, :-1]).sum(axis=1), sums[:, -1])
        found |= {f"ece{suffix}_low": low, f"ece{suffix}_high": high}
    return found


def reliability_bin(confidence, bins):
    """
    Give the bin of each confidence.

    Parameters
    ----------
    confidence : numpy.ndarray
        0.5 to 1.
    bins : int
        How many there are, of equal width.

    Returns
    -------
    numpy.ndarray of int
        0 to ``bins - 1``.
    """
    return np.minimum(((confidence - 0.5) * 2 * bins).astype(int), bins - 1)


def mean(name, values, draws_by):
    """
    Give a mean with its intervals; values that are NaN are left out.

    Parameters
    ----------
    name : str
        What it is called.
    values : numpy.ndarray
        One for each frame.
    draws_by : mapping of str to Draws
        As for `shares`.

    Returns
    -------
    dict of str to float
        As of `shares`.
    """
    there = np.isfinite(values)
    both = np.column_stack([np.where(there, values, 0), there])
    found = {name: float(values[there].mean()) if there.any() else np.nan}
    for suffix, draws in draws_by.items():
        low, high = draws.interval(*draws.sums(both).T)
        found |= {f"{name}{suffix}_low": low, f"{name}{suffix}_high": high}
    return found
