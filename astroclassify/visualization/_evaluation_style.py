"""Style of an evaluation's figures: one colour for each model, labels beside the lines."""

import numpy as np

from astroclassify.visualization._matplotlib import pyplot

#: Okabe and Ito's colours, told apart by people with any colour vision; yellow is too pale for lines.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9")
_STYLES = ("solid", "dashed", "dotted", "dashdot")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
#: Of text that is not the main thing.
GREY = "#555555"


def model_styles(models):
    """
    Give each model a look of its own, the same in every figure.

    Parameters
    ----------
    models : sequence of str
        The models, in order.

    Returns
    -------
    dict of str to dict
        ``color``, ``linestyle`` and ``marker``, as matplotlib takes them.
    """
    return {
        model: {
            "color": PALETTE[index % len(PALETTE)],
            "linestyle": _STYLES[index // len(PALETTE) % len(_STYLES)],
            "marker": _MARKERS[index % len(_MARKERS)],
        }
        for index, model in enumerate(models)
    }


def new_figure(width, height):
    """
    Make a figure.

    Parameters
    ----------
    width, height : float
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
        It makes room for its labels.
    """
    figure = pyplot().figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.08)
    return figure


def clean(ax, **settings):
    """
    Style axes: fewer spines and ticks, labels and grid.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    **settings
        As of ``Axes.set``.
    """
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set(**settings)


def beside(ax, labels, *, gap=0.07):
    """
    Find heights for names beside what they name, so that none is over another.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes, whose limits are set.
    labels : sequence of tuple
        Text, x, y in data coordinates, and colour.
    gap : float, default 0.07
        Smallest distance of two names, part of the axes' height.

    Returns
    -------
    list of tuple
        The same, with heights moved apart.
    """
    low, high = ax.get_ylim()
    named = sorted((label for label in labels if np.isfinite(label[2])), key=lambda label: label[2])
    heights = spread([y for _, _, y, _ in named], gap * (high - low))
    return [(text, x, height, colour) for (text, x, _, colour), height in zip(named, heights, strict=True)]


def spread(heights, gap):
    """
    Move heights apart as little as that takes.

    Parameters
    ----------
    heights : sequence of float
        In order.
    gap : float
        Smallest distance between neighbours.

    Returns
    -------
    list of float
        In order; groups that had to be moved apart keep their middle.
    """
    groups = []  # of each: sum of the wished heights of the first, and how many there are
    for height in heights:
        groups.append([height, 1])
        while len(groups) > 1 and _first(groups[-1], gap) < _first(groups[-2], gap) + gap * groups[-2][1]:
            total, number = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += number
    return [_first(group, gap) + gap * index for group in groups for index in range(group[1])]


def _first(group, gap):
    total, number = group
    return total / number - gap * (number - 1) / 2


def percent(value, low=np.nan, high=np.nan):
    """
    Write a share in percent, with its interval where there is one.

    Parameters
    ----------
    value, low, high : float
        0 to 1.

    Returns
    -------
    str
        For example ``"89.1% (83.0 to 93.2)"``.
    """
    if not np.isfinite(value):
        return "-"
    interval = f" ({100 * low:.1f} to {100 * high:.1f})" if np.isfinite([low, high]).all() else ""
    return f"{100 * value:.1f}%{interval}"
