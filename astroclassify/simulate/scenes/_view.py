"""Where a frame looks on a body.

A body's visible extent is about one *body unit* in radius. A `View` maps pixels to body units.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from astropy import units as u

from astroclassify.core import checked, rules
from astroclassify.simulate._distortion import Distortion
from astroclassify.simulate._rules import RADIANS

#: Memory that a body takes for each pixel of its view, at least: 22 bytes were measured for 1800 x 1800.
_BYTES = 20


def turned(v, u, angle):
    """
    Give coordinates in axes turned by an angle.

    Parameters
    ----------
    v, u : float, array_like or torch.Tensor
        Coordinates.
    angle : float
        Direction of the new u axis, from u towards v, radians.

    Returns
    -------
    tuple
        Across and along that axis: the new v and u.
    """
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return c * v - s * u, s * v + c * u


@checked(
    shape=partial(rules.shape, each=_BYTES),
    scale=rules.quantity(u.pix, positive=True),
    centre=rules.numbers(u.dimensionless_unscaled, 2),
    angle=RADIANS,
    pixel_scale=rules.quantity(u.arcsec, positive=True),
    distortion=rules.optional(rules.instance(Distortion)),
)
@dataclass(frozen=True)
class View:
    """
    A window on a body.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the window; no more than a body could be drawn on in the machine's memory.
    scale : float
        Pixels per body unit.
    centre : tuple of float, default (0, 0)
        Body coordinates (v, u) of the window's centre.
    angle : float, default 0
        Rotation of the window, radians.
    pixel_scale : float, default 0.05
        Arcseconds per pixel of the window.
    distortion : Distortion, optional
        Where on the sky its pixels look, from offsets from the window's centre; square pixels by default.

    Examples
    --------
    >>> from astroclassify.simulate import View
    >>> View((512, 512), 0.05, centre=(0.5, 0.0)).shape
    (512, 512)
    """

    shape: tuple[int, int]
    scale: float
    centre: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    pixel_scale: float = 0.05
    distortion: Distortion | None = None

    @property
    def pixel_area(self):
        """Square arcseconds of a pixel (float)."""
        return self.pixel_scale**2

    def grid(self, device="cpu"):
        """
        Give the body coordinates of every pixel centre.

        Parameters
        ----------
        device : str or torch.device, default "cpu"
            Where to make them.

        Returns
        -------
        tuple of torch.Tensor
            v and u, float32, each of the view's shape, in body units.
        """
        import torch  # only here: a view can be chosen without

        rows, columns = self.shape
        y = torch.arange(rows, device=device, dtype=torch.float32) - (rows - 1) / 2
        x = torch.arange(columns, device=device, dtype=torch.float32) - (columns - 1) / 2
        y, x = (y[:, None], x[None, :]) if self.distortion is None else self.distortion.grid(y, x)
        y, x = y / self.scale, x / self.scale
        v, u = turned(y, x, self.angle)
        return v + float(self.centre[0]), u + float(self.centre[1])

    def to_pixels(self, v, u):
        """
        Turn body coordinates into pixel coordinates.

        Parameters
        ----------
        v, u : array_like
            Body coordinates.

        Returns
        -------
        tuple of numpy.ndarray
            y and x in pixels, 0-based, pixel centres at integers.
        """
        y, x = turned(np.asarray(v) - self.centre[0], np.asarray(u) - self.centre[1], -self.angle)
        y, x = y * self.scale, x * self.scale
        if self.distortion is not None:
            y, x = self.distortion.inverse(y, x, self.shape)
        return y + (self.shape[0] - 1) / 2, x + (self.shape[1] - 1) / 2

    def to_body(self, y, x):
        """
        Turn pixel coordinates into body coordinates.

        Parameters
        ----------
        y, x : float
            Pixels, 0-based, pixel centres at integers.

        Returns
        -------
        tuple of float
            v and u in body units.
        """
        dy, dx = y - (self.shape[0] - 1) / 2, x - (self.shape[1] - 1) / 2
        if self.distortion is not None:
            dy, dx = self.distortion(dy, dx)
        dy, dx = dy / self.scale, dx / self.scale
        v, u = turned(dy, dx, self.angle)
        return v + self.centre[0], u + self.centre[1]

    def coarser(self, factor):
        """
        Give the same window on larger pixels; the last row and column may reach beyond it.

        Parameters
        ----------
        factor : int
            How many pixels on a side become one.

        Returns
        -------
        View
            A window whose pixel (0, 0) covers the first ``factor`` rows and columns of this one.
        """
        # A large pixel i covers pixels i f to i f + f - 1; the n of them reach from -0.5 to n f - 0.5, so
        # that their middle is at (n f - 1) / 2 on the old grid, which is beyond the old middle where n f is
        # larger than the old side.
        shape = tuple(-(-n // factor) for n in self.shape)
        centre = tuple((n * factor - 1) / 2 for n in shape)
        middle = tuple(float(position) for position in self.to_body(*centre))
        distortion = self.distortion
        if distortion is not None:
            offset = (c - (n - 1) / 2 for c, n in zip(centre, self.shape, strict=True))
            distortion = distortion.about(*offset).scaled(factor)
        return replace(
            self,
            shape=shape,
            scale=self.scale / factor,
            centre=middle,
            pixel_scale=self.pixel_scale * factor,
            distortion=distortion,
        )

    def moved(self, *, centre=(0.0, 0.0), size=1.0, angle=0.0):
        """
        Give the same window as seen by another body, placed on the first.

        Parameters
        ----------
        centre : tuple of float
            Where the other body stands, in the first body's coordinates.
        size : float
            The other body's unit, in units of the first body.
        angle : float
            Rotation of the other body.

        Returns
        -------
        View
            The window in the other body's coordinates.
        """
        v, u = turned(self.centre[0] - centre[0], self.centre[1] - centre[1], angle)
        return replace(self, scale=self.scale * size, centre=(v / size, u / size), angle=self.angle + angle)
