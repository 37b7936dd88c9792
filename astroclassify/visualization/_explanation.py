"""An explanation as a picture: the frame, its evidence map, and regions of evidence."""

import numpy as np

from astroclassify.core import checked
from astroclassify.inference import spoken
from astroclassify.visualization._frame import draw_blocks
from astroclassify.visualization._matplotlib import image_size, new_axes
from astroclassify.visualization._rules import AXES, EXPLANATION
from astroclassify.visualization._sky import label_pixels

_FOR, _AGAINST = "#ffb000", "#64d2ff"
_STRONGEST = 0.995  # quantile of the map that has full colour
_OPACITY = 0.65
_FINER = 4  # cells are drawn finer, so that outlines follow their edges


@checked(explanation=EXPLANATION, ax=AXES)
def plot_explanation(explanation, *, ax=None):
    """
    Show a frame with the evidence for its answer.

    What speaks for the target is amber, what speaks against it blue; the regions are outlined and numbered.

    Parameters
    ----------
    explanation : Explanation
        From `astroclassify.explain.explain`.
    ax : matplotlib.axes.Axes, optional
        Where to draw, in the frame's pixels; also `~astropy.visualization.wcsaxes.WCSAxes` with the frame's
        WCS. By default in a new figure.

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
    >>> from astroclassify.explain import explain
    >>> from astroclassify.visualization import plot_explanation
    >>> frame = np.random.default_rng(1).normal(100, 5, (64, 96))
    >>> plot_explanation(explain(frame, target="nsc")).get_title().splitlines()[0]
    'what speaks for nebula / star cluster: evidence'
    """
    rows, columns = explanation.shape
    ax = new_axes(ax, figsize=image_size((rows, columns), around=0.8))
    if explanation.answer.thumbnail is not None:
        draw_blocks(ax, explanation.answer.thumbnail, explanation.shape)
    extent = (-0.5, columns - 0.5, -0.5, rows - 0.5)
    ax.imshow(_coloured(explanation.map.data), origin="lower", extent=extent, interpolation="nearest")
    _outline(ax, explanation)
    ax.set(xlim=extent[:2], ylim=extent[2:], title=_title(explanation))
    ax.title.set_fontsize(10)
    label_pixels(ax, explanation.wcs, explanation.shape)
    return ax


def _coloured(values):
    """Give red, green, blue and opacity ``[y, x, 4]``: nothing speaks where it is transparent."""
    from matplotlib.colors import to_rgb

    strongest = np.quantile(np.abs(values), _STRONGEST) or np.abs(values).max() or 1.0
    colours = np.where((values > 0)[..., None], to_rgb(_FOR), to_rgb(_AGAINST))
    opacity = _OPACITY * np.clip(np.abs(values) / strongest, 0, 1)
    return np.concatenate([colours, opacity[..., None]], axis=-1)


def _outline(ax, explanation):
    """Draw the edges of the regions, and their ranks where the map is brightest."""
    labels, shape = np.kron(explanation.labels, np.ones((_FINER, _FINER), dtype=int)), explanation.shape
    x, y = (
        (np.arange(cells + 2) - 0.5) * pixels / cells - 0.5
        for cells, pixels in zip(labels.shape[::-1], shape[::-1], strict=True)
    )
    for row in explanation.regions:
        inside = np.pad(labels == row["rank"], 1).astype(float)
        ax.contour(x, y, inside, levels=[0.5], colors="white", linewidths=0.9)
        ax.text(row["x"], row["y"], str(row["rank"]), color="white", fontsize=8, ha="center", va="center")


def _title(explanation):
    answer = explanation.answer
    said = f"{answer.label}, probability of {spoken(answer.leaning)} {answer.probability:.3f}"
    return f"what speaks for {spoken(explanation.target)}: {explanation.method}\n(answer: {said})"
