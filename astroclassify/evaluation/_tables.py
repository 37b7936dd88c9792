"""Tables of an evaluation: scores, calibration and times of models, for all frames and by group."""

from itertools import combinations

import numpy as np
from astropy.table import Table

from astroclassify.evaluation._scored import TRUTHS, figure, is_scored, scored_answers, scores
from astroclassify.metrics import (
    SHARES,
    accuracy,
    area_under_curve,
    brier_score,
    brier_skill,
    calibration_error,
    confusion_matrix,
    coverage_curve,
    debiased_calibration_error,
    f1_galaxy,
    f1_nsc,
    holm,
    mcnemar,
    recalibration,
    roc_curve,
)
from astroclassify.metrics import reliability as reliability_of

_TIMES = ("preprocess_ms", "classify_ms", "total_ms")
_GROUP_SHARES = (accuracy, f1_galaxy, f1_nsc)


def performance(of_models, *, draws, rng):
    """
    Make the table of the paper: scores and times.

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
        A row for each model.
    """
    rows = []
    for model, answers in of_models.items():
        scored = scored_answers(answers)
        samples = scored.draws(draws, rng)
        row = {"model": model, "planes": _planes(answers), **_numbers(answers, scored)}
        row |= scores(SHARES, scored.called, scored.truth, samples)
        for name, taken in _times(answers[is_scored(answers)]).items():
            row |= _mean(name, taken, samples)
        row["threads"] = _threads(answers)
        rows.append(row)
    return _with_units(Table(rows))


def _mean(name, values, samples, bounds=None):
    return figure(name, samples, lambda bootstrap: bootstrap.mean(values, bounds=bounds))


def _numbers(answers, scored):
    return {
        "frames": scored.truth.size,
        "bodies": np.unique(scored.body).size,
        "visits": np.unique(scored.visit).size,
        "failed": int((answers["error"] != "").sum()),
    }


def _planes(answers):
    return ", ".join(sorted({str(shape) for shape in answers["planes"] if shape}))


def _threads(answers):
    return ", ".join(str(number) for number in sorted(set(answers["threads"].tolist())))


def _times(rows):
    """As in the paper: preprocessing goes from the file to the planes, classification from them on."""
    before = np.asarray(rows["read_ms"] + rows["preprocess_ms"], dtype=float)
    network = np.asarray(rows["classify_ms"], dtype=float)
    return dict(zip(_TIMES, (before, network, before + network), strict=True))


def _with_units(table):
    for name in table.colnames:
        if "_ms" in name:
            table[name].unit = "ms"
    return table


def confusion(of_models):
    """
    Count the confusion matrix (Fig. 3 of the paper).

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.

    Returns
    -------
    `~astropy.table.Table`
        Two rows for each model, one for each truth: ``galaxy`` and ``nsc`` count frames by what they lean
        to, ``uncertain`` those of them without a label, ``failed`` those without an answer.
    """
    rows = []
    for model, answers in of_models.items():
        scored = scored_answers(answers)
        for truth, called in zip(TRUTHS, confusion_matrix(scored.called, scored.truth).tolist(), strict=True):
            mine = answers[answers["truth"] == truth]
            leaning = dict(zip(TRUTHS, called, strict=True))
            without = {
                "uncertain": int((mine["label"] == "uncertain").sum()),
                "failed": int((mine["error"] != "").sum()),
            }
            rows.append({"model": model, "truth": truth, **leaning, **without})
    return Table(rows)


def roc(of_models):
    """
    Compute the receiver operating characteristic.

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.

    Returns
    -------
    `~astropy.table.Table`
        A row for each threshold at which something changes: frames whose ``p_galaxy`` is at least
        ``threshold`` are called galaxies. Models that saw one class only have no rows.
    """
    rows = []
    for model, answers in of_models.items():
        scored = scored_answers(answers)
        curve = roc_curve(scored.p_galaxy, scored.truth)
        rows += zip([model] * curve.threshold.size, *curve, strict=True)
    names = ("model", "threshold", "false_positive_rate", "true_positive_rate")
    return Table(rows=rows or None, names=names, dtype=(str, float, float, float))


