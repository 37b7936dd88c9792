"""North and east on a picture."""

import numpy as np
from astropy import units as u
from astropy.wcs.utils import pixel_to_skycoord, skycoord_to_pixel

_STEP = 2.0 * u.arcsec
_COLOUR = "#8ef0a0"


def draw_compass(ax, wcs, shape):
    """
    Draw arrows to north and east in the lower right corner; nothing without a celestial WCS.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes in the frame's pixels.
    wcs : astropy.wcs.WCS
        The frame's world coordinates.
    shape : tuple of int
        Rows and columns of the frame.
    """
    if not getattr(wcs, "has_celestial", False):
        return
    directions = sky_directions(wcs, shape)
    columns = shape[1]
    length = 0.09 * min(shape)
    origin = np.array([columns - 1.6 * length, 1.6 * length])
    for name, direction in zip("NE", directions, strict=True):
        tip = origin + length * direction
        ax.annotate("", xy=tip, xytext=origin, arrowprops={"arrowstyle": "->", "color": _COLOUR, "lw": 1.4})
        ax.text(
            *(origin + 1.3 * length * direction), name, color=_COLOUR, ha="center", va="center", fontsize=9
        )


def label_pixels(ax, wcs, shape):
    """
    Name the axes of a picture in pixels, with a compass; WCSAxes show the sky themselves.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes in the frame's pixels.
    wcs : astropy.wcs.WCS or None
        The frame's world coordinates.
    shape : tuple of int
        Rows and columns of the frame.
    """
    if not hasattr(ax, "coords"):
        ax.set(xlabel="x [pixel]", ylabel="y [pixel]")
        draw_compass(ax, wcs, shape)


def sky_directions(wcs, shape):
    """
    Find the pixel directions of north and east at a frame's centre.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        World coordinates with a celestial part.
    shape : tuple of int
        Rows and columns of the frame.

    Returns
    -------
    north, east : numpy.ndarray
        Unit vectors (x, y).
    """
    centre = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    sky = pixel_to_skycoord(*centre, wcs.celestial)
    steps = [sky.directional_offset_by(angle * u.deg, _STEP) for angle in (0, 90)]
    ends = [np.array(skycoord_to_pixel(step, wcs.celestial), dtype=float) for step in steps]
    return tuple((end - centre) / np.hypot(*(end - centre)) for end in ends)
