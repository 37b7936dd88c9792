"""Detections as a picture: the image, a box about each object, its class and score."""

import numpy as np

from astroclassify.core import checked
from astroclassify.visualization._bodies import COLOURS
from astroclassify.visualization._frame import draw_blocks
from astroclassify.visualization._matplotlib import image_size, new_axes
from astroclassify.visualization._rules import AXES, DETECTIONS
from astroclassify.visualization._sky import label_pixels

_OTHER = "#cccccc"
#: Of a picture in colours: what is black and what is white, as quantiles (float).
_BLACK, _WHITE = 0.01, 0.998
#: Room for a label, as a part of the image's height and of its width (float).
_LABEL, _LABEL_WIDTH = 0.04, 0.15


@checked(found=DETECTIONS, ax=AXES)
def plot_detections(found, *, ax=None):
    """
    Draw a box around each detected object of an image.

    Parameters
    ----------
    found : Detections
        From `astroclassify.detect.detect`.
    ax : matplotlib.axes.Axes, optional
        Where to draw, in the image's pixels; by default in a new figure.

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
    >>> import numpy as np
    >>> from astroclassify.detect import detect
    >>> from astroclassify.visualization import plot_detections
    >>> image = np.random.default_rng(1).normal(100, 5, (64, 96))
    >>> plot_detections(detect(image, method="segmentation")).get_title()
    'no object (segmentation)'
    """
    rows, columns = found.shape
    ax = new_axes(ax, figsize=image_size((rows, columns)))
    if found.picture is not None:
        _draw_picture(ax, found.picture, found.shape)
    for row in found.boxes():
        _draw_box(ax, row, found.shape)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, rows - 0.5), aspect="equal", title=_title(found))
    label_pixels(ax, found.wcs, found.shape)
    return ax


def _draw_picture(ax, picture, shape):
    if picture.ndim == 2:
        draw_blocks(ax, picture, shape)
        return
    low, high = np.nanquantile(picture, [_BLACK, _WHITE])
    shown = np.nan_to_num(np.clip((picture - low) / max(high - low, 1e-12), 0, 1))
    extent = (-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5)
    ax.imshow(shown, origin="lower", extent=extent, interpolation="nearest")


def _draw_box(ax, row, shape):
    from matplotlib.patches import Rectangle

    colour = COLOURS.get(str(row["class"]), _OTHER)
    corner, sides = (row["x_min"], row["y_min"]), (row["x_max"] - row["x_min"], row["y_max"] - row["y_min"])
    ax.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=colour, linewidth=1.3))
    said = f"{row['name'] or row['class']} {row['score']:.2f}"
    # Above the box, or within it where there is no room above or to the right.
    outside, start = row["y_max"] < shape[0] * (1 - _LABEL), row["x_min"] < shape[1] * (1 - _LABEL_WIDTH)
    inset = 0 if outside else 3
    ax.annotate(
        said,
        (row["x_min" if start else "x_max"], row["y_max"]),
        xytext=(inset if start else -inset, 2 if outside else -inset),
        textcoords="offset points",
        ha="left" if start else "right",
        va="bottom" if outside else "top",
        color=colour,
        fontsize=8,
        clip_on=True,
    )


def _title(found):
    number = len(found)
    counted = {0: "no object", 1: "1 object"}.get(number, f"{number} objects")
    source = f"{found.meta['source']}: " if found.meta.get("source") else ""
    return f"{source}{counted} ({found.meta['method']})"
