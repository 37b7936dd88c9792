"""Objects as what is left when the stars are taken away, and clusters as where there were many."""

import numpy as np
from scipy import ndimage

from astroclassify.core import checked, optional_import, rules
from astroclassify.detect._classes import with_classes
from astroclassify.detect._light import above_sky, parts_of
from astroclassify.detect._spec import SHARE, SIGMA
from astroclassify.detect._starless import remove_stars
from astroclassify.io import luminance
from astroclassify.metrics import box_overlaps

#: Pixels are smoothed by this before edges are looked for, and an object has so many pixels.
_SMOOTHED, _LEAST_PIXELS = 2.5, 50
#: Edges (Canny) begin where the light changes by so many times its noise from pixel to pixel, and go on down
#: to this share of that.
_EDGE, _GOES_ON = 0.35, 0.4
#: An object as bright as this, in units of the sum's noise, has the score 1/2 (float).
_HALF_SURE = 30.0
#: A star is a maximum of the starlight so many times above the noise of the image (float).
_STAR = 4.0
#: Stars are counted within this share of the longer side; a cluster has so many, where chance would give a
#: number that is less by so many times its square root.
_COUNTED, _LEAST_STARS, _CROWDED = 0.03, 8, 5.0
#: Boxes that overlap by so much are one object (float).
_SAME = 0.4


@checked(removal=rules.one_of("network", "classical"), sigma=SIGMA, least=SHARE)
def find_by_starless(image, *, removal="network", sigma=2.5, least=0.1):
    """
    Find objects in an image without its stars.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]`` or ``[y, x, 3]``, finite.
    removal : {"network", "classical"}, default "network"
        How stars are removed.
    sigma : float, default 2.5
        How many standard deviations above the sky an object is.
    least : float, default 0.1
        Leave out what has a lower score.

    Returns
    -------
    astropy.table.QTable
        With the columns of detections. What an object is the default model says.

    Raises
    ------
    OptionalDependencyError
        If photutils or scikit-image, of the extra ``detect``, is not installed.
    """
    starless = luminance(remove_stars(image, method=removal))
    grey = luminance(image)
    light, noise = above_sky(starless, smoothed=_SMOOTHED)
    parts = parts_of(_within_edges(light, noise, sigma), noise, sigma)
    kept = parts.area >= _LEAST_PIXELS
    edges, scores = parts.edges[kept], parts.snr[kept] / (parts.snr[kept] + _HALF_SURE)
    crowds, crowded = _crowds(grey - starless, noise)
    return with_classes(grey, *_together(edges, scores, crowds, crowded), least=least)


def _within_edges(light, noise, sigma):
    """Light, and inside of closed edges at least so much that it counts: middles of shells, faint rims."""
    feature = optional_import("skimage.feature", needed_for="finding edges", extra="detect")
    if not noise > 0:
        return light
    high = _EDGE * noise
    edges = feature.canny(light, sigma=1.0, low_threshold=_GOES_ON * high, high_threshold=high)
    closed = ndimage.binary_fill_holes(ndimage.binary_closing(edges, iterations=2))
    inside = ndimage.binary_opening(closed, iterations=3)
    bright = ndimage.gaussian_filter(light, 2 * _SMOOTHED) > 0.5 * sigma * noise
    return np.where(inside & bright, np.maximum(light, 1.01 * sigma * noise), light)


def _crowds(starlight, noise):
    """Boxes of places with more stars than elsewhere, and scores."""
    smooth = ndimage.gaussian_filter(starlight, 1.0)
    level = _STAR * noise
    peaks = (smooth == ndimage.maximum_filter(smooth, 5)) & (smooth > level)
    width = _COUNTED * max(starlight.shape)
    area = 4 * np.pi * width**2  # of a Gaussian: one over the sum of its square
    counts = ndimage.gaussian_filter(peaks.astype(float), width, mode="reflect") * area
    usual = float(np.median(counts))
    excess = (counts - usual) / np.sqrt(max(usual, 1.0))
    labels, _ = ndimage.label((excess > 0.5 * _CROWDED) & (counts > 0.5 * _LEAST_STARS))
    boxes, scores = [], []
    for part, box in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[box] == part
        stars, most = int(peaks[box][inside].sum()), float(excess[box][inside].max())
        if stars >= _LEAST_STARS and most > _CROWDED:
            y, x = np.nonzero(peaks[box] & inside)
            x, y = x + box[1].start, y + box[0].start
            boxes.append((x.min(), x.max(), y.min(), y.max()))
            scores.append(most / (most + _CROWDED))
    return np.array(boxes, dtype=float).reshape(-1, 4) + np.array([-1.5, 1.5, -1.5, 1.5]), np.array(scores)


def _together(edges, scores, crowds, crowded):
    """Unite boxes of light and of crowds; of two that are the same the better one."""
    edges, scores = np.concatenate([edges, crowds]), np.concatenate([scores, crowded])
    kept = []
    for number in np.argsort(-scores, kind="stable"):
        if not kept or box_overlaps(edges[[number]], edges[kept]).max() < _SAME:
            kept.append(number)
    return edges[kept], scores[kept]
