"""Misclassified frames as pictures, with the reason proposed for each (Fig. 4 of the paper)."""

from itertools import zip_longest
from pathlib import Path
from textwrap import shorten, wrap

import numpy as np

from astroclassify.core import AstroclassifyError, ParameterError, checked, rules
from astroclassify.datasets import CachedPixels, LabelledFrame
from astroclassify.visualization._evaluation_style import GREY, new_figure
from astroclassify.visualization._frame import plot_frame
from astroclassify.visualization._rules import EVALUATION, FRAMES

_COLUMNS = 3
_PANEL = 3.3, 2.45  # inches
_LINE = 50  # characters of a caption's line
_NAMES = {"galaxy": "a galaxy", "nsc": "an NSC"}


@checked(evaluation=EVALUATION, model=rules.text, frames=FRAMES, max_frames=rules.whole())
def plot_misclassified(evaluation, model, *, frames=None, max_frames=12):
    """
    Show frames that a model got wrong, each with its reason (Fig. 4 of the paper).

    Parameters
    ----------
    evaluation : Evaluation
        From `astroclassify.evaluation.evaluate`.
    model : str
        One of its models.
    frames : mapping of str to CCDData, NDData or array, optional
        Pixels by the name of the frame, for frames that were in memory when they were evaluated. Others are
        read again from where they were read.
    max_frames : int, default 12
        At most so many frames: of each reason in turn, the surest answers first, of another body each as long
        as there are any.

    Returns
    -------
    matplotlib.figure.Figure
        A picture of each frame, its brightness through an arcsinh; below, what it shows, what it was called
        and how surely, and the reason that is proposed, with the evidence for it. Instead of a picture
        that cannot be read there is the error.

    Raises
    ------
    ParameterError
        If the evaluation has no such model, or ``max_frames`` is less than 1.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    Two simulated frames:

    >>> from astroclassify.datasets import LabelledFrame
    >>> from astroclassify.evaluation import evaluate
    >>> from astroclassify.simulate import random_frames
    >>> from astroclassify.visualization import plot_misclassified
    >>> frames = []
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     frames.append(LabelledFrame(one.array, one.label, body=kind))
    >>> folder = getfixture("tmp_path") / "judged"
    >>> found = evaluate("patchnet", frames, folder, draws=100, progress=False)
    >>> figure = plot_misclassified(found, "patchnet")
    >>> figure.savefig(folder / "misclassified.png")
    """
    if model not in evaluation.models:
        raise ParameterError(f"the evaluation has no model {model!r}; it has {', '.join(evaluation.models)}")
    table = evaluation.tables["misclassified"]
    table = table[table["model"] == model]
    rows = _chosen(table, max_frames)
    height = max(-(-len(rows) // _COLUMNS), 1)
    figure = new_figure(_PANEL[0] * _COLUMNS, _PANEL[1] * height + 0.4)
    axes = figure.subplots(height, _COLUMNS, squeeze=False).ravel()
    for ax, row in zip_longest(axes, rows):
        if row is None:
            ax.set_axis_off()
        else:
            _draw(ax, row, frames or {})
    figure.suptitle(_title(model, table, rows), fontsize=10)
    return figure


def _title(model, table, rows):
    if not rows:
        return f"{model}: no frame is misclassified"
    reasons = [f"{(table['reason'] == name).sum()} {name}" for name in dict.fromkeys(table["reason"])]
    return f"{model}: {len(table)} misclassified ({', '.join(reasons)}); {len(rows)} of them"


def _chosen(table, max_frames):
    """The reasons in turn; of each, first one frame of every body, the surest, then the others."""
    queues = []
    for reason in dict.fromkeys(table["reason"]):
        rows, bodies = [row for row in table if row["reason"] == reason], set()
        repeated = [row["body"] in bodies or bodies.add(row["body"]) or False for row in rows]
        queues.append([rows[index] for index in np.argsort(repeated, kind="stable")])
    return [row for together in zip_longest(*queues) for row in together if row is not None][:max_frames]


def _draw(ax, row, frames):
    ax.set(xticks=[], yticks=[])
    try:
        plot_frame(_pixels(row, frames), ax=ax, compass=False)
    except AstroclassifyError as error:
        message = "\n".join(wrap(shorten(str(error), 160), _LINE))
        ax.text(0.5, 0.5, message, ha="center", va="center", transform=ax.transAxes, fontsize=6, color=GREY)
    ax.set(xticks=[], yticks=[], ylabel="", title="")
    about = " ".join(str(row[name]) for name in ("name", "Instrument", "Filter"))
    said = (
        f"{row['body']}: {_NAMES[row['truth']]}, called {_NAMES[row['leaning']]} ({row['probability']:.2f})"
    )
    ax.set_title(f"{about}\n{said}", fontsize=7)
    evidence = "\n".join(wrap(shorten(row["evidence"], 2 * _LINE, placeholder=" ..."), _LINE))
    ax.set_xlabel(evidence, fontsize=7, labelpad=12)
    below = {"textcoords": "offset points", "xycoords": "axes fraction", "ha": "center", "va": "top"}
    ax.annotate(row["reason"], (0.5, 0), (0, -4), fontsize=7, fontweight="bold", **below)


def _pixels(row, frames):
    if row["name"] in frames:
        return frames[row["name"]]
    path = str(row["path"])
    if not path:
        raise ParameterError("the frame was in memory; give it with frames=")
    folder, mark, number = path.rpartition("#")
    if mark and number.isdigit():
        return CachedPixels(folder, int(number)).read()
    hdu = int(row["HDU Index"])
    return LabelledFrame(Path(path), row["truth"], row["body"], hdu=hdu if hdu >= 0 else None).array()
