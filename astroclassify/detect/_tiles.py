"""Searching images of any size: by overlapping tiles, and shrunk for what is larger than they share.

A body that a tile cuts is whole in the next one if it is smaller than their overlap; if not, it is whole in
one of a shrunk image, sooner or later, as the image is halved until one tile holds all of it. So whatever
touches a seam is left out, and nothing is lost. What is found twice, in several tiles or sizes, is kept once.
Within one tile everything is left as the detector gives it.
"""

from dataclasses import dataclass

import numpy as np
from astropy.nddata import block_reduce
from astropy.table import QTable, vstack

from astroclassify.core import PluginError
from astroclassify.detect._spec import DETECTION_COLUMNS
from astroclassify.metrics import EDGES, box_edges, box_overlaps
from astroclassify.preprocess import MINIMUM_SIDE

#: Tiles begin at multiples of so many pixels, as networks halve their maps five times (int).
STEP = 32
#: In a shrunk image only what is larger counts than so much of what tiles share: smaller bodies are whole in
#: a tile of the image before (float). The box of a body is seldom known better.
_LARGER = 0.8
#: A box so near to a seam, in pixels, is cut by it (float).
_CUT = 1.5
#: Boxes of different passes that overlap by so much are one object; of one class, also if so much of one lies
#: in the other, as within one tile: bodies have parts (float).
_SAME, _NESTED = 0.5, 0.75
#: Of a body and its part the body stays, which a shrunk image shows, unless the part's score is higher by
#: this factor (float): on simulated fields the scores of both are alike, and the whole is right more often.
_WHOLE = 1.15


@dataclass(frozen=True)
class Tile:
    """
    A part of an image.

    Parameters
    ----------
    rows, columns : slice
        What it covers.
    shape : tuple of int
        Of the image.
    """

    rows: slice
    columns: slice
    shape: tuple[int, int]

    def whole(self, edges):
        """
        Tell which boxes are not cut by a seam: an edge of the tile that is none of the image.

        Parameters
        ----------
        edges : numpy.ndarray
            ``[N, 4]``, in the image's pixels.

        Returns
        -------
        numpy.ndarray of bool
            Shape (N,).
        """
        kept = np.ones(len(edges), dtype=bool)
        for cut, low, high, size in ((self.columns, 0, 1, self.shape[1]), (self.rows, 2, 3, self.shape[0])):
            if cut.start > 0:
                kept &= edges[:, low] > cut.start - 0.5 + _CUT
            if cut.stop < size:
                kept &= edges[:, high] < cut.stop - 0.5 - _CUT
        return kept


def tiles_of(shape, *, side, overlap):
    """
    Divide an image into overlapping tiles.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    side : int
        Of a tile, by about; 0 for all of the image.
    overlap : int
        What neighbours share at least.

    Returns
    -------
    list of Tile
        Their first rows and columns are multiples of 32.
    """
    cuts = [_cuts(n, side, overlap) for n in shape]
    return [Tile(rows, columns, tuple(shape)) for rows in cuts[0] for columns in cuts[1]]


