"""Star clusters: globular, open, young with gas; and fields that hold no body.

Globulars follow Plummer or EFF profiles with a giant branch and a main sequence; open
clusters have few stars of a wide range of brightness.
"""

import numpy as np

from astroclassify.simulate._nebulae import emission_gas, reflection_gas
from astroclassify.simulate._textures import log_uniform, power_law
from astroclassify.simulate._view import Scene


def globular(view, rng):
    """
    Draw a globular cluster, from resolved to its core to a smooth glow with a grainy edge.

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
    core, slope = log_uniform(rng, 0.02, 0.22), rng.uniform(1.05, 1.6)
    flattening = rng.uniform(0.88, 1.0)
    number = int(log_uniform(rng, 600, 30000))
    radius = _eff_radii(rng, number, core, slope)
    theta = rng.uniform(0, 2 * np.pi, number)
    flux = _old_population(rng, number)
    y, x = view.to_pixels(radius * np.sin(theta) * flattening, radius * np.cos(theta))
    v, u = view.grid()
    smooth = (1 + (np.hypot(v / flattening, u) / core) ** 2) ** -slope
    unresolved = log_uniform(rng, 0.02, 1.5)
    scene = Scene((unresolved * smooth).astype(np.float32))
    # Fluxes such that the resolved stars' mean surface brightness at the centre is about one.
    central = number * flux.mean() * (slope - 1 + 0.3) / (np.pi * (core * view.scale) ** 2)
    scene.add_points(y, x, flux / central * log_uniform(rng, 0.5, 8.0))
    return scene


def _eff_radii(rng, number, core, slope):
    fraction = rng.random(number)
    outer = rng.uniform(1.0, 5.0)
    p = 1 - slope
    limit = 1 - (1 + (outer / core) ** 2) ** p
    return core * np.sqrt((1 - fraction * limit) ** (1 / p) - 1)


def _old_population(rng, number):
    """Fluxes of a giant branch, a horizontal branch and the upper main sequence."""
    flux = power_law(rng, number, rng.uniform(1.4, 2.2), ratio=log_uniform(rng, 100, 3000))
    branch = rng.random(number) < rng.uniform(0.0, 0.1)
    flux[branch] = np.exp(rng.normal(np.log(flux.max() / 20), 0.15, branch.sum()))
    return flux


def open_cluster(view, rng):
    """
    Draw an open cluster: tens to hundreds of stars over the field.

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
    scene = Scene(np.zeros(view.shape, np.float32))
    number = int(log_uniform(rng, 25, 900))
    size = rng.uniform(0.15, 0.5)
    clumps = rng.normal(0, size * 0.6, (2, rng.integers(1, 5)))
    place = rng.normal(0, size, (2, number)) + clumps[
        :, rng.integers(0, clumps.shape[1], number)
    ] * rng.integers(0, 2)
    y, x = view.to_pixels(*place)
    flux = power_law(rng, number, rng.uniform(1.2, 1.9), ratio=log_uniform(rng, 100, 1e4))
    bright = np.sort(flux)[-max(number // 20, 3)]
    scene.add_points(y, x, flux / bright * log_uniform(rng, 3, 60))
    return scene


def young_cluster(view, rng):
    """
    Draw a young cluster with the gas it was born from.

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
    stars = open_cluster(view, rng) if rng.random() < 0.7 else globular(view, rng)
    gas = emission_gas(view, rng) if rng.random() < 0.7 else reflection_gas(view, rng)
    weight = log_uniform(rng, 0.05, 1.0)
    stars.diffuse = (stars.diffuse + weight * gas).astype(np.float32)
    return stars


def empty_field(view, rng):
    """
    Draw sky without a body: what foreground and background add is all there is.

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
    return Scene(np.zeros(view.shape, np.float32))


def add_foreground(scene, rng, density):
    """
    Add Galactic foreground stars.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    rng : numpy.random.Generator
        Source of randomness.
    density : float
        Stars per pixel.
    """
    rows, columns = scene.diffuse.shape
    number = rng.poisson(min(density * rows * columns, 60_000))
    flux = power_law(rng, number, rng.uniform(1.5, 2.2), ratio=1e4)
    scene.add_points(
        rng.uniform(0, rows, number), rng.uniform(0, columns, number), flux * log_uniform(rng, 0.05, 1.5)
    )


def add_background(scene, view, rng, number):
    """
    Add faint background galaxies.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.
    number : int
        How many.
    """
    rows, columns = scene.diffuse.shape
    for _ in range(number):
        size, ratio, angle = log_uniform(rng, 0.6, 4.0), rng.uniform(0.3, 1), rng.uniform(0, np.pi)
        cy, cx = rng.uniform(0, rows), rng.uniform(0, columns)
        reach = int(6 * size) + 1
        y0, y1 = max(int(cy) - reach, 0), min(int(cy) + reach, rows)
        x0, x1 = max(int(cx) - reach, 0), min(int(cx) + reach, columns)
        y, x = np.ogrid[y0:y1, x0:x1]
        c, s = np.cos(angle), np.sin(angle)
        r = np.hypot(c * (x - cx) + s * (y - cy), (-s * (x - cx) + c * (y - cy)) / ratio)
        scene.diffuse[y0:y1, x0:x1] += log_uniform(rng, 0.02, 0.6) * np.exp(-r / size)
