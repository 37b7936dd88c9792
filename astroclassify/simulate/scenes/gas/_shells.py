"""Shapes of thrown-off gas in projection: shells, hourglasses, rings, sheets seen edge-on."""

import numpy as np
import torch

from astroclassify.simulate.scenes._view import turned

_STEEPEST = 1e-2  # keeps a line of sight from running along a cone for ever


def quadric(x, y, *, waist, flare, tilt, thin, reach, pixel, fade=10.0):
    """
    Project a thin shell of revolution: a sphere, an ellipsoid, an hourglass.

    Parameters
    ----------
    x, y : torch.Tensor
        Sky coordinates across and along the projected axis, body units.
    waist : float
        Radius at the equator, body units.
    flare : float
        The radius at the height z is ``sqrt(waist**2 + flare * z**2)``: -1 for a sphere, positive for an
        hourglass.
    tilt : float
        Angle of the axis out of the plane of the sky, radians.
    thin : float
        Thickness relative to the waist.
    reach : float
        Height at which the shell ends, body units.
    fade : float, default 10
        Height in which it grows fainter by e, body units.
    pixel : float
        Size of a pixel, body units.

    Returns
    -------
    torch.Tensor
        Surface brightness: about 1 at a bright limb.
    """
    s, c = float(np.sin(tilt)), float(np.cos(tilt))
    qa = c * c - flare * s * s
    qa = qa if abs(qa) > _STEEPEST else _STEEPEST
    half_b = y * (-s * c * (1 + flare))
    disc = half_b.square() - qa * (x.square() + y.square() * (s * s - flare * c * c) - waist**2)
    soft = abs(qa) * waist**2 * thin
    root = torch.sqrt(disc.clamp_min(0) + soft)
    light = torch.zeros_like(disc)
    # A line of sight crosses the surface twice; each crossing shines as the inverse cosine of its slant.
    for sign in (1.0, -1.0):
        height = (y * c + (root * sign - half_b) * (s / qa)).abs()
        slant = torch.sqrt((waist**2 + flare * (1 + flare) * height.square()).clamp_min(0))
        slant *= torch.exp(height * (-1 / fade))
        light += slant * torch.sigmoid((reach - height) / max(0.01 * reach, pixel))
    edge = 2 * abs(qa) * waist * max(pixel, 0.15 * thin * waist)
    return light.div_(root).mul_(torch.sigmoid(disc / edge)).mul_(0.5 * abs(qa) ** 0.5 * thin**0.5)


def lobed_shell(r, theta, rng):
    """
    Project a hollow, lobed shell.

    Parameters
    ----------
    r, theta : torch.Tensor
        Polar sky coordinates; r in body units.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Surface brightness, about 1.
    """
    lobes, phase, depth = rng.choice([0, 1, 2, 2, 2, 3]), rng.uniform(0, np.pi), rng.uniform(0, 0.65)
    shape = 1 + depth * torch.cos(lobes * (theta - phase))
    outer = rng.uniform(0.3, 0.9) / (1 + 0.6 * depth) * shape.clamp_min_(0.15)
    if rng.random() < 0.4:  # a diffuse ring rather than a sharp shell
        width, filling = rng.uniform(0.08, 0.4), rng.uniform(0, 0.7)
        ring = torch.exp(-(((r - outer) / (0.6 * width)) ** 2))
        return ring + filling * torch.exp(-((r / outer) ** 2))
    inner = rng.uniform(0.3, 0.95)
    chord = _chord(outer, r) - _chord(outer * inner, r)
    chord = chord / (outer * np.sqrt(1 - inner**2) + 1e-3)
    strength, filling = rng.uniform(0.3, 1.0), rng.uniform(0, 0.5)
    return strength * chord + filling * (r < outer)


def _chord(radius, r):
    """Half the path through a sphere."""
    return torch.sqrt((radius**2 - r**2).clamp_min_(0))


def ansae(v, u, rng):
    """
    Draw the two knots at the ends of an axis.

    Parameters
    ----------
    v, u : torch.Tensor
        Body coordinates.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Surface brightness, 1 at the knots.
    """
    angle, distance, width = rng.uniform(0, np.pi), rng.uniform(0.6, 1.0), rng.uniform(0.02, 0.1)
    long = rng.uniform(1.0, 2.5)
    across, along = turned(v, u, angle)
    across2 = (across / width) ** 2
    return sum(torch.exp(-(((along - side * distance) / (width * long)) ** 2) - across2) for side in (-1, 1))


def fold(depth, *, width, tail):
    """
    Show a wrinkled sheet where it turns its edge to us: a line sharp on one side, fading on the other.

    Parameters
    ----------
    depth : torch.Tensor
        Distance from the edge, pixels, positive where the sheet lies.
    width : float
        Thickness of the line, pixels.
    tail : float
        Pixels in which the rest of the sheet fades.

    Returns
    -------
    torch.Tensor
        Zero to about 1.
    """
    inside = depth.clamp_min(0)
    light = torch.rsqrt(1 + inside / width) * torch.exp(inside * (-1 / tail))
    return light.mul_(torch.sigmoid(depth * (2 / width)))


def uneven(v, u, rng):
    """
    Make one side of a shell brighter than the other.

    Parameters
    ----------
    v, u : torch.Tensor
        Body coordinates.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    torch.Tensor
        About 1 on average.
    """
    soft = torch.rsqrt(v * v + u * u + 0.25)  # no kink in the middle
    one, two, *phases = rng.uniform(0, 1.3), rng.uniform(0, 0.7), *rng.uniform(0, 2 * np.pi, 2)
    side = (float(np.sin(phases[0])) * v + float(np.cos(phases[0])) * u) * soft
    axis = (float(np.sin(phases[1])) * v + float(np.cos(phases[1])) * u) * soft
    return (1 + one * side + two * (2 * axis.square() - 0.5)).clamp_min_(0.02)


def spokes(v, u, streams, *, bend, number=160):
    """
    Draw rays of uneven strength that leave the middle.

    Parameters
    ----------
    v, u : torch.Tensor
        Body coordinates.
    streams : RandomStreams
        Source of randomness.
    bend : torch.Tensor
        What bends them, radians.
    number : int, default 160
        How fine they are.

    Returns
    -------
    torch.Tensor
        Field of zero mean and about unit variance, fading towards the middle.
    """
    heights = torch.as_tensor(streams.rng.normal(size=number), device=v.device).float()
    sector = ((torch.atan2(v, u) + bend) * (number / (2 * np.pi))).remainder_(number)
    lower = sector.floor()
    index = lower.long().clamp_(0, number - 1)
    weight = sector - lower
    weight = weight * weight * (3 - 2 * weight)
    rays = torch.lerp(heights[index], heights[(index + 1) % number], weight)
    r2 = v * v + u * u
    return rays * r2 / (r2 + (0.05 + number / 4000) ** 2)
