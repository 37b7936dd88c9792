"""One answer of several frames of the same body: dithers, bands, or both chips of an exposure."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.special import softmax

from astroclassify.core import ParameterError
from astroclassify.datasets import visit_of
from astroclassify.inference._answers import answer_row, answers_table, error_row
from astroclassify.inference._classification import Classification
from astroclassify.inference._interpret import doubt, galaxy_probability, limits_of
from astroclassify.inference._prior import prior_shift, usual_shares
from astroclassify.metrics import leans_to_galaxy

#: How much the errors of two frames of one body have in common, 0 to 1 (float); see `combine_answers`.
CORRELATION = 0.5
#: What frames may be grouped by: the visit that HST's rootnames tell, or the file (tuple of str).
GROUPS = ("visit", "file")
_ROOTNAME = re.compile(r"[ijluon][a-z0-9]{8}", re.IGNORECASE)
_TINY = 1e-12


def effective_number(frames):
    """
    Say how many independent frames so many of one body are worth.

    Parameters
    ----------
    frames : int
        Their number, 1 or more.

    Returns
    -------
    float
        ``n / (1 + (n - 1) * CORRELATION)``: 1 of one frame, and never more than 2.

    Examples
    --------
    >>> from astroclassify.inference import effective_number
    >>> effective_number(1), effective_number(3)
    (1.0, 1.5)
    """
    return frames / (1 + (frames - 1) * CORRELATION)


def combine_answers(table, model, *, prior=None, meta=None):
    """
    Combine the answers of frames that show the same body.

    Parameters
    ----------
    table : astropy.table.Table
        Their answers, as `~astroclassify.classify_many` gives them.
    model : Model
        The model that gave them.
    prior : mapping of str to float, optional
        That of the answers.
    meta : mapping, optional
        Provenance to keep.

    Returns
    -------
    Classification
        Without a map of the evidence. ``meta`` has ``frames``, ``used`` (of them), ``effective_number``,
        ``spread`` (standard deviation of the frames' log-odds of galaxy against nsc, NaN of one frame),
        ``labels`` (how many frames have each), and ``reason``.

    Raises
    ------
    ParameterError
        If no row has an answer.

    Notes
    -----
    Frames that are novel, or show an empty field, say nothing of the body: the others are used, if there are
    any. With probabilities :math:`p_{ic}` and the shares :math:`\\pi_c` that they hold for,

    .. math::
        P_c \\propto \\pi_c \\exp\\left(\\nu\\,\\overline{\\ln p_{ic} - \\ln \\pi_c}\\right), \\qquad
        \\nu = \\frac{n}{1 + (n - 1)\\,\\rho}.

    If the frames' errors were independent (:math:`\\rho = 0`) evidence would add up; if they were equal
    (:math:`\\rho = 1`) a second frame would tell nothing. One network looks at one body, so much of an error
    is shared: :math:`\\rho` is 0.5. If some frames are surely galaxies and others surely nsc, the answer is
    ``uncertain``.

    Examples
    --------
    >>> from astroclassify import classify_many
    >>> from astroclassify.inference import combine_answers
    >>> from astroclassify.models import build_model
    >>> from astroclassify.simulate import random_frames
    >>> views = random_frames(8, kind="globular", shape=(128, 128), renderings=2)
    >>> answers = classify_many([view.array for view in views], progress=False)
    >>> combined = combine_answers(answers, build_model("default"))
    >>> print(combined.label, combined.meta["frames"], round(combined.meta["effective_number"], 2))
    nsc 2 1.33
    """
    rows = table[table["error"] == ""]
    if not len(rows):
        raise ParameterError("none of the frames has an answer; there is nothing to combine")
    columns = [f"p_class_{name.replace(' ', '_')}" for name in model.classes]
    p = np.array([np.asarray(rows[name], dtype=float) for name in columns]).T
    novelty, limits = np.asarray(rows["novelty"], dtype=float), limits_of(model.calibration)
    used = ~(novelty > limits["novelty_above"]) & ~_is_empty(p, model, limits)
    used = used if used.any() else np.ones(len(rows), bool)
    number = effective_number(int(used.sum()))
    usual = np.log(usual_shares(model)) + prior_shift(prior, model)
    logs = usual + number * (np.log(np.clip(p[used], _TINY, 1)) - usual).mean(axis=0)
    labels = dict(sorted(Counter(rows["label"].tolist()).items()))
    facts = {
        "frames": len(rows),
        "used": int(used.sum()),
        "effective_number": number,
        "spread": _spread(p[used], model.classes),
        "labels": labels,
    }
    return _answered(logs, float(np.median(novelty[used])), labels, model, limits, {**(meta or {}), **facts})


def _is_empty(p, model, limits):
    if "field" not in model.classes:
        return np.zeros(len(p), bool)
    return p[:, model.classes.index("field")] > limits["field_above"]


def _spread(p, classes):
    """Standard deviation of the log-odds of galaxy against nsc."""
    galaxy = np.clip(galaxy_probability(np.log(np.clip(p, _TINY, 1)), classes), _TINY, 1 - _TINY)
    return float(np.std(np.log(galaxy / (1 - galaxy)), ddof=1)) if len(p) > 1 else float("nan")


def _answered(logs, novelty, labels, model, limits, facts):
    probabilities = dict(zip(model.classes, softmax(logs).tolist(), strict=True))
    galaxy = float(galaxy_probability(logs, model.classes))
    leaning, probability = ("galaxy", galaxy) if leans_to_galaxy(galaxy) else ("nsc", 1 - galaxy)
    reason = _disagreement(labels) or doubt(probability, probabilities.get("field", 0.0), novelty, **limits)
    return Classification(
        label="uncertain" if reason else leaning,
        probability=probability,
        leaning=leaning,
        probabilities=probabilities,
        novelty=novelty,
        meta={**facts, **limits, "reason": reason},
    )


def _disagreement(labels):
    galaxies, others = labels.get("galaxy", 0), labels.get("nsc", 0)
    if not (galaxies and others):
        return ""
    return f"the frames disagree: {galaxies} of them galaxy, {others} nebula / star cluster"


def check_grouping(by, identify=None, prior=None):
    """
    Refuse what frames cannot be grouped by.

    Parameters
    ----------
    by : str or None
        `None` for no groups.
    identify, prior : object, optional
        As of `~astroclassify.classify_many`: groups are of the pixels alone, without a catalogue.

    Raises
    ------
    ParameterError
        If it is not one of ``GROUPS``, or a catalogue is asked for as well.
    """
    if by is None:
        return
    if by not in GROUPS:
        raise ParameterError(f"group_by is {by!r}; expected one of {GROUPS}")
    if (identify is not None and identify is not False) or prior == "catalogue":
        raise ParameterError("group_by and a catalogue do not go together; leave one of them out")


def grouped(table, by, model, *, prior=None):
    """
    Put the answers of frames of a visit, or of a file, together.

    Parameters
    ----------
    table : astropy.table.QTable
        From `~astroclassify.classify_many`.
    by : {"visit", "file"}
        What frames of one group have in common: the visit that HST's rootnames tell (any other file is a
        group of its own), or the file.
    model : Model
        The model that gave the answers.
    prior : mapping of str to float, optional
        That of the answers.

    Returns
    -------
    astropy.table.QTable
        One row for each group, in order of its first frame: the columns of the table, of which ``source`` is
        the visit or file and ``chip`` 0, and ``frames`` (how many) and ``spread``, as of `combine_answers`.
    """
    names = np.array([group_name(source, by) for source in table["source"]])
    groups = {name: table[names == name] for name in dict.fromkeys(names.tolist())}
    answers = [_group_row(name, rows, model, prior) for name, rows in groups.items()]
    result = answers_table([row for row, _ in answers], model.classes, meta=dict(table.meta))
    result["frames"] = np.array([len(rows) for rows in groups.values()], dtype=int)
    result["spread"] = np.array([meta.get("spread", np.nan) for _, meta in answers], dtype=float)
    return result


def group_name(source, by):
    """
    Name the group of a frame.

    Parameters
    ----------
    source : str
        Its file.
    by : {"visit", "file"}
        What it is grouped by.

    Returns
    -------
    str
        The first six characters of HST's rootname; else, and by file, the source.
    """
    name = Path(source).name.partition("_")[0].partition(".")[0]
    return visit_of(name) if by == "visit" and _ROOTNAME.fullmatch(name) else str(source)


def _group_row(name, rows, model, prior):
    try:
        answer = combine_answers(rows, model, prior=prior, meta={"source": name, "model": model.spec.name})
    except ParameterError:
        first = ParameterError(rows["error"][0].partition(": ")[2])
        return error_row(first, model.classes, source=name, chip=0, model=model.spec.name), {}
    return answer_row(answer), answer.meta
