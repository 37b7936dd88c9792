"""Stars and galaxies: size and probability against magnitude, and sources marked in their image."""

import numpy as np
from astropy.table import Table

from astroclassify.core import ParameterError, checked, rules
from astroclassify.visualization._evaluation_style import GREY, PALETTE, clean
from astroclassify.visualization._frame import plot_frame
from astroclassify.visualization._matplotlib import new_axes, pyplot
from astroclassify.visualization._rules import AXES

#: Colours of labels and true classes.
_COLOURS = {"star": PALETTE[0], "galaxy": PALETTE[1], "quasar": PALETTE[2], "uncertain": GREY}
_SOURCES = rules.instance(Table)
_SIZE, _P = "half_light_radius", "p_class_galaxy"


@checked(sources=_SOURCES, band=rules.text, ax=AXES)
def plot_size_magnitude(sources, *, band="i", ax=None):
    """
    Draw the size of sources against their magnitude, coloured by the probability of a galaxy.

    Parameters
    ----------
    sources : astropy.table.Table
        From `~astroclassify.classify_sources`.
    band : str, default "i"
        Whose magnitude.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Stars lie along a line, as wide as a point; galaxies above.

    Raises
    ------
    ParameterError
        If the table lacks a column.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.visualization import plot_size_magnitude
    >>> answers = {"mag_i": [20.9, 23.8], "half_light_radius": [0.1, 0.5], "p_class_galaxy": [0.01, 0.99]}
    >>> ax = plot_size_magnitude(Table(answers))
    """
    magnitude, size, p = (_numbers(sources, name) for name in (f"mag_{band}", _SIZE, _P))
    ax = new_axes(ax, figsize=(6.4, 4.2))
    colours = pyplot().matplotlib.colors.LinearSegmentedColormap.from_list(
        "stars and galaxies", [_COLOURS["star"], "#bbbbbb", _COLOURS["galaxy"]]
    )
    order = np.argsort(np.abs(p - 0.5))[::-1]  # doubtful ones on top
    points = ax.scatter(
        *(magnitude[order], size[order]), c=p[order], s=4, cmap=colours, vmin=0, vmax=1, linewidths=0
    )
    ax.figure.colorbar(points, ax=ax, label="probability of a galaxy")
    clean(ax, xlabel=f"{band} (AB mag)", ylabel="half-light radius (arcsec)", yscale="log")
    return ax


@checked(sources=_SOURCES, band=rules.text, ax=AXES)
def plot_probability_magnitude(sources, *, band="i", ax=None):
    """
    Draw the probability of a galaxy against the magnitude.

    Parameters
    ----------
    sources : astropy.table.Table
        From `~astroclassify.classify_sources`; a column ``true_class`` of simulated sources colours them.
    band : str, default "i"
        Whose magnitude.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The probability on a scale of log-odds, from 0.1% to 99.9%: what is surer lies on the edge.

    Raises
    ------
    ParameterError
        If the table lacks a column.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.visualization import plot_probability_magnitude
    >>> answers = {"mag_i": [20.9, 23.8], "p_class_galaxy": [0.01, 0.99], "label": ["star", "galaxy"]}
    >>> ax = plot_probability_magnitude(Table(answers))
    """
    magnitude, p = _numbers(sources, f"mag_{band}"), np.clip(_numbers(sources, _P), 1e-3, 1 - 1e-3)
    ax = new_axes(ax, figsize=(6.4, 4.2))
    kinds = np.asarray(sources["true_class" if "true_class" in sources.colnames else "label"]).astype(str)
    for kind, colour in _COLOURS.items():
        here = kinds == kind
        if here.any():
            ax.scatter(
                magnitude[here], np.log10(p[here] / (1 - p[here])), s=4, c=colour, label=kind, linewidths=0
            )
    ticks = np.array([0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
    clean(ax, xlabel=f"{band} (AB mag)", ylabel="probability of a galaxy")
    ax.set_yticks(np.log10(ticks / (1 - ticks)), [f"{tick:.1%}" for tick in ticks])
    ax.legend(markerscale=3, frameon=False)
    return ax


@checked(sources=_SOURCES, ax=AXES)
def plot_sources(frame, sources, *, ax=None):
    """
    Mark stars and galaxies in their image.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData` or array
        The image.
    sources : astropy.table.Table
        From `~astroclassify.classify_sources`: stars are blue, galaxies red, uncertain ones grey.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The image through an arcsinh, a ring about each source.

    Raises
    ------
    ParameterError
        If the table lacks a column.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.table import Table
    >>> from astroclassify.visualization import plot_sources
    >>> image = np.random.default_rng(1).normal(100, 5, (64, 64))
    >>> ax = plot_sources(image, Table({"x": [20, 40], "y": [30, 12], "label": ["star", "galaxy"]}))
    """
    x, y = _numbers(sources, "x"), _numbers(sources, "y")
    ax = plot_frame(frame, ax=new_axes(ax, figsize=(6.4, 6.0)), compass=False)
    labels = np.asarray(sources["label"]).astype(str)
    for label in dict.fromkeys(labels.tolist()):
        here, colour = labels == label, _COLOURS.get(label, PALETTE[3])
        shown = f"{label}: {here.sum()}"
        ax.scatter(x[here], y[here], s=60, facecolors="none", edgecolors=colour, linewidths=1.0, label=shown)
    ax.legend(loc="upper right", fontsize=8)
    return ax


def _numbers(sources, name):
    if name not in sources.colnames:
        raise ParameterError(f"the table has the columns {', '.join(sources.colnames)}; expected {name}")
    return np.asarray(getattr(sources[name], "value", sources[name]), float)
