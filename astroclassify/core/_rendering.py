"""Pictures of results, drawn by functions that a higher room registers: only that one needs matplotlib."""

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from html import escape

from astroclassify.core._errors import (
    DuplicateNameError,
    OptionalDependencyError,
    PluginError,
    UnknownNameError,
)
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


def render_png(kind, result, *, size=(4.0, 3.0), format="png", resolution=72):
    """
    Draw a result into the bytes of a picture.

    Parameters
    ----------
    kind : str
        As for `render`.
    result : object
        What to draw.
    size : tuple of float, default (4.0, 3.0)
        Width and height, in inches.
    format : str, default "png"
        ``"png"``, ``"pdf"`` or ``"svg"``.
    resolution : int, default 72
        Pixels to the inch.

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
    draw = partial(render, kind, result)
    return RENDERERS["png"](draw, size=size, format=format, resolution=resolution)


def html_picture(kind, result, *, alt, size=(4.0, 3.0)):
    """
    Draw a result into an HTML image, for its ``_repr_html_``.

    Parameters
    ----------
    kind : str
        As for `render`.
    result : object
        What to draw.
    alt : str
        What to say where pictures are not seen.
    size : tuple of float, default (4.0, 3.0)
        Width and height, in inches of 72 pixels.

    Returns
    -------
    str
        The element, with the picture inside; empty where there is no matplotlib, or no renderer that can be
        asked.
    """
    try:
        picture = render_png(kind, result, size=size)
    except (OptionalDependencyError, UnknownNameError, DuplicateNameError, PluginError):
        return ""
    return f"<img alt='{escape(alt)}' src='data:image/png;base64,{b64encode(picture).decode()}'>"
