"""Places, shapes and sizes of many sources at once, from windows of the mean of the bands.

Windows are float32 ``[source, y, x]``, the sky subtracted, 0 where a pixel belongs to another source. Radii
are in pixels.
"""

from dataclasses import dataclass

import numpy as np

#: Rounds in which centre and width of the Gaussian weight follow the source.
_ROUNDS = 4
_LEAST_WIDTH, _MOST_WIDTH = 0.8, 0.22  # pixels rms; of the side of the window
#: Radii of the curve of growth over the size of the window: from a pixel's half to its edge.
_STEPS = 24
#: Kron's ellipse: so many Kron radii, and no smaller than so many pixels.
_KRON, _LEAST_KRON = 2.5, 3.5


@dataclass(frozen=True, eq=False)
class Shapes:
    """
    Shapes of sources; arrays ``[source]``.

    Parameters
    ----------
    y, x : numpy.ndarray
        Centroids in the window, pixels.
    a, b, theta : numpy.ndarray
        Rms along the axes, and the direction of the long one from x towards y.
    kron : numpy.ndarray
        Semi-major axis of the ellipse that counts as all of the source.
    """

    y: np.ndarray
    x: np.ndarray
    a: np.ndarray
    b: np.ndarray
    theta: np.ndarray
    kron: np.ndarray


def grids(size):
    """
    Give the rows and columns of a window.

    Parameters
    ----------
    size : int
        Its side.

    Returns
    -------
    tuple of numpy.ndarray
        float32 ``[y, 1]`` and ``[1, x]``.
    """
    steps = np.arange(size, dtype=np.float32)
    return steps[:, None], steps[None, :]


