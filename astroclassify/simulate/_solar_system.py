"""Bodies of the Solar System as a telescope resolves them: a planet with rings and moons, a comet."""

import numpy as np
import torch

# Radii of planets, arcseconds: from Neptune's to Jupiter's.
_PLANET_RADII = (1.2, 24.0)


def _grid(shape, middle, angle):
    """Pixels from the middle, in turned axes."""
    y, x = (torch.arange(n, dtype=torch.float32) for n in shape)
    y, x = y[:, None] - middle[0], x[None, :] - middle[1]
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return c * y - s * x, s * y + c * x


def _middle(shape, rng):
    """Somewhere in the inner half of the frame."""
    return tuple(n * rng.uniform(0.25, 0.75) for n in shape)


def planet(shape, pixel_scale, streams):
    """
    Draw a planet, perhaps with rings, and its moons.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    pixel_scale : float
        Arcseconds per pixel.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    diffuse : torch.Tensor
        Surface brightness, 1 in the brightest pixel.
    points : numpy.ndarray
        Rows y, x (pixels) and light of the moons, in units of that pixel; shape (3, N).
    """
    rng = streams.rng
    radius = min(float(streams.log_uniform(*_PLANET_RADII)) / pixel_scale, 0.4 * min(shape))
    middle, angle = _middle(shape, rng), rng.uniform(0, 2 * np.pi)
    north, east = _grid(shape, middle, angle)
    image = _disc(north / radius, east / radius, rng)
    if streams.chance(0.4):
        image = _with_rings(image, north / radius, east / radius, rng)
    return image / image.max().clamp(min=1e-6), _moons(radius, middle, angle, rng)


def _disc(north, east, rng):
    """An oblate globe with a dark limb, bands, a night side and a spot."""
    north = north / rng.uniform(0.9, 1.0)
    height = (1 - north**2 - east**2).clamp(min=0).sqrt()
    bands = 1 + sum(
        rng.uniform(0, 0.15) * torch.cos(rng.uniform(4, 30) * north + rng.uniform(0, 6)) for _ in range(3)
    )
    # Of a sphere of radius 1 the height is the cosine of the angle at which one looks at the ground, and
    # `lit` the cosine of the angle at which the Sun shines on it. Lambert's law is its first power;
    # atmospheres are flatter, as Minnaert's law with k = 0.7 to 1, whose exponent at full phase is 2 k - 1.
    phase = rng.uniform(-0.8, 0.8)
    lit = (height * np.cos(phase) + east * np.sin(phase)).clamp(min=0)
    position = rng.uniform(-0.6, 0.6, 2)
    spot = torch.exp(-(((north - position[0]) / 0.08) ** 2) - ((east - position[1]) / 0.15) ** 2)
    return (height > 0) * lit ** rng.uniform(0.4, 1.0) * bands * (1 + rng.uniform(-0.4, 0.4) * spot)


def _with_rings(image, north, east, rng):
    """Rings in the equator's plane: the half beyond the globe is hidden by it, the other one hides it."""
    opening = rng.uniform(0.05, 0.5) * rng.choice([-1, 1])
    distance = torch.hypot(north / abs(opening), east)
    inner, outer = rng.uniform(1.2, 1.5), rng.uniform(1.9, 2.5)
    gap = rng.uniform(inner + 0.3, outer - 0.1)
    ring = ((distance > inner) & (distance < outer) & ((distance - gap).abs() > 0.04)).float()
    ring *= 0.4 + 0.2 * torch.cos(distance * 40)
    beyond = north * float(np.sign(opening)) > 0
    return torch.where((ring > 0) & ~(beyond & (image > 0)), ring, image)


def _moons(radius, middle, angle, rng):
    count = rng.integers(0, 9)
    along = radius * rng.uniform(1.5, 12, count) * rng.choice([-1, 1], count)
    across = 0.05 * along * rng.standard_normal(count)
    y = middle[0] + np.cos(angle) * across + np.sin(angle) * along
    x = middle[1] - np.sin(angle) * across + np.cos(angle) * along
    return np.stack([y, x, np.exp(rng.uniform(np.log(0.5), np.log(30), count))])


def comet(shape, pixel_scale, streams):
    """
    Draw a comet: a nucleus, a coma that falls off as 1/r, a dust tail and a gas tail.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    pixel_scale : float
        Arcseconds per pixel.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    diffuse : torch.Tensor
        Surface brightness, 1 in the brightest pixel.
    points : numpy.ndarray
        Rows y, x (pixels) and light of the nucleus, in units of that pixel; shape (3, 1).
    """
    rng = streams.rng
    middle, angle = _middle(shape, rng), rng.uniform(0, 2 * np.pi)
    across, along = _grid(shape, middle, angle)
    distance = torch.hypot(across, along)
    core = float(streams.log_uniform(0.1, 1.0)) / pixel_scale
    reach = float(streams.log_uniform(20, 100)) / pixel_scale
    # Dust that flies off at one speed thins as 1 / r**2 in space, so that its column, what is seen, falls as
    # 1 / r; sunlight ends the life of gas and grains at some distance, hence the exponential.
    coma = core / (distance + core) * torch.exp(-distance / reach)
    dust = _tail(
        across - rng.normal(0, 0.002) * along**2 * (200 / reach), along, core, reach, rng.uniform(0.1, 0.4)
    )
    gas = _tail(across, along, core, 4 * reach, rng.uniform(0.01, 0.05))
    rays = 1 + 0.5 * torch.cos(across / along.clamp(min=1) * rng.uniform(50, 200) + rng.uniform(0, 6))
    image = coma + rng.uniform(0.2, 1.0) * dust + rng.uniform(0.0, 0.5) * gas * rays
    nucleus = [[middle[0]], [middle[1]], [float(streams.log_uniform(0.5, 50))]]
    return image / image.max(), np.array(nucleus)


def _tail(across, along, core, reach, opening):
    """A fan behind the nucleus, fainter the wider it is."""
    behind = along.clamp(min=0)
    width = core + opening * behind
    # What passes a width of the fan is the same at any distance: the brightness goes as 1 / width, times a
    # Gaussian across.
    light = core / width * torch.exp(-0.5 * (across / width) ** 2 - behind / reach)
    return light * (1 - torch.exp(-behind / core)) * (along > 0)
