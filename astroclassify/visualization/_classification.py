"""An answer as a picture: the frame, where the evidence lies, and how sure the answer is."""

import numpy as np

from astroclassify.core import ParameterError, atomic_path, checked, rules
from astroclassify.inference import spoken
from astroclassify.preprocess import frame_array
from astroclassify.visualization._frame import draw_blocks, plot_frame
from astroclassify.visualization._matplotlib import new_axes, pyplot
from astroclassify.visualization._rules import ANSWER, AXES, FIGURE

_COLOURS = {
    "galaxy": "#4477aa",
    "nsc": "#cc6677",
    "nebula": "#cc6677",
    "star cluster": "#ddaa33",
    "field": "#888888",
}
_FOR, _AGAINST = "#ffb000", "#64d2ff"
_FRACTIONS = (0.3, 0.6, 0.9)
_PANEL_HEIGHT = 4.4  # inches


@checked(classification=ANSWER, figure=FIGURE)
def plot_classification(frame, classification, *, figure=None):
    """
    Show a frame with its classification.

    Solid contours surround what speaks for the answer's leaning, dashed ones what speaks
    against it, at 30%, 60% and 90% of the strongest evidence; bars give the probabilities.

    Parameters
    ----------
    frame : astropy.nddata.CCDData, astropy.nddata.NDData or numpy.ndarray
        What was classified, ``[y, x]``.
    classification : Classification
        What `astroclassify.classify` said of it.
    figure : matplotlib.figure.Figure or matplotlib.figure.SubFigure, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure or matplotlib.figure.SubFigure
        The figure drawn on; its first axes hold the frame, its second the bars.

    Raises
    ------
    FrameError
        If it is no frame (read a file by `astroclassify.read_frames`), or has no good pixel.
    ParameterError
        If the other is no answer.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify import Classification
    >>> from astroclassify.visualization import plot_classification
    >>> frame = np.random.default_rng(1).normal(100, 5, (64, 96))
    >>> answer = Classification("galaxy", 0.97, "galaxy", {"galaxy": 0.97, "nsc": 0.03})
    >>> [axes.get_title() for axes in plot_classification(frame, answer).axes]
    ['', 'galaxy, probability 0.970']
    """
    frame_array(frame)  # what is no frame is told before anything is drawn
    widths = _panel_widths(frame)
    figure = figure or pyplot().figure(figsize=(sum(widths) + 0.8, _PANEL_HEIGHT), layout="constrained")
    image_axes, bar_axes = figure.subplots(1, 2, width_ratios=widths)
    plot_frame(frame, ax=image_axes)
    if classification.evidence is not None:
        _draw_evidence(image_axes, classification.evidence.data, frame.shape)
    _draw_bars(bar_axes, classification)
    return figure


@checked(classification=ANSWER, ax=AXES)
def plot_answer(classification, *, ax=None):
    """
    Show an answer by itself: the small picture of the frame that it holds, and its evidence.

    This is what ``Classification.plot`` draws. An answer without a picture is shown as bars.

    Parameters
    ----------
    classification : Classification
        What `astroclassify.classify` said of a frame.
    ax : matplotlib.axes.Axes, optional
        Where to draw, in the frame's pixels; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from astroclassify import Classification
    >>> from astroclassify.visualization import plot_answer
    >>> answer = Classification("galaxy", 0.97, "galaxy", {"galaxy": 0.97, "nsc": 0.03})
    >>> plot_answer(answer).get_title()
    'galaxy, probability 0.970'
    """
    ax = new_axes(ax, figsize=(6.0, 4.0))
    if classification.thumbnail is None:
        _draw_bars(ax, classification)
        return ax
    shape = classification.meta.get("shape") or classification.thumbnail.shape
    draw_blocks(ax, classification.thumbnail, shape)
    if classification.evidence is not None:
        _draw_evidence(ax, classification.evidence.data, shape)
    ax.set(xlabel="x [pixel]", ylabel="y [pixel]")
    ax.set_title(_headline(classification), fontsize=10)
    return ax


