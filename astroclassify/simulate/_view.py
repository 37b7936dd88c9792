"""Where a frame looks on a body, and what it sees there.

A body's visible extent is about one *body unit* in radius. A `View` maps pixels to body
units; a `Scene` is the sky seen through a view before any optics.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class View:
    """
    A window on a body.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the window.
    scale : float
        Pixels per body unit.
    centre : tuple of float, default (0, 0)
        Body coordinates (v, u) of the window's centre.
    angle : float, default 0
        Rotation of the window, radians.
    """

    shape: tuple[int, int]
    scale: float
    centre: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0

    def grid(self):
        """
        Give the body coordinates of every pixel centre.

        Returns
        -------
        tuple of numpy.ndarray
            v and u, float32, each of the view's shape, in body units.
        """
        rows, columns = self.shape
        y = (np.arange(rows, dtype=np.float32) - (rows - 1) / 2)[:, None] / np.float32(self.scale)
        x = (np.arange(columns, dtype=np.float32) - (columns - 1) / 2)[None, :] / np.float32(self.scale)
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        return c * y - s * x + np.float32(self.centre[0]), s * y + c * x + np.float32(self.centre[1])

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
        dv, du = np.asarray(v) - self.centre[0], np.asarray(u) - self.centre[1]
        c, s = np.cos(self.angle), np.sin(self.angle)
        y, x = (c * dv + s * du) * self.scale, (-s * dv + c * du) * self.scale
        return y + (self.shape[0] - 1) / 2, x + (self.shape[1] - 1) / 2

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
        dv, du = self.centre[0] - centre[0], self.centre[1] - centre[1]
        c, s = np.cos(angle), np.sin(angle)
        moved = ((c * dv - s * du) / size, (s * dv + c * du) / size)
        return View(self.shape, self.scale * size, moved, self.angle + angle)


def _no_points():
    return np.zeros((3, 0), dtype=np.float32)


@dataclass
class Scene:
    """
    Sky truth of one view: surface brightness and point sources, relative units.

    Parameters
    ----------
    diffuse : numpy.ndarray
        Surface brightness per pixel; the body's bright part is about 1.
    points : numpy.ndarray
        Rows y, x (pixels) and flux (surface brightness times pixel area), shape (3, N).
    """

    diffuse: np.ndarray
    points: np.ndarray = field(default_factory=_no_points)

    def add_points(self, y, x, flux):
        """
        Add point sources, dropping those far outside the window.

        Parameters
        ----------
        y, x : array_like
            Pixel positions.
        flux : array_like
            Fluxes.
        """
        new = np.stack(np.broadcast_arrays(y, x, flux)).astype(np.float32)
        rows, columns = self.diffuse.shape
        near = (new[0] > -8) & (new[0] < rows + 8) & (new[1] > -8) & (new[1] < columns + 8)
        self.points = np.concatenate([self.points, new[:, near]], axis=1)
