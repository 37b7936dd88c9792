"""Resampling by area: which part of each old pixel lies in each new one."""

import numpy as np
from scipy.sparse import csr_array


def overlaps(old, new, *, scale=1.0):
    """
    Give the lengths that the pixels of two grids share along an axis.

    Parameters
    ----------
    old, new : numpy.ndarray
        Edges of the pixels, rising, one more than there are pixels, in one unit. The new pixels lie in the
        old ones; old pixels that are beyond the new ones share nothing.
    scale : float, default 1
        What lengths are multiplied with.

    Returns
    -------
    scipy.sparse.csr_array
        ``[new, old]``, float32. Each row sums to the width of its new pixel, times the scale.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import overlaps
    >>> overlaps(np.arange(4.0), np.array([0.0, 1.5, 3.0])).toarray()
    array([[1. , 0.5, 0. ],
           [0. , 0.5, 1. ]], dtype=float32)
    """
    edges = np.union1d(old, new)
    edges = edges[edges <= new[-1]]
    # A piece belongs to the pixels that its lower edge lies in. That edge is one of theirs, or between
    # theirs, as the same number: no rounding can put it into another pixel, or beyond the last.
    to, of = (np.searchsorted(each, edges[:-1], side="right") - 1 for each in (new, old))
    lengths = (np.diff(edges) * scale).astype(np.float32)
    return csr_array((lengths, (to, of)), shape=(new.size - 1, old.size - 1))
