"""Is one model better than another, or than a rule that sees no picture? On the same frames, pair by pair."""

from itertools import combinations

import numpy as np
from astropy.table import Table
from scipy.stats import binomtest

from astroclassify.core import ParameterError
from astroclassify.evaluation._answered import BY, answered
from astroclassify.evaluation._figures import Draws

_COLUMNS = (
    *("model", "other", "frames", "both_right", "only_model_right", "only_other_right", "both_wrong"),
    *("difference", "difference_low", "difference_high", "p_bootstrap"),
    *("difference_visit_low", "difference_visit_high", "p_bootstrap_visit", "p_mcnemar"),
)


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
        If the lengths differ.

    Examples
    --------
    >>> from astroclassify.evaluation import mcnemar
    >>> mcnemar([True] * 6 + [False], [False] * 6 + [True])
    0.125
    """
    right, other_right = np.asarray(right, bool), np.asarray(other_right, bool)
    if right.shape != other_right.shape:
        raise ParameterError(
            f"expected the same frames for both models; got {right.size} and {other_right.size}"
        )
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
    >>> from astroclassify.evaluation import holm
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(p_values.size, 0, -1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p_values[order] * factors))
    return corrected


def compare_models(of_models, *, draws, rng):
    """
    Compare every pair of models.

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.
    draws : int
        Bootstrap samples.
    rng : int
        Their seed.

    Returns
    -------
    `~astropy.table.Table`
        A row for each pair, on the frames that both answered; ``difference`` is the accuracy of ``model``
        less that of ``other``. Probabilities ``..._holm`` are corrected for the number of pairs.
    """
    told = {model: answered(answers) for model, answers in of_models.items()}
    rows = [
        {"model": one, "other": other, **_compared(*_common(told[one], told[other]), draws, rng)}
        for one, other in combinations(told, 2)
    ]
    return _corrected(rows)


def compare_with_rules(of_models, rules, *, draws, rng):
    """
    Compare every model with every rule that it should beat.

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.
    rules : mapping of str to mapping of str to bool
        By name of the rule, whether it calls each frame, by name, a galaxy.
    draws : int
        Bootstrap samples.
    rng : int
        Their seed.

    Returns
    -------
    `~astropy.table.Table`
        As of `compare_models`; ``other`` is the rule.
    """
    rows = []
    for model, answers in of_models.items():
        told = answered(answers)
        for rule, said in rules.items():
            right = np.array([said[name] for name in told.name], dtype=bool) == told.truth
            rows.append({"model": model, "other": rule, **_compared(told, right, draws, rng)})
    return _corrected(rows)


def _common(told, other):
    """Give the frames that both answered, and whether the other is right about them."""
    right = dict(zip(other.name, other.right, strict=True))
    common = told.where(np.array([name in right for name in told.name], dtype=bool))
    return common, np.array([right[name] for name in common.name], dtype=bool)


def _compared(told, other_right, draws, rng):
    right = told.right
    difference = right.astype(float) - other_right
    found = {
        "frames": right.size,
        "both_right": int((right & other_right).sum()),
        "only_model_right": int((right & ~other_right).sum()),
        "only_other_right": int((~right & other_right).sum()),
        "both_wrong": int((~right & ~other_right).sum()),
        "difference": float(difference.mean()) if right.size else np.nan,
    }
    for suffix, group in BY.items():
        found |= paired(difference, Draws(getattr(told, group), draws, rng), suffix)
    return found | {"p_mcnemar": mcnemar(right, other_right)}


def paired(difference, samples, suffix=""):
    """
    Bootstrap the mean of paired differences by whole groups.

    Parameters
    ----------
    difference : numpy.ndarray
        Of each frame.
    samples : Draws
        The groups, drawn.
    suffix : str, default ""
        After ``difference`` and ``p``: ``"_visit"`` where groups are visits.

    Returns
    -------
    dict of str to float
        ``difference_low``, ``difference_high`` (95%) and ``p_bootstrap``: twice the smaller share of samples
        at or beyond zero, at most 1 and at least 2 / (samples + 1); NaN of fewer than two groups.
    """
    sums = samples.sums(np.column_stack([difference, np.ones(difference.size)])).T
    low, high = samples.interval(*sums)
    beyond = min((sums[0] <= 0).sum(), (sums[0] >= 0).sum()) + 1
    p_value = min(1.0, 2 * beyond / (sums[0].size + 1)) if samples.groups > 1 else np.nan
    return {
        f"difference{suffix}_low": low,
        f"difference{suffix}_high": high,
        f"p_bootstrap{suffix}": p_value,
    }


def _corrected(rows):
    table = Table(rows) if rows else Table(names=_COLUMNS, dtype=(str, str, *(int,) * 5, *(float,) * 8))
    for name in [name for name in table.colnames if name.startswith("p_")]:
        values = np.asarray(table[name], float)
        there, corrected = np.isfinite(values), np.full(values.size, np.nan)
        corrected[there] = holm(values[there])
        table[f"{name}_holm"] = corrected
    return table
