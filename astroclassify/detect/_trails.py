"""Straight trails through frames, as satellites leave: in one frame of a field, and at no place twice."""

import numpy as np
from scipy import ndimage

from astroclassify.core import optional_import, robust_sigma

#: Widths of the smoothing before and after which a trail is there and is not, pixels; its height above the
#: noise; and the part of its way through the frame along which it is seen.
_THIN, _WIDE, _TRAIL, _ALONG = 1.0, 6.0, 2.0, 0.6
#: So near an edge, pixels, nothing is a trail: frames often rise or fall along it, which leaves a ridge.
_EDGE = 18
#: Trails are looked for on no more cells along the longer side, at so many angles; a shorter way than this
#: share of the frame's longer side is a corner's.
_CELLS, _ANGLES, _SHORTEST = 400, 360, 0.4
#: So many lines of a frame are kept, which differ by so many degrees, or cells.
_LINES, _APART_DEGREES, _APART_CELLS = 8, 4.0, 6
#: Two lines are one at angles as like as this, degrees, and where they pass the frame's middle so near each
#: other, as a share of the longer side. What is seen there along this part of the way, in half of the other
#: frames, belongs to the field: spikes of a bright star, an edge of a nebula.
_SAME_DEGREES, _SAME_PLACE, _SEEN_AGAIN, _SHARE = 4.0, 0.03, 0.3, 0.5


def lines_of(grey):
    """
    Look for straight trails through a frame.

    Parameters
    ----------
    grey : numpy.ndarray
        ``[y, x]``, finite.

    Returns
    -------
    numpy.ndarray
        ``[N, 4]``, the likeliest trail first: along how much of its way through the frame it is seen, 0 to 1;
        its normal, x and y; and how far from the middle of the frame it passes, along the normal, pixels.

    Raises
    ------
    OptionalDependencyError
        If scikit-image, of the extra ``detect``, is not installed.

    Notes
    -----
    What is narrow and stands out of the noise is kept, without compact sources, and counted along all
    straight lines (Hough transform); each count is divided by the length of the line within the frame.
    """
    transform = optional_import("skimage.transform", needed_for="finding trails", extra="detect")
    thin = ndimage.gaussian_filter(grey, _THIN) - ndimage.gaussian_filter(grey, _WIDE)
    noise = robust_sigma(thin, about=float(np.median(thin)))
    mask = thin > _TRAIL * noise if noise > 0 else np.zeros(grey.shape, dtype=bool)
    within = _within_edges(grey.shape)
    mask, step = _coarse(_without_compact(mask) & within)
    if not mask.any():
        return np.zeros((0, 4))
    angles = np.linspace(-np.pi / 2, np.pi / 2, _ANGLES, endpoint=False)
    counts, _, distances = transform.hough_line(mask, theta=angles)
    ways, _, _ = transform.hough_line(_coarse(within)[0], theta=angles)
    crossing = ways >= _SHORTEST * max(mask.shape)
    seen = np.where(crossing, counts / np.maximum(ways, 1), 0)
    middle = (np.array(mask.shape[::-1]) - 1) / 2
    return np.array([_line(*each, angles, distances, middle, step) for each in _highest(seen)]).reshape(-1, 4)


def _highest(seen):
    """The highest of lines that differ: how high, number of the distance, and of the angle."""
    left, found = seen.copy(), []
    around = round(_APART_DEGREES * _ANGLES / 180)
    while len(found) < _LINES and left.max() > 0:
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        found.append((left[row, column], row, column))
        rows = slice(max(row - _APART_CELLS, 0), row + _APART_CELLS + 1)
        left[rows, max(column - around, 0) : column + around + 1] = 0
    return found


def _line(seen, row, column, angles, distances, middle, step):
    normal = np.array([np.cos(angles[column]), np.sin(angles[column])])
    return seen, *normal, step * (distances[row] - middle @ normal)


def _without_compact(mask):
    labels, number = ndimage.label(mask, structure=np.ones((3, 3)))
    if not number:
        return mask
    boxes = ndimage.find_objects(labels)
    long = np.array([max(c.stop - c.start for c in box) for box in boxes])
    area = np.bincount(labels.ravel())[1:]
    kept = np.concatenate([[False], (long >= 12) & (area < 0.5 * long**2)])
    return kept[labels]


def _within_edges(shape):
    within = np.zeros(shape, dtype=bool)
    within[_EDGE:-_EDGE, _EDGE:-_EDGE] = True
    return within


def _coarse(mask):
    step = -(-max(mask.shape) // _CELLS)
    rows, columns = (n // step * step for n in mask.shape)
    blocks = mask[:rows, :columns].reshape(rows // step, step, columns // step, step)
    return blocks.any(axis=(1, 3)).astype(np.uint8), step


def trails_of(many, shifts, shape):
    """
    Say along how much of its way the likeliest trail of each frame is seen, without lines of the field
    itself.

    Parameters
    ----------
    many : sequence of numpy.ndarray
        Lines of each frame, from `lines_of`.
    shifts : sequence of numpy.ndarray
        How frames are shifted.
    shape : tuple of int
        Rows and columns of all.

    Returns
    -------
    list of float
        0 to 1; 0 where no line is left.
    """
    laid = [_shifted(lines, shift) for lines, shift in zip(many, shifts, strict=True)]
    near = _SAME_PLACE * max(shape)
    found = []
    for number, lines in enumerate(laid):
        others = [other for n, other in enumerate(laid) if n != number]
        own = [line[0] for line in lines if not _is_of_the_field(line, others, near)]
        found.append(float(max(own, default=0.0)))
    return found


def _shifted(lines, shift):
    moved = lines.copy()
    moved[:, 3] += lines[:, 1:3] @ shift
    return moved


def _is_of_the_field(line, others, near):
    again = sum(_has(other, line, near) for other in others)
    return bool(others) and again >= _SHARE * len(others)


def _has(lines, line, near):
    """Tell whether a frame has a line: with its normal, or with the opposite one on the other side."""
    lines = lines[lines[:, 0] >= _SEEN_AGAIN]
    along = lines[:, 1:3] @ line[1:3]
    apart = np.abs(np.sign(along) * lines[:, 3] - line[3])
    return bool(((np.abs(along) >= np.cos(np.radians(_SAME_DEGREES))) & (apart <= near)).any())


def is_trail(seen):
    """
    Tell whether what `trails_of` gives is a trail.

    Parameters
    ----------
    seen : float
        Its answer.

    Returns
    -------
    bool
        Whether enough of it is seen.
    """
    return seen >= _ALONG
