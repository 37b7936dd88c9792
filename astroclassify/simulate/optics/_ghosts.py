"""Ghosts of bright stars by reflection, and stray light by scattering."""

from dataclasses import dataclass

import numpy as np
import torch

#: Stars fainter than this make no ghosts, electrons per second: a ghost of 0.4% would be lost in the noise.
GHOST_LIMIT = 300.0


@dataclass(frozen=True)
class Ghost:
    """
    A faint, out-of-focus image that goes with a bright star: an ellipse filled evenly, or a ring.

    Parameters
    ----------
    fraction : float
        Its light over the star's.
    offset : tuple of float
        Where its centre is from the star, arcseconds in y and x.
    radii : tuple of float
        Semi-axes, arcseconds.
    angle : float, default 0
        Of the first semi-axis, radians, from x towards y.
    hole : float, default 0
        Radius of the dark middle, over the ellipse's.
    """

    fraction: float
    offset: tuple[float, float]
    radii: tuple[float, float]
    angle: float = 0.0
    hole: float = 0.0

    def kernel(self, size, scale, *, device="cpu"):
        """
        Draw the ghost.

        Parameters
        ----------
        size : int
            Pixels on a side; even.
        scale : float
            Arcseconds per pixel.
        device : str or torch.device, default "cpu"
            Where to draw.

        Returns
        -------
        torch.Tensor
            Shape (size, size), its centre at [0, 0] with wrap-around, sum ``fraction``.
        """
        x = torch.fft.fftfreq(size, d=1 / size, device=device) * scale
        along = np.cos(self.angle) * x + np.sin(self.angle) * x[:, None]
        across = np.cos(self.angle) * x[:, None] - np.sin(self.angle) * x
        r = torch.hypot(along / self.radii[0], across / self.radii[1])
        soft = scale / min(self.radii)  # an edge of one pixel
        light = torch.sigmoid((1 - r) / soft)
        if self.hole > 0:
            light = light * torch.sigmoid((r - self.hole) / soft)
        return light * (self.fraction / light.sum())


# UVIS has two kinds. "Figure-8" ghosts: light that the CCD reflects comes back from the window before it, as
# a pair of ellipses some 80 arcseconds away (hypot(57.0, 56.0) = 79.9), 0.1% of the star together. The
# example of the Data Handbook is a star in the quadrant of amplifier D: the offset points from there across
# the field. Filter ghosts come from the two faces of a filter, and lie within 30 to 60 pixels. Sizes of the
# ellipses, their directions and the 0.1% have no source that was checked; strengths of filter ghosts do
# (docs/sources.rst).
_FIGURE_EIGHT = (
    Ghost(5e-4, (57.0, -56.0), (5.2, 3.6), angle=2.36, hole=0.25),
    Ghost(5e-4, (50.5, -49.5), (4.4, 3.2), angle=2.36, hole=0.25),
)
_FILTER_GHOST = 0.0035  # typical; below 0.6% except for:
_STRONG_FILTER_GHOSTS = {"FQ232N": 0.07, "FQ243N": 0.05}
# ACS: an elliptical halo, as frames show it around bright stars; its size and strength are chosen by us.
_ACS_HALO = Ghost(0.003, (1.2, -0.8), (4.6, 3.7), angle=0.6, hole=0.3)


def ghosts_of(instrument, band):
    """
    Give a camera's ghosts.

    Parameters
    ----------
    instrument : str
        Name of the camera.
    band : str
        The filter.

    Returns
    -------
    tuple of Ghost
        Empty for a camera whose ghosts are not known.
    """
    if instrument == "wfc3-uvis":
        strength = _STRONG_FILTER_GHOSTS.get(band, _FILTER_GHOST)
        return (Ghost(strength, (1.3, 1.1), (0.55, 0.45), angle=0.7, hole=0.3), *_FIGURE_EIGHT)
    return (_ACS_HALO,) if instrument == "acs-wfc" else ()


def stray_light(shape, level, angle, *, device="cpu"):
    """
    Spread scattered light over a field.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    level : float
        At the brightest position.
    angle : float
        Direction that it comes from, radians, from x towards y.
    device : str or torch.device, default "cpu"
        Where to make it.

    Returns
    -------
    torch.Tensor
        Falls from ``level`` by three e-foldings across the field, float32.
    """
    y = torch.linspace(-0.5, 0.5, shape[0], device=device)[:, None]
    x = torch.linspace(-0.5, 0.5, shape[1], device=device)
    toward = np.sin(angle) * y + np.cos(angle) * x
    farthest = (abs(np.sin(angle)) + abs(np.cos(angle))) / 2
    return level * torch.exp(1.5 * (toward / farthest - 1))
