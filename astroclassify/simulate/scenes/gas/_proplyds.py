"""Proplyds: disks of young stars whose gas a hot star blows away, tear drops with bright heads."""

import numpy as np
import torch

from astroclassify.simulate.scenes.gas import _structure

_SIZES = (2e-4, 2.5e-3)  # radii of the heads, pc: 40 to 500 au (Orion); textbook values, docs/sources.rst
_SMALLEST, _LARGEST = 0.8, 20.0  # pixels worth drawing


def add_proplyds(scene, body, streams, centre):
    """
    Add proplyds around a hot star, if they are large enough to be seen.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    body : Body
        The nebula; its distance and brightness count.
    streams : RandomStreams
        Source of randomness.
    centre : tuple of float
        Body coordinates (v, u) of the star.
    """
    rng, view = streams.rng, scene.view
    number = rng.poisson(streams.log_uniform(3, 40))
    sizes = streams.log_uniform(*_SIZES, number) / body.radius * view.scale
    distance = rng.exponential(0.25, number) / body.radius + sizes / view.scale * 3
    angle = rng.uniform(0, 2 * np.pi, number)
    y0, x0 = view.to_pixels(*centre)
    y, x = view.to_pixels(centre[0] + distance * np.sin(angle), centre[1] + distance * np.cos(angle))
    rows, columns = view.shape
    seen = (y > 0) & (y < rows) & (x > 0) & (x < columns) & (sizes > _SMALLEST)
    if not seen.any():
        return
    y, x, sizes = y[seen], x[seen], np.minimum(sizes[seen], _LARGEST)
    towards = np.arctan2(y0 - y, x0 - x)
    bright, silhouette = tear_drops(y - np.round(y), x - np.round(x), towards, sizes, device=scene.device)
    strength = torch.as_tensor(streams.log_uniform(0.3, 3.0, y.size), device=scene.device).float()
    light, dust = (torch.zeros(view.shape, device=scene.device) for _ in range(2))
    _structure.paste(light, np.round(y), np.round(x), bright * strength[:, None, None])
    _structure.paste(dust, np.round(y), np.round(x), silhouette)
    scene.screen(dust)
    scene.add("hii", light * body.unit_brightness, dust=0.5 * dust)
    scene.add_stars(y, x, rng.uniform(4, 9, y.size) + body.distance_modulus, 4000.0, extinction=1.0)


def tear_drops(dy, dx, towards, sizes, *, device="cpu"):
    """
    Draw clumps that a star lights from one side and blows away.

    Parameters
    ----------
    dy, dx : numpy.ndarray
        Middles relative to those of the images, pixels; shape (N,).
    towards : numpy.ndarray
        Directions of the star, radians from x to y.
    sizes : numpy.ndarray
        Radii of the heads, pixels.
    device : str or torch.device, default "cpu"
        Where to make them.

    Returns
    -------
    tuple of torch.Tensor
        Light, about 1 at the bright rim, and optical depth in V; shape (N, side, side).
    """
    half = int(np.ceil(5 * sizes.max())) + 1
    cells = torch.arange(-half, half + 1, device=device, dtype=torch.float32)
    dy, dx, towards, sizes = (
        torch.as_tensor(c, device=device).float()[:, None, None] for c in (dy, dx, towards, sizes)
    )
    y, x = cells[:, None] - dy, cells - dx
    c, s = torch.cos(towards), torch.sin(towards)
    along, across = (c * x + s * y) / sizes, (c * y - s * x) / sizes
    tail = (-along).clamp_min(0)
    r = torch.sqrt(along.clamp_min(0) ** 2 + (across * (1 + 0.35 * tail)) ** 2 + 0.05 * tail**2)
    rim = torch.exp(-(((r - 1) / (0.25 + 0.4 / sizes)) ** 2))
    light = (rim + 0.25 * (r < 1)) * torch.exp(-0.7 * tail) * (0.25 + torch.sigmoid(3 * along))
    disk = torch.exp(-((torch.hypot(along, across * 2.2) / 0.45) ** 4))
    return light, 3.0 * disk
