"""Overlap of frames and bodies on the sky: the shares of each in the other, for outlines and ellipses.

A frame is a polygon of unit vectors, so that poles and RA 0 are places like others. Each body is projected
onto the equal-area plane (Lambert's) that touches the sky at its middle, where its ellipse is scaled to the
unit circle. The area that a polygon and a circle have in common is known exactly: edge by edge, the triangle
to the centre, of which a part beyond the circle counts as a sector.
"""

from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-13  # of the unit circle's area: less is what is left of sums that cancel


@dataclass(frozen=True, eq=False)
class SkyEllipses:
    """
    Outlines of bodies on the sky; all arrays have one shape.

    Parameters
    ----------
    ra, dec : numpy.ndarray
        Of the middles, degrees.
    major, minor : numpy.ndarray
        Full axes, degrees; zero for a body of no known size.
    angle : numpy.ndarray
        Of the major axis, degrees from north through east.

    Examples
    --------
    >>> from astroclassify.datasets import SkyEllipses, disk_outlines, sky_shares
    >>> m31 = SkyEllipses(10.6846, 41.2692, 190 / 60, 60 / 60, 35.0)
    >>> of_frame, of_body = sky_shares(disk_outlines(11.0, 41.5, 2 / 60), m31)
    >>> float(of_frame.round(3)), float(of_body.round(4))
    (1.0, 0.0014)
    """

    ra: np.ndarray
    dec: np.ndarray
    major: np.ndarray
    minor: np.ndarray
    angle: np.ndarray

    def __post_init__(self):
        names = ("ra", "dec", "major", "minor", "angle")
        arrays = np.broadcast_arrays(*(np.asarray(getattr(self, name), dtype=float) for name in names))
        for name, array in zip(names, arrays, strict=True):
            object.__setattr__(self, name, array)

    def __getitem__(self, chosen):
        return SkyEllipses(
            self.ra[chosen], self.dec[chosen], self.major[chosen], self.minor[chosen], self.angle[chosen]
        )

    @property
    def areas(self):
        """Area of the ellipses, square degrees (numpy.ndarray)."""
        return np.pi / 4 * self.major * self.minor

    @property
    def directions(self):
        """Unit vectors to the middles, shape ``[..., 3]`` (numpy.ndarray)."""
        return sky_directions(self.ra, self.dec)

    def grown(self, margin):
        """
        Give ellipses that reach farther.

        Parameters
        ----------
        margin : float
            Degrees, on every side.

        Returns
        -------
        SkyEllipses
            The same middles.
        """
        return SkyEllipses(self.ra, self.dec, self.major + 2 * margin, self.minor + 2 * margin, self.angle)


def sky_directions(ra, dec):
    """
    Turn positions into unit vectors.

    Parameters
    ----------
    ra, dec : float or array_like
        Degrees.

    Returns
    -------
    numpy.ndarray
        Shape ``[..., 3]``.

    Examples
    --------
    >>> from astroclassify.datasets import sky_directions
    >>> sky_directions(90, 0).round(3) + 0.0
    array([0., 1., 0.])
    """
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack(
        np.broadcast_arrays(np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)), axis=-1
    )


def disk_outlines(ra, dec, radius, *, corners=24):
    """
    Give the outlines of round frames, for pointings whose roll is not known.

    Parameters
    ----------
    ra, dec : float or array_like
        Of the middles, degrees.
    radius : float
        Degrees.
    corners : int, default 24
        Of the regular polygon, which has the disk's area.

    Returns
    -------
    numpy.ndarray
        Unit vectors ``[..., corners, 3]``.

    Examples
    --------
    >>> from astroclassify.datasets import disk_outlines
    >>> disk_outlines([10.0, 20.0], 41.0, 0.03).shape
    (2, 24, 3)
    """
    middle = sky_directions(ra, dec)[..., None, :]
    east, north = (axis[..., None, :] for axis in _axes(ra, dec))
    turn = 2 * np.pi / corners
    angle = np.arange(corners)[:, None] * turn
    reach = np.radians(radius) * np.sqrt(turn / np.sin(turn))
    sideways = np.cos(angle) * north + np.sin(angle) * east
    return np.cos(reach) * middle + np.sin(reach) * sideways


