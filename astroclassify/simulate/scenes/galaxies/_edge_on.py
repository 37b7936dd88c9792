"""Disks seen from the side: dust lane, bulge, warp, knots of young stars in the midplane."""

import numpy as np
import torch

from astroclassify.simulate.scenes.galaxies._light import (
    ellipse,
    lognormal,
    sersic,
    smooth_edge,
    star_fluctuations,
)
from astroclassify.simulate.scenes.galaxies._points import (
    add_giants,
    add_globular_system,
    add_young,
)

#: Body units beyond which an edge-on disk is dark.
REACH = 2.0


class EdgeOnShape:
    """
    All numbers of one edge-on disk, the same for every view of it.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    """

    def __init__(self, streams):
        rng, log_uniform = streams.rng, streams.log_uniform
        self.warp = float(rng.normal(0, 0.03))
        self.length = float(rng.uniform(0.15, 0.3))
        self.height = float(self.length * log_uniform(0.08, 0.22))
        self.edge = float(rng.uniform(0.9, 1.2))
        self.young = float(log_uniform(0.04, 0.2))
        self.patchiness = float(rng.uniform(0.2, 0.7))
        self.bulge = float(log_uniform(0.2, 2.5)) if rng.random() < 0.8 else 0.0
        self.bulge_ratio = float(rng.uniform(0.5, 1.0))
        self.bulge_radius = float(log_uniform(0.04, 0.2))
        self.bulge_index = float(rng.uniform(1, 4))
        self.boxy = float(rng.uniform(2.0, 3.2))
        self.lane = float(log_uniform(1.0, 5.0)) if rng.random() < 0.85 else 0.0
        self.lane_height = float(self.height * rng.uniform(0.2, 0.5))
        # Not quite from the side, the near half of the dust lies below the midplane, bowed like a lens' rim.
        self.bow = float(self.height * abs(rng.normal(0, 0.5)))
        self.ragged = float(rng.uniform(0.2, 0.9))

    def disk_layers(self, v, u):
        """
        Give the height over the warped midplane and the disk's light.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.

        Returns
        -------
        z, disk, young_layer : torch.Tensor
            Height, and the light of the old disk and of the thin layer of young stars, reference level 1.
        """
        z = v - self.warp * u * u.abs()
        x = u.abs() / self.length
        # Along the line of sight an exponential disk adds up to x K1(x), K1 being a Bessel function (van
        # der Kruit & Searle 1981, A&A 95, 105). (1 + x) exp(-x) is as flat in the middle, has the same
        # e-folding far out, and needs no Bessel function.
        radial = (1 + x) * torch.exp(-x) * smooth_edge((self.edge - u.abs()) / 0.1)
        flare = self.height * (1 + 0.3 * u.square())
        # Stars whose random velocities are the same at all heights, held by their own gravity: an
        # isothermal sheet, sech**2(z / height) (Spitzer 1942, ApJ 95, 329). It grows thicker outwards.
        disk = 0.9 / torch.cosh((z / flare).clamp(-40, 40)).square()
        # The thick disk: old stars, three times as high, and with more of them far from the plane: sech.
        disk = radial * (disk + 0.1 / torch.cosh((z / (3 * flare)).clamp(-40, 40)))
        young_layer = radial * torch.exp(-(z / (0.3 * self.height)).abs())
        return z, disk, young_layer

    def bulge_light(self, v, u, softening):
        """
        Give the bulge, round or boxy.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.
        softening : float
            Radius within which the cusp is flat.

        Returns
        -------
        torch.Tensor
            Reference level 1.
        """
        p = self.boxy
        # Seen from the side, thick bars look like boxes or peanuts: |u|**p + |v|**p = r**p is an ellipse
        # for p = 2 and a box for large p.
        if p < 2.4:
            r = ellipse(v, u, self.bulge_ratio, softening=softening)
        else:
            r = (u.abs().pow(p) + (v / self.bulge_ratio).abs().pow(p)).pow(1 / p) + softening
        light = sersic(r.clone(), self.bulge_radius, self.bulge_index)
        # Light of more than some 20 reference levels is levelled off: of a high Sersic index the cusp
        # would outshine all of the disk.
        return self.bulge * smooth_edge((0.85 * REACH - r) / 0.1) * (light * 20.0 / (light + 20.0))

    def lane_depth(self, z, u, texture):
        """
        Give the dust lane.

        Parameters
        ----------
        z, u : torch.Tensor
            Height and distance along the disk.
        texture : torch.Tensor
            Moves its edges.

        Returns
        -------
        torch.Tensor
            Optical depth.
        """
        rim = (1 - (u / (0.85 * self.edge)).square()).clamp_(min=0).sqrt_()
        height = self.lane_height * (1 + self.ragged * texture).clamp_(min=0.2)
        middle = z + self.bow * rim + 0.35 * self.lane_height * self.ragged * texture
        lane = torch.exp(-((middle / height).square())) * torch.exp(-0.4 * u.abs() / self.length)
        return self.lane * lane * smooth_edge((0.9 * self.edge - u.abs()) / 0.06)


def paint_edge_on(canvas):
    """
    Paint an edge-on disk.

    Parameters
    ----------
    canvas : Canvas
        Takes its light, dust and points.
    """
    shape = EdgeOnShape(canvas.streams_of_shape)
    unit, (v, u) = canvas.unit, canvas.grid
    clumps = canvas.coarse_texture(slope=3.0, outer_scale=0.2)
    z, disk, young_layer = shape.disk_layers(v, u)
    knots = canvas.texture(slope=2.5, outer_scale=0.06)
    if shape.lane:
        depth = shape.lane_depth(z, u, clumps)
        filaments = canvas.texture(slope=2.6, outer_scale=0.12)
        canvas.dust = (canvas.fine(depth) * lognormal(filaments, 0.7)).clamp_(max=5.0)
    young = canvas.fine(young_layer * lognormal(clumps, 1.5 * shape.patchiness)) * lognormal(knots, 0.9)
    young = young.mul_(1.5 * shape.young * unit)
    add_young(canvas, young, knots, behind=0.75)
    forming = canvas.fine((0.5 * young_layer + 0.2 * disk) * lognormal(clumps, 0.6 * shape.patchiness))
    canvas.add("star-forming", forming.mul_(unit * (1 - shape.young)), behind=0.8)
    old = canvas.fine(disk * lognormal(clumps, 0.1)).mul_(0.7 * unit)
    old = add_giants(canvas, old)
    if shape.bulge:
        old = old + canvas.smooth(lambda v, u: shape.bulge_light(v, u, canvas.softening)).mul_(unit)
    canvas.add("old", old * star_fluctuations(canvas, old), behind=0.85)
    add_globular_system(
        canvas,
        frequency=1.0,
        effective_radius=shape.length,
        axis_ratio=0.7,
        # The disk along u, twice the integral of (1 + x) exp(-x), is 4 lengths, and sech**2 along z is 2
        # heights. Of these 8, nine tenths are the thin disk, and the edge leaves some 2 pi.
        absolute_magnitude=canvas.absolute_magnitude(
            2 * np.pi * shape.length * shape.height * (1 + shape.bulge)
        ),
    )
