"""Nebulae: emission, reflection, planetary, dark, supernova remnants, wind bubbles.

Gas is a log-normal field with a power-law spectrum (Kolmogorov-like, k**-2.5 to
k**-3.7), shaped by ionisation fronts, shells and dust.
"""

import numpy as np

from astroclassify.simulate._textures import fractal, log_uniform, power_law, ridges, sigmoid
from astroclassify.simulate._view import Scene


def _envelope(v, u, rng, *, softness=None):
    ratio, angle = rng.uniform(0.4, 1.0), rng.uniform(0, np.pi)
    c, s = np.cos(angle), np.sin(angle)
    r = np.hypot(c * u + s * v, (-s * u + c * v) / ratio)
    return np.exp(-((r / rng.uniform(0.4, 1.1)) ** (softness or rng.uniform(1.2, 4.0))))


def _turbulence(view, rng, *, scale=None):
    outer = view.scale * (scale or log_uniform(rng, 0.3, 2.5))
    stretch = log_uniform(rng, 1, 1.7)
    angle = rng.uniform(0, np.pi)
    return fractal(
        view.shape, rng, slope=rng.uniform(2.7, 4.2), outer_scale=outer, stretch=stretch, angle=angle
    )


def emission_gas(view, rng):
    """
    Draw the gas of an H II region.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Surface brightness, the bright part about 1.
    """
    v, u = view.grid()
    gas = _turbulence(view, rng)
    light = np.exp(log_uniform(rng, 0.15, 1.3) * gas)
    if rng.random() < 0.75:
        # The body's outline is itself turbulent: an envelope bent by a large-scale field.
        bend = rng.uniform(0.0, 0.6) * _turbulence(view, rng, scale=1.0)
        light *= _envelope(v + 0.4 * bend, u - 0.3 * bend, rng)
    if rng.random() < 0.6:
        light = _with_dark_clouds(view, light, rng)
    if rng.random() < 0.4:  # thin lanes of dust
        lanes = ridges(_turbulence(view, rng, scale=rng.uniform(0.3, 1.5)), log_uniform(rng, 0.05, 0.3))
        light = light * np.exp(-rng.uniform(0.5, 3.0) * lanes * sigmoid(3 * gas))
    if rng.random() < 0.3:  # the cavity blown by the cluster
        r = np.hypot(v - rng.normal(0, 0.2), u - rng.normal(0, 0.2)) + 0.15 * gas
        light *= 1 - rng.uniform(0.3, 0.9) * np.exp(-((r / rng.uniform(0.15, 0.4)) ** 4))
    if rng.random() < 0.4:
        light += rng.uniform(0.05, 0.5) * light * ridges(_turbulence(view, rng), rng.uniform(0.05, 0.2))
    if rng.random() < 0.25:  # one bright patch near the exciting stars
        r = np.hypot(v - rng.normal(0, 0.3), u - rng.normal(0, 0.3)) + 0.05 * gas
        light += rng.uniform(0.5, 4) / (1 + (np.abs(r) / rng.uniform(0.03, 0.2)) ** 2)
    return (light / (np.quantile(light[::3, ::3], 0.98) + 1e-6)).astype(np.float32)


def _with_dark_clouds(view, light, rng):
    field = _turbulence(view, rng, scale=rng.uniform(0.2, 1.0))
    depth = (field - rng.uniform(-0.3, 1.2)) * rng.uniform(2, 15)
    cloud = sigmoid(depth)
    light = light * np.exp(-rng.uniform(0.7, 4.0) * cloud)
    if rng.random() < 0.6:  # ionisation fronts light the clouds' edges
        light = light + rng.uniform(0.2, 1.5) * cloud * (1 - cloud) * light.mean() * 4
    return light


