"""Edges of boxes in tables, and how far boxes cover each other."""

import numpy as np

from astroclassify.core import ParameterError

#: The columns of a table that hold the edges of boxes (tuple of str).
EDGES = ("x_min", "x_max", "y_min", "y_max")


def box_edges(table):
    """
    Give the boxes of a table.

    Parameters
    ----------
    table : astropy.table.Table or astropy.table.Row
        With the columns ``x_min``, ``x_max``, ``y_min`` and ``y_max``.

    Returns
    -------
    numpy.ndarray
        Float64 ``[N, 4]``: the edges in this order.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.metrics import box_edges
    >>> box_edges(Table({"y_max": [4], "y_min": [3], "x_max": [2], "x_min": [1]}))
    array([[1., 2., 3., 4.]])
    """
    return np.stack([np.asarray(table[name], dtype=float) for name in EDGES], axis=-1).reshape(-1, 4)


def box_sides(edges):
    """
    Say how large boxes are.

    Parameters
    ----------
    edges : numpy.ndarray
        ``[N, 4]``, as `box_edges` gives them.

    Returns
    -------
    numpy.ndarray
        The sides of squares as large, shape (N,); 0 where an upper edge lies below the lower one.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.metrics import box_sides
    >>> box_sides(np.array([[0.0, 8.0, 0.0, 2.0]]))
    array([4.])
    """
    return np.sqrt(np.maximum((edges[:, 1] - edges[:, 0]) * (edges[:, 3] - edges[:, 2]), 0))


def box_overlaps(first, second, *, of="union"):
    """
    Compare every box of one list with every box of another.

    Parameters
    ----------
    first, second : array_like
        Edges of boxes, ``[N, 4]`` and ``[M, 4]``: ``x_min``, ``x_max``, ``y_min``, ``y_max``.
    of : {"union", "smaller"}, default "union"
        What the area that two boxes share is divided by: the area of both together (intersection over union),
        or that of the smaller one.

    Returns
    -------
    numpy.ndarray
        Float64 ``[N, M]``, 0 to 1; 0 where a box has no area.

    Raises
    ------
    ParameterError
        If the boxes do not have four edges each, or ``of`` is something else.

    Examples
    --------
    >>> from astroclassify.metrics import box_overlaps
    >>> box_overlaps([[0, 2, 0, 2]], [[1, 3, 0, 2], [5, 6, 5, 6]])
    array([[0.33333333, 0.        ]])
    """
    if of not in ("union", "smaller"):
        raise ParameterError(f"of is {of!r}; expected 'union' or 'smaller'")
    first, second = _edges(first)[:, None], _edges(second)[None]
    shared = _length(first, second, 0) * _length(first, second, 2)
    areas = [(each[..., 1] - each[..., 0]) * (each[..., 3] - each[..., 2]) for each in (first, second)]
    whole = np.minimum(*areas) if of == "smaller" else areas[0] + areas[1] - shared
    return np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0)


def _edges(boxes):
    boxes = np.asarray(boxes, dtype=float)
    if boxes.size == 0:
        return boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ParameterError(f"boxes have the shape {boxes.shape}; expected four edges each, (N, 4)")
    return boxes


def _length(first, second, start):
    """What two boxes share along an axis whose edges are in two columns."""
    low = np.maximum(first[..., start], second[..., start])
    return np.maximum(np.minimum(first[..., start + 1], second[..., start + 1]) - low, 0)
