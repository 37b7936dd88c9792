"""Figures of an evaluation: confusion, ROC, reliability, accuracy by body, times."""

import numpy as np

from astroclassify.core import checked, rules
from astroclassify.visualization._evaluation_style import (
    GREY,
    beside,
    clean,
    model_styles,
    new_figure,
    percent,
)
from astroclassify.visualization._rules import EVALUATION

_CLASSES = ("galaxy", "nsc")
_NAMES = {"galaxy": "galaxy", "nsc": "NSC"}
_COLUMNS = 4  # of small panels
_MOST_BODIES = 60


@checked(evaluation=EVALUATION)
def plot_confusion(evaluation):
    """
    Show the confusion matrix of each model (Fig. 3 of the paper).

    Parameters
    ----------
    evaluation : Evaluation
        From `astroclassify.evaluation.evaluate`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each model: frames by their truth (rows) and by what they are called (columns), with
        their share of the row. Frames that are answered "uncertain" count by what they lean to.

    Raises
    ------
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    `~astroclassify.evaluation.evaluate` and `~astroclassify.evaluation.read_evaluation` give an evaluation.
    Here one is made of its table:

    >>> from astropy.table import Table
    >>> from astroclassify.evaluation import Evaluation
    >>> from astroclassify.visualization import plot_confusion
    >>> counts = Table({"model": ["a", "a"], "truth": ["galaxy", "nsc"], "galaxy": [9, 2], "nsc": [1, 8]})
    >>> figure = plot_confusion(Evaluation(("a",), Table(), {"confusion": counts}))
    >>> figure.axes[0].get_title()
    'a\\n85.0% right'
    """
    figure, panels = _small_panels(evaluation.models, width=2.5, height=3.0)
    table = evaluation.tables["confusion"]
    for model, ax in panels.items():
        mine = table[table["model"] == model]
        counts = np.array([[_cell(mine, truth, said) for said in _CLASSES] for truth in _CLASSES])
        _draw_matrix(ax, counts)
        right = counts.trace() / counts.sum() if counts.sum() else np.nan
        ax.set_title(f"{model}\n{percent(right)} right", fontsize=9)
    return figure


def _cell(table, truth, said):
    rows = table[table["truth"] == truth]
    return int(rows[said][0]) if len(rows) else 0


def _draw_matrix(ax, counts):
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        ax.text(
            column,
            row,
            f"{count}\n{100 * share:.1f}%",
            ha="center",
            va="center",
            color="white" if share > 0.55 else "black",
        )
    names = [_NAMES[name] for name in _CLASSES]
    ax.set_xticks([0, 1], names)
    ax.set_yticks([0, 1], names, rotation=90, va="center")
    ax.set(xlabel="called", ylabel="truth")
    ax.tick_params(length=0)


