"""The catalogued bodies of a frame, outlined on it and named."""

import numpy as np

from astroclassify.core import checked
from astroclassify.visualization._frame import plot_frame
from astroclassify.visualization._matplotlib import image_size, new_axes
from astroclassify.visualization._rules import AXES, BODIES

COLOURS = {"galaxy": "#6ab7ff", "nebula": "#ff8fa3", "star cluster": "#ffd166", "": "#cccccc"}
_COVERED = 0.999  # of the frame: the outline lies outside
_EDGE = 0.04  # of the frame: how near its edge a name may stand


@checked(bodies=BODIES, ax=AXES)
def plot_bodies(bodies, *, frame=None, ax=None):
    """
    Outline catalogued bodies on a frame, and name them.

    Parameters
    ----------
    bodies : BodiesTable
        What `astroclassify.identify.identify` found.
    frame : astropy.nddata.CCDData, astropy.nddata.NDData or numpy.ndarray, optional
        The frame itself, to be shown below; by default only its edge.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure. Its coordinates are the frame's pixels.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. The likeliest body has a solid outline, others a dashed one; bodies that cover the
        whole frame are named in the upper left corner.

    Raises
    ------
    ParameterError
        If the bodies are of a round field, which has no pixels.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from astropy.wcs import WCS
    >>> from astroclassify.identify import identify
    >>> from astroclassify.visualization import plot_bodies
    >>> wcs = WCS(naxis=2)
    >>> wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [202.47, 47.2], [-3e-4, 3e-4]
    >>> plot_bodies(identify(wcs, shape=(800, 800))).get_title()
    'M51 (spiral galaxy)'
    """
    outlines = bodies.outlines()
    rows, columns = bodies.meta["shape"]
    ax = new_axes(ax, figsize=image_size((rows, columns)))
    if frame is not None:
        plot_frame(frame, ax=ax)
    around = []
    for body, (x, y) in zip(bodies, outlines, strict=True):
        colour = COLOURS[body["class"]]
        if body["frame_in_body"] > _COVERED:
            around.append((str(body["name"]), colour))
        elif len(x) == 1:
            ax.plot(x, y, "+", color=colour, markersize=10)
            _name(ax, body, x, y, (rows, columns), colour)
        else:
            style = "solid" if body["likeliest"] else "dashed"
            ax.plot(x, y, color=colour, linestyle=style, linewidth=1.4)
            _name(ax, body, x, y, (rows, columns), colour)
    for line, (name, colour) in enumerate(around):
        text = f"all of the frame lies in {name}"
        ax.text(0.02, 0.97 - 0.05 * line, text, color=colour, va="top", transform=ax.transAxes, **_box())
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, rows - 0.5), aspect="equal", xlabel="x [pixel]")
    ax.set(ylabel="y [pixel]", title=_title(bodies))
    return ax


def _name(ax, body, x, y, shape, colour):
    """Name a body beside its outline: where that is farthest up within the frame."""
    edges = [_EDGE * side for side in shape]
    inside = (x > edges[1]) & (x < shape[1] - edges[1]) & (y > edges[0]) & (y < shape[0] - edges[0])
    if not inside.any():
        return
    index = int(np.where(inside, y, -np.inf).argmax())
    weight = "bold" if body["likeliest"] else "normal"
    style = {"ha": "center", "va": "bottom", "fontsize": 9, "fontweight": weight}
    ax.text(x[index], y[index], f" {body['name']} ", color=colour, clip_on=True, **style, **_box())


def _box():
    return {"bbox": {"facecolor": "#00000099", "edgecolor": "none", "pad": 1.5}}


def _title(bodies):
    body = bodies.likeliest
    return "no catalogued body" if body is None else f"{body['name']} ({body['type'] or body['class']})"
