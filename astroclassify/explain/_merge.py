"""The greedy union of XRAI, exactly, without looking at every cell of every segment again.

Kapishnikov et al. (2019) add, again and again, the segment whose cells that are not yet covered have the
largest mean attribution. Here sums and numbers of uncovered cells of all segments are kept, and an index from
cells to the segments that they are in: a cell that becomes covered is subtracted from those only. Each cell
is covered once, so that the whole takes as many steps as segments have cells together.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Regions:
    """
    Regions that cover a picture, the most important first.

    Parameters
    ----------
    ranks : numpy.ndarray of int
        Which region each cell is in, 1 for that with the largest mean attribution.
    density : numpy.ndarray
        Mean attribution of the cells of each cell's region.
    """

    ranks: np.ndarray
    density: np.ndarray


def merge(attribution, segments, *, least=1):
    """
    Unite segments greedily by their mean attribution.

    Parameters
    ----------
    attribution : numpy.ndarray
        ``[y, x]``, how much each cell adds.
    segments : list of numpy.ndarray
        Indices of cells of the flattened picture, no cell twice; segments may overlap.
    least : int, default 1
        A segment with fewer uncovered cells is left out.

    Returns
    -------
    Regions
        What each segment added; cells that no segment has are one region more, the last.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.explain._merge import merge
    >>> merge(np.array([[4.0, 2.0, 0.0]]), [np.array([0]), np.array([0, 1, 2])]).density
    array([[4., 1., 1.]])
    """
    values = np.asarray(attribution, dtype=np.float64).ravel()
    index = _Index(values, segments)
    owner, gains = np.zeros(values.size, dtype=np.int64), []
    while (best := index.best(least)) is not None:
        new = segments[best][owner[segments[best]] == 0]
        gains.append(index.sums[best] / index.numbers[best])
        owner[new] = len(gains)
        index.cover(new, best)
    return _ranked(values, owner, gains, attribution.shape)


def _ranked(values, owner, gains, shape):
    if not owner.all():
        left = owner == 0
        owner[left] = len(gains) + 1
        gains = [*gains, values[left].mean()]
        order = [*np.argsort(-np.array(gains[:-1]), kind="stable"), len(gains) - 1]
    else:
        order = np.argsort(-np.array(gains), kind="stable")
    rank = np.empty(len(gains) + 1, dtype=np.int32)
    rank[np.array(order, dtype=int) + 1] = np.arange(1, len(gains) + 1)
    return Regions(rank[owner].reshape(shape), np.concatenate([[0], gains])[owner].reshape(shape))


class _Index:
    """Sums and numbers of the uncovered cells of all segments, and which segments each cell is in."""

    def __init__(self, values, segments):
        number = len(segments)
        lengths = np.array([len(cells) for cells in segments], dtype=np.int64)
        cells = np.concatenate([*segments, np.zeros(0, dtype=np.int64)])
        parts = np.repeat(np.arange(number), lengths)
        self.values, self.left = values, np.ones(number, dtype=bool)
        self.sums = np.bincount(parts, values[cells], minlength=number)
        self.numbers = np.bincount(parts, minlength=number)
        self._parts = parts[np.argsort(cells, kind="stable")]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(cells, minlength=values.size))])

    def best(self, least):
        """Give the segment with the largest mean of those that are left; None if there is none."""
        self.left &= self.numbers >= max(least, 1)
        if not self.left.any():
            return None
        means = np.divide(self.sums, self.numbers, out=np.full(len(self.sums), -np.inf), where=self.left)
        return int(means.argmax())

    def cover(self, cells, used):
        """Take cells out of all segments."""
        lengths = self._starts[cells + 1] - self._starts[cells]
        # Places in the index: of each cell, from its start on, as many as it has segments.
        first = np.repeat(self._starts[cells] - (np.cumsum(lengths) - lengths), lengths)
        parts = self._parts[first + np.arange(lengths.sum())]
        self.sums -= np.bincount(parts, np.repeat(self.values[cells], lengths), minlength=len(self.sums))
        self.numbers -= np.bincount(parts, minlength=len(self.sums))
        self.left[used] = False
