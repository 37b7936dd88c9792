"""Access to matplotlib, which is imported nowhere else."""

from io import BytesIO

from astropy import units as u

from astroclassify.core import checked, optional_import, rules

_HIGHEST = 1.2  # of an image, relative to its width; a higher one is drawn smaller


def pyplot():
    """Give ``matplotlib.pyplot``, or say how to install it."""
    return optional_import("matplotlib.pyplot", needed_for="drawing a figure", extra="plot")


def new_axes(ax, *, figsize):
    """Give the caller's axes, or those of a new figure."""
    if ax is not None:
        return ax
    return pyplot().subplots(figsize=figsize, layout="constrained")[1]


def image_size(shape, *, width=8.0, around=0.4):
    """
    Give the size of a figure for an image: as wide as asked for, and not much higher.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    width : float, default 8.0
        Of the figure, inches.
    around : float, default 0.4
        Height for the title and the labels of the axis, inches.

    Returns
    -------
    tuple of float
        Width and height, inches.
    """
    rows, columns = shape
    return width, width * min(_HIGHEST, rows / columns) + around


@checked(
    draw=rules.having("a function of ax", "__call__"),
    size=rules.numbers(u.dimensionless_unscaled, 2),
    format=rules.text,
    resolution=rules.whole(),
)
def png(draw, *, ax=None, size=(4.0, 3.0), format="png", resolution=72):
    """
    Give the bytes of a picture: what `astroclassify.core.render_png` calls.

    Parameters
    ----------
    draw : callable
        Called with the axes to draw on, ``draw(ax=axes)``.
    ax : None
        There is nothing to draw on but the picture's own axes.
    size : tuple of float, default (4.0, 3.0)
        Width and height, in inches.
    format : str, default "png"
        What matplotlib calls the kind of file.
    resolution : int, default 72
        Pixels to the inch.

    Returns
    -------
    bytes
        The picture; no figure is left open.

    Raises
    ------
    OptionalDependencyError
        If matplotlib is not installed.
    """
    pyplot()  # or the message that it is not installed
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(ax=figure.subplots())
    buffer = BytesIO()
    figure.savefig(buffer, format=format, dpi=resolution)
    return buffer.getvalue()
