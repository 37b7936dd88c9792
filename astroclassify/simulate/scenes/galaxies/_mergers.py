"""Galaxies in interaction: what tides made of disks, shared envelopes, knots of young stars, torn dust."""

import torch

from astroclassify.simulate._textures import ridges
from astroclassify.simulate.scenes.galaxies._light import (
    ellipse,
    lognormal,
    sersic,
    smooth_edge,
    star_fluctuations,
)
from astroclassify.simulate.scenes.galaxies._points import (
    add_globular_system,
    add_young,
)

#: Body units beyond which the tails of a merger are dark.
REACH = 2.5
#: More of the young light is in clusters, and brighter ones, than in quiet disks.
_BURST = {"clusters": 0.2, "brightest_cluster": -14.0}


class MergerShape:
    """
    What a merger has beside its galaxies, the same for every view of it.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    tides : Tides
        What the encounter made of the disks.
    late : bool
        Whether the galaxies have become one, whose reference level is that at half its light: fainter than a
        disk's centre.
    """

    def __init__(self, streams, tides, *, late):
        rng = streams.rng
        self.tides = tides
        self.level = float(streams.log_uniform(0.25, 1.2)) * (3.0 if late else 1.0)
        self.young = float(rng.uniform(0.05, 0.5))
        self.halo = float(streams.log_uniform(0.02, 0.12))


def tidal_painter(shape):
    """
    Make the painter of a merger's debris.

    Parameters
    ----------
    shape : MergerShape
        Its numbers.

    Returns
    -------
    callable
        ``painter(canvas)``.
    """

    def paint(canvas):
        field = canvas.coarse_texture(slope=3.6, outer_scale=0.3)
        # Tails are stars of both disks, as restricted three-body runs give them (Toomre & Toomre 1972,
        # ApJ 178, 623; see `_tides`), and hold young clusters where gas was compressed.
        debris = shape.level * shape.tides.at(*canvas.grid)
        _add_debris(canvas, shape, debris, shape.young * debris, field)

    return paint


def _add_debris(canvas, shape, debris, young, field):
    clumps = canvas.texture(slope=2.5, outer_scale=0.12)
    v, u = canvas.grid
    r = (v.square() + u.square()).sqrt()
    halo = shape.halo * torch.exp(-2.5 * r) * smooth_edge((2.2 - r) / 0.1)
    light = canvas.fine(debris * lognormal(field, 0.15) + halo).mul_(canvas.unit)
    knots = canvas.fine(young * lognormal(field, 0.8)) * lognormal(clumps, 1.2)
    knots = knots.mul_(0.6 * canvas.unit)
    add_young(canvas, knots, clumps, **_BURST)
    canvas.add("old", light * 0.55 * star_fluctuations(canvas, light))
    canvas.add("star-forming", light * 0.45)


class RemnantShape:
    """
    All numbers of two galaxies that have nearly become one, the same for every view of them.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    """

    def __init__(self, streams):
        rng, log_uniform = streams.rng, streams.log_uniform
        self.ratio = float(rng.uniform(0.5, 1.0))
        self.radius = float(log_uniform(0.15, 0.4))
        self.index = float(rng.uniform(1.0, 3.0))
        self.nuclei = rng.normal(0, float(log_uniform(0.02, 0.1)), (2, 2))
        self.nucleus_levels = log_uniform(1.0, 20.0, 2)
        self.young = float(log_uniform(0.05, 0.5))
        self.dust = float(log_uniform(0.5, 2.5))
        self.threads = float(rng.uniform(0.2, 0.45))

    def envelope(self, v, u):
        """
        Give the common light.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.

        Returns
        -------
        torch.Tensor
            About 1 at the effective radius.
        """
        # Violent relaxation leaves a smooth body within few crossing times (Lynden-Bell 1967, MNRAS 136,
        # 101), while dust and new stars still stand where gas fell in.
        r = ellipse(v, u, self.ratio, softening=0.05 * self.radius)
        return sersic(r, self.radius, self.index) * smooth_edge((1.8 - r) / 0.15)

    def cores(self, v, u, softening):
        """
        Give the two nuclei.

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
        light = torch.zeros_like(v)
        for (cv, cu), level in zip(self.nuclei, self.nucleus_levels, strict=True):
            r = ellipse(v - float(cv), u - float(cu), 0.8, softening=softening)
            light += float(level) * sersic(r, 0.03, 2.0)
        return light


def paint_remnant(canvas):
    """
    Paint a late merger.

    Parameters
    ----------
    canvas : Canvas
        Takes its light, dust and points.
    """
    shape = RemnantShape(canvas.streams_of_shape)
    v, u = canvas.grid
    torn = canvas.coarse_texture(slope=3.0, outer_scale=0.3)
    veil = canvas.texture(slope=2.6, outer_scale=0.15)
    envelope = shape.envelope(v, u)
    core = torch.exp((v.square() + u.square()) * (-1 / (1.5 * shape.radius) ** 2))
    depth = shape.dust * core.sqrt() * (ridges(torn, shape.threads) + 0.2)
    canvas.dust = (canvas.fine(depth) * lognormal(veil, 0.8)).clamp_(max=4.0)
    young = canvas.fine(shape.young * core * lognormal(torn, 1.0)) * lognormal(veil.flip(0), 1.1)
    add_young(canvas, young.mul_(1.5 * canvas.unit), veil.flip(1), behind=0.6, **_BURST)
    light = canvas.fine(envelope * lognormal(torn, 0.15)).mul_(canvas.unit)
    light += canvas.smooth(lambda v, u: shape.cores(v, u, canvas.softening), scale=0.5).mul_(canvas.unit)
    canvas.add("old", light * 0.6 * star_fluctuations(canvas, light), behind=0.6)
    canvas.add("star-forming", light * 0.4, behind=0.6)
    add_globular_system(
        canvas,
        frequency=2.0,
        effective_radius=shape.radius,
        axis_ratio=shape.ratio,
        absolute_magnitude=canvas.absolute_magnitude(6 * shape.radius**2),
    )
