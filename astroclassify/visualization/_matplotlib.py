"""The one door to matplotlib."""

from astroclassify.core import optional_import


def pyplot():
    """Give ``matplotlib.pyplot``, or say how to install it."""
    return optional_import("matplotlib.pyplot", needed_for="drawing a figure", extra="plot")


def new_axes(ax, *, figsize):
    """Give the caller's axes, or those of a new figure."""
    if ax is not None:
        return ax
    return pyplot().subplots(figsize=figsize, layout="constrained")[1]