def _cuts(size, side, overlap):
    if side == 0 or size <= side + STEP:
        return [slice(0, size)]
    number = -(-(size - overlap) // (side - overlap))
    starts = [int(n * (size - side) / (number - 1)) // STEP * STEP for n in range(number)]
    stops = [start + side + STEP for start in starts[:-1]] + [size]  # the rounding down is made good
    return [slice(start, min(stop, size)) for start, stop in zip(starts, stops, strict=True)]


def search(spec, image, **options):
    """
    Find the objects of an image of any size.

    Parameters
    ----------
    spec : DetectorSpec
        By what.
    image : numpy.ndarray
        Float32 ``[y, x]`` or ``[y, x, 3]``, finite.
    **options
        The detector's own.

    Returns
    -------
    astropy.table.QTable
        As the detector gives it, the highest score first.

    Raises
    ------
    ParameterError
        If it has no such option.
    PluginError
        If the detector cannot be imported, or breaks its contract.
    """
    function = spec.function(**options)
    passes, steps, step = [], [], 1
    while True:
        small = image if step == 1 else shrunk(image, step)
        tiles = tiles_of(small.shape[:2], side=spec.tile, overlap=spec.overlap)
        prepared = spec.prepared(small)
        passes += [_searched(function, spec, prepared, tile, step, image.shape[:2]) for tile in tiles]
        steps += [step] * len(tiles)
        step *= 2
        # Of a narrow strip, halved again, nothing would be left that a detector could look at.
        if len(tiles) == 1 or min(image.shape[:2]) < MINIMUM_SIDE * step:
            return merged(passes, steps)


def shrunk(image, step):
    """
    Average an image in square blocks; what is left at its ends is left out.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]`` or ``[y, x, channel]``.
    step : int
        Side of a block.

    Returns
    -------
    numpy.ndarray
        Float32.
    """
    return block_reduce(image, (step, step) + (1,) * (image.ndim - 2), func=np.mean).astype(np.float32)


def _searched(function, spec, prepared, tile, step, shape):
    """What is found in one tile, in the pixels of the whole image, without what is cut."""
    table = QTable(function(np.ascontiguousarray(prepared[tile.rows, tile.columns])))
    missing = [name for name in DETECTION_COLUMNS if name not in table.colnames]
    if missing:
        raise PluginError(f"the table of the detector {spec.name!r} has no column {missing[0]!r}")
    edges = box_edges(table) + np.repeat([tile.columns.start, tile.rows.start], 2)
    kept = tile.whole(edges)
    if step > 1:
        kept &= np.maximum(edges[:, 1] - edges[:, 0], edges[:, 3] - edges[:, 2]) > _LARGER * spec.overlap / 2
    # The cell i of a shrunk image holds the pixels from i * step to (i + 1) * step.
    edges = np.clip((edges + 0.5) * step - 0.5, -0.5, np.repeat(shape[::-1], 2) - 0.5)
    for name, values in zip(EDGES, edges.T, strict=True):
        table[name] = values
    return table[kept & (edges[:, 1] > edges[:, 0]) & (edges[:, 3] > edges[:, 2])]


def merged(passes, steps):
    """
    Unite what was found in several tiles and sizes.

    Parameters
    ----------
    passes : list of astropy.table.QTable
        Of each tile, in the image's pixels.
    steps : list of int
        By how much the image of each was shrunk.

    Returns
    -------
    astropy.table.QTable
        The highest score first; of boxes of different passes that show one object, one only.

    Notes
    -----
    Of two boxes that overlap by half the better one stays. A part of a body that one tile shows and the whole
    of it that a shrunk image shows overlap by less: of boxes of one class, three quarters of one of which lie
    in the other, the one of the shrunk image stays unless the other is clearly better. A detector that gives
    boxes within boxes of one class keeps those of one tile.
    """
    table = vstack(passes, metadata_conflicts="silent") if len(passes) > 1 else passes[0]
    origin = np.repeat(np.arange(len(passes)), [len(each) for each in passes])
    order = np.argsort(-np.asarray(table["score"], dtype=float), kind="stable")
    table, origin = table[order], origin[order]
    edges, alike = box_edges(table), np.zeros(len(table))
    kept = _first_of_each(range(len(table)), edges, origin, alike, of="union", least=_SAME)
    _, classes = np.unique(np.asarray(table["class"], dtype=str), return_inverse=True)
    shown_whole = np.where(np.asarray(steps)[origin] > 1, _WHOLE, 1.0)
    preferred = np.asarray(table["score"], dtype=float) * shown_whole
    kept = sorted(kept, key=lambda number: -preferred[number])
    kept = _first_of_each(kept, edges, origin, classes, of="smaller", least=_NESTED)
    return table[sorted(kept)]


def _first_of_each(numbers, edges, origin, classes, *, of, least):
    """Of boxes of different passes and one class that overlap by so much, the first only."""
    kept = []
    for number in numbers:
        others = [n for n in kept if origin[n] != origin[number] and classes[n] == classes[number]]
        if not others or box_overlaps([edges[number]], edges[others], of=of).max() < least:
            kept.append(number)
    return kept
