"""Drawings of raw detector layouts: sections, amplifiers and the direction of reading."""

from astroclassify.core import ParameterError, checked, rules
from astroclassify.instruments import (
    INSTRUMENTS,
    PARALLEL_OVERSCAN,
    PHYSICAL_PRESCAN,
    SCIENCE,
    SERIAL_OVERSCAN,
    ChipLayout,
    Instrument,
)
from astroclassify.visualization._matplotlib import new_axes, pyplot
from astroclassify.visualization._rules import AXES, FIGURE
from astroclassify.visualization._stretched_axis import StretchedAxis

_COLOURS = {
    SCIENCE: "#dfe7f0",
    PHYSICAL_PRESCAN: "#e69f00",
    SERIAL_OVERSCAN: "#009e73",
    PARALLEL_OVERSCAN: "#cc79a7",
}
_INK = "#1b2733"
_NARROWEST = 0.055


@checked(
    instrument=rules.either(rules.text, rules.instance(Instrument)),
    layout=rules.optional(rules.either(rules.text, rules.whole(0), rules.instance(ChipLayout))),
    ax=AXES,
)
def plot_layout(instrument, layout=None, *, ax=None):
    """
    Draw one raw layout: its sections, sizes, amplifiers and reading directions.

    Narrow sections are drawn wider than they are; the numbers along the axes are the
    true pixel edges. The bias is measured in (columns of) the hatched sections.

    Parameters
    ----------
    instrument : str or Instrument
        A registered name, or a description.
    layout : ChipLayout, str or int, optional
        The layout, its name, or a chip number for that chip's largest unbinned layout; by
        default the instrument's first layout.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    UnknownNameError
        If no instrument has the name.
    ParameterError
        If the instrument has no such layout.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from astroclassify.visualization import plot_layout
    >>> plot_layout("acs-wfc", 1).get_title()
    'ACS/WFC, WFC1 full frame: 2068 rows x 4144 columns'
    """
    instrument = _described(instrument)
    layout = _chosen_layout(instrument, layout)
    ax = new_axes(ax, figsize=(9.0, 5.0))
    x_axis = StretchedAxis.from_intervals([s.x for s in layout.sections], narrowest=_NARROWEST)
    y_axis = StretchedAxis.from_intervals([s.y for s in layout.sections], narrowest=1.6 * _NARROWEST)
    bias_kind = _bias_kind(instrument, layout)
    for section in layout.sections:
        _draw_section(ax, section, x_axis, y_axis, is_bias=section.kind == bias_kind)
        _draw_size(ax, section, _box(section, x_axis, y_axis), instrument.amplifiers.get(section.amplifier))
    for name in _all_amplifiers(layout):
        _draw_amplifier(ax, instrument.amplifiers.get(name), name, layout, x_axis, y_axis)
    _label_axes(ax, x_axis, y_axis)
    ax.set_title(_title(instrument, layout))
    _draw_legend(ax, layout, bias_kind)
    return ax


@checked(instrument=rules.either(rules.text, rules.instance(Instrument)), figure=FIGURE)
def plot_detector(instrument, *, figure=None):
    """
    Draw the full-frame layout of every chip, the highest chip number at the bottom.

    Parameters
    ----------
    instrument : str or Instrument
        A registered name, or a description.
    figure : matplotlib.figure.Figure, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per chip.

    Raises
    ------
    UnknownNameError
        If no instrument has the name.
    ParameterError
        If the instrument has no layout.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from astroclassify.visualization import plot_detector
    >>> len(plot_detector("wfc3-uvis").axes)
    2
    """
    instrument = _described(instrument)
    chips = sorted({layout.chip for layout in instrument.layouts})
    if not chips:
        raise ParameterError(f"the instrument {instrument.name!r} has no layout to draw")
    figure = figure or pyplot().figure(figsize=(9.0, 4.8 * len(chips)), layout="constrained")
    for ax, chip in zip(figure.subplots(len(chips), squeeze=False)[:, 0], chips, strict=True):
        plot_layout(instrument, chip, ax=ax)
    return figure


def _described(instrument):
    return instrument if isinstance(instrument, Instrument) else INSTRUMENTS[instrument]


def _chosen_layout(instrument, layout):
    if isinstance(layout, ChipLayout):
        return layout
    candidates = [one for one in instrument.layouts if layout in (None, one.chip, one.name)]
    if not candidates:
        known = ", ".join(repr(one.name) for one in instrument.layouts) or "none"
        raise ParameterError(f"{instrument.name} has no layout {layout!r}; there are: {known}")
    if layout is None:
        return candidates[0]
    return max(candidates, key=lambda one: (-one.binning, one.shape[0] * one.shape[1]))