def sky_shares(outlines, ellipses):
    """
    Say how much of frames lies on bodies, and how much of the bodies in the frames.

    Parameters
    ----------
    outlines : numpy.ndarray
        Unit vectors to the corners of frames, in order, ``[..., corner, 3]``. Frames are smaller than a
        hemisphere.
    ellipses : SkyEllipses
        Bodies; the outlines' leading axes and theirs are broadcast.

    Returns
    -------
    of_frame, of_body : numpy.ndarray
        Shares from 0 to 1. A body without size has no share of a frame, and is in it (1) or not (0).

    Notes
    -----
    Exact for the polygon and for an ellipse in the equal-area plane about the body's middle. What
    remains is the difference between great circles and straight edges there: under 1e-4 for edges of a
    degree within 10 degrees of the middle.
    """
    plane = _projected(outlines, ellipses)
    following = np.roll(plane, -1, axis=-2)
    size = np.abs(_cross(plane, following).sum(axis=-1)) / 2
    around = np.arctan2(_cross(plane, following), (plane * following).sum(axis=-1)).sum(axis=-1)
    axes = 2 * np.sin(np.radians(np.stack([ellipses.major, ellipses.minor], axis=-1)) / 4)
    sized = axes.min(axis=-1) > 0
    facing = (
        _along(outlines, ellipses.directions).max(axis=-1) > 0
    )  # the plane folds the far side onto its rim
    scale = np.where(sized[..., None], axes, 1.0)[..., None, :]
    common = _common_area(plane / scale, following / scale) * (sized & facing)
    common = np.where(common > _ROUNDING, common, 0.0)
    of_body = np.where(sized, common / np.pi, facing & (np.abs(around) > np.pi))
    of_frame = common * scale[..., 0, 0] * scale[..., 0, 1] / np.where(size > 0, size, np.inf)
    return of_frame.clip(0, 1), of_body.clip(0, 1)


def _axes(ra, dec):
    """Unit vectors to east and north at positions in degrees."""
    ra, dec = np.broadcast_arrays(np.radians(ra), np.radians(dec))
    east = np.stack([-np.sin(ra), np.cos(ra), np.zeros_like(ra)], axis=-1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=-1)
    return east, north


def _projected(outlines, ellipses):
    """Corners in the equal-area plane about each body, along its major and minor axis, radians."""
    east, north = _axes(ellipses.ra, ellipses.dec)
    angle = np.radians(ellipses.angle)[..., None]
    major, minor = np.cos(angle) * north + np.sin(angle) * east, np.cos(angle) * east - np.sin(angle) * north
    stretch = np.sqrt(2 / (1 + _along(outlines, ellipses.directions)).clip(1e-9))
    return np.stack([stretch * _along(outlines, axis) for axis in (major, minor)], axis=-1)


def _along(outlines, axis):
    return np.einsum("...vi,...i->...v", outlines, axis)


def _cross(one, other):
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


def _common_area(start, end):
    """The area that polygons, given by their edges ``[..., edge, 2]``, share with the unit circle."""
    step = end - start
    length = (step**2).sum(axis=-1)
    length = np.where(length > 0, length, 1.0)
    along, beyond = (start * step).sum(axis=-1), (start**2).sum(axis=-1) - 1
    inside = along**2 - length * beyond  # positive where the edge's line crosses the circle
    root = np.sqrt(inside.clip(0))
    first, last = (
        np.where(inside > 0, ((-along + sign * root) / length).clip(0, 1), 0.0)[..., None] for sign in (-1, 1)
    )
    enter, leave = start + first * step, start + last * step
    area = _sector(start, enter) + _cross(enter, leave) + _sector(leave, end)
    return np.abs(area.sum(axis=-1)) / 2


def _sector(start, end):
    """Twice the area of the sector of the unit circle between two directions."""
    return np.arctan2(_cross(start, end), (start * end).sum(axis=-1))