def calibration(of_models, *, draws, rng):
    """
    Measure calibration, and the share of frames that are answered.

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
        A row for each model: area under the ROC curve; expected calibration error, and the debiased one (by
        body); Brier score and skill; intercept and slope of the logistic recalibration; the share of frames
        with a label (not ``uncertain``), and the accuracy of these.
    """
    rows = []
    for model, answers in of_models.items():
        scored = scored_answers(answers)
        both = scored.p_galaxy, scored.truth
        samples = scored.draws(draws, rng)
        row = {"model": model, "frames": scored.truth.size}
        row |= figure("auc", samples, lambda bootstrap, of=both: bootstrap.estimate(area_under_curve, *of))
        row |= _calibration_error(scored, samples)
        row["ece_debiased"] = debiased_calibration_error(*both, scored.body)
        row |= figure("brier", samples, lambda bootstrap, of=both: bootstrap.estimate(brier_score, *of))
        row["brier_skill"] = brier_skill(*both)
        row |= recalibration(*both)._asdict()
        row |= _mean("coverage", scored.sure, samples, (0, 1))
        sure = scored.where(scored.sure)
        row |= _mean("accuracy_of_answered", sure.right, sure.draws(draws, rng), (0, 1))
        rows.append(row)
    return Table(rows)


def _calibration_error(scored, samples):
    return figure(
        "ece", samples, lambda each: each.estimate(calibration_error, scored.p_galaxy, scored.truth)
    )


def reliability(of_models):
    """
    Give the reliability diagram: accuracy in bins of confidence.

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.

    Returns
    -------
    `~astropy.table.Table`
        A row for each model and bin of the probability of what a frame leans to, from 0.5 to 1; confidence
        and accuracy are NaN in empty bins.
    """
    rows = []
    for model, answers in of_models.items():
        scored = scored_answers(answers)
        found = reliability_of(scored.p_galaxy, scored.truth)
        rows += zip([model] * found.low.size, *found, strict=True)
    return Table(rows=rows, names=("model", "low", "high", "frames", "confidence", "accuracy"))


def coverage(of_models):
    """
    Give accuracy against coverage, for thresholds of the probability.

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.

    Returns
    -------
    `~astropy.table.Table`
        A row for each model and threshold of the probability; see `~astroclassify.metrics.coverage_curve`.
    """
    rows = []
    for model, answers in of_models.items():
        scored = scored_answers(answers)
        if scored.truth.size:
            curve = coverage_curve(scored.p_galaxy, scored.truth)
            rows += zip([model] * curve.threshold.size, *curve, strict=True)
    names = ("model", "threshold", "coverage", "accuracy")
    return Table(rows=rows or None, names=names, dtype=(str, float, float, float))


def by_group(of_models, column, *, draws, rng):
    """
    Score the frames of each instrument or band apart.

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.
    column : str
        Column of the answers whose values are the groups.
    draws : int
        Bootstrap samples.
    rng : int
        Their seed.

    Returns
    -------
    `~astropy.table.Table`
        A row for each model and group.
    """
    rows = []
    for model, answers in of_models.items():
        for group in np.unique(np.asarray(answers[column], dtype=str)):
            mine = answers[answers[column] == group]
            scored = scored_answers(mine)
            row = {"model": model, column: group, **_numbers(mine, scored)}
            row |= {"galaxies": int(scored.truth.sum()), "nsc": int((~scored.truth).sum())}
            samples = scored.draws(draws, rng)
            row |= scores(_GROUP_SHARES, scored.called, scored.truth, samples)
            row |= _calibration_error(scored, samples)
            rows.append(row)
    return Table(rows)


def by_body(of_models, *, draws, rng):
    """
    Score the frames of each body apart.

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
        A row for each model and body, with the interval of its accuracy by visit.
    """
    rows = []
    for model, answers in of_models.items():
        for body in np.unique(np.asarray(answers["body"], dtype=str)):
            mine = answers[answers["body"] == body]
            scored = scored_answers(mine)
            numbers = {key: value for key, value in _numbers(mine, scored).items() if key != "bodies"}
            visits = {"_visit": scored.draws(draws, rng)["_visit"]}
            rows.append(
                {
                    "model": model,
                    "body": body,
                    "truth": ", ".join(np.unique(np.asarray(mine["truth"], dtype=str))),
                    **numbers,
                    "right": int(scored.right.sum()),
                    **_mean("accuracy", scored.right, visits, (0, 1)),
                    "mean_p_galaxy": float(scored.p_galaxy.mean()) if scored.p_galaxy.size else np.nan,
                }
            )
    return Table(rows)


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
