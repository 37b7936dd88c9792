"""Ellipticals and lenticulars: twisted isophotes, disks, dust, shells, globular clusters, satellites."""

import numpy as np
import torch

from astroclassify.simulate.scenes._view import turned
from astroclassify.simulate.scenes.galaxies._light import (
    ellipse,
    lognormal,
    sersic,
    sersic_light,
    smooth_edge,
    star_fluctuations,
)
from astroclassify.simulate.scenes.galaxies._points import add_giants, add_globular_system

#: Body units beyond which an elliptical is dark.
REACH = 4.0


class EllipticalShape:
    """
    All numbers of one elliptical or lenticular, the same for every view of it.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    """

    def __init__(self, streams):
        rng, log_uniform = streams.rng, streams.log_uniform
        self.ratio = float(rng.uniform(0.35, 1.0))
        self.flattening = float(rng.normal(0, 0.08))
        self.twist = float(rng.normal(0, 0.12))
        self.boxiness = float(rng.normal(0, 0.02))
        # Sersic's n goes from 2 (faint ellipticals) over 4 (de Vaucouleurs' law) to 8 (brightest of
        # clusters).
        self.index = float(log_uniform(2.0, 8.0))
        self.radius = float(log_uniform(0.12, 0.5))
        self.core = float(log_uniform(0.002, 0.03)) * self.radius
        self.disk = float(rng.uniform(0.2, 1.0)) if rng.random() < 0.3 else 0.0
        self.disk_length = float(rng.uniform(0.2, 0.4))
        self.lane = float(rng.uniform(0.5, 2.5)) if rng.random() < 0.2 else 0.0
        self.lane_height = float(rng.uniform(0.02, 0.08))
        self.lane_length = float(rng.uniform(0.1, 0.5))
        self.lane_angle = float(rng.uniform(0, np.pi))
        self.dust_disk = float(rng.uniform(0.4, 2.0)) if rng.random() < 0.25 else 0.0
        self.dust_radius = float(log_uniform(0.03, 0.2)) * self.radius
        self.dust_ratio = float(rng.uniform(0.15, 0.9))
        self.dust_angle = float(rng.uniform(0, np.pi))
        self.shells = float(rng.uniform(0.04, 0.15)) if rng.random() < 0.2 else 0.0
        self.shell_radii = np.sort(log_uniform(0.15, 1.6, int(rng.integers(3, 9))))
        self.shell_sides = rng.choice([-1.0, 1.0], self.shell_radii.size)
        self.globulars = float(log_uniform(1.0, 8.0))
        self.satellites = int(rng.poisson(0.8))

    @property
    def light(self):
        """V light, reference level times square body units (float)."""
        disk = self.disk * 2 * np.pi * self.disk_length**2 * self.ratio * 0.6
        return sersic_light(self.radius, self.index, axis_ratio=self.ratio) + disk

    def profile(self, v, u, softening):
        """
        Give the light.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.
        softening : float
            Radius within which a cusp is flat.

        Returns
        -------
        torch.Tensor
            Reference level 1.
        """
        x = torch.log1p((v.square() + u.square()) / self.radius**2)
        angle = self.twist * x
        # Small angles: isophotes twist by no more than some 20 degrees.
        across, along = v - angle * u, u + angle * v
        # Isophotes turn and change their flattening with ln(r), as projected triaxial bodies do whose
        # axis ratios vary.
        ratio = (self.ratio + self.flattening * (x - 0.7) / (1 + x)).clamp_(0.3, 1.0)
        across2, along2 = (across / ratio).square_(), along.square()
        r2 = across2 + along2 + max(self.core, softening) ** 2
        # The fourth harmonic of the isophotes: above 0 boxy, below 0 disky.
        # With cos t = along / r and sin t = across / r, 8 sin**2 t cos**2 t is 1 - cos(4 t): this is
        # cos(4 t), the term a4 of isophotes' Fourier series (Bender et al. 1988, A&AS 74, 385).
        fourth = 1 - 8 * along2 * across2 / r2.square()
        r = r2.sqrt_() * (1 + self.boxiness * fourth)
        light = sersic(r.clone(), self.radius, self.index) * torch.exp(-((r / (0.6 * REACH)) ** 4))
        if self.disk:
            thin = ellipse(v, u, self.ratio * 0.6, softening=softening)
            light += self.disk * torch.exp(thin * (-1 / self.disk_length)) * smooth_edge((1.3 - thin) / 0.1)
        if self.shells:
            light *= 1 + self._shells(r, along)
        return light

    def _shells(self, r, along):
        """Arcs on either side, sharp on the outside: stars at the turning points of their orbits."""
        excess = torch.zeros_like(r)
        side = along / r
        for radius, sign in zip(self.shell_radii, self.shell_sides, strict=True):
            # Shells are what is left of a small galaxy that fell in along the major axis: its stars are
            # slowest, and so most crowded, where they turn around (Quinn 1984, ApJ 279, 596). They
            # interleave on both sides.
            sector = (side * float(sign)).clamp(min=0).square()
            inside = torch.exp((r - radius).clamp(max=0) * (4 / radius)) * smooth_edge((radius - r) / 0.006)
            excess.addcmul_(sector, inside, value=self.shells)
        return excess

    def dust_fields(self, v, u):
        """
        Give the dust, smooth.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.

        Returns
        -------
        torch.Tensor or None
            Optical depth.
        """
        depth = None
        if self.lane:
            across, along = turned(v, u, self.lane_angle)
            # Gas that came in from outside settles into a disk, seen as a lane, which is still warped.
            bent = across + 0.3 * along.square() / self.lane_length
            depth = self.lane * torch.exp(-((bent / self.lane_height) ** 2) - (along / self.lane_length) ** 2)
        if self.dust_disk:
            r = ellipse(v, u, self.dust_ratio, angle=self.dust_angle) / self.dust_radius
            rings = 0.7 + 0.3 * torch.cos(r * 14)
            disk = self.dust_disk * rings * smooth_edge((1 - r) / 0.06)
            depth = disk if depth is None else depth + disk
        return depth


