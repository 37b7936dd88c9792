"""The observed part of a frame, and fill values for the cells outside of it."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from astroclassify.core import FrameError
from astroclassify.preprocess._blocks import block_means
from astroclassify.preprocess._frame import MINIMUM_SIDE, STRIP_ROWS

#: The fewest usable pixels that a frame may have (int), and the least share of its covered part (float).
MINIMUM_USABLE, MINIMUM_SHARE = 100, 0.05

_SAMPLES = 512  # along the longer side: unusable pixels that matter are seen in a sample
_CELLS, _LEAST_CELL = 64, 8  # along the longer side; samples of each
_HALF, _WELL = 0.5, 0.95


def covered_part(array):
    """
    Find the rectangle of a frame that was observed: what lies outside a mask, or a drizzled footprint.

    Parameters
    ----------
    array : numpy.ndarray or FrameRows
        Frame ``[y, x]``, NaN on unusable pixels.

    Returns
    -------
    tuple of slice
        Rows and columns. All of them, unless somewhere more than half of a square is unusable, whose side is
        a 64th of the frame's longer one, at least 8 pixels.

    Raises
    ------
    FrameError
        If fewer than 100 pixels are usable, or less than 5% of the part, or it has fewer than 16 rows or
        columns.

    Notes
    -----
    Of all rectangles it is the one with the largest sum, where a usable pixel counts +1 and any other -1. If
    nowhere more than half of the pixels can be used, they count by that much more. Its outermost rows and
    columns are half covered, or more.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import covered_part
    >>> frame = np.full((300, 400), np.nan)
    >>> frame[40:200, 100:350] = 1.0
    >>> covered_part(frame)
    (slice(40, 200, None), slice(100, 350, None))
    """
    whole = slice(0, array.shape[0]), slice(0, array.shape[1])
    step = max(1, max(array.shape) // _SAMPLES) | 1  # odd: a mosaic of filters does not hide between samples
    usable = np.isfinite(array[::step, ::step])
    if usable.all():
        return whole
    number = min(_CELLS, -(-max(usable.shape) // _LEAST_CELL))
    cells = block_means(usable.astype(np.float32), largest_side=number)
    # Not by the best cell: at the edge it may be of a few pixels, and so by chance.
    some = cells[cells > 0]
    level = min(_HALF, np.quantile(some, _WELL) / 2) if some.size else 0.0
    if (cells > level).all():
        part = whole
    else:
        size = step * -(-max(usable.shape) // number)
        part = _refined(array, _best_rectangle(cells - level), size, level)
    _check_usable(array, part)
    return part


def _best_rectangle(weights):
    """Give rows and columns of the cells with the largest sum."""
    best, found = -np.inf, None
    for top in range(weights.shape[0]):
        sums = np.cumsum(np.cumsum(weights[top:], axis=0), axis=1)
        before = np.pad(sums, ((0, 0), (1, 0)))[:, :-1]
        gained = sums - np.minimum.accumulate(before, axis=1)
        height, right = np.unravel_index(np.argmax(gained), gained.shape)
        if gained[height, right] > best:
            best = gained[height, right]
            left = int(np.argmin(before[height, : right + 1]))
            found = slice(top, top + int(height) + 1), slice(left, int(right) + 1)
    return found


def _refined(array, cells, size, level):
    """Move the edges of a rectangle of cells, by up to a cell, to the outermost covered rows and columns."""
    inner = tuple(
        slice(c.start * size, min(c.stop * size, n)) for c, n in zip(cells, array.shape, strict=True)
    )
    outer = tuple(
        slice(max(c.start - size, 0), min(c.stop + size, n)) for c, n in zip(inner, array.shape, strict=True)
    )
    rows = [np.isfinite(strip).mean(axis=1) for strip in _strips(array, outer[0], inner[1])]
    columns = [np.isfinite(strip).sum(axis=0) for strip in _strips(array, inner[0], outer[1])]
    shares = np.concatenate(rows), sum(columns) / (inner[0].stop - inner[0].start)
    return tuple(
        _first_to_last(share > level, o) or i for share, o, i in zip(shares, outer, inner, strict=True)
    )


def _first_to_last(covered, within):
    indices = np.flatnonzero(covered)
    return (
        slice(within.start + int(indices[0]), within.start + int(indices[-1]) + 1) if indices.size else None
    )


def _strips(array, rows, columns):
    for top in range(rows.start, rows.stop, STRIP_ROWS):
        yield array[top : min(top + STRIP_ROWS, rows.stop), columns]


def _check_usable(array, part):
    shape = tuple(cut.stop - cut.start for cut in part)
    count = sum(int(np.isfinite(strip).sum()) for strip in _strips(array, *part))
    share = count / (shape[0] * shape[1])
    if count < MINIMUM_USABLE or share < MINIMUM_SHARE or min(shape) < MINIMUM_SIDE:
        raise FrameError(
            f"too little of this frame can be used: {count} pixels, {share:.1%} of a part of {shape[0]} x "
            f"{shape[1]}; at least {MINIMUM_USABLE} pixels, {MINIMUM_SHARE:.0%} and {MINIMUM_SIDE} x "
            f"{MINIMUM_SIDE} are needed. The others are masked, NaN or infinite"
        )


def filled_by_reflection(images, known):
    """
    Give unknown cells the values of known ones, mirrored at the edge of what is known.

    Level, noise and point sources go on beyond such an edge as they are before it, so that nothing in the
    picture tells where it was; the same cells always get the same values.

    Parameters
    ----------
    images : sequence of numpy.ndarray
        Images ``[y, x]`` of one shape.
    known : numpy.ndarray of bool
        ``[y, x]``, True somewhere.

    Returns
    -------
    list of numpy.ndarray
        Copies, filled.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import filled_by_reflection
    >>> row = np.array([[1.0, 2.0, 3.0, 0.0, 0.0]])
    >>> filled_by_reflection([row], row > 0)
    [array([[1., 2., 3., 2., 1.]])]
    """
    source = np.arange(known.size).reshape(known.shape)
    known = known.copy()
    while not known.all():
        unknown = np.nonzero(~known)
        nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)[:, ~known]
        mirrored = 2 * nearest - np.array(unknown)
        inside = ((mirrored >= 0) & (mirrored < np.array(known.shape)[:, None])).all(axis=0)
        mirrored = np.where(inside, mirrored, nearest)
        mirrored = np.where(known[tuple(mirrored)], mirrored, nearest)
        # Where the known cells are less deep than the hole, the rest follows from what is filled by now.
        reached = inside & (mirrored != nearest).any(axis=0)
        reached = reached if reached.any() else np.ones_like(reached)
        filled = tuple(index[reached] for index in unknown)
        source[filled] = source[tuple(mirrored[:, reached])]
        known[filled] = True
    return [image.ravel()[source] for image in images]
