"""Spirals: bulge, bar, wound arms with dust lanes on their inner edges, young knots, H II regions."""

import numpy as np
import torch
from scipy import special

from astroclassify.simulate._textures import ridges
from astroclassify.simulate.scenes._view import turned
from astroclassify.simulate.scenes.galaxies._light import (
    ellipse,
    lognormal,
    sersic,
    sersic_light,
    smooth_edge,
    star_fluctuations,
    wound_textures,
)
from astroclassify.simulate.scenes.galaxies._points import (
    add_giants,
    add_globular_system,
    add_young,
)

#: Body units beyond which a spiral is dark.
REACH = 2.2


class SpiralShape:
    """
    All numbers of one spiral, the same for every view of it.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    """

    def __init__(self, streams):
        rng, log_uniform = streams.rng, streams.log_uniform
        # The normals of disks point anywhere alike: the solid angle at an inclination grows with its
        # sine, and so cos i is uniform. Steeper ones than 75 degrees are a kind of their own, edge-on
        # disks.
        self.cos_i = float(rng.uniform(0.25, 1.0))
        self.hand = float(rng.choice([-1, 1]))
        # Scale length of an exponential disk (Freeman 1970, ApJ 160, 811), which ends within three to
        # five of them.
        self.length = float(rng.uniform(0.22, 0.4))
        self.edge = float(rng.uniform(1.0, 1.3))
        self.number = int(rng.choice([2, 2, 2, 3, 4, 5]))
        self.outer_number = self.number + int(rng.choice([0, 0, 1, 2]))
        # Many arms are open ones: wound up they would be rings.
        # Along a radius, m arms of pitch p lie a factor exp(2 pi tan(p) / m) apart. With tan(p) of at
        # least m / 16 that is 1.5 or more.
        tightest = np.arctan(self.outer_number / 16)
        self.pitch = float(max(np.radians(rng.uniform(8, 35)), tightest))
        self.bend = float(rng.uniform(-0.05, 0.12))
        self.phase = float(rng.uniform(0, 2 * np.pi))
        self.sharpness = float(rng.uniform(0.7, 3.2))
        self.contrast = float(rng.uniform(0.35, 0.9))
        self.lane_offset = float(rng.uniform(0.35, 0.8))
        self.lane_sharpness = float(log_uniform(25, 90))
        self.ragged = float(rng.uniform(0.1, 0.6))
        self.patchiness = float(rng.uniform(0.4, 0.9))
        self.start = float(rng.uniform(0.05, 0.3))
        self.flocculent = bool(rng.random() < 0.35)
        self.lopsided = float(rng.uniform(0.0, 0.5))
        self.wobble = rng.normal(0, 1, (3, 4)) * rng.uniform(0.1, 0.5)
        self.old = float(rng.uniform(0.4, 0.65))
        self.young = float(log_uniform(0.03, 0.15))
        self.dust = float(log_uniform(0.6, 2.5))
        self.filaments = float(log_uniform(0.4, 1.5))
        self.bar = float(rng.uniform(0.2, 0.9)) if rng.random() < 0.5 else 0.0
        self.bar_ratio = float(rng.uniform(0.2, 0.4))
        self.bulge_part = float(log_uniform(0.01, 0.45))
        self.bulge_radius = float(log_uniform(0.02, 0.07) * (1 + 2 * self.bulge_part))
        self.bulge_index = float(rng.uniform(1, 4))
        self.bulge_ratio = float(rng.uniform(0.7, 1.0))
        self.ring = float(rng.uniform(0.1, 0.8)) if rng.random() < 0.25 else 0.0
        self.ring_radius = float(rng.uniform(0.3, 0.8))
        self.ring_width = float(rng.uniform(0.03, 0.09))
        self.nuclear = bool(rng.random() < 0.3)

    @property
    def winding(self):
        """Radians of azimuth per e-folding of the radius (float)."""
        # A logarithmic spiral cuts every circle at one angle, the pitch: dr = r tan(pitch) d(azimuth), so
        # that ln r grows by tan(pitch) for each radian.
        return 1 / np.tan(self.pitch)

    @property
    def bar_angle(self):
        """Azimuth of the bar, from whose ends the first arm starts (float)."""
        ln_r = np.log(self._bar_length)
        return ln_r * self.winding * (1 + self.bend * ln_r) + self.phase / self.number

    @property
    def _bar_length(self):
        return self.start + 0.1

    @property
    def light(self):
        """V light of disk and bulge, face on, reference level times square body units (float)."""
        # The integral of exp(-r / length) 2 pi r dr. Of disk and bulge together, the bulge has its part.
        disk = 2 * np.pi * self.length**2
        return disk / (1 - self.bulge_part)

    def wound(self, ln_r, azimuth):
        """
        Give the azimuth along the arms: the same on all of a crest.

        Parameters
        ----------
        ln_r, azimuth : torch.Tensor
            Logarithm of the radius, azimuth in radians.

        Returns
        -------
        torch.Tensor
            Radians.
        """
        wound = azimuth - ln_r * (self.winding * (1 + self.bend * ln_r))
        for order, (a, b, c, d) in enumerate(self.wobble.tolist(), 1):
            wave = torch.cos(order * azimuth + 2.5 * b * ln_r + 3 * (c + d))
            wound.add_(wave, alpha=0.5 * a / order)
        return wound

    def bulge(self, v, u, softening):
        """
        Give the bulge.

        Parameters
        ----------
        v, u : torch.Tensor
            Body coordinates.
        softening : float
            Radius within which the cusp is flat.

        Returns
        -------
        torch.Tensor
            Light, reference level 1.
        """
        total = self.light * self.bulge_part
        level = total / sersic_light(self.bulge_radius, self.bulge_index, axis_ratio=self.bulge_ratio)
        r = ellipse(v, u, self.bulge_ratio, softening=softening)
        return sersic(r.clone(), self.bulge_radius, self.bulge_index) * smooth_edge((1.9 - r) / 0.1) * level

    def bar_light_and_dust(self, v, u):
        """
        Give the bar and the two straight lanes on its leading sides.

        Parameters
        ----------
        v, u : torch.Tensor
            Coordinates in the galaxy's plane.

        Returns
        -------
        tuple of torch.Tensor
            Light, reference level 1, and optical depth.
        """
        across, along = turned(v, u, self.bar_angle)
        x, y = along / self._bar_length, across / (self._bar_length * self.bar_ratio)
        # Bars have boxy ends: a superellipse, x**4 + y**4 = r**4. The lanes are shocks of gas on orbits
        # along the bar; of strong bars they are straight, on the leading sides (Athanassoula 1992, MNRAS
        # 259, 345). tanh takes each from one side to the other at the centre.
        r = (x.square().square() + y.square().square()).sqrt().sqrt()
        light = self.bar * torch.exp(-0.7 * r) * smooth_edge((1.0 - r) / 0.12)
        lane = torch.exp(-(((y + 0.55 * torch.tanh(2 * x)) / 0.13) ** 2)) * smooth_edge(
            (0.95 - x.abs()) / 0.05
        )
        return light, 0.4 * self.dust * lane * min(1.0, 2 * self.bar)