@checked(evaluation=EVALUATION)
def plot_roc(evaluation):
    """
    Show the receiver operating characteristic: galaxies found against NSC called galaxies.

    Parameters
    ----------
    evaluation : Evaluation
        From `astroclassify.evaluation.evaluate`.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each model; the list of names gives the area under each, with its 95% interval by body,
        the largest first. A dot marks the threshold 0.5.

    Raises
    ------
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    `~astroclassify.evaluation.evaluate` and `~astroclassify.evaluation.read_evaluation` give an evaluation.
    Here one is made of its tables:

    >>> from astropy.table import Table
    >>> from astroclassify.evaluation import Evaluation
    >>> from astroclassify.visualization import plot_roc
    >>> curve = Table({"model": ["a"] * 3, "threshold": [1.0, 0.5, 0.0]})
    >>> curve["false_positive_rate"], curve["true_positive_rate"] = [0.0, 0.1, 1.0], [0.0, 0.9, 1.0]
    >>> area = Table({"model": ["a"], "auc": [0.9], "auc_low": [0.8], "auc_high": [0.97]})
    >>> figure = plot_roc(Evaluation(("a",), Table(), {"roc": curve, "calibration": area}))
    >>> figure.axes[0].get_xlabel()
    'NSC that are called galaxies'
    """
    figure = new_figure(5.4, 5.0)
    ax = figure.add_subplot()
    styles = model_styles(evaluation.models)
    ax.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8)
    for model, style in styles.items():
        mine = evaluation.tables["roc"][evaluation.tables["roc"]["model"] == model]
        false, true = mine["false_positive_rate"], mine["true_positive_rate"]
        line = {key: style[key] for key in ("color", "linestyle")}
        ax.plot(false, true, linewidth=1.6, drawstyle="steps-post", **line)
        if len(mine):
            half = np.flatnonzero(mine["threshold"] >= 0.5)[-1]
            ax.plot(false[half], true[half], style["marker"], color=style["color"], markersize=6)
    clean(ax, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    ax.set(xlabel="NSC that are called galaxies", ylabel="galaxies that are called galaxies")
    _list_areas(ax, evaluation, styles)
    return figure


def _list_areas(ax, evaluation, styles):
    table = evaluation.tables["calibration"]
    rows = sorted(table, key=lambda row: -np.nan_to_num(row["auc"]))
    for index, row in enumerate(rows):
        interval = f" ({row['auc_low']:.3f} to {row['auc_high']:.3f})" if np.isfinite(row["auc_low"]) else ""
        ax.text(
            0.98,
            0.04 + 0.052 * (len(rows) - 1 - index),
            f"{row['model']}  {row['auc']:.3f}{interval}",
            color=styles[str(row["model"])]["color"],
            ha="right",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8},
        )
    top = 0.04 + 0.052 * len(rows) + 0.01
    ax.text(0.98, top, "area under the curve (95% by body)", color=GREY, ha="right", fontsize=8)


@checked(evaluation=EVALUATION)
def plot_reliability(evaluation):
    """
    Show the reliability diagram: accuracy against confidence.

    Parameters
    ----------
    evaluation : Evaluation
        From `astroclassify.evaluation.evaluate`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each model: accuracy against mean confidence in bins, whose dots have areas as the
        numbers of frames; bars from the diagonal show what is missing. The title gives the expected
        calibration error with its 95% interval by body.

    Raises
    ------
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    `~astroclassify.evaluation.evaluate` and `~astroclassify.evaluation.read_evaluation` give an evaluation.
    Here one is made of its tables:

    >>> from astropy.table import Table
    >>> from astroclassify.evaluation import Evaluation
    >>> from astroclassify.visualization import plot_reliability
    >>> bins = Table({"model": ["a"], "frames": [20], "confidence": [0.9], "accuracy": [0.85]})
    >>> error = Table({"model": ["a"], "ece": [0.05], "ece_low": [0.02], "ece_high": [0.09]})
    >>> figure = plot_reliability(Evaluation(("a",), Table(), {"reliability": bins, "calibration": error}))
    >>> figure.axes[0].get_title()
    'a\\nECE 5.0% (2.0 to 9.0)'
    """
    figure, panels = _small_panels(evaluation.models, width=2.7, height=2.9)
    tables, styles = evaluation.tables, model_styles(evaluation.models)
    for model, ax in panels.items():
        bins = tables["reliability"][tables["reliability"]["model"] == model]
        bins = bins[bins["frames"] > 0]
        colour, share = styles[model]["color"], bins["frames"] / max(bins["frames"].sum(), 1)
        ax.plot([0.5, 1], [0.5, 1], color="#bbbbbb", linewidth=1)
        ax.vlines(bins["confidence"], bins["confidence"], bins["accuracy"], color=colour, linewidth=1.5)
        ax.scatter(bins["confidence"], bins["accuracy"], s=12 + 300 * share, color=colour, alpha=0.75)
        clean(ax, xlim=(0.48, 1.02), ylim=(-0.03, 1.03), xlabel="confidence", ylabel="accuracy")
        ax.set_xticks([0.5, 0.75, 1.0])
        error = tables["calibration"][tables["calibration"]["model"] == model][0]
        text = percent(error["ece"], error["ece_low"], error["ece_high"])
        ax.set_title(f"{model}\nECE {text}", fontsize=9)
    return figure