def emission(view, rng):
    """
    Draw an emission nebula with its exciting stars.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    scene = Scene(emission_gas(view, rng))
    number = rng.poisson(6)
    y, x = view.to_pixels(*rng.normal(0, 0.25, (2, number)))
    scene.add_points(y, x, power_law(rng, number, 1.5, ratio=100) * log_uniform(rng, 0.5, 20))
    return scene


def _striations(view, rng):
    if rng.random() < 0.9:
        return _turbulence(view, rng)
    outer, angle = view.scale * rng.uniform(0.1, 0.5), rng.uniform(0, np.pi)
    return fractal(view.shape, rng, slope=3.0, outer_scale=outer, stretch=rng.uniform(3, 8), angle=angle)


def reflection_gas(view, rng, stars=None):
    """
    Draw dust lit by stars.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.
    stars : numpy.ndarray, optional
        Body coordinates of the illuminating stars, shape (2, N).

    Returns
    -------
    numpy.ndarray
        Surface brightness.
    """
    v, u = view.grid()
    if stars is None:
        stars = rng.normal(0, 0.3, (2, rng.integers(1, 5)))
    dust = np.exp(rng.uniform(0.3, 1.0) * _striations(view, rng))
    light = np.zeros(view.shape, np.float32)
    for sv, su in stars.T:
        r2 = (v - sv) ** 2 + (u - su) ** 2
        light += rng.uniform(0.2, 1) / (1 + r2 / log_uniform(rng, 0.03, 0.3) ** 2) ** rng.uniform(0.8, 1.5)
    light *= dust
    if rng.random() < 0.7:
        light *= np.exp(-rng.uniform(0.5, 3.5) * sigmoid(4 * (_turbulence(view, rng, scale=0.7) - 0.5)))
    return (light / (np.quantile(light[::3, ::3], 0.98) + 1e-6)).astype(np.float32)


def reflection(view, rng):
    """
    Draw a reflection nebula around its stars.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    stars = rng.normal(0, 0.3, (2, rng.integers(1, 7)))
    scene = Scene(reflection_gas(view, rng, stars))
    y, x = view.to_pixels(*stars)
    scene.add_points(y, x, log_uniform(rng, 3, 300, stars.shape[1]))
    return scene


def planetary(view, rng):
    """
    Draw a planetary nebula: disk, shells, bipolar lobes, ansae, halo, central star.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    texture = _turbulence(view, rng, scale=rng.uniform(0.1, 0.6))
    r, theta = np.hypot(v, u), np.arctan2(v, u)
    light = np.zeros(view.shape, np.float32)
    for _ in range(rng.integers(1, 4)):
        light += rng.uniform(0.3, 1.0) * _lobed_shell(r, theta, texture, rng)
    light *= np.exp(rng.choice([0.05, 0.2, rng.uniform(0.2, 0.6)]) * texture)
    if rng.random() < 0.2:
        light += rng.uniform(0.5, 2.0) * _hourglass(v, u, rng)
    if rng.random() < 0.5:
        light += rng.uniform(0.01, 0.15) * np.exp(-((r / rng.uniform(0.6, 1.3)) ** 2))
    if rng.random() < 0.3:  # radial knots and rays
        rays = np.clip(np.cos(theta * rng.integers(8, 60) + 2 * texture), 0, None)
        light *= 1 + rng.uniform(0.1, 0.6) * rays
    if rng.random() < 0.2:
        light += rng.uniform(0.3, 1.0) * _ansae(v, u, rng)
    scene = Scene(light.astype(np.float32))
    if rng.random() < 0.7:
        y, x = view.to_pixels([0.0], [0.0])
        scene.add_points(y, x, log_uniform(rng, 0.5, 60))
    return scene


def _lobed_shell(r, theta, texture, rng):
    """Limb-brightened emission of a hollow, lobed shell, seen in projection."""
    lobes = rng.choice([0, 1, 2, 2, 2, 3])
    shape = 1 + rng.uniform(0, 0.65) * np.cos(lobes * (theta - rng.uniform(0, np.pi)))
    outer = rng.uniform(0.3, 0.9) * np.clip(shape, 0.15, None) * (1 + rng.uniform(0, 0.08) * texture)
    if rng.random() < 0.4:  # a diffuse ring rather than a sharp shell
        ring = np.exp(-(((r - outer) / (outer.max() * rng.uniform(0.08, 0.4))) ** 2))
        return ring + rng.uniform(0, 0.7) * np.exp(-((r / outer) ** 2))
    inner = outer * rng.uniform(0.3, 0.95)
    chord = np.sqrt(np.clip(outer**2 - r**2, 0, None)) - np.sqrt(np.clip(inner**2 - r**2, 0, None))
    chord /= np.sqrt(np.clip(outer**2 - inner**2, 1e-4, None))
    edge = rng.uniform(0.3, 1.0)
    filled = (r < outer) * rng.uniform(0, 0.5)
    return edge * chord + filled


def _hourglass(v, u, rng):
    """Two cones of light, brightest along their edges."""
    angle = np.arctan2(np.abs(v), np.abs(u) + 1e-6)
    opening, r = rng.uniform(0.3, 1.2), np.hypot(v, u)
    edge = np.exp(-(((angle - opening) / rng.uniform(0.05, 0.2)) ** 2)) + rng.uniform(0, 0.5) * (
        angle < opening
    )
    return edge / (1 + (r / rng.uniform(0.1, 0.4)) ** 2) * (r < rng.uniform(0.7, 1.2))


def _ansae(v, u, rng):
    angle, distance = rng.uniform(0, np.pi), rng.uniform(0.6, 1.0)
    dv, du = distance * np.sin(angle), distance * np.cos(angle)
    width = rng.uniform(0.03, 0.1)
    return sum(np.exp(-(((v - s * dv) ** 2 + (u - s * du) ** 2) / width**2)) for s in (-1, 1))


def remnant(view, rng):
    """
    Draw a supernova remnant: a shell or a filled nebula of filaments.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    bend = _turbulence(view, rng, scale=0.6)
    r = np.hypot(v / rng.uniform(0.6, 1.0), u) * (1 + 0.06 * bend)
    filaments = np.zeros(view.shape, np.float32)
    for _ in range(rng.integers(1, 4)):
        field = _turbulence(view, rng, scale=log_uniform(rng, 0.1, 0.8))
        filaments += rng.uniform(0.4, 1.0) * ridges(field, log_uniform(rng, 0.02, 0.15))
    radius = rng.uniform(0.5, 0.9)
    if rng.random() < 0.5:
        mask = np.exp(-(((r - radius) / rng.uniform(0.05, 0.2)) ** 2)) + rng.uniform(0, 0.3) * (r < radius)
    else:
        mask = sigmoid((radius - r) / rng.uniform(0.02, 0.15))
    arc = np.clip(1 + rng.uniform(0, 1.5) * np.cos(np.arctan2(v, u) - rng.uniform(0, 6.3)), 0, None)
    light = (filaments + rng.uniform(0, 0.5) * np.exp(0.6 * bend)) * mask * arc
    if rng.random() < 0.35:  # synchrotron light inside
        light += rng.uniform(0.2, 1.0) * np.exp(-((r / rng.uniform(0.3, 0.6)) ** 2)) * np.exp(0.4 * bend)
    return Scene((light / (np.quantile(light[::3, ::3], 0.99) + 1e-6)).astype(np.float32))


