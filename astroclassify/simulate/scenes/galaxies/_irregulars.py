"""Irregulars: a lumpy disk, an off-centre bar, associations, stars, H II shells; and round dwarfs."""

import numpy as np
import torch

from astroclassify.simulate._textures import ridges
from astroclassify.simulate.scenes.galaxies._light import (
    ellipse,
    lognormal,
    sersic,
    sersic_light,
    smooth_edge,
    star_fluctuations,
)
from astroclassify.simulate.scenes.galaxies._points import (
    add_giants,
    add_globular_system,
    add_young,
)

#: Body units beyond which an irregular is dark.
REACH = 2.5


class IrregularShape:
    """
    All numbers of one irregular, the same for every view of it.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    """

    def __init__(self, streams):
        rng, log_uniform = streams.rng, streams.log_uniform
        self.ratio = float(rng.uniform(0.3, 1.0))
        self.offset = float(0.1 * rng.normal())
        self.length = float(rng.uniform(0.2, 0.45))
        self.power = float(rng.uniform(0.8, 1.6))
        self.lumps = float(rng.uniform(0.05, 0.25))
        self.lump_scale = float(rng.uniform(0.2, 0.6))
        self.bar = float(rng.uniform(0.3, 1.5)) if rng.random() < 0.4 else 0.0
        self.bar_centre = rng.normal(0, 0.1, 2)
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
    shape = IrregularShape(canvas.streams_of_shape)
    unit, (v, u) = canvas.unit, canvas.grid
    lumps = canvas.coarse_texture(slope=3.6, outer_scale=shape.lump_scale)
    knots = canvas.texture(slope=2.5, outer_scale=0.12)
    r = ellipse(v + shape.offset, u, shape.ratio, softening=1e-4)
    # Late types are exponential disks or flatter inside: exp(-(r / length)**power).
    disk = torch.exp(-((r / shape.length) ** shape.power)) * smooth_edge((1.6 - r) / 0.15)
    old = disk * lognormal(lumps, shape.lumps)
    if shape.bar:
        centre = (float(p) for p in shape.bar_centre)
        bar = ellipse(v - next(centre), u - next(centre), 0.25, angle=shape.bar_angle) / shape.bar_length
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
    light = light * star_fluctuations(canvas, light)
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


class DwarfShape:
    """
    All numbers of one dwarf spheroidal, the same for every view of it.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    """

    def __init__(self, streams):
        rng, log_uniform = streams.rng, streams.log_uniform
        self.ratio = float(rng.uniform(0.5, 1.0))
        self.radius = float(rng.uniform(0.25, 0.5))
        # Spheroidals are nearly exponential: Sersic's n from 0.5, a Gaussian, to 1.1.
        self.index = float(rng.uniform(0.5, 1.1))
        self.globulars = float(log_uniform(1.0, 20.0))
        self.nucleus = float(rng.uniform(-12, -8)) if rng.random() < 0.2 else None
        # The last stars that formed, in a patch of their own, where there still are any.
        self.young = float(log_uniform(0.003, 0.03)) if rng.random() < 0.3 else 0.0
        self.patch = rng.normal(0, 0.1, 2)
        self.patch_size = float(rng.uniform(0.06, 0.15))

    @property
    def light(self):
        """V light, level of the centre times square body units (float)."""
        return self.profile_light / float(self._cusp)

    @property
    def profile_light(self):
        """V light, level at the effective radius times square body units (float)."""
        return sersic_light(self.radius, self.index, axis_ratio=self.ratio)

    @property
    def _cusp(self):
        """Brightness of the centre over that at the effective radius."""
        return sersic(torch.zeros(1), self.radius, self.index)

    def profile(self, v, u):
        """
        Give the old light.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.

        Returns
        -------
        torch.Tensor
            1 at the centre.
        """
        r = ellipse(v, u, self.ratio, softening=1e-4)
        return sersic(r.clone(), self.radius, self.index) * smooth_edge((1.8 - r) / 0.15) / float(self._cusp)


def paint_dwarf(canvas):
    """
    Paint a dwarf spheroidal: stars in a faint, round body that galaxies behind it are seen through.

    Parameters
    ----------
    canvas : Canvas
        Takes its light and points.
    """
    shape, unit = DwarfShape(canvas.streams_of_shape), canvas.unit
    light = add_giants(canvas, canvas.smooth(shape.profile).mul_(unit))
    canvas.add("old", light * star_fluctuations(canvas, light))
    if shape.young:
        knots = canvas.texture(slope=2.5, outer_scale=0.1)
        v, u = canvas.grid
        d2 = (v - float(shape.patch[0])).square() + (u - float(shape.patch[1])).square()
        young = canvas.fine(shape.young * torch.exp(d2 * (-0.5 / shape.patch_size**2)))
        add_young(canvas, (young * lognormal(knots, 1.0)).mul_(unit), knots, clusters=0.0, supergiants=0.5)
    if shape.nucleus is not None:
        y, x = (np.atleast_1d(p) for p in canvas.view.to_pixels(0.0, 0.0))
        canvas.add_points("old", y, x, canvas.flux(np.array([shape.nucleus])), diameter=5.0)
    add_globular_system(
        canvas,
        frequency=shape.globulars,
        effective_radius=shape.radius,
        axis_ratio=shape.ratio,
        absolute_magnitude=canvas.absolute_magnitude(shape.light),
    )