@checked(
    path=rules.path,
    frames=rules.several(rules.anything),
    classifications=rules.several(ANSWER),
    title=rules.text,
)
def save_classifications(path, frames, classifications, *, title=""):
    """
    Save a picture of several frames with their classifications, one below the other.

    Parameters
    ----------
    path : str or path-like
        File to write; its suffix says which format.
    frames : sequence of astropy.nddata.CCDData, astropy.nddata.NDData or numpy.ndarray
        What was classified.
    classifications : sequence of Classification
        One for each frame.
    title : str, default ""
        Above them all.

    Raises
    ------
    ParameterError
        If there is no frame, or not one classification for each.
    OptionalDependencyError
        If matplotlib is not installed.
    """
    if not len(frames) == len(classifications) > 0:
        raise ParameterError(
            f"got {len(frames)} frames and {len(classifications)} classifications; expected one for each"
        )
    size = sum(_panel_widths(frames[0])) + 0.8, _PANEL_HEIGHT * len(frames) + 0.4
    figure = pyplot().figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    parts = figure.subfigures(len(frames), squeeze=False)[:, 0]
    for part, frame, classification in zip(parts, frames, classifications, strict=True):
        plot_classification(frame, classification, figure=part)
    with atomic_path(path) as unfinished:
        figure.savefig(unfinished, dpi=110)
    pyplot().close(figure)


def _panel_widths(frame):
    """Widths of the picture and of the bars, in inches, so that neither is surrounded by nothing."""
    rows, columns = np.shape(frame)
    return 0.85 * _PANEL_HEIGHT * float(np.clip(columns / rows, 0.5, 2.0)), 2.4


def _draw_evidence(ax, evidence, shape):
    strongest = float(np.nanmax(np.abs(evidence)))
    if min(evidence.shape) < 2 or not strongest > 0:
        return
    x, y = (
        _cell_positions(cells, pixels)
        for cells, pixels in zip(evidence.shape[::-1], shape[::-1], strict=True)
    )
    evidence = np.pad(evidence, 1, mode="edge")
    levels = [fraction * strongest for fraction in _FRACTIONS]
    for values, colour, style in ((evidence, _FOR, "solid"), (-evidence, _AGAINST, "dashed")):
        reached = [level for level in levels if level < np.nanmax(values)]
        if reached:
            ax.contour(x, y, values, levels=reached, colors=colour, linestyles=style, linewidths=1.1)


def _cell_positions(cells, pixels):
    """Pixel coordinates of an axis' two ends and, between them, the centres of equal cells that cover it."""
    centres = (np.arange(cells) + 0.5) * pixels / cells - 0.5
    return np.concatenate([[-0.5], centres, [pixels - 0.5]])


def _draw_bars(ax, classification):
    names = list(classification.probabilities)
    values = [classification.probabilities[name] for name in names]
    ax.barh(
        [spoken(name) for name in names],
        values,
        color=[_COLOURS.get(name, "#4477aa") for name in names],
        height=0.6,
    )
    for row, value in enumerate(values):
        inside = value > 0.7
        alignment, colour = ("right", "white") if inside else ("left", "black")
        x = value - 0.03 if inside else value + 0.03
        ax.text(x, row, f"{value:.3f}", va="center", ha=alignment, color=colour, fontsize=9)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="probability")
    ax.set_title(_headline(classification), fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)


#: Letters of a name beside which the probability still fits the panel of the bars.
_NARROW = 12


def _headline(classification):
    leaning = spoken(classification.leaning)
    if classification.label == classification.leaning:
        space = " " if len(leaning) < _NARROW else "\n"  # a long name would leave its panel
        return f"{leaning},{space}probability {classification.probability:.3f}"
    return f"{classification.label}\n({leaning} {classification.probability:.3f})"