def paint_spiral(canvas):
    """
    Paint a spiral.

    Parameters
    ----------
    canvas : Canvas
        Takes its light, dust and points.
    """
    shape = SpiralShape(canvas.streams_of_shape)
    old, forming, young, depth = _disk(canvas, shape)
    unit = canvas.unit
    fine = canvas.texture(slope=2.7, outer_scale=0.15)
    canvas.dust = (canvas.fine(depth) * lognormal(fine, 0.55)).clamp_(max=4.0)
    knots = canvas.texture(slope=2.4, outer_scale=0.1)
    young = (canvas.fine(young) * lognormal(knots, 0.7)).mul_(unit)
    add_young(canvas, young, fine)
    canvas.add("star-forming", canvas.fine(forming).mul_(unit) * lognormal(knots, 0.2), behind=0.7)
    _add_old(canvas, shape, old)
    add_globular_system(
        canvas,
        frequency=0.8,
        effective_radius=shape.length * 1.2,
        axis_ratio=1.0,
        absolute_magnitude=canvas.absolute_magnitude(shape.light),
    )


def _add_old(canvas, shape, disk):
    """The old disk, half behind the dust, and the bulge, whose near half the disk's far side leaves free."""
    disk = add_giants(canvas, canvas.fine(disk).mul_(canvas.unit))
    # A tilted disk lies before the bulge on one side of the major axis, and behind it on the other: the
    # part of the bulge's light behind the dust goes from one to the other with v.
    bulge = canvas.smooth(lambda v, u: shape.bulge(v, u, canvas.softening)).mul_(canvas.unit)
    fluctuations = star_fluctuations(canvas, disk + bulge)
    canvas.add("old", disk * fluctuations, behind=0.65)
    tilt = float(np.sqrt(1 - shape.cos_i**2))
    v, _ = canvas.grid
    near = canvas.fine(0.5 + 0.45 * tilt * torch.tanh(v / shape.bulge_radius))
    canvas.add("old", bulge * fluctuations, behind=near)
    if shape.nuclear:
        y, x = (np.atleast_1d(p) for p in canvas.view.to_pixels(0.0, 0.0))
        canvas.add_points("star-forming", y, x, canvas.flux(np.array([-11.5])), diameter=6.0)