@checked(evaluation=EVALUATION, max_bodies=rules.whole())
def plot_accuracy_by_body(evaluation, *, max_bodies=_MOST_BODIES):
    """
    Show the accuracy on each body.

    Parameters
    ----------
    evaluation : Evaluation
        From `astroclassify.evaluation.evaluate`.
    max_bodies : int, default 60
        If there are more bodies, show those with the lowest accuracy, the mean over the models.

    Returns
    -------
    matplotlib.figure.Figure
        Galaxies on the left, NSC on the right, one line for each body, with its number of frames, those with
        most errors on top; a mark for each model, with its 95% interval by visit where the body was visited
        more than once.

    Raises
    ------
    ParameterError
        If ``max_bodies`` is less than 1.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    `~astroclassify.evaluation.evaluate` and `~astroclassify.evaluation.read_evaluation` give an evaluation.
    Here one is made of its table:

    >>> from astropy.table import Table
    >>> from astroclassify.evaluation import Evaluation
    >>> from astroclassify.visualization import plot_accuracy_by_body
    >>> bodies = Table({"model": ["a"] * 4, "body": ["M 51", "M 82", "M 13", "M 42"]})
    >>> bodies["truth"], bodies["frames"] = ["galaxy", "galaxy", "nsc", "nsc"], 4
    >>> bodies["accuracy"] = [1.0, 0.75, 1.0, 0.5]
    >>> bodies["accuracy_visit_low"], bodies["accuracy_visit_high"] = [1.0, 0.5, 1.0, 0.25], 1.0
    >>> figure = plot_accuracy_by_body(Evaluation(("a",), Table(), {"by_body": bodies}))
    >>> [ax.get_title() for ax in figure.axes]
    ['2 galaxies', '2 NSC']
    """
    table = evaluation.tables["by_body"]
    groups = {truth: _worst_bodies(table[table["truth"] == truth]) for truth in _CLASSES}
    shown = _shared_out(groups, max_bodies)
    longest = max(map(len, shown.values()), default=1)
    figure = new_figure(9.0, 1.4 + 0.2 * max(longest, 3))
    axes, styles = figure.subplots(1, 2), model_styles(evaluation.models)
    for ax, truth in zip(axes, _CLASSES, strict=True):
        mine = table[table["truth"] == truth]
        for index, (model, style) in enumerate(styles.items()):
            shift = 0.5 * ((index + 0.5) / len(styles) - 0.5)
            _draw_bodies(ax, mine[mine["model"] == model], shown[truth], shift, style, model)
        names = [f"{name} ({_frames_of(mine, name)})" for name in shown[truth]]
        ax.set_yticks(range(len(names)), names, fontsize=7)
        clean(ax, xlim=(-0.03, 1.03), ylim=(max(len(shown[truth]), 1) - 0.5, -0.5), xlabel="accuracy")
        of_all = len(groups[truth])
        rest = f", the {len(shown[truth])} with most errors" if len(shown[truth]) < of_all else ""
        galaxies = "galaxy" if of_all == 1 else "galaxies"
        ax.set_title(f"{of_all} {galaxies if truth == 'galaxy' else 'NSC'}{rest}", fontsize=10)
    _legend_of_models(figure, axes[0])
    return figure


def _worst_bodies(table):
    """Bodies by their mean accuracy over the models, the lowest first."""
    names = list(dict.fromkeys(map(str, table["body"])))
    unanswered = 2  # behind all others
    mean = {
        name: np.nan_to_num(table["accuracy"][table["body"] == name], nan=unanswered).mean() for name in names
    }
    return sorted(names, key=lambda name: (mean[name], name))


def _frames_of(table, body):
    return int(table["frames"][table["body"] == body].max())


