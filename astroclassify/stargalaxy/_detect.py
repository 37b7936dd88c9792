"""Detection on one image of all bands: chi-square of positive signals, connected pixels, divided blends."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage, special, stats

from astroclassify.core import optional_import

#: Width of the filter that is matched to faint sources, pixels rms: stars of CSST have 0.65.
_FILTER = 1.0
#: How many pixels must be above the threshold, and how a blend is divided: in an image that is smoothed
#: more, so that the outskirts of large galaxies do not fall apart.
_PIXELS, _LEVELS, _CONTRAST, _SMOOTHER = 5, 16, 0.002, 1.4
#: A source of fewer pixels than this must rise above the light around it, which is the median of so many
#: blocks of so many pixels on a side: else it is noise on the outskirts of a galaxy or the halo of a star.
_SMALL, _BLOCK, _BLOCKS = 80, 4, 5


@dataclass(frozen=True, eq=False)
class Segments:
    """
    Sources of a tile as sets of pixels.

    Parameters
    ----------
    labels : numpy.ndarray
        int32 ``[y, x]``: the source that a pixel belongs to, 0 for none.
    boxes : numpy.ndarray
        First and last row and column of each source, ``[source, 4]``.
    area : numpy.ndarray
        Pixels of each.
    blended : numpy.ndarray
        Whether a source was divided from another.
    signal : numpy.ndarray
        Root of the largest chi-square in each, in units of the noise.
    """

    labels: np.ndarray
    boxes: np.ndarray
    area: np.ndarray
    blended: np.ndarray
    signal: np.ndarray


@lru_cache(maxsize=16)
def threshold(bands, sigma):
    """
    Give the chi-square that noise exceeds as seldom as a Gaussian exceeds so many sigma.

    Parameters
    ----------
    bands : int
        How many bands there are.
    sigma : float
        Of one band.

    Returns
    -------
    float
        Threshold of the sum of squares of the positive signals.
    """
    # Of n bands k are positive with the probability C(n, k) / 2**n, and their squares then follow a
    # chi-square distribution of k degrees of freedom: a mixture ("chi-bar-square").
    value = np.linspace(0, 20 * sigma**2, 20_001)
    parts = np.arange(1, bands + 1)[:, None]
    shares = special.comb(bands, parts) / 2.0**bands
    log_tail = special.logsumexp(stats.chi2.logsf(value, parts), axis=0, b=shares)
    return float(np.interp(-stats.norm.logsf(sigma), -log_tail, value))


def chi_square(signal):
    """
    Make the detection image of a tile.

    Parameters
    ----------
    signal : numpy.ndarray
        Bands in units of the noise of a pixel, ``[band, y, x]``; 0 where there is nothing.

    Returns
    -------
    numpy.ndarray
        float32 ``[y, x]``: sum over the bands of the squares of what is positive after smoothing.

    References
    ----------
    Szalay, Connolly & Szokoly 1999, AJ 117, 68, https://doi.org/10.1086/300689
    """
    total = np.zeros(signal.shape[1:], np.float32)
    for band in signal:
        smooth = ndimage.gaussian_filter(band, _FILTER)
        total += np.square(np.maximum(smooth, 0) / _noise_left())
    return total


@lru_cache(maxsize=1)
def _noise_left():
    """Rms that the filter leaves of noise of 1."""
    point = np.zeros((33, 33))
    point[16, 16] = 1
    return np.float32(np.sqrt((ndimage.gaussian_filter(point, _FILTER) ** 2).sum()))


def find_segments(signal, stack, *, sigma):
    """
    Find the sources of a tile.

    Parameters
    ----------
    signal : numpy.ndarray
        As for `chi_square`.
    stack : numpy.ndarray
        Mean of the bands, in which blends are divided, ``[y, x]``.
    sigma : float
        Threshold, as for `threshold`.

    Returns
    -------
    Segments
        The sources; labels are 1, 2 ... in the order of the rows of its tables.

    Raises
    ------
    OptionalDependencyError
        If photutils is not installed.
    """
    segmentation = optional_import("photutils.segmentation", needed_for="finding sources", extra="sources")
    image = chi_square(signal)
    found = _quiet(segmentation.detect_sources, image, threshold(len(signal), sigma), _PIXELS)
    if found is None:
        return Segments(np.zeros(image.shape, np.int32), *(np.zeros(s) for s in ((0, 4), 0, 0, 0)))
    smooth = ndimage.gaussian_filter(stack, _SMOOTHER)
    divided = _quiet(
        segmentation.deblend_sources,
        smooth,
        found,
        _PIXELS,
        n_levels=_LEVELS,
        contrast=_CONTRAST,
        mode="sinh",
        progress_bar=False,
    )
    segments = _tabulated(found.data, divided.data, image)
    return _cleaned(segments, smooth, np.sqrt(threshold(len(signal), sigma)))


def _quiet(function, *args, **kwargs):
    """Call photutils without its warnings: no source, negative pixels."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def _cleaned(segments, smooth, least):
    """Leave out small sources that are not above the threshold once the light around them is taken off."""
    around = _surroundings(smooth)
    pixels = np.flatnonzero(segments.labels)
    of_pixel = segments.labels.ravel()[pixels] - 1
    peak = np.full(segments.area.size, -np.inf, smooth.dtype)
    np.maximum.at(peak, of_pixel, smooth.ravel()[pixels])
    y, x = ((segments.boxes[:, k] + segments.boxes[:, k + 1]) // 2 for k in (0, 2))
    level = np.maximum(around[y // _BLOCK, x // _BLOCK], 0)
    kept = (segments.area >= _SMALL) | (segments.signal * (1 - level / np.maximum(peak, 1e-30)) >= least)
    number = np.append(0, np.where(kept, np.cumsum(kept), 0)).astype(np.int32)
    parts = (getattr(segments, name)[kept] for name in ("boxes", "area", "blended", "signal"))
    return Segments(number[segments.labels], *parts)


def _surroundings(image):
    """Light around each block of pixels: the median of the means of blocks."""
    rows, columns = (-(-side // _BLOCK) * _BLOCK for side in image.shape)
    padded = np.pad(image, ((0, rows - image.shape[0]), (0, columns - image.shape[1])), mode="edge")
    blocks = padded.reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK).mean(axis=(1, 3))
    return ndimage.median_filter(blocks, _BLOCKS, mode="nearest")


def _tabulated(parents, labels, image):
    """Number the sources from 1 on, and tabulate them, looking only at pixels that belong to one."""
    pixels = np.flatnonzero(labels)
    order = np.argsort(labels.ravel()[pixels], kind="stable")
    pixels = pixels[order]
    of_pixel = labels.ravel()[pixels]
    first = np.flatnonzero(np.diff(of_pixel, prepend=0))
    area = np.diff(np.append(first, pixels.size))
    anew = np.zeros(labels.shape, np.int32)
    anew.ravel()[pixels] = np.repeat(np.arange(1, area.size + 1), area)
    y, x = np.divmod(pixels, labels.shape[1])
    boxes = [end.reduceat(v, first) for v in (y, x) for end in (np.minimum, np.maximum)]
    parent = parents.ravel()[pixels][first]
    blended = np.bincount(parent)[parent] > 1
    signal = np.sqrt(np.maximum.reduceat(image.ravel()[pixels], first))
    return Segments(anew, np.stack(boxes, axis=1), area, blended, signal)
