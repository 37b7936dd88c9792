"""Pictures of results, drawn by functions that a higher room registers: only that one needs matplotlib."""

from collections.abc import Callable
from functools import partial

from astroclassify.core._registry import Registry

#: Every renderer that an installed distribution declares, by the kind of result that it draws (Registry).
RENDERERS = Registry("astroclassify.renderers", kind="renderer", expected_type=Callable)


def render(kind, result, *, ax=None, **options):
    """
    Draw a result.

    Parameters
    ----------
    kind : str
        A name of `RENDERERS`, for example ``"classification"``; its renderer is called with the result, the
        axes and the options.
    result : object
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.
    **options
        What the renderer takes besides.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    UnknownNameError
        If nobody draws results of this kind.
    OptionalDependencyError
        If matplotlib is not installed; the message says how to get it.
    """
    return RENDERERS[kind](result, ax=ax, **options)


def render_png(kind, result, *, size=(4.0, 3.0)):
    """
    Draw a result into the bytes of a PNG picture.

    Parameters
    ----------
    kind : str
        As for `render`.
    result : object
        What to draw.
    size : tuple of float, default (4.0, 3.0)
        Width and height, in inches of 72 pixels.

    Returns
    -------
    bytes
        The picture; no figure is left open.

    Raises
    ------
    UnknownNameError
        If nobody draws results of this kind.
    OptionalDependencyError
        If matplotlib is not installed.
    """
    return RENDERERS["png"](partial(render, kind, result), size=size)