def shapes_of(windows):
    """
    Measure shapes by moments under a Gaussian weight that follows the source.

    Parameters
    ----------
    windows : numpy.ndarray
        ``[source, y, x]``, each source near the middle.

    Returns
    -------
    Shapes
        Of each.

    Notes
    -----
    A Gaussian of covariance C under a round Gaussian weight of variance w has the covariance
    ``(1 / C + 1 / w)**-1``; solved for C, that is what is given. The weight is as large as the source.
    """
    size = windows.shape[-1]
    rows, columns = grids(size)
    centre = np.full((2, len(windows)), size // 2, np.float32)
    width = np.full(len(windows), 1.5, np.float32)
    covariance = None
    for _ in range(_ROUNDS):
        dy, dx = rows - centre[0][:, None, None], columns - centre[1][:, None, None]
        weight = np.exp(-(dy * dy + dx * dx) / (2 * np.square(width)[:, None, None])) * windows
        total = np.maximum(weight.sum((1, 2)), 1e-12)
        mean = np.stack([(weight * d).sum((1, 2)) / total for d in (dy, dx)])
        covariance = _covariance(weight, dy, dx, mean, total, width)
        # Twice the shift: the weight pulls the mean halfway back, if it is as wide as the source.
        centre += np.clip(2 * mean, -1.0, 1.0)
        centre = np.clip(centre, size * 0.5 - 4, size * 0.5 + 4)
        spread = np.sqrt(np.maximum(covariance[0] + covariance[1], 0) / 2)
        width = np.clip(spread, _LEAST_WIDTH, _MOST_WIDTH * size).astype(np.float32)
    return _ellipses(windows, centre, covariance)


def _covariance(weight, dy, dx, mean, total, width):
    """Second moments yy, xx, xy with the effect of the weight taken out."""
    yy = (weight * dy * dy).sum((1, 2)) / total - mean[0] ** 2
    xx = (weight * dx * dx).sum((1, 2)) / total - mean[1] ** 2
    xy = (weight * dy * dx).sum((1, 2)) / total - mean[0] * mean[1]
    # inverse(C) = inverse(M) - 1 / w: for two by two matrices C = (M - det(M) / w) / (1 - tr(M) / w + det /
    # w**2).
    w = np.square(width)
    limit = 0.96 * w  # noise can make moments as large as the weight's, and C endless
    yy, xx = np.clip(yy, 0.05, limit), np.clip(xx, 0.05, limit)
    xy = np.clip(xy, -0.95 * np.sqrt(yy * xx), 0.95 * np.sqrt(yy * xx))
    determinant = yy * xx - xy**2
    below = np.maximum(1 - (yy + xx) / w + determinant / w**2, 1e-3)
    return np.stack([(yy - determinant / w) / below, (xx - determinant / w) / below, xy / below])


def _ellipses(windows, centre, covariance):
    yy, xx, xy = covariance
    half, tilt = (yy + xx) / 2, np.hypot((xx - yy) / 2, xy)
    limit = (_MOST_WIDTH * windows.shape[-1]) ** 2
    a = np.sqrt(np.clip(half + tilt, 0.1, limit))
    b = np.sqrt(np.clip(half - tilt, 0.1, limit))
    theta = 0.5 * np.arctan2(2 * xy, xx - yy)
    found = Shapes(centre[0], centre[1], a, b, theta, np.zeros_like(a))
    return Shapes(found.y, found.x, a, b, theta, _kron(windows, found))


def elliptical_radius(shapes, size):
    """
    Give the semi-major axis of the ellipse through each pixel.

    Parameters
    ----------
    shapes : Shapes
        The sources.
    size : int
        Side of the windows.

    Returns
    -------
    numpy.ndarray
        float32 ``[source, y, x]``.
    """
    rows, columns = grids(size)
    dy, dx = rows - shapes.y[:, None, None], columns - shapes.x[:, None, None]
    c, s = (f(shapes.theta).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    ratio = (shapes.a / shapes.b).astype(np.float32)[:, None, None]
    along, across = c * dx + s * dy, (c * dy - s * dx) * ratio
    return np.sqrt(along * along + across * across)


def _kron(windows, shapes):
    """Kron's first moment in an ellipse of six rms: 2.5 of it hold more than nine tenths of the light."""
    radius = elliptical_radius(shapes, windows.shape[-1])
    inside = radius < np.maximum(6.0 * shapes.a, 6.0)[:, None, None]
    light = windows * inside
    total = light.sum((1, 2))
    first = (light * radius).sum((1, 2)) / np.where(total > 0, total, np.inf)
    usual = np.clip(first, 0.8 * shapes.a, 3.0 * shapes.a)
    return np.clip(_KRON * usual, _LEAST_KRON, windows.shape[-1] / 2)


def aperture_weights(radius, reach):
    """
    Give how much of each pixel lies within an aperture.

    Parameters
    ----------
    radius : numpy.ndarray
        Of each pixel, ``[source, y, x]``.
    reach : numpy.ndarray
        Of the aperture, ``[source]``.

    Returns
    -------
    numpy.ndarray
        0 to 1: linear over a pixel's width at the edge.
    """
    return np.clip(np.asarray(reach, np.float32)[:, None, None] - radius + 0.5, 0, 1)


def growth_radii(windows, shapes, shares):
    """
    Find the radii of circles that hold shares of a source's light.

    Parameters
    ----------
    windows : numpy.ndarray
        As for `shapes_of`.
    shapes : Shapes
        Of the sources.
    shares : tuple of float
        Of the light in the ellipse of `Shapes.kron`.

    Returns
    -------
    numpy.ndarray
        ``[share, source]``.
    """
    size = windows.shape[-1]
    rows, columns = grids(size)
    radius = np.hypot(rows - shapes.y[:, None, None], columns - shapes.x[:, None, None])
    total = (windows * aperture_weights(elliptical_radius(shapes, size), shapes.kron)).sum((1, 2))
    steps = np.geomspace(0.5, size / 2, _STEPS)
    within = np.stack(
        [(windows * aperture_weights(radius, np.full(len(windows), r))).sum((1, 2)) for r in steps]
    )
    # Light within a very small radius grows with its square: the curve begins at 0.
    part = np.maximum.accumulate(within / np.where(total > 0, total, np.inf), axis=0)
    curve, steps = np.vstack([np.zeros(len(windows)), part]), np.append(0, steps)
    return np.stack([_crossings(curve, steps, share) for share in shares])


def _crossings(curve, steps, share):
    above = curve >= share
    high = np.clip(above.argmax(axis=0), 1, len(steps) - 1)
    high = np.where(above.any(axis=0), high, len(steps) - 1)
    source = np.arange(curve.shape[1])
    low_value, high_value = curve[high - 1, source], curve[high, source]
    part = np.clip((share - low_value) / np.maximum(high_value - low_value, 1e-9), 0, 1)
    return steps[high - 1] + part * (steps[high] - steps[high - 1])
