"""The default model's planes changed a little, so that a frame of a pool is not seen twice alike.

Producers draw frames once and a training sees each several times. A network can learn such frames by heart,
and above all the few real objects. These changes cost next to nothing, unlike a new frame.
"""

import numpy as np
import torch
from torch.nn import functional

from astroclassify.preprocess import Plane

#: How often a frame is cut to a window, and the smallest side of the window relative to the frame's (float).
_CUT, _SMALLEST = 0.5, 0.7
#: Standard deviations of the logarithms by which a stretch, a noise and the peaks change (float).
_STRETCH, _NOISE, _PEAKS = 0.15, 0.1, 0.15
# Of all light, and of the diffuse light if there are planes of it.
_RANGES, _SIGMAS = [Plane.RANGE, Plane.DIFFUSE_RANGE], [Plane.NOISE, Plane.FLAT_NOISE]


def varied(planes, rng):
    """
    Show windows of frames, stretched otherwise, as if their noise were somewhat different.

    Parameters
    ----------
    planes : numpy.ndarray
        Planes, float32, shape (n, planes, height, width).
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        The same shape and type.
    """
    planes = planes.copy()
    for i in np.flatnonzero(rng.random(len(planes)) < _CUT):
        planes[i] = _window(planes[i], rng)
    stretch, noise, peaks = (
        np.exp(rng.normal(0, sigma, (len(planes), 1, 1, 1))).astype(np.float32)
        for sigma in (_STRETCH, _NOISE, _PEAKS)
    )
    # The range's ends, 0 and 1, stay where they are, as in another stretch between the same ends.
    ranges, sigmas = ([plane for plane in each if plane < planes.shape[1]] for each in (_RANGES, _SIGMAS))
    shown = planes[:, ranges]
    planes[:, ranges] = np.where(shown > 0, np.maximum(shown, 0) ** stretch, shown)
    planes[:, sigmas] *= noise
    planes[:, Plane.PEAK] *= peaks[:, 0]
    return planes


def _window(planes, rng):
    """Cut a window of the planes' own shape at random, and enlarge it to their size."""
    size, scale = planes.shape[1:], rng.uniform(_SMALLEST, 1)
    height, width = (int(n * scale) for n in size)
    top, left = (int(rng.integers(n - cut + 1)) for n, cut in zip(size, (height, width), strict=True))
    part = torch.from_numpy(np.ascontiguousarray(planes[:, top : top + height, left : left + width]))
    return functional.interpolate(part[None], size=size, mode="bilinear", align_corners=False)[0]