def _shared_out(groups, max_bodies):
    """Cut both lists so that together they are not longer than that; a short one leaves room to the other."""
    galaxies, others = (len(groups[truth]) for truth in _CLASSES)
    first = min(galaxies, max(max_bodies // 2, max_bodies - others))
    return {"galaxy": groups["galaxy"][:first], "nsc": groups["nsc"][: max(max_bodies - first, 0)]}


def _draw_bodies(ax, rows, names, shift, style, model):
    row_of = {str(row["body"]): row for row in rows}
    found = [(y, row_of[name]) for y, name in enumerate(names) if name in row_of]
    if not found:
        return
    y = np.array([number for number, _ in found]) + shift
    value, low, high = (
        np.array([row[name] for _, row in found], float)
        for name in ("accuracy", "accuracy_visit_low", "accuracy_visit_high")
    )
    there = np.isfinite(low)
    ax.hlines(y[there], low[there], high[there], color=style["color"], linewidth=0.9, alpha=0.6)
    ax.plot(value, y, style["marker"], color=style["color"], markersize=4, label=model)


def _legend_of_models(figure, ax):
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(
            handles, labels, loc="outside upper center", ncols=min(len(labels), 7), frameon=False, fontsize=8
        )


@checked(evaluation=EVALUATION)
def plot_accuracy_and_time(evaluation):
    """
    Show accuracy against time (Table 4 of the paper as a figure).

    Parameters
    ----------
    evaluation : Evaluation
        From `astroclassify.evaluation.evaluate`.

    Returns
    -------
    matplotlib.figure.Figure
        A mark for each model at the mean time for a frame, from the file to the answer, with the 95%
        intervals by body of both. Models without times are left out.

    Raises
    ------
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    `~astroclassify.evaluation.evaluate` and `~astroclassify.evaluation.read_evaluation` give an evaluation.
    Here one is made of its table:

    >>> from astropy.table import Table
    >>> from astroclassify.evaluation import Evaluation
    >>> from astroclassify.visualization import plot_accuracy_and_time
    >>> figures = Table({"model": ["a"], "total_ms": [300.0]})
    >>> figures["total_ms_low"], figures["total_ms_high"] = [280.0], [330.0]
    >>> figures["accuracy"], figures["accuracy_low"], figures["accuracy_high"] = [0.9], [0.8], [0.97]
    >>> figure = plot_accuracy_and_time(Evaluation(("a",), Table(), {"performance": figures}))
    >>> figure.axes[0].get_ylabel()
    'accuracy'
    """
    figure = new_figure(6.0, 3.8)
    ax, styles = figure.add_subplot(), model_styles(evaluation.models)
    labels = []
    for row in evaluation.tables["performance"]:
        style = styles[str(row["model"])]
        x, y = (_with_errors(row, name) for name in ("total_ms", "accuracy"))
        if np.isfinite(x[0]):
            ax.errorbar(
                x[0],
                y[0],
                xerr=x[1],
                yerr=y[1],
                fmt=style["marker"],
                color=style["color"],
                elinewidth=1,
                capsize=2,
            )
            labels.append((str(row["model"]), x[0], y[0], style["color"]))
    clean(ax, xscale="log", xlabel="time for a frame, from the file to the answer [ms]", ylabel="accuracy")
    if labels:
        _whole_ticks(ax)
        for model, x, height, colour in beside(ax, labels):
            ax.annotate(
                model, (x, height), (7, 0), textcoords="offset points", color=colour, fontsize=8, va="bottom"
            )
    else:
        ax.text(0.5, 0.5, "no times were measured", transform=ax.transAxes, ha="center", color=GREY)
    return figure


def _with_errors(row, name):
    """A figure, and how far below and above it its interval reaches, shape (2, 1); zero without one."""
    value, low, high = (float(row[f"{name}{ending}"]) for ending in ("", "_low", "_high"))
    return value, np.nan_to_num([[max(value - low, 0)], [max(high - value, 0)]])


def _whole_ticks(ax):
    """A decade at least, whose ticks are plain numbers."""
    low, high = ax.get_xlim()
    middle = np.sqrt(low * high)
    ax.set_xlim(min(low, middle / 3.3), max(high, middle * 3.3))
    values = [step * 10.0**power for power in range(-3, 9) for step in (1, 2, 5)]
    low, high = ax.get_xlim()
    ax.set_xticks([v for v in values if low <= v <= high], minor=False)
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _small_panels(models, *, width, height):
    """One panel for each model, in rows of four."""
    columns = min(len(models), _COLUMNS)
    rows = -(-len(models) // columns)
    figure = new_figure(max(width * columns, 3.2), height * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(models) :]:
        ax.remove()
    return figure, dict(zip(models, axes, strict=False))
