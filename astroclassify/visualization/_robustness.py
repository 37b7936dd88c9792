"""Robustness as curves: accuracy and calibration against what makes frames worse."""

import numpy as np
from astropy.table import Table

from astroclassify.core import ParameterError, checked, rules
from astroclassify.visualization._evaluation_style import GREY, beside, clean, model_styles, new_figure
from astroclassify.visualization._rules import FIGURE

_COLUMNS = 3
_PANEL = 3.6, 3.9  # inches, of one quantity
_WIDE = 28  # characters of levels that fit side by side


@checked(table=rules.instance(Table), quantities=rules.optional(rules.several(rules.text)), figure=FIGURE)
def plot_robustness(table, *, quantities=None, figure=None):
    """
    Show how accuracy and calibration change as frames get worse.

    Parameters
    ----------
    table : Table
        From `astroclassify.evaluation.measure_robustness`.
    quantities : sequence of str, optional
        Some of them; by default all, in the table's order.
    figure : matplotlib.figure.Figure, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        For each quantity accuracy (above) and expected calibration error (below) at each level, the reference
        first or, where levels lie on both sides of it, among them; a line for each model, in a band that is
        the 95% interval by body. Levels are evenly spaced; those that are names have marks without lines.
        Small numbers tell how many frames were answered at levels where that is not all of them.

    Raises
    ------
    ParameterError
        If the table lacks a quantity.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    `~astroclassify.evaluation.measure_robustness` gives the table. Here is one of two levels:

    >>> from astropy.table import Table
    >>> from astroclassify.visualization import plot_robustness
    >>> table = Table({"model": ["a", "a"], "quantity": ["binning"] * 2, "level": ["1", "2"]})
    >>> table["meaning"], table["unit"] = "pixels that are summed", "pixels a side"
    >>> table["reference"], table["frames"], table["refused"] = [True, False], 20, 0
    >>> table["accuracy"], table["low"], table["high"] = [0.9, 0.8], [0.8, 0.7], [1.0, 0.9]
    >>> table["ece"], table["ece_low"], table["ece_high"] = [0.05, 0.1], [0.02, 0.05], [0.1, 0.2]
    >>> figure = plot_robustness(table)
    >>> len(figure.axes)
    2
    """
    there = list(dict.fromkeys(map(str, table["quantity"])))
    chosen = there if quantities is None else list(quantities)
    missing = [name for name in chosen if name not in there]
    if missing or not chosen:
        raise ParameterError(
            f"the table has no quantity {missing[0]!r}; it has {', '.join(there)}"
            if missing
            else "there is no quantity to draw"
        )
    table = table[np.isin(table["quantity"], chosen)]
    columns = min(len(chosen), _COLUMNS)
    rows = -(-len(chosen) // columns)
    figure = figure or new_figure(_PANEL[0] * columns + 0.6, _PANEL[1] * rows)
    parts = figure.subfigures(rows, columns, squeeze=False).ravel()
    styles = model_styles(list(dict.fromkeys(map(str, table["model"]))))
    limits = {
        "accuracy": _limits_of_accuracy(table),
        "ece": (0, 1.1 * _largest(table["ece_high"], table["ece"])),
    }
    for part, quantity in zip(parts, chosen, strict=False):
        _draw_quantity(part, table[table["quantity"] == quantity], styles, limits)
    return figure


def _draw_quantity(part, table, styles, limits):
    levels = _ordered(dict.fromkeys(map(str, table["level"])))
    above, below = part.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    named = not any(map(_is_number, levels))
    for number, (model, style) in enumerate(styles.items()):
        mine = table[table["model"] == model]
        position = np.array([levels.index(level) for level in map(str, mine["level"])])
        order = np.argsort(position)
        position = position[order] + (0.5 * ((number + 0.5) / len(styles) - 0.5) if named else 0)
        draw = _draw_marks if named else _draw_band
        draw(above, position, mine[order], ("accuracy", "low", "high"), style)
        draw(below, position, mine[order], ("ece", "ece_low", "ece_high"), style)
    above.axhline(0.5, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    clean(above, ylim=limits["accuracy"], ylabel="accuracy")
    clean(below, ylim=limits["ece"], ylabel="ECE", xlim=(-0.35, len(levels) - 0.65))
    slanted = (
        {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if sum(map(len, levels)) > _WIDE else {}
    )
    below.set_xticks(range(len(levels)), levels, fontsize=8, **slanted)
    below.set_xlabel(f"{table['meaning'][0]} [{table['unit'][0]}]")
    _count_frames(above, levels, table)
    _name_models(above, levels, table, styles)


def _ordered(levels):
    """Levels in the order of the table, the reference first; numbers on both sides of it are sorted."""
    levels = list(levels)
    if not all(map(_is_number, levels)):
        return levels
    numbers = np.array(levels, dtype=float)
    one_way = (np.diff(numbers) > 0).all() or (np.diff(numbers) < 0).all()
    return levels if one_way else [levels[position] for position in np.argsort(numbers)]


def _is_number(level):
    try:
        return np.isfinite(float(level))
    except ValueError:
        return False


def _draw_marks(ax, position, rows, names, style):
    """Names have no order: no line leads from one to the next."""
    value, low, high = (np.asarray(rows[name], float) for name in names)
    ax.vlines(position, low, high, color=style["color"], linewidth=1.2, alpha=0.6)
    ax.plot(position, value, style["marker"], color=style["color"], markersize=5)


def _draw_band(ax, position, rows, names, style):
    value, low, high = (np.asarray(rows[name], float) for name in names)
    line = {key: style[key] for key in ("color", "linestyle", "marker")}
    ax.plot(position, value, markersize=4, linewidth=1.5, **line)
    ax.fill_between(position, low, high, color=style["color"], alpha=0.15, linewidth=0)


def _limits_of_accuracy(table):
    """Limits of the axis: from a little below the smallest value, and below chance, to a little above 1."""
    values = np.concatenate([np.asarray(table[name], float) for name in ("low", "accuracy")])
    return max(-0.03, min(np.nanmin([*values, 0.5]) - 0.08, 0.42)), 1.03


def _largest(*columns):
    values = np.concatenate([np.asarray(column, float) for column in columns])
    return max(np.nanmax(values), 0.05) if np.isfinite(values).any() else 0.05


def _count_frames(ax, levels, table):
    """Write how many frames were answered under levels that miss some."""
    whole = int((table["frames"] + table["refused"]).max())
    for position, level in enumerate(levels):
        few = int(table["frames"][table["level"] == level].min())
        if few < whole:
            ax.annotate(
                f"n={few}",
                xy=(position, 0),
                xycoords=ax.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=7,
                color=GREY,
            )


def _name_models(ax, levels, table, styles):
    """Beside the end of each line."""
    ends = []
    for model, style in styles.items():
        mine = table[(table["model"] == model) & np.isfinite(table["accuracy"])]
        if len(mine):
            ends.append((model, len(levels) - 1, float(mine["accuracy"][-1]), style["color"]))
    for model, x, height, colour in beside(ax, ends, gap=0.09):
        ax.annotate(
            model, (x, height), (9, 0), textcoords="offset points", color=colour, fontsize=8, va="center"
        )
