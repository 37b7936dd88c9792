"""A shrunk frame without what its detector and the sky add on large scales: stripes, steps, and slopes.

Each amplifier adds an offset that changes from row to row, and a bright sky shows how unevenly a camera is
lit and sensitive. In frames of faint bodies both are stronger than the bodies.
"""

from itertools import pairwise

import numpy as np
from scipy.interpolate import CubicSpline

_LARGEST_STRIPE = 4.0  # in units of the noise
_BOXES, _LEAST_BOX = 8, 4  # along the side, geometric mean; cells
_LEAST_ROW = 16  # cells


def halves(width, *, split):
    """
    Divide columns among amplifiers.

    Parameters
    ----------
    width : int
        Number of columns.
    split : bool
        Whether there are two amplifiers.

    Returns
    -------
    list of slice
        The columns of each.
    """
    return [slice(0, width // 2), slice(width // 2, width)] if split else [slice(0, width)]


def stripes(flat, usable, noise, columns):
    """
    Measure what each amplifier adds to a row.

    Parameters
    ----------
    flat : numpy.ndarray
        Shrunk frame ``[y, x]``, finite, `flattened`.
    usable : numpy.ndarray of bool
        Which cells count.
    noise : float
        Of a cell.
    columns : sequence of slice
        Of each amplifier; see `halves`.

    Returns
    -------
    numpy.ndarray
        To be taken away; the same shape and type. It is the median of a row, four times the noise at most:
        what is brighter is a body, as a galaxy seen edge-on.
    """
    found, limit = np.zeros_like(flat), _LARGEST_STRIPE * noise
    for part in columns:
        rows = np.flatnonzero(usable[:, part].sum(axis=1) >= _LEAST_ROW)
        if rows.size:
            levels = _medians_of_rows(flat[rows, part], usable[rows, part])
            found[rows, part] = np.clip(levels, -limit, limit)[:, None]
    return found


def flattened(image, usable, columns):
    """
    Take away what varies on the scale of an eighth of a frame.

    Parameters
    ----------
    image : numpy.ndarray
        Shrunk frame ``[y, x]``, finite.
    usable : numpy.ndarray of bool
        Which cells count.
    columns : sequence of slice
        Of each amplifier, whose levels may differ; see `halves`.

    Returns
    -------
    numpy.ndarray
        The same shape and type: the frame less the medians of boxes, between whose centres they are
        interpolated.
    """
    box = max(_LEAST_BOX, round(np.sqrt(image.size) / _BOXES))
    flat = np.empty_like(image)
    for part in columns:
        flat[:, part] = image[:, part] - _large_scale(image[:, part], usable[:, part], box)
    return flat


def _large_scale(image, usable, box):
    edges = [np.linspace(0, n, max(1, round(n / box)) + 1).round().astype(int) for n in image.shape]
    rows, columns = ([slice(*ends) for ends in pairwise(each)] for each in edges)
    medians = np.array([[_median(image[y, x], usable[y, x]) for x in columns] for y in rows])
    known = np.isfinite(medians)
    if not known.any():
        return np.zeros_like(image)
    medians = np.where(known, medians, np.median(medians[known]))
    down, across = (_between(each) for each in edges)
    return (down @ medians @ across.T).astype(image.dtype)


def _median(values, usable):
    values = values[usable]
    return _middle(values) if values.size else np.nan


def _medians_of_rows(values, usable):
    if usable.all():
        return _middle(values)
    return np.nanmedian(np.where(usable, values.astype(float), np.nan), axis=1)


def _middle(values):
    """Medians along the last axis: float32 is sorted in less time than numpy finds a median."""
    ordered, number = np.sort(values), values.shape[-1]
    # Two values are added, which may be too much for float32.
    low, high = (ordered[..., index].astype(float) for index in ((number - 1) // 2, number // 2))
    return (low + high) / 2


def _between(edges):
    """Weights of a cubic spline through the centres of boxes, with no curvature at the outermost."""
    centres = (edges[:-1] + edges[1:]) / 2
    cells = np.arange(edges[-1]) + 0.5
    if centres.size == 1:
        return np.ones((cells.size, 1))
    return CubicSpline(centres, np.eye(centres.size), bc_type="natural")(cells)
