"""Stars of nebulae: those that light them, those born in them, those behind them."""

import numpy as np
import torch

from astroclassify.simulate.scenes._scene import MAGNITUDES_PER_DEPTH, MARGIN

#: Main sequence: absolute magnitudes in V and effective temperatures in K. Textbook values
#: (docs/sources.rst).
_MAGNITUDES = np.array([-6.5, -5.0, -4.0, -2.5, -1.2, 0.65, 2.7, 4.4, 5.9, 8.8, 12.3])
_TEMPERATURES = np.array([42e3, 37e3, 31e3, 22e3, 15.4e3, 9.8e3, 7.3e3, 5.9e3, 5.2e3, 3.85e3, 3.2e3])
_YOUNG_SLOPE = 0.2  # dex per magnitude: how fast young stars grow in number
_BACKGROUND_SLOPE = 0.3  # the same for stars in and behind the disk of the Milky Way
_MOST_STARS = 60_000


def temperature(magnitude):
    """
    Give the temperature of main-sequence stars.

    Parameters
    ----------
    magnitude : array_like
        Absolute V magnitudes.

    Returns
    -------
    numpy.ndarray
        Effective temperatures, K.
    """
    return np.interp(magnitude, _MAGNITUDES, _TEMPERATURES)


def depth_at(depth, y, x):
    """
    Read a map at points.

    Parameters
    ----------
    depth : torch.Tensor
        Map.
    y, x : numpy.ndarray
        Pixels; outside the map its edge counts.

    Returns
    -------
    numpy.ndarray
        Values of the nearest pixels.
    """
    row, column = (
        torch.as_tensor(np.clip(np.round(c), 0, n - 1).astype(np.int64), device=depth.device)
        for c, n in zip((y, x), depth.shape, strict=True)
    )
    return depth[row, column].cpu().numpy()


def add_exciting_stars(scene, body, streams, centre, dust):
    """
    Add the O and B stars that ionise a nebula, close together.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    body : Body
        The nebula.
    streams : RandomStreams
        Source of randomness.
    centre : tuple of float
        Body coordinates (v, u) of the group.
    dust : torch.Tensor
        Optical depth in V; they stand before most of it.
    """
    rng = streams.rng
    number = 1 + rng.poisson(min(0.15 * body.radius, 25.0) + 1)
    brightest = rng.uniform(-6.5, -3.5)
    absolute = np.minimum(brightest + rng.exponential(1 / (np.log(10) * _YOUNG_SLOPE), number), -1.5)
    absolute[0] = brightest
    spread = streams.log_uniform(0.01, 0.2) * np.ones(number)
    spread[0] = 1e-4
    v, u = (c + spread * rng.normal(size=number) for c in centre)
    y, x = scene.view.to_pixels(v, u)
    extinction = 0.3 + rng.exponential(0.5, number) + 0.2 * depth_at(dust, y, x)
    scene.add_stars(y, x, absolute + body.distance_modulus, temperature(absolute), extinction=extinction)


def add_embedded_stars(scene, body, streams, centre, dust, *, number, size=None):
    """
    Add fainter stars born in a nebula.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    body : Body
        The nebula.
    streams : RandomStreams
        Source of randomness.
    centre : tuple of float
        Body coordinates (v, u) of the middle of the cluster.
    dust : torch.Tensor
        Optical depth in V; each lies at some depth in it.
    number : int
        How many there are, down to M_V = 7.
    size : float, optional
        Core radius of the cluster, body units; by default 0.05 to 0.4.
    """
    rng = streams.rng
    absolute = np.maximum(7 - rng.exponential(1 / (np.log(10) * _YOUNG_SLOPE), number), -3.0)
    size = size or streams.log_uniform(0.05, 0.4)
    radius = size * np.sqrt((1 - rng.random(number) * 0.95) ** -0.8 - 1)  # of an EFF profile
    angle = rng.uniform(0, 2 * np.pi, number)
    y, x = scene.view.to_pixels(centre[0] + radius * np.sin(angle), centre[1] + radius * np.cos(angle))
    behind = depth_at(dust, y, x) * rng.random(number) * MAGNITUDES_PER_DEPTH
    cool = np.maximum(temperature(absolute), 3600.0) * rng.lognormal(0, 0.03, number)
    extinction = 0.3 + rng.exponential(0.7, number) + behind
    scene.add_stars(y, x, absolute + body.distance_modulus, cool, extinction=extinction)


def add_rich_field(scene, streams, dust, *, density, faintest=26.0):
    """
    Add the crowded stars of the Milky Way behind dust.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    streams : RandomStreams
        Source of randomness.
    dust : torch.Tensor
        Optical depth in V.
    density : float
        Stars brighter than V = 20 for each square arcminute.
    faintest : float, default 26
        V magnitude at which counts end; earlier where there would be too many.
    """
    rng, view = streams.rng, scene.view
    margin = min(MARGIN / view.pixel_scale, max(view.shape))
    sides = [n + 2 * margin for n in view.shape]
    area = sides[0] * sides[1] * view.pixel_area / 3600
    at_20 = max(density * area, 1e-6)
    faintest = min(faintest, 20 + np.log10(_MOST_STARS / at_20) / _BACKGROUND_SLOPE)
    number = rng.poisson(at_20 * 10 ** (_BACKGROUND_SLOPE * (faintest - 20)))
    magnitude = faintest + np.log10(1 - rng.random(number)) / _BACKGROUND_SLOPE
    y, x = (rng.uniform(-margin - 0.5, side - margin - 0.5, number) for side in sides)
    hot = rng.lognormal(np.log(5000), 0.17, number)
    hot[rng.random(number) < 0.03] = 9500.0
    behind = rng.random(number) < 0.93
    extinction = depth_at(dust, y, x) * behind * MAGNITUDES_PER_DEPTH + rng.exponential(0.4, number)
    scene.add_stars(y, x, magnitude, hot, extinction=extinction)
