"""A part of a field, ready to be measured: light without the sky, noise, sources as sets of pixels."""

from dataclasses import dataclass, replace

import numpy as np

from astroclassify.stargalaxy._background import Background
from astroclassify.stargalaxy._detect import Segments, find_segments

#: Pixels around the part that is kept: half of the largest window, and one.
MARGIN = 129


@dataclass(frozen=True, eq=False)
class Tile:
    """
    A part of a field with a margin; fluxes are in microjansky.

    Parameters
    ----------
    light : numpy.ndarray
        float32 ``[band, y, x]``; 0 where there is nothing.
    empty : numpy.ndarray
        Where there is nothing, ``[band, y, x]``.
    full : numpy.ndarray
        Where pixels are saturated, ``[band, y, x]``.
    outside : numpy.ndarray
        Beyond the field, ``[y, x]``.
    noise : numpy.ndarray
        Rms of a pixel, ``[band, y, x]``; infinite where a band has none.
    stack : numpy.ndarray
        Mean of the bands, weighted by the inverse variance, ``[y, x]``.
    segments : Segments
        The sources.
    origin : tuple of int
        Row and column, in the field, of the first pixel of the margin.
    """

    light: np.ndarray
    empty: np.ndarray
    full: np.ndarray
    outside: np.ndarray
    noise: np.ndarray
    stack: np.ndarray
    segments: Segments
    origin: tuple[int, int]

    def centres(self):
        """
        Give where the sources are.

        Returns
        -------
        numpy.ndarray
            Centroids of their pixels in the tile, ``[source, (y, x)]``.
        """
        pixels = np.flatnonzero(self.segments.labels)
        of_pixel = self.segments.labels.ravel()[pixels] - 1
        light = np.maximum(self.stack.ravel()[pixels], 1e-9)
        total = np.bincount(of_pixel, light)
        places = np.divmod(pixels, self.stack.shape[1])
        return np.stack([np.bincount(of_pixel, light * place) / total for place in places], axis=1)


def make_tile(planes, backgrounds, core, sigma):
    """
    Prepare a part of a field.

    Parameters
    ----------
    planes : sequence of Plane
        The bands.
    backgrounds : sequence of Background
        Of each.
    core : tuple of slice
        Rows and columns that are kept.
    sigma : float
        Threshold of the detection.

    Returns
    -------
    Tile
        Of the core and a margin around it.
    """
    sides = tuple(part.stop - part.start + 2 * MARGIN for part in core)
    origin = tuple(part.start - MARGIN for part in core)
    shape = planes[0].data.shape
    there = tuple(slice(max(0, o), min(side, o + n)) for o, n, side in zip(origin, sides, shape, strict=True))
    inner = tuple(slice(part.start - o, part.stop - o) for part, o in zip(there, origin, strict=True))
    light, noise = (np.zeros((len(planes), *sides), np.float32) for _ in range(2))
    noise[:] = np.inf
    empty, full = np.ones(light.shape, bool), np.zeros(light.shape, bool)
    for band, (plane, background) in enumerate(zip(planes, backgrounds, strict=True)):
        window = (band, *inner)
        _fill(plane, background, there, light[window], noise[window], empty[window], full[window])
    outside = np.ones(sides, bool)
    outside[inner] = False
    stack = np.zeros(sides, np.float32)
    stack[inner], segments = _found(light[:, *inner], noise[:, *inner], sigma)
    return Tile(light, empty, full, outside, noise, stack, _placed(segments, inner, sides), origin)


def _found(light, noise, sigma):
    """Make the mean of the bands, and find the sources."""
    inverse = 1 / noise
    signal = light * inverse  # 0 where there is nothing: the light is, and the noise is infinite
    weights = np.einsum("byx,byx->yx", inverse, inverse)
    stack = np.einsum("byx,byx->yx", signal, inverse) / np.maximum(weights, 1e-30)
    return stack, find_segments(signal, stack, sigma=sigma)


def _placed(segments, inner, sides):
    """Put what was found in a part of a tile into the whole of it."""
    labels = np.zeros(sides, np.int32)
    labels[inner] = segments.labels
    starts = np.repeat([part.start for part in inner], 2)
    return replace(segments, labels=labels, boxes=segments.boxes + starts)


def _fill(plane, background, there, light, noise, empty, full):
    """Write a band into its places of a tile."""
    data = np.asarray(plane.data[there], np.float32)
    level, rms = background.at(*there)
    unusable = ~np.isfinite(data) | ~(rms > 0)
    if plane.mask is not None:
        unusable |= plane.mask[there]
    empty[...] = unusable
    light[...] = np.where(unusable, 0, (data - level) * np.float32(plane.scale))
    noise[...] = np.where(unusable, np.inf, rms * np.float32(plane.scale))
    full[...] = data >= np.float32(plane.saturation)


def background_of(plane):
    """
    Measure the sky of a band.

    Parameters
    ----------
    plane : Plane
        The band.

    Returns
    -------
    Background
        On a mesh over the whole field.
    """
    return Background.of(plane.data, plane.mask)