def _disk(canvas, shape):
    """Old, star-forming and young light and the optical depth of the disk, on the structure's grid."""
    v, u = canvas.grid
    # Into the plane of the disk: the minor axis is as long as the major one there. The sign says how the
    # arms wind.
    v = v * (shape.hand / shape.cos_i)
    r = (v.square() + u.square() + 1e-8).sqrt()
    ln_r, azimuth = torch.log(r), torch.atan2(v, u)
    clumps, patches, dusty, feathers = wound_textures(
        canvas,
        ln_r,
        azimuth,
        [(2.5, 0.35, 1.6, shape.pitch), (2.6, 0.5, 2.5, shape.pitch + 0.45)],
        foreshortening=shape.cos_i,
    )
    inside = smooth_edge((shape.edge - r) / 0.08)
    disk, wide = (torch.exp(r * (-part / shape.length)) * inside for part in (1.0, 0.85))
    crest, thin, lane = _patterns(shape, r, ln_r, azimuth, shape.ragged * patches, 0.15 * feathers)
    if shape.flocculent:
        crest, thin = 0.6 + 0.15 * crest, lognormal(patches, 0.9) * 0.8 + 0.2 * thin
        lane = 0.25 * lane + 0.5 * ridges(feathers, 0.3)
    grown = smooth_edge((r - shape.start) / 0.05)
    bar, bar_dust = shape.bar_light_and_dust(v, u) if shape.bar else (0.0, 0.0)
    ring = shape.ring * torch.exp(-(((r - shape.ring_radius) / shape.ring_width) ** 2))
    forming_pattern = 1 - shape.contrast * grown + shape.contrast * grown * crest * lognormal(patches, 0.25)
    old = disk * shape.old * (0.75 + 0.25 * (crest * grown + 1 - grown)) + bar
    forming = disk * (1 - shape.old - shape.young) * forming_pattern + 0.3 * ring
    birth = lognormal(clumps, shape.patchiness) * lognormal(patches, 0.5)
    young = shape.young * (wide * grown * thin + ring) * birth
    if shape.nuclear:
        young = young + 0.5 * torch.exp(-(((r - 0.04) / 0.012) ** 2)) * birth
    depth = _depth(shape, r, lane * grown, dusty, feathers) + bar_dust
    # A slanting line of sight crosses a layer over 1 / cos i of its thickness; clouds are as thick as the
    # layer, so that it stops growing at 2.5.
    return old, forming, young, depth / max(shape.cos_i, 0.4)


def _patterns(shape, r, ln_r, azimuth, raggedness, fraying):
    """Crests of the arms, broad and thin, of a mean over azimuth of about one, and the lanes inside them."""
    wound = shape.wound(ln_r, azimuth)
    phase = shape.number * wound + (raggedness - shape.phase)
    lopsided = 1 + shape.lopsided * torch.cos(wound - shape.phase)
    crest, thin, lane = _arms(shape, phase, fraying)
    if shape.outer_number != shape.number:
        outside = smooth_edge((r - 0.55) / 0.08)
        more = _arms(shape, phase + (shape.outer_number - shape.number) * wound, fraying)
        crest, thin, lane = (
            torch.lerp(*pair, outside) for pair in zip((crest, thin, lane), more, strict=True)
        )
    return crest * lopsided, (0.1 + 0.9 * thin) * lopsided, lane


def _arms(shape, phase, fraying):
    """The phase grows towards the centre: lanes, where the gas is shocked, lie on the arms' inner edges."""
    cosine = torch.cos(phase)
    crest = _crest(cosine, shape.sharpness)
    thin = _crest(cosine, 1.5 + 1.3 * shape.sharpness)
    shocked = torch.cos(phase + fraying - shape.lane_offset) - 1
    # A thin dark line, and spurs that trail from it into the arm.
    lane = torch.exp(shape.lane_sharpness * shocked)
    return crest, thin, lane + 0.3 * torch.exp(9.0 * shocked)


def _crest(cosine, sharpness):
    # The mean of exp(k cos(phase)) over the phase is the Bessel function I0(k); ive(0, k) is exp(-k)
    # I0(k). Arms of any sharpness thus have the same light as no arms.
    return torch.exp(sharpness * (cosine - 1)) / float(special.ive(0, sharpness))


def _depth(shape, r, lane, dusty, feathers):
    """Lanes, broken into feathers, and thin filaments all over the disk."""
    radial = torch.exp(r * (-0.35 / shape.length)) * smooth_edge((shape.edge - 0.1 - r) / 0.1)
    clouds = lognormal(dusty, 0.8)
    threads = ridges(feathers, 0.22) * clouds
    return (
        shape.dust * radial * (3.0 * lane * (0.35 + 0.65 * clouds) + shape.filaments * (0.9 * threads + 0.1))
    )
