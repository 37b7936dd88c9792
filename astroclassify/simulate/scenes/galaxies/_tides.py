"""Tides: the stars of two disks that pass each other, as test particles; where they are, and how bright.

Toomre & Toomre (1972, ApJ 178, 623): stars of a disk weigh nothing beside the two galaxies, so each is
followed alone in the field of both. Tails and bridges are what the outer disks become. Units: the first
galaxy's mass, the radius of its disk, and a gravitational constant of 1; its outermost stars go round in some
6.3 units of time.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from astroclassify.simulate._raster import blur

#: Side and pixels of the square on which tides are mapped, body units: the same for every view.
EXTENT, SIDE = 2.4, 512
_RINGS, _AZIMUTHS = 14, 72
#: Between two of them so many positions are found by splines, each for so many stars.
_SPLINED, _STARS_EACH = 6, 3
#: Stars that are followed, and e-folding length of their numbers, in radii of the disk.
_FOLLOWED, _LENGTH = (0.3, 1.25), 0.3
_SOFTENING = 0.3  # of a galaxy's field, in radii of its disk
_STEP = 0.06
_START = np.radians(115)  # before pericentre, true anomaly
_SPREAD = 0.03  # in radii of the disk: how far stars have strayed by motions of their own
_LARGEST, _SMALLEST = 0.6, 0.15  # radii of disks, body units


@dataclass(frozen=True, eq=False)
class Tides:
    """
    What an encounter has left, as it is seen on the sky.

    Parameters
    ----------
    centres : list of tuple of float
        Centres (v, u) of both galaxies, body units.
    sizes : tuple of float
        Radii of their disks, body units.
    angles : tuple of float
        Directions of the disks' longer axes before the encounter, from u towards v, radians.
    light : torch.Tensor
        Surface brightness of the followed stars, in units of the disks' centres before the encounter; on a
        square of ``EXTENT`` body units on either side of the origin.
    """

    centres: list
    sizes: tuple
    angles: tuple
    light: torch.Tensor

    def at(self, v, u):
        """
        Give the light at positions.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.

        Returns
        -------
        torch.Tensor
            Surface brightness; 0 outside the map.
        """
        positions = torch.stack(torch.broadcast_tensors(u, v), dim=-1) / EXTENT
        light = self.light.to(v.device)[None, None]
        found = torch.nn.functional.grid_sample(light, positions[None], mode="bicubic", align_corners=False)
        return found[0, 0].clamp_(min=0.0)


@lru_cache(maxsize=8)
def encounter(seed, *, late=False):
    """
    Let two disks pass each other.

    Parameters
    ----------
    seed : int
        Of masses, orbit, inclinations, age and direction of sight.
    late : bool, default False
        Long after, with friction that has brought the centres together.

    Returns
    -------
    Tides
        What is left.
    """
    rng = np.random.default_rng(seed)
    masses = np.array([1.0, rng.uniform(0.3, 1.0)])
    radii = np.sqrt(masses)
    drag = 0.8 if late else rng.uniform(0, 0.15)
    after = rng.uniform(4.0, 7.0) if late else rng.uniform(1.2, 5.0)
    centres, before = _orbit(masses, rng.uniform(0.5, 1.1) * radii.sum())
    disks = [_disk(rng, mass, radius) for mass, radius in zip(masses, radii, strict=True)]
    stars = [disk + centre[:, None] for disk, centre in zip(disks, centres.swapaxes(0, 1), strict=True)]
    centres, stars = _followed(centres, np.concatenate(stars, axis=1), masses, radii, before + after, drag)
    normals = [np.cross(*disk[:, 0]) for disk in disks]
    return _seen(rng, centres[0], stars[0], normals, masses, radii)


def _orbit(masses, nearest):
    """Positions and velocities of both centres on a parabola, [2, galaxy, 3]; and the time to pericentre."""
    total, (sine, cosine) = masses.sum(), (-np.sin(_START), np.cos(_START))
    distance = 2 * nearest / (1 + cosine)
    speed = np.sqrt(total / (2 * nearest))  # total / angular momentum
    apart = np.array([distance * cosine, distance * sine, 0.0])
    moving = speed * np.array([-sine, 1 + cosine, 0.0])
    parts = np.array([-masses[1], masses[0]]) / total
    half = np.tan(_START / 2)
    # Barker's equation.
    before = np.sqrt(2 * nearest**3 / total) * (half + half**3 / 3)
    return np.stack([parts[:, None] * apart, parts[:, None] * moving]), before


def _disk(rng, mass, radius):
    """Positions and velocities of stars on circles, in a plane of any inclination; [2, star, 3]."""
    ring = np.linspace(*_FOLLOWED, _RINGS)[:, None] * radius
    azimuth = np.linspace(0, 2 * np.pi, _AZIMUTHS, endpoint=False)
    away = np.stack(np.broadcast_arrays(np.cos(azimuth), np.sin(azimuth), 0 * ring), axis=-1)
    along = np.stack(np.broadcast_arrays(-np.sin(azimuth), np.cos(azimuth), 0 * ring), axis=-1)
    speed = np.sqrt(mass * ring**2 / (ring**2 + (_SOFTENING * radius) ** 2) ** 1.5)
    stars = np.stack([ring[..., None] * away, speed[..., None] * along])
    return Rotation.random(random_state=rng).apply(stars.reshape(-1, 3)).reshape(2, -1, 3)


def _followed(centres, stars, masses, radii, time, drag):
    """Follow centres and stars, [2, N, 3]; leapfrog."""
    softening = (_SOFTENING * radii) ** 2
    both = np.concatenate([centres, stars], axis=1)
    position, velocity = both[0].T.copy(), both[1].T.copy()
    for _ in range(int(np.ceil(time / _STEP))):
        position += velocity * (_STEP / 2)
        pull = np.zeros_like(position)
        for one in range(2):
            offset = position[:, one, None] - position
            pull += offset * (masses[one] * ((offset * offset).sum(0) + softening[one]) ** -1.5)
        velocity += _STEP * pull
        _brake(position, velocity, masses, drag)
        position += velocity * (_STEP / 2)
    return [np.stack([position.T[part], velocity.T[part]]) for part in (slice(0, 2), slice(2, None))]


def _brake(position, velocity, masses, drag):
    """Friction in each other's haloes takes the centres' relative speed."""
    apart, moving = position[:, 1] - position[:, 0], velocity[:, 1] - velocity[:, 0]
    lost = moving * min(drag * _STEP * 2 / (1 + apart @ apart), 1.0)
    velocity[:, :2] += lost[:, None] * (np.array([masses[1], -masses[0]]) / masses.sum())


def _seen(rng, centres, stars, normals, masses, radii):
    """Look at it from anywhere, on a scale that shows most of it."""
    turn = Rotation.random(random_state=rng)
    # A disk is longest across the projection (v, u) of its normal.
    angles = tuple(float(np.arctan2(u, -v)) for v, u, _ in turn.apply(normals))
    centres, stars = turn.apply(centres)[:, :2], turn.apply(stars)[:, :2]
    middle = masses @ centres / masses.sum()
    reach = np.quantile(np.hypot(*(stars - middle).T), 0.95)
    scale = float(np.clip(1.1 / reach, _SMALLEST, _LARGEST))
    sheets = ((stars - middle) * scale).reshape(2, _RINGS, _AZIMUTHS, 2)
    light = sum(_spread(rng, *disk) for disk in zip(sheets, radii * scale, strict=True))
    centres = [tuple(map(float, centre)) for centre in (centres - middle) * scale]
    sizes = tuple(float(radius * scale) for radius in radii)
    return Tides(centres, sizes, angles, blur(light, 0.8))


def _spread(rng, sheet, size):
    """Map a disk's stars, wherever tides took them."""
    positions = _splined(sheet)
    inner, outer = _FOLLOWED
    radius = np.linspace(inner, outer, positions.shape[0])[:, None]
    # An exponential disk: its light at a position over the brightness of its centre, square body units.
    area = 2 * np.pi * radius * (outer - inner) * size**2 / positions[..., 0].size
    light = (
        np.broadcast_to(area * np.exp(-radius / _LENGTH), (_STARS_EACH, *positions.shape[:2])) / _STARS_EACH
    )
    at = positions + rng.normal(0, _SPREAD * size, (_STARS_EACH, *positions.shape))
    pixel = 2 * EXTENT / SIDE
    row, column = np.floor(at.reshape(-1, 2).T / pixel + SIDE / 2).astype(int)
    inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
    pixels, light = (row * SIDE + column)[inside], light.ravel()[inside] / pixel**2
    filled = np.bincount(pixels, light, minlength=SIDE * SIDE).astype(np.float32)
    return torch.from_numpy(filled.reshape(SIDE, SIDE))


def _splined(sheet):
    """Find positions between stars that were followed; beyond the last azimuth comes the first again."""
    rings, azimuths = sheet.shape[:2]
    sheet = CubicSpline(np.arange(rings), sheet)(np.linspace(0, rings - 1, _SPLINED * (rings - 1) + 1))
    closed = np.concatenate([sheet, sheet[:, :1]], axis=1)
    finer = np.linspace(0, azimuths, _SPLINED * azimuths, endpoint=False)
    return CubicSpline(np.arange(azimuths + 1), closed, axis=1, bc_type="periodic")(finer)