def _bias_kind(instrument, layout):
    """Kind of section that the bias of this layout comes from, the preferred one that it has."""
    return next((kind for kind in instrument.bias_columns if layout.of_kind(kind)), None)


def _title(instrument, layout):
    rows, columns = layout.shape
    camera = "/".join(filter(None, (instrument.instrume, instrument.detector))) or instrument.name
    name = layout.name or f"chip {layout.chip}"
    return f"{camera}, {name}: {rows} rows x {columns} columns"


def _draw_section(ax, section, x_axis, y_axis, *, is_bias):
    left, right, bottom, top = _box(section, x_axis, y_axis)
    rectangle = pyplot().Rectangle(
        (left, bottom),
        right - left,
        top - bottom,
        facecolor=_COLOURS[section.kind],
        edgecolor=_INK,
        linewidth=0.8,
        hatch="///" if is_bias else None,
    )
    ax.add_patch(rectangle)


def _box(section, x_axis, y_axis):
    return (*map(x_axis, section.x), *map(y_axis, section.y))


def _draw_size(ax, section, box, amplifier):
    left, right, bottom, top = box
    x = left + _label_share(section, amplifier, top) * (right - left)
    y = (bottom + top) / 2
    rows, columns = section.shape
    if section.kind == SCIENCE:
        text, rotation = f"{rows} x {columns}", 90 if columns < 1500 < rows else 0
    elif section.kind == PARALLEL_OVERSCAN:
        text, rotation = f"{rows}", 0
    else:
        text, rotation = f"{columns}", 0
    patch = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.2}
    ax.text(
        x, y, text, ha="center", va="center", rotation=rotation, fontsize=8, color=_INK, bbox=patch, zorder=5
    )


def _label_share(section, amplifier, top):
    """Say where along its width a section's label goes: aside where the reading arrow runs."""
    if section.kind != PARALLEL_OVERSCAN or amplifier is None:
        return 0.5
    vertical, horizontal = amplifier.corner
    under_arrow = section.y[0] == 0 if vertical == "bottom" else top > 0.999
    return 0.5 + (0.25 if horizontal == "left" else -0.25) * under_arrow


def _all_amplifiers(layout):
    return tuple(dict.fromkeys(section.amplifier for section in layout.sections))


def _draw_amplifier(ax, amplifier, name, layout, x_axis, y_axis):
    """Mark the corner that the amplifier reads at, with arrows of the charge's way to it."""
    if amplifier is None:
        return
    boxes = [_box(s, x_axis, y_axis) for s in layout.sections if s.amplifier == name]
    lefts, rights, bottoms, tops = zip(*boxes, strict=True)
    left, right, bottom, top = min(lefts), max(rights), min(bottoms), max(tops)
    vertical, horizontal = amplifier.corner
    x, inwards_x = (left, 1) if horizontal == "left" else (right, -1)
    y, inwards_y = (bottom, 1) if vertical == "bottom" else (top, -1)
    reach_x, reach_y = 0.42 * (right - left), 0.30 * (top - bottom)
    at = (x + inwards_x * min(0.022, 0.25 * (right - left)), y + inwards_y * 0.04)
    for tail in ((at[0] + inwards_x * reach_x, at[1]), (at[0], at[1] + inwards_y * reach_y)):
        arrow = {"arrowstyle": "-|>", "color": _INK, "lw": 1.3, "shrinkB": 9}
        ax.annotate("", xy=at, xytext=tail, arrowprops=arrow, zorder=6)
    disk = {"boxstyle": "circle,pad=0.25", "facecolor": _INK, "edgecolor": "white"}
    ax.text(
        *at, name, ha="center", va="center", color="white", fontsize=9, weight="bold", bbox=disk, zorder=7
    )


def _label_axes(ax, x_axis, y_axis):
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.015, 1.015), xlabel="column (true pixel edges)", ylabel="row")
    crowded = len(x_axis.edges) > 14
    ax.set_xticks(x_axis.positions, x_axis.edges, rotation=90 if crowded else 45, fontsize=7)
    ax.set_yticks(y_axis.positions, y_axis.edges, fontsize=7)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _draw_legend(ax, layout, bias_kind):
    kinds = [kind for kind in _COLOURS if layout.of_kind(kind)]
    handles = [
        pyplot().Rectangle(
            (0, 0),
            1,
            1,
            facecolor=_COLOURS[kind],
            edgecolor=_INK,
            hatch="///" if kind == bias_kind else None,
            label=f"{kind} (bias)" if kind == bias_kind else kind,
        )
        for kind in kinds
    ]
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.17),
        ncols=len(handles),
        fontsize=8,
        frameon=False,
    )