def bubble(view, rng):
    """
    Draw a wind bubble: one thin, uneven shell in faint gas.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    bend = _turbulence(view, rng, scale=0.8)
    outer = rng.uniform(0.5, 0.9) * (1 + rng.uniform(0.01, 0.1) * bend)
    r, thin = np.hypot(v / rng.uniform(0.7, 1), u), rng.uniform(0.85, 0.97)
    chord = np.sqrt(np.clip(outer**2 - r**2, 0, None)) - np.sqrt(np.clip((thin * outer) ** 2 - r**2, 0, None))
    arc = np.clip(1 + rng.uniform(0, 1.2) * np.cos(np.arctan2(v, u) - rng.uniform(0, 6.3)), 0.02, None)
    light = chord * arc * np.exp(0.5 * bend) / outer.max() * 3
    light = light + log_uniform(rng, 0.02, 0.6) * emission_gas(view, rng)
    scene = Scene(light.astype(np.float32))
    y, x = view.to_pixels([rng.normal(0, 0.1)], [rng.normal(0, 0.1)])
    scene.add_points(y, x, log_uniform(rng, 2, 100))
    return scene


def dark(view, rng):
    """
    Draw a dark nebula before a rich star field or a glow.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    field = 0.6 * _turbulence(view, rng) + rng.uniform(0.5, 4) * (_envelope(v, u, rng) - 0.3)
    depth = np.clip(rng.uniform(1, 4) * field, 0, 8)
    glow = np.exp(0.4 * _turbulence(view, rng)) * log_uniform(rng, 0.03, 1.0)
    scene = Scene((glow * np.exp(-depth)).astype(np.float32))
    rows, columns = view.shape
    number = rng.poisson(min(log_uniform(rng, 0.01, 0.25) * rows * columns, 40_000))
    y, x = rng.uniform(0, rows - 1, number), rng.uniform(0, columns - 1, number)
    extinction = np.exp(-depth[y.astype(int), x.astype(int)])
    flux = power_law(rng, number, rng.uniform(1.6, 2.2), ratio=3000) * log_uniform(rng, 0.2, 2.0)
    scene.add_points(y, x, flux * extinction)
    return scene
