"""Tables of what ``judge.py`` found, every figure with its 95% interval by bodies."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from judge_frames import TRAINED_OUTLIERS

from astroclassify.metrics import (
    ClusterBootstrap,
    Estimate,
    accuracy,
    area_under_curve,
    balanced_accuracy,
    calibration_error,
    confidence,
    f1_galaxy,
    f1_nsc,
    leans_to_galaxy,
    recalibration,
    wilson_interval,
)


def intercept(p_galaxy, is_galaxy):
    """Intercept of the logistic recalibration: 0 where galaxies are as frequent as they are said to be."""
    return recalibration(p_galaxy, is_galaxy).intercept


def slope(p_galaxy, is_galaxy):
    """Slope of the logistic recalibration: 1 where probabilities are as sure as they should be."""
    return recalibration(p_galaxy, is_galaxy).slope


#: Formats of a figure and of its bounds.
PERCENT, NUMBER = (".2%", ".1%"), (".3f", ".3f")
FIGURES = {
    "accuracy": (accuracy, PERCENT),
    "F1 galaxy": (f1_galaxy, PERCENT),
    "F1 NSC": (f1_nsc, PERCENT),
    "balanced accuracy": (balanced_accuracy, PERCENT),
    "AUC": (area_under_curve, NUMBER),
    "ECE": (calibration_error, NUMBER),
    "calibration intercept": (intercept, (".2f", ".2f")),
    "calibration slope": (slope, (".2f", ".2f")),
}
#: Scores of doubt, larger where a frame is less like one of a body.
SCORES = {
    "p_field": "P(field)",
    "energy": "energy",
    "max_softmax": "1 - max. probability",
    "mahalanobis": "Mahalanobis",
}
#: What frames are grouped by: the column, and the limits of numbers.
GROUPS = {
    "instrument": ("instrument", None),
    "kind": ("kind", None),
    "band": ("band", None),
    "part": ("part", (0.0, 0.02, 0.05, 0.15, 0.3, 1.01)),
    "snr": ("snr", (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, np.inf)),
}
_USUAL_GROUPS = ("instrument", "kind", "part", "snr")
#: Bootstrap samples, and those of figures that are fitted in each.
_DRAWS, _FEWER = 2000, 300
#: Part of the clear frames that are to be answered as bodies, whatever the doubt.
RECALL = 0.9
_COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)


@dataclass(frozen=True)
class Listing:
    """A title, and rows of text of which the first is the head."""

    title: str
    rows: list


def all_tables(rows, *, by=None, wrong=False):
    """Yield every table that the answers allow."""
    everything = {name: of(rows, rows["set"] == name) for name in dict.fromkeys(rows["set"])}
    others = everything.pop("outliers", None)
    parts = {name: part for name, part in everything.items() if not _is_empty(part)}
    if parts:
        yield summary(parts)
        yield coverage(parts)
    for name, part in parts.items():
        yield from (grouped(part, name, each) for each in by or _USUAL_GROUPS if _has_groups(part, each))
    for name in everything.keys() - parts.keys() if parts else ():
        yield empty(_clear(parts), everything[name], name)
    if others is not None and parts:
        yield unlike(next(iter(parts.values())), others, next(iter(parts)))
    if wrong:
        yield from (mistakes(part, name) for name, part in parts.items())


def _is_empty(rows):
    """Tell whether a set shows no body."""
    return bool(np.all(rows["truth"] == "field"))


def _clear(parts):
    """Join the sets whose names end in "clear"; without any, take the first."""
    chosen = [part for name, part in parts.items() if name.endswith("clear")] or [next(iter(parts.values()))]
    return {key: np.concatenate([part[key] for part in chosen]) for key in chosen[0]}


def of(rows, chosen):
    """Take some of the rows."""
    return {name: values[chosen] for name, values in rows.items()}


def figure(rows, name):
    """Say one figure of frames of bodies; a dash where only one class is there."""
    metric, style = FIGURES[name]
    draws = _FEWER if metric in (intercept, slope) else _DRAWS
    return scored(metric, rows["p_galaxy"], rows["truth"] == "galaxy", rows["body"], style, draws=draws)


def scored(metric, values, truth, bodies, style, *, groups=None, draws=_DRAWS):
    """Say a figure with its interval."""
    return ClusterBootstrap(bodies, draws=draws).estimate(metric, values, truth, groups=groups).text(*style)


def _size(rows):
    return f"{rows['set'].size} of {np.unique(rows['body']).size}"


def summary(parts):
    """Every figure of every set."""
    lines = [["figure", *parts], ["frames of bodies", *map(_size, parts.values())]]
    lines += [[name, *(figure(part, name) for part in parts.values())] for name in FIGURES]
    lines.append(["not uncertain", *map(_answered, parts.values())])
    sure = [of(part, part["label"] != "uncertain") for part in parts.values()]
    lines.append(["accuracy of these", *(figure(part, "accuracy") for part in sure)])
    return Listing('Every frame, those answered "uncertain" by what they lean to', lines)


def _answered(rows):
    return ClusterBootstrap(rows["body"]).mean(rows["label"] != "uncertain", bounds=(0, 1)).text(*PERCENT)


def coverage(parts):
    """Accuracy if only the most certain frames are answered."""
    lines = [["answered", *parts]]
    lines += [
        [f"{share:.0%}", *(_accuracy_of_most_certain(part, share) for part in parts.values())]
        for share in _COVERAGES
    ]
    return Listing("Coverage against accuracy", lines)


def _accuracy_of_most_certain(rows, share):
    def kept(p_galaxy):
        return np.argsort(-confidence(p_galaxy), kind="stable")[: max(1, round(share * p_galaxy.size))]

    def metric(p_galaxy, is_galaxy):
        chosen = kept(p_galaxy)
        return accuracy(p_galaxy[chosen], is_galaxy[chosen])

    p_galaxy, is_galaxy, bodies = rows["p_galaxy"], rows["truth"] == "galaxy", rows["body"]
    answered = np.unique(bodies[kept(p_galaxy)]).size
    return scored(metric, p_galaxy, is_galaxy, bodies, PERCENT, groups=answered)


def _has_groups(rows, by):
    column, limits = GROUPS[by]
    values = rows[column]
    return np.isfinite(values).any() if limits else np.unique(values).size > 1


def grouped(rows, name, by):
    """The main figures of each group of frames."""
    column, limits = GROUPS[by]
    names = ["accuracy", "balanced accuracy", "AUC", "ECE"] if by in ("instrument", "band") else ["accuracy"]
    lines = [[by, "frames of bodies", *names]]
    for label, chosen in _groups(rows[column], limits):
        part = of(rows, chosen)
        lines.append([label, _size(part), *(figure(part, each) for each in names)])
    return Listing(f"{name}, by {by}", lines)


def _groups(values, limits):
    if limits is None:
        return [(value, values == value) for value in np.unique(values)]
    pairs = pairwise(limits)
    groups = [(f"{low:g} to {high:g}", (values >= low) & (values < high)) for low, high in pairs]
    return [(label, chosen) for label, chosen in groups if chosen.any()]


def empty(bodies, fields, name):
    """
    Count the empty fields that are answered as a body.

    Of each score of doubt the limit is the one below which 90% of the clear frames lie: these are then
    answered as bodies, and so is a field below it. The first row is what the labels say, with the card's
    limits.
    """
    labelled = {key: rows["label"] != "uncertain" for key, rows in (("clear", bodies), ("field", fields))}
    share = ClusterBootstrap(fields["body"]).mean(labelled["field"], bounds=(0, 1)).text(*PERCENT)
    head = [
        "score",
        "clear frames answered",
        "limit",
        "fields answered as a body",
        "share",
        "of these galaxy",
    ]
    first = ["as labelled", f"{labelled['clear'].mean():.1%}", "", str(labelled["field"].sum()), share]
    lines = [head, [*first, str(_galaxies(fields, labelled["field"]))]]
    known = (key for key in SCORES if np.isfinite(fields[key]).all() and np.isfinite(bodies[key]).all())
    lines += [_by_limit(bodies, fields, key) for key in known]
    size = f"{fields['set'].size} frames of {name}"
    return Listing(f"{size} answered as a body, where {RECALL:.0%} of the clear frames are", lines)


def _galaxies(fields, chosen):
    return int((leans_to_galaxy(fields["p_galaxy"]) & chosen).sum())


def _by_limit(bodies, fields, key):
    limit = _limit(bodies[key])
    below = fields[key] <= limit
    values = np.concatenate([bodies[key], fields[key]])
    is_field = np.arange(values.size) >= bodies[key].size
    names = np.concatenate([bodies["body"], fields["body"]])
    number = np.unique(fields["body"]).size
    share = ClusterBootstrap(names).estimate(_passed, values, is_field, groups=number)
    share = _widened(share, number).text(*PERCENT)
    answered = f"{np.mean(bodies[key] <= limit):.1%}"
    return [SCORES[key], answered, f"{limit:.4g}", str(below.sum()), share, str(_galaxies(fields, below))]


def _widened(share, number):
    """
    Widen an interval to Wilson's of so many draws.

    Samples of fields of which none, or all, are answered say that there is no other; only the limit moves.
    """
    low, high = wilson_interval(share.value, number)
    return Estimate(share.value, min(low, share.low), max(high, share.high))


def _limit(doubt):
    """Give the least limit at or below which the wanted part of the frames lies."""
    return float(np.quantile(doubt, RECALL, method="higher"))


def _passed(doubt, is_field):
    """Say which share of the empty fields is not above the limit that the other frames set."""
    if is_field.all() or not is_field.any():
        return float("nan")
    return float(np.mean(doubt[is_field] <= _limit(doubt[~is_field])))


_passed.bounded = False  # scores, not probabilities


def unlike(bodies, others, name):
    """AUROC of each score between frames of bodies and outliers."""
    scores = [key for key in SCORES if np.isfinite(others[key]).all() and np.isfinite(bodies[key]).all()]
    lines = [["outliers", "frames", *(SCORES[key] for key in scores)]]
    kinds = others["kind"]
    groups = [(kind, kinds == kind) for kind in dict.fromkeys(kinds)]
    trained, empty = np.isin(kinds, TRAINED_OUTLIERS), others["truth"] == "field"
    small = np.char.endswith(others["band"], "cut-out")
    groups += [
        ("all like trained ones", trained),
        ("all unlike trained ones", ~trained & ~empty),
        ("all, whole chips", ~small & ~empty),
        ("all, cut-outs", small & ~empty),
        ("all but fields", ~empty),
    ]
    for label, chosen in groups:
        if chosen.any():
            part = of(others, chosen)
            lines.append([label, str(chosen.sum()), *(_auroc(bodies, part, key) for key in scores)])
    return Listing(f"Outliers against {name}: area under the curve (AUROC) of scores", lines)


def _auroc(bodies, others, key):
    values = np.concatenate([bodies[key], others[key]])
    is_other = np.arange(values.size) >= bodies[key].size
    names = np.concatenate([bodies["body"], others["body"]])
    return scored(area_under_curve, values, is_other, names, NUMBER)


def mistakes(rows, name):
    """The frames that are labelled wrongly, the surest first."""
    wrong = leans_to_galaxy(rows["p_galaxy"]) != (rows["truth"] == "galaxy")
    found = of(rows, wrong)
    lines = [["frame", "kind", "label", "probability of galaxy"]]
    for row in np.argsort(-np.abs(found["p_galaxy"] - 0.5)):
        told = (found["name"][row], found["kind"][row], found["label"][row])
        lines.append([*told, f"{found['p_galaxy'][row]:.3f}"])
    return Listing(f"{name}: labelled wrongly", lines)


def as_text(table, style):
    """Write a table as reStructuredText or Markdown."""
    widths = [max(map(len, column)) for column in zip(*table.rows, strict=True)]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in table.rows]
    if style == "markdown":
        text = [f"| {' | '.join(row)} |" for row in lines]
        text.insert(1, f"|{'|'.join('-' * (width + 2) for width in widths)}|")
    else:
        rule = "  ".join("=" * width for width in widths)
        text = [rule, "  ".join(lines[0]), rule, *("  ".join(row) for row in lines[1:]), rule]
    return "\n".join([f"{table.title}\n", *(line.rstrip() for line in text), ""])
