"""A piecewise linear axis on which narrow intervals are drawn wider, to be visible."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StretchedAxis:
    """
    A piecewise linear map from pixel edges to drawing coordinates in [0, 1].

    Parameters
    ----------
    edges : numpy.ndarray
        Pixel edges, strictly increasing; shape (n,).
    positions : numpy.ndarray
        Drawing coordinate of each edge, from 0 to 1; shape (n,).
    """

    edges: np.ndarray
    positions: np.ndarray

    @classmethod
    def from_intervals(cls, intervals, *, narrowest):
        """
        Build the map from the pixel intervals that must be visible.

        Parameters
        ----------
        intervals : iterable of tuple of int
            Half-open pixel ranges.
        narrowest : float
            The smallest part of the axis that an interval between two edges may take.

        Returns
        -------
        StretchedAxis
            The map; intervals that are wide enough keep their ratios.
        """
        edges = np.unique([edge for interval in intervals for edge in interval])
        shares = _shares(np.diff(edges), min(narrowest, 0.8 / (len(edges) - 1)))
        return cls(edges=edges, positions=np.concatenate([[0.0], np.cumsum(shares)]))

    def __call__(self, pixel):
        """Map a pixel edge to its drawing coordinate."""
        return float(np.interp(pixel, self.edges, self.positions))


def _shares(widths, narrowest):
    """Share the axis out: `narrowest` to the narrow intervals, the rest in proportion."""
    narrow = widths / widths.sum() < narrowest
    if not narrow.any():
        return widths / widths.sum()
    wide_total = widths[~narrow].sum()
    rest = 1.0 - narrowest * narrow.sum()
    if narrow.all():
        return np.full(len(widths), 1.0 / len(widths))
    return np.where(narrow, narrowest, widths * rest / wide_total)
