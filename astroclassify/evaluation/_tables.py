"""Tables of an evaluation: how good, how sure and how fast models are, as a whole and group by group."""

from itertools import pairwise

import numpy as np
from astropy.table import Table

from astroclassify.core import ParameterError
from astroclassify.evaluation._answered import BY, answered, is_scored
from astroclassify.evaluation._figures import calibration_figures, mean, reliability_bin, shares
from astroclassify.inference import coverage_curve
from astroclassify.training import area_under_curve, bootstrap

_TIMES = ("preprocess_ms", "classify_ms", "total_ms")
_GROUP_SHARES = ("accuracy", "f1_galaxy", "f1_nsc")
#: Bins of the reliability table (int).
_BINS = 10


def table4(of_models, *, draws, rng):
    """
    Make the table of the paper: how good and how fast.

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
        told = answered(answers)
        samples = told.draws(draws, rng)
        row = {"model": model, "planes": _planes(answers), **_numbers(answers, told)}
        row |= shares(told.said, told.truth, samples)
        times = _times(answers[is_scored(answers)])
        row |= {key: value for name in _TIMES for key, value in mean(name, times[name], samples).items()}
        row["threads"] = _threads(answers)
        rows.append(row)
    return _with_units(Table(rows))


def _numbers(answers, told):
    return {
        "frames": told.truth.size,
        "bodies": np.unique(told.body).size,
        "visits": np.unique(told.visit).size,
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
    Count what is called what (Fig. 3 of the paper).

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
        for truth in ("galaxy", "nsc"):
            mine = answers[answers["truth"] == truth]
            leaning = {each: int((mine["leaning"] == each).sum()) for each in ("galaxy", "nsc")}
            without = {
                "uncertain": int((mine["label"] == "uncertain").sum()),
                "failed": int((mine["error"] != "").sum()),
            }
            rows.append({"model": model, "truth": truth, **leaning, **without})
    return Table(rows)


def roc(of_models):
    """
    Give the receiver operating characteristic.

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
        told = answered(answers)
        galaxies, others = told.truth.sum(), (~told.truth).sum()
        if not galaxies or not others:
            continue
        order = np.argsort(-told.p_galaxy, kind="stable")
        threshold = told.p_galaxy[order]
        last = np.flatnonzero(np.diff(threshold, append=-1))
        positive = np.cumsum(told.truth[order])[last] / galaxies
        false = np.cumsum(~told.truth[order])[last] / others
        rows += [(model, np.inf, 0.0, 0.0)]
        rows += zip([model] * last.size, threshold[last], false, positive, strict=True)
    names = ("model", "threshold", "false_positive_rate", "true_positive_rate")
    return Table(rows=rows or None, names=names, dtype=(str, float, float, float))


def calibration(of_models, *, draws, rng):
    """
    Say what the probabilities are worth, and what is answered at all.

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
        A row for each model: area under the ROC curve, expected calibration error, the share of frames
        with a label (not ``uncertain``), and the accuracy of these.
    """
    rows = []
    for model, answers in of_models.items():
        told = answered(answers)
        samples = told.draws(draws, rng)
        row = {"model": model, "frames": told.truth.size, **_area(told, draws, rng)}
        row |= calibration_figures(told.right, told.confidence, samples)
        row |= mean("coverage", told.sure.astype(float), samples)
        sure = told.where(told.sure)
        row |= mean("accuracy_of_answered", sure.right.astype(float), sure.draws(draws, rng))
        rows.append(row)
    return Table(rows)


def _area(told, draws, rng):
    """Give the area under the curve, which is no sum over frames, with its intervals."""
    found = {}
    for suffix, group in BY.items():
        groups = getattr(told, group)
        try:
            score = bootstrap(area_under_curve, told.p_galaxy, told.truth, groups, draws=draws, rng=rng)
            value, low, high = score.value, score.low, score.high
        except ParameterError:  # one class only
            value = low = high = np.nan
        if np.unique(groups).size < 2:
            low = high = np.nan
        found |= {"auc": value, f"auc{suffix}_low": low, f"auc{suffix}_high": high}
    return found


def reliability(of_models):
    """
    Compare confidence with accuracy.

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
    rows, edges = [], np.linspace(0.5, 1, _BINS + 1)
    for model, answers in of_models.items():
        told = answered(answers)
        place = reliability_bin(told.confidence, _BINS)
        for number, (low, high) in enumerate(pairwise(edges.tolist())):
            chosen = place == number
            rows.append(
                {
                    "model": model,
                    "low": low,
                    "high": high,
                    "frames": int(chosen.sum()),
                    "confidence": float(told.confidence[chosen].mean()) if chosen.any() else np.nan,
                    "accuracy": float(told.right[chosen].mean()) if chosen.any() else np.nan,
                }
            )
    return Table(rows)


def coverage(of_models):
    """
    Say how accurate answers are if only the surest are given.

    Parameters
    ----------
    of_models : mapping of str to `~astropy.table.Table`
        The answers of each model.

    Returns
    -------
    `~astropy.table.Table`
        A row for each model and threshold of the probability; see `~astroclassify.inference.coverage_curve`.
    """
    rows = []
    for model, answers in of_models.items():
        told = answered(answers)
        if told.truth.size:
            curve = coverage_curve(told.p_galaxy, told.truth)
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
            told = answered(mine)
            row = {"model": model, column: group, **_numbers(mine, told)}
            row |= {"galaxies": int(told.truth.sum()), "nsc": int((~told.truth).sum())}
            samples = told.draws(draws, rng)
            row |= shares(told.said, told.truth, samples, names=_GROUP_SHARES)
            row |= calibration_figures(told.right, told.confidence, samples)
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
            told = answered(mine)
            numbers = {key: value for key, value in _numbers(mine, told).items() if key != "bodies"}
            visits = {"_visit": told.draws(draws, rng)["_visit"]}
            rows.append(
                {
                    "model": model,
                    "body": body,
                    "truth": ", ".join(np.unique(np.asarray(mine["truth"], dtype=str))),
                    **numbers,
                    "right": int(told.right.sum()),
                    **mean("accuracy", told.right.astype(float), visits),
                    "mean_p_galaxy": float(told.p_galaxy.mean()) if told.p_galaxy.size else np.nan,
                }
            )
    return Table(rows)
