"""A frame as a picture: a robust stretch of block means, with the sky's directions."""

import numpy as np
from astropy.visualization import AsinhStretch, ImageNormalize, ZScaleInterval

from astroclassify.core import ParameterError, checked, rules
from astroclassify.preprocess import block_means, frame_array
from astroclassify.visualization._matplotlib import image_size, new_axes
from astroclassify.visualization._rules import AXES
from astroclassify.visualization._sky import draw_compass

_LARGEST_SIDE = 1024
_BAD_COLOUR = "#553344"


@checked(
    ax=AXES,
    stretch=rules.one_of("asinh", "zscale"),
    colour_map=rules.either(rules.text, rules.having("a colour map of matplotlib", "with_extremes")),
    compass=rules.flag,
)
def plot_frame(frame, *, ax=None, stretch="asinh", colour_map="gray", compass=True):
    """
    Show a frame.

    Frames larger than the picture are averaged in square blocks; masked and non-finite
    pixels are left out, and blocks without any good pixel have a colour of their own.

    Parameters
    ----------
    frame : astropy.nddata.CCDData, astropy.nddata.NDData or numpy.ndarray
        One image, ``[y, x]``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure. Its coordinates are the frame's pixels.
    stretch : {"asinh", "zscale"}, default "asinh"
        From the sky to the brightest 0.1% through an arcsinh, or linear between
        zscale's limits.
    colour_map : str or matplotlib.colors.Colormap, default "gray"
        A matplotlib colour map, or its name.
    compass : bool, default True
        Draw north and east where the frame has a celestial WCS.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    ParameterError
        If the stretch or the colour map has another name.
    FrameError
        If it is not a two-dimensional image of numbers, or no pixel is good.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.visualization import plot_frame
    >>> image = np.random.default_rng(1).normal(100, 5, (64, 96))
    >>> plot_frame(image).get_images()[0].get_extent()
    [-0.5, 95.5, -0.5, 63.5]
    """
    image = frame_array(frame)
    blocks = block_means(image, largest_side=_LARGEST_SIDE)
    ax = new_axes(ax, figsize=image_size(image.shape))
    draw_blocks(ax, blocks, image.shape, stretch=stretch, colour_map=colour_map)
    ax.set(xlabel="x [pixel]", ylabel="y [pixel]", title=describe_frame(frame))
    if compass and getattr(frame, "wcs", None) is not None:
        draw_compass(ax, frame.wcs, image.shape)
    return ax


def draw_blocks(ax, blocks, shape, *, stretch="asinh", colour_map="gray"):
    """Draw the block means of a frame of some shape, in the frame's pixels."""
    ax.imshow(
        blocks,
        norm=_normalisation(blocks, stretch),
        origin="lower",
        extent=(-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5),
        cmap=_matplotlib_colour_map(colour_map),
        interpolation="nearest",
    )


def describe_frame(frame):
    """Name a frame in a few words: target, instrument, filter and chip, as far as it knows them."""
    meta = getattr(frame, "meta", None) or {}
    words = [str(meta.get(key) or "").strip() for key in ("TARGNAME", "ACINSTR", "ACBAND")]
    words = [word for word in words if word not in ("NONE", "generic")]
    if meta.get("ACCHIP"):
        words.append(f"chip {meta['ACCHIP']}")
    return ", ".join(filter(None, words))


def _normalisation(blocks, stretch):
    good = blocks[np.isfinite(blocks)]
    if stretch == "zscale":
        return ImageNormalize(good, interval=ZScaleInterval())
    sky, noise = _sky_and_noise(good)
    top = max(float(np.percentile(good, 99.9)), sky + 5 * noise)
    return ImageNormalize(vmin=sky - 2 * noise, vmax=top, stretch=AsinhStretch(0.05), clip=False)


def _sky_and_noise(values):
    """Median, and a width from the quarter of the pixels just below it (bodies only brighten)."""
    low, middle = np.percentile(values, [25, 50])
    return float(middle), float(max(1.48 * (middle - low), 1e-3 * abs(middle), 1e-6))


def _matplotlib_colour_map(name):
    from matplotlib import colormaps

    if isinstance(name, str) and name not in colormaps:
        raise ParameterError(f"colour_map is {name!r}; expected one of matplotlib's, as 'gray'")
    return (colormaps[name] if isinstance(name, str) else name).with_extremes(bad=_BAD_COLOUR)
