"""Light above the sky, and its parts: what classical detectors make boxes of."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from astroclassify.core import optional_import, robust_sigma

#: The sky is measured in so many boxes along the longer side, of this size at least, in pixels (int).
_SKY_BOXES, _LEAST_SKY_BOX = 4, 32
#: Parts that are nearer than this share of the longer side are one (float), but no smaller than this (int).
_JOINED, _LEAST_JOINED = 0.01, 2


@dataclass(frozen=True, eq=False)
class Parts:
    """
    Parts of an image that are brighter than the sky.

    Parameters
    ----------
    edges : numpy.ndarray
        Boxes ``[N, 4]``: ``x_min``, ``x_max``, ``y_min``, ``y_max``.
    snr : numpy.ndarray
        Their light in units of its noise.
    spread : numpy.ndarray
        Root mean square distance of their light from its middle, pixels.
    area : numpy.ndarray
        How many of their pixels are above the threshold.
    """

    edges: np.ndarray
    snr: np.ndarray
    spread: np.ndarray
    area: np.ndarray


def above_sky(image, *, smoothed, box=None):
    """
    Subtract the sky, and smooth.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.
    smoothed : float
        Standard deviation of the Gaussian, pixels.
    box : int, optional
        Side of the boxes that the sky is measured in, pixels; by default a fourth of the longer side. In
        small ones clouds and nebulae are sky.

    Returns
    -------
    light : numpy.ndarray
        Float64 ``[y, x]``.
    noise : float
        Its standard deviation where there is only sky.

    Raises
    ------
    OptionalDependencyError
        If photutils, of the extra ``detect``, is not installed.
    """
    background = optional_import("photutils.background", needed_for="measuring the sky", extra="detect")
    size = box or max(_LEAST_SKY_BOX, -(-max(image.shape) // _SKY_BOXES))
    boxes = tuple(min(size, n) for n in image.shape)
    sky = background.Background2D(image.astype(float), boxes, filter_size=3, exclude_percentile=90)
    light = ndimage.gaussian_filter(image - sky.background, smoothed)
    middle = float(np.median(light))
    return light, robust_sigma(light[light <= middle], about=middle)


def parts_of(light, noise, threshold):
    """
    Divide the light above a threshold.

    Parameters
    ----------
    light : numpy.ndarray
        From `above_sky`.
    noise : float
        Its noise.
    threshold : float
        In units of the noise.

    Returns
    -------
    Parts
        What hangs together, or nearly so.
    """
    above = light > threshold * noise if noise > 0 else np.zeros(light.shape, dtype=bool)
    radius = max(_LEAST_JOINED, round(_JOINED * max(light.shape)))
    near = ndimage.distance_transform_edt(~above) <= radius if above.any() else above
    labels = np.where(above, ndimage.label(near)[0], 0)
    numbers = np.unique(labels[labels > 0])
    boxes = ndimage.find_objects(labels)
    edges = np.array([_edges(boxes[number - 1]) for number in numbers], dtype=float).reshape(-1, 4)
    area = np.bincount(labels.ravel(), minlength=labels.max() + 1)[numbers].astype(float)
    total = np.asarray(ndimage.sum_labels(light, labels, numbers), dtype=float)
    return Parts(edges, total / (noise * np.sqrt(area)), spread_of(light, labels, numbers), area)


def _edges(box):
    (y, x) = box
    return x.start - 0.5, x.stop - 0.5, y.start - 0.5, y.stop - 0.5


def spread_of(light, labels, numbers):
    """
    Say how far the light of each part reaches.

    Parameters
    ----------
    light : numpy.ndarray
        ``[y, x]``.
    labels : numpy.ndarray of int
        The number of the part that each pixel is in.
    numbers : array_like of int
        Parts.

    Returns
    -------
    numpy.ndarray
        Root mean square distance from the middle, pixels.
    """
    y, x = np.indices(light.shape, dtype=float)
    weights = np.maximum(light, 0) + np.finfo(float).tiny
    total = ndimage.sum_labels(weights, labels, numbers)
    first = [ndimage.sum_labels(weights * axis, labels, numbers) / total for axis in (y, x)]
    second = [ndimage.sum_labels(weights * axis**2, labels, numbers) / total for axis in (y, x)]
    variance = sum(b - a**2 for a, b in zip(first, second, strict=True))
    return np.sqrt(np.maximum(variance, 0.0)).reshape(-1)
