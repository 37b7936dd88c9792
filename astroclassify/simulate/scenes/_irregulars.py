"""Irregulars and dwarfs: a lumpy disk, an off-centre bar, associations, resolved stars, H II shells."""

import numpy as np
import torch

from astroclassify.simulate._textures import ridges
from astroclassify.simulate.scenes._galaxy_light import ellipse, grain, lognormal, rise
from astroclassify.simulate.scenes._galaxy_points import (
    add_giants,
    add_young,
)

#: Body units beyond which an irregular is dark.
REACH = 2.5


class IrregularShape:
    """
    All numbers of one irregular, the same for every view of it.

    Parameters
    ----------
    dice : Dice
        Source of randomness.
    """

    def __init__(self, dice):
        rng, log_uniform = dice.rng, dice.log_uniform
        self.ratio = float(rng.uniform(0.3, 1.0))
        self.offset = float(0.1 * rng.normal())
        self.length = float(rng.uniform(0.2, 0.45))
        self.power = float(rng.uniform(0.8, 1.6))
        self.lumps = float(rng.uniform(0.05, 0.25))
        self.lump_scale = float(rng.uniform(0.2, 0.6))
        self.bar = float(rng.uniform(0.3, 1.5)) if rng.random() < 0.4 else 0.0
        self.bar_place = rng.normal(0, 0.1, 2)
        self.bar_angle = float(rng.uniform(0, np.pi))
        self.bar_length = float(rng.uniform(0.2, 0.5))
        self.filaments = float(rng.uniform(0.3, 2.0)) if rng.random() < 0.5 else 0.0
        self.young = float(log_uniform(0.04, 0.4))
        self.clumpiness = float(rng.uniform(0.9, 1.7))
        self.dust = float(rng.uniform(0.2, 0.8)) if rng.random() < 0.5 else 0.0
        complexes = int(rng.poisson(4))
        self.complexes = rng.normal(0, self.length, (2, complexes)) * [[self.ratio], [1]]
        self.complex_sizes = log_uniform(0.02, 0.12, complexes)
        self.complex_weights = log_uniform(0.5, 8.0, complexes)


def paint_irregular(canvas):
    """
    Paint an irregular or dwarf.

    Parameters
    ----------
    canvas : Canvas
        Takes its light, dust and points.
    """
    shape = IrregularShape(canvas.dice_of_shape)
    unit, (v, u) = canvas.unit, canvas.grid
    lumps = canvas.coarse_texture(slope=3.6, outer_scale=shape.lump_scale)
    knots = canvas.texture(slope=2.5, outer_scale=0.12)
    r = ellipse(v + shape.offset, u, shape.ratio, softening=1e-4)
    disk = torch.exp(-((r / shape.length) ** shape.power)) * rise((1.6 - r) / 0.15)
    old = disk * lognormal(lumps, shape.lumps)
    if shape.bar:
        place = (float(p) for p in shape.bar_place)
        bar = ellipse(v - next(place), u - next(place), 0.25, angle=shape.bar_angle) / shape.bar_length
        old = old + shape.bar * torch.exp(-(bar**2))
    if shape.dust:
        depth = shape.dust * disk.sqrt() * ridges(lumps + 0.3, 0.4)
        canvas.dust = (canvas.fine(depth) * lognormal(knots, 0.8)).clamp_(max=3.0)
    young = _young_light(shape, v, u, disk, lumps)
    young = (canvas.fine(young) * lognormal(knots, shape.clumpiness)).mul_(unit)
    add_young(canvas, young, knots, share=1.3, clusters=0.15, supergiants=0.35)
    if shape.filaments:
        _add_threads(canvas, shape, r)
    light = add_giants(canvas, canvas.fine(old).mul_(unit))
    light = light * grain(canvas, light)
    canvas.add("old", light * 0.5, behind=0.5)
    canvas.add("star-forming", light * (0.5 - 0.5 * shape.young), behind=0.5)


def _young_light(shape, v, u, disk, lumps):
    """The youngest stars: where the lumps are, and in a few complexes."""
    weight = 0.4 * lognormal(lumps, 1.1)
    for (cv, cu), size, strength in zip(
        shape.complexes.T, shape.complex_sizes, shape.complex_weights, strict=True
    ):
        d2 = (v - float(cv)).square() + (u - float(cu)).square()
        weight = weight + float(strength) * torch.exp(d2 * (-0.5 / float(size) ** 2))
    return shape.young * disk * weight


def _add_threads(canvas, shape, r):
    """Gas blown out by the young: threads whose equivalent width is some 4 nm of the young light's."""
    threads = ridges(canvas.coarse_texture(slope=3.0, outer_scale=0.3), 0.08)
    level = shape.filaments * shape.young * canvas.unit * 1e8
    canvas.add("hii", canvas.fine(threads * torch.exp(-((r / 0.35) ** 2))).mul_(level))
