"""Paired comparisons on the same frames: of models with each other and with metadata-only baselines."""

from itertools import combinations

import numpy as np
from astropy.table import Table

from astroclassify.evaluation._scored import scored_answers
from astroclassify.metrics import holm, mcnemar

_COLUMNS = (
    *("model", "other", "frames", "both_right", "only_model_right", "only_other_right", "both_wrong"),
    *("difference", "difference_low", "difference_high", "p_bootstrap"),
    *("difference_visit_low", "difference_visit_high", "p_bootstrap_visit", "p_mcnemar"),
)


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
    scored = {model: scored_answers(answers) for model, answers in of_models.items()}
    rows = [
        {"model": one, "other": other, **_compared(*_common(scored[one], scored[other]), draws, rng)}
        for one, other in combinations(scored, 2)
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
        scored = scored_answers(answers)
        for rule, called in rules.items():
            right = np.array([called[name] for name in scored.name], dtype=bool) == scored.truth
            rows.append({"model": model, "other": rule, **_compared(scored, right, draws, rng)})
    return _corrected(rows)


def _common(scored, other):
    """Give the frames that both answered, and whether the other is right about them."""
    right = dict(zip(other.name, other.right, strict=True))
    common = scored.where(np.array([name in right for name in scored.name], dtype=bool))
    return common, np.array([right[name] for name in common.name], dtype=bool)


def _compared(scored, other_right, draws, rng):
    right = scored.right
    difference = right.astype(float) - other_right
    found = {
        "frames": right.size,
        "both_right": int((right & other_right).sum()),
        "only_model_right": int((right & ~other_right).sum()),
        "only_other_right": int((~right & other_right).sum()),
        "both_wrong": int((~right & ~other_right).sum()),
        "difference": float(difference.mean()) if right.size else np.nan,
    }
    for suffix, bootstrap in scored.draws(draws, rng).items():
        estimate, p_value = bootstrap.difference(difference)
        bounds = {f"difference{suffix}_low": estimate.low, f"difference{suffix}_high": estimate.high}
        found |= {**bounds, f"p_bootstrap{suffix}": p_value}
    return found | {"p_mcnemar": mcnemar(right, other_right)}


def _corrected(rows):
    table = Table(rows) if rows else Table(names=_COLUMNS, dtype=(str, str, *(int,) * 5, *(float,) * 8))
    for name in [name for name in table.colnames if name.startswith("p_")]:
        values = np.asarray(table[name], float)
        there, corrected = np.isfinite(values), np.full(values.size, np.nan)
        corrected[there] = holm(values[there])
        table[f"{name}_holm"] = corrected
    return table
