"""Parts of a picture: what its light is divided into, at several scales.

Two ways: surfaces within contours of equal brightness (*isophotes*), which follow the light of stars,
clusters, arms and shells; and the segments of Felzenszwalb & Huttenlocher (2004,
doi:10.1023/B:VISI.0000022288.19776.77), which follow edges. A *label image* holds the number of the part that
each cell is in, 0 for none.
"""

import numpy as np
from scipy import ndimage

from astroclassify.core import optional_import, robust_sigma

#: Isophotes lie so many standard deviations of the noise above the sky (tuple of float).
ISOPHOTES = (2.0, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0, 200.0)
#: Felzenszwalb's scales: larger, larger segments (tuple of float).
SCALES = (50.0, 150.0, 500.0)
#: The least cells of a segment, and of an isophote; a star on 8 x 8 means has a few (int).
_LEAST_SEGMENT, _LEAST_ISOPHOTE = 20, 3
#: The frame's noise is that of the picture smoothed by so many cells (float).
_SMOOTHED = 0.7
#: Sky is divided into so many tiles along the longer side (int).
_TILES = 8


def segments(image, *, scales=SCALES, sigma=0.8, least=_LEAST_SEGMENT):
    """
    Divide a picture by Felzenszwalb's method.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]`` or ``[y, x, channel]``, finite; scales are meant for values from -1 to 1.
    scales : tuple of float, default (50, 150, 500)
        One division for each.
    sigma : float, default 0.8
        Cells that it is smoothed by before.
    least : int, default 20
        Cells of the smallest segment.

    Returns
    -------
    list of numpy.ndarray
        Label images; every cell is in a segment.

    Raises
    ------
    OptionalDependencyError
        If scikit-image, of the extra ``explain``, is not installed.
    """
    skimage = optional_import(
        "skimage.segmentation", needed_for="dividing a frame into segments", extra="explain"
    )
    options = {"sigma": sigma, "min_size": least, "channel_axis": -1 if image.ndim == 3 else None}
    return [skimage.felzenszwalb(image, scale=scale, **options) + 1 for scale in scales]


def isophotes(image, *, levels=ISOPHOTES, least=_LEAST_ISOPHOTE):
    """
    Divide a picture by contours of equal brightness.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite, in any linear unit.
    levels : tuple of float, default from 2 to 200
        Of the contours, in standard deviations of the noise above the sky.
    least : int, default 3
        Cells of the smallest part.

    Returns
    -------
    list of numpy.ndarray
        A label image for each level that something reaches.
    """
    smooth = ndimage.gaussian_filter(image, _SMOOTHED, mode="nearest")
    sky = np.median(smooth)
    below = smooth[smooth <= sky]
    noise = robust_sigma(below, about=sky) or float(np.ptp(smooth)) / max(levels)
    found = []
    for level in levels:
        labels, number = ndimage.label(smooth > sky + level * noise)
        large = np.bincount(labels.ravel(), minlength=number + 1) >= least
        large[0] = False
        if large.any():
            found.append(np.where(large, np.cumsum(large), 0)[labels])
    return found


def tiles(shape):
    """
    Divide a picture into squares, for what has no edges: sky.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    numpy.ndarray
        A label image.
    """
    size = -(-max(shape) // _TILES)
    rows, columns = (np.arange(n) // size for n in shape)
    return rows[:, None] * (columns[-1] + 1) + columns + 1


def members(labels, *, grown=0):
    """
    List the cells of each part of a label image.

    Parameters
    ----------
    labels : numpy.ndarray of int
        ``[y, x]``, 0 where there is no part.
    grown : int, default 0
        Parts are widened by this many cells in every direction, so that they hold their own edges; they then
        overlap.

    Returns
    -------
    list of numpy.ndarray
        Indices of cells of the flattened picture, for each part that there is.
    """
    width = labels.shape[1]
    parts = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        wide = tuple(slice(max(0, c.start - grown), c.stop + grown) for c in box)
        inside = labels[wide] == number
        if grown:
            inside = ndimage.distance_transform_edt(~inside) <= grown
        y, x = np.nonzero(inside)
        parts.append((y + wide[0].start) * width + x + wide[1].start)
    return parts