def paint_elliptical(canvas):
    """
    Paint an elliptical or lenticular.

    Parameters
    ----------
    canvas : Canvas
        Takes its light, dust and points.
    """
    shape = EllipticalShape(canvas.streams_of_shape)
    light = canvas.smooth(lambda v, u: shape.profile(v, u, canvas.softening)).mul_(canvas.unit)
    depth = shape.dust_fields(*canvas.grid)
    if depth is not None:
        texture = canvas.texture(slope=2.8, outer_scale=0.5 * max(shape.lane_length, shape.dust_radius))
        canvas.dust = (canvas.fine(depth) * lognormal(texture, 0.7)).clamp_(max=4.0)
    light = add_giants(canvas, light)
    canvas.add("old", light * star_fluctuations(canvas, light), behind=0.0 if depth is None else 0.6)
    add_globular_system(
        canvas,
        frequency=shape.globulars,
        effective_radius=shape.radius,
        axis_ratio=shape.ratio,
        absolute_magnitude=canvas.absolute_magnitude(shape.light),
    )
    for _ in range(shape.satellites):
        _add_satellite(canvas)


def _add_satellite(canvas):
    """A dwarf: a round, faint Sersic profile of low index."""
    rng, log_uniform = canvas.streams_of_shape.rng, canvas.streams_of_shape.log_uniform
    centre, size = rng.normal(0, 0.7, 2), float(log_uniform(0.015, 0.08))
    ratio, index, level = rng.uniform(0.4, 1), rng.uniform(0.8, 2.5), log_uniform(0.05, 0.8)
    angle = rng.uniform(0, np.pi)

    def profile(v, u):
        r = ellipse(v, u, float(ratio), softening=canvas.softening / size)
        return (
            sersic(r.clone(), 1.0, float(index)) * smooth_edge((5.0 - r) / 0.3) * (float(level) * canvas.unit)
        )

    canvas.add_small("old", profile, centre=centre, size=size, angle=angle, reach=6.0)
