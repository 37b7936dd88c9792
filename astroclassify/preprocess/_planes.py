"""A model's view of a frame: nine small planes, or four or five of them, whatever the frame's size.

A frame is shrunk by whole blocks to about `side` pixels a side. The blocks' means are shown on three
brightness scales; a step between the left and the right half, which two amplifiers may
leave, is taken away first. Two planes more tell of coverage and of point sources, which a mean dilutes:

0. *range*: between the 1st and the 99.7th percentile, asinh-stretched;
1. *noise*: above the median, in units of the pixel-to-pixel noise, asinh-stretched;
2. *rank*: the percentile of each pixel, which no monotone stretch changes;
3. *coverage*: 1. What cannot be used is filled by reflection, so that no edge of it speaks;
4. *peak*: how far the brightest pixel of a block rises above its mean, relative to what is usual in the
   frame, on a logarithmic scale; zero where a block is one pixel;
5. *range* of the diffuse light alone: the mean of those pixels of a block that lie within three standard
   deviations of the noise from its fainter half. In a long exposure most blocks hold a cosmic ray, and what
   is left of it in a mean is brighter than a faint body; here it is not. The same as 0. where blocks are
   smaller than 4 x 4 pixels; in larger ones, stripes along the rows of either half are taken away too;
6. and 7. *noise* and *rank* of the same light, flattened: less its medians in boxes of an eighth of the
   frame, of each half for itself where blocks are so large; a bright sky would hide a faint body;
8. *sources*: how many pixels of a block belong to stars and knots, however bright: those of the opened
   frame that rise by two standard deviations above the fainter half, on a logarithmic scale; zero where
   blocks are smaller than 4 x 4 pixels.
"""

from typing import NamedTuple

import numpy as np

from astroclassify.core import robust_sigma
from astroclassify.preprocess._coverage import filled_by_reflection
from astroclassify.preprocess._flattening import flattened, halves, stripes
from astroclassify.preprocess._noise import pixel_noise
from astroclassify.preprocess._shrinking import OPENING_FROM_BLOCK, STRIP_PIXELS, shrunk_by_blocks

_RANKS = np.linspace(0, 1, 129)
_LEAST_COVERAGE = 0.5  # of a block
_LEAST_RISE = 0.4  # of the usual one, below which peaks are not told apart
_LARGEST_RISE = np.float32(1e30)
_SHOWN_SOURCES = np.float32(100)  # a share of a hundredth is log(2) / 2, all pixels 2.3
# A step between amplifiers is taken away if it is so many times its error, in frames of so many columns.
_CERTAIN, _LEAST_COLUMNS = 8, 32


class Plane:
    """The planes that `working_planes` makes with ``peaks`` and ``diffuse``: their numbers."""

    RANGE, NOISE, RANK, COVERAGE, PEAK, DIFFUSE_RANGE, FLAT_NOISE, FLAT_RANK, SOURCES = range(9)


def working_planes(array, *, side=192, peaks=False, diffuse=False):
    """
    Make the input planes of the default model.

    Parameters
    ----------
    array : numpy.ndarray or FrameRows
        Frame, float32, shape (height, width), NaN where a pixel is unusable. Any unit:
        the planes do not depend on gain or zero level. It is read once, in strips of rows, so that
        beside the frame and the planes a few megabytes of memory are needed.
    side : int, default 192
        Geometric mean of the planes' height and width, approximately, for larger frames; by
        default that of the frames the shipped weights learnt from.
    peaks : bool, default False
        Give the plane of peaks too.
    diffuse : bool, default False
        Give the three planes of the diffuse light, and the one of sources, too.

    Returns
    -------
    numpy.ndarray
        Planes, float32, shape (4, h, w); one more with ``peaks``, and four more with ``diffuse``.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import working_planes
    >>> frame = np.random.default_rng(1).normal(100.0, 5.0, (2048, 4096)).astype("float32")
    >>> working_planes(frame).shape
    (4, 136, 273)
    """
    block = _block_size(array.shape, side)
    blocks = shrunk_by_blocks(array, block, diffuse=diffuse)
    usable = _usable(blocks)
    planes = np.ones((4 + peaks + 4 * diffuse, *usable.shape), np.float32)
    if not usable.any():
        return np.zeros_like(planes)
    blocks = _without_step(blocks, usable, _share_of_right_half(array.shape[1], block))
    scales = _scales(blocks.mean, usable)
    shown = [blocks.mean]
    if peaks:
        shown.append(_relief(blocks.peak - blocks.mean, usable, 2e-3 * scales.width))
    if diffuse:
        smooth, flat = _smooth_and_flat(blocks.diffuse, usable, several=block >= OPENING_FROM_BLOCK)
        of_smooth, of_flat = _scales(smooth, usable), _scales(flat, usable)
        shown += [smooth, flat, np.log1p(_SHOWN_SOURCES * blocks.sources) / 2]
    if not usable.all():
        shown = filled_by_reflection(shown, usable)
    for plane, scale in zip(planes, (scales.on_range, scales.on_noise, scales.on_ranks), strict=False):
        _show(shown[0], scale, plane)
    if peaks:
        planes[4] = shown[1]
    if diffuse:
        _show(shown[-3], of_smooth.on_range, planes[-4])
        _show(shown[-2], of_flat.on_noise, planes[-3])
        _show(shown[-2], of_flat.on_ranks, planes[-2])
        planes[-1] = shown[-1]
    return planes


def _smooth_and_flat(image, usable, *, several):
    """Take stripes away from the diffuse light, and what varies on large scales."""
    columns = halves(image.shape[1], split=several)
    flat = flattened(image, usable, columns)
    if several:
        added = stripes(flat, usable, pixel_noise(image, usable), columns)
        image, flat = image - added, flat - added
    return image, flat


def _without_step(blocks, usable, right):
    """Take away the step between the halves; a column of blocks on both has the peaks of its neighbours."""
    mean, _, peak, diffuse, _ = blocks
    step = _step_between_halves(diffuse, usable, right)
    if not np.any(step):
        return blocks
    mean, peak, diffuse = mean - step, peak - step, diffuse - step
    for middle in np.flatnonzero((right > 0) & (right < 1)):  # its brightest pixel lies on one side
        beside = [middle - 1, middle + 1]
        peak[:, middle] = mean[:, middle] + (peak - mean)[:, beside].mean(axis=1)
        diffuse[:, middle] = diffuse[:, beside].mean(axis=1)  # and so does its fainter half
    return blocks._replace(mean=mean, peak=peak, diffuse=diffuse)


class _Scales(NamedTuple):
    """Lower end and width of the range, median, noise, and quantiles; `None` where all values are alike."""

    low: float
    width: float
    median: float
    noise: float
    quantiles: list | None

    # asinh is linear near zero and logarithmic far above it: faint and bright structure in one plane, without
    # the singularity of a logarithm where sky was subtracted.
    def on_range(self, image):
        return np.arcsinh(5 * np.clip((image - self.low) / self.width, -0.2, 3)) / np.float32(np.arcsinh(5))

    def on_noise(self, image):
        return np.arcsinh(np.clip((image - self.median) / (3 * self.noise), -20, 1e4)) / 4

    def on_ranks(self, image):
        return 0 if self.quantiles is None else np.interp(image, self.quantiles, _RANKS[1:-1])


def _scales(image, usable):
    *quantiles, low, high = _quantiles(image[usable], np.append(_RANKS[1:-1], [0.01, 0.997]))
    width = max(high - low, 1e-6 * max(abs(high), abs(low)), 1e-30)
    noise = max(pixel_noise(image, usable), 1e-3 * width)
    median = quantiles[len(quantiles) // 2]
    return _Scales(low, width, median, noise, quantiles if high > low else None)


def _show(image, scale, plane):
    rows = max(1, STRIP_PIXELS // image.shape[1])  # as float64, all of a large image would need much memory
    for top in range(0, len(image), rows):
        plane[top : top + rows] = scale(image[top : top + rows])


def working_window(shape, *, side=192, peaks=False, diffuse=False):
    """
    Say which part of a frame `working_planes` shows: whole blocks about its middle.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the frame.
    side, peaks, diffuse : int, bool, bool
        As for `working_planes`.

    Returns
    -------
    tuple of tuple of float
        First and last edge of the rows, and of the columns, in pixels: pixel ``i`` lies from ``i`` to ``i +
        1``.
    """
    block = _block_size(shape, side)
    starts = (n % block // 2 for n in shape)
    return tuple((float(s), float(s + n // block * block)) for s, n in zip(starts, shape, strict=True))


working_planes.window = working_window


def _block_size(shape, side):
    return max(1, round(np.sqrt(shape[0] * shape[1]) / side))


def _quantiles(sample, ranks):
    """
    Give quantiles as `numpy.quantile` does, to the last bit, in a twentieth of its time.

    A full sort of float32 takes less than the partial ones that numpy makes for so many ranks.
    """
    ordered = np.sort(sample)
    index = ranks * (sample.size - 1)
    below = np.floor(index).astype(int)
    above, share = np.minimum(below + 1, sample.size - 1), index - below
    low, high = ordered[below], ordered[above]
    # From the nearer of the two, so that nothing is lost where they are equal.
    return np.where(share >= 0.5, high - (high - low) * (1 - share), low + (high - low) * share)


def _usable(blocks):
    """The usable blocks: half covered, or half as much as the best, and within the range of float32."""
    least = min(_LEAST_COVERAGE, blocks.coverage.max() / 2)
    finite = (np.isfinite(each) for each in (blocks.mean, blocks.peak, blocks.diffuse))
    return np.logical_and.reduce([blocks.coverage > least, *finite])


def _share_of_right_half(width, block):
    """How much of each column of blocks lies right of the frame's middle, 0 to 1."""
    first = np.arange(width // block) * block + width % block // 2
    return np.clip((first + block - width / 2) / block, 0, 1).astype(np.float32)


def _step_between_halves(image, usable, right):
    """
    Measure the step between the halves of a frame, which two amplifiers read.

    In each row the columns next to the middle are carried on linearly from both sides; the median over
    rows is the step. It counts only if it stands out from the rows' scatter, by far: light that goes on
    across the middle has none. In a bias that was left in, each amplifier also drifts from row to row: if the
    steps of the last third of the rows differ from those of the first by as much, so does what is taken away,
    linearly, half from either side.
    """
    last, first = int(np.count_nonzero(right == 0)) - 1, int(np.argmax(right == 1))
    columns = [last - 1, last, first, first + 1]
    if image.shape[1] < _LEAST_COLUMNS:
        return np.zeros_like(right)
    rows = usable[:, columns].all(axis=1)
    if rows.sum() < _LEAST_COLUMNS:
        return np.zeros_like(right)
    far_left, left, near_right, far_right = image[rows][:, columns].T
    # Each side is carried on to the middle by its own slope: the step is (right - reach * slope) less
    # (left + reach * slope). The error of a median of n normal numbers is sqrt(pi / 2) = 1.25 times that of
    # their mean, sigma / sqrt(n).
    reach = (first - last) / 2  # columns from the nearest to the middle
    steps = near_right - left - reach * (far_right - near_right + left - far_left)
    step = np.median(steps)
    error = 1.25 * robust_sigma(steps, about=step) / np.sqrt(rows.sum())
    level = float(step) if abs(step) > _CERTAIN * error > 0 else 0.0
    drift, middle = _drift(steps, np.flatnonzero(rows))
    if not drift:
        return level * right
    along = np.arange(image.shape[0], dtype=np.float32) - np.float32(middle)
    return np.float32(step) * right + np.float32(drift) * along[:, None] * (right - np.float32(0.5))


def _drift(steps, rows):
    """By how much the step rises from row to row, 0 unless for certain, and the middle row."""
    third = rows.size // 3
    first, last = np.median(steps[:third]), np.median(steps[-third:])
    # Slope between the medians of two thirds, and the error of the difference of two medians: sqrt(2) of one.
    distance = rows[-third:].mean() - rows[:third].mean()
    slope = (last - first) / distance
    middle = rows.mean()
    rest = steps - np.median(steps) - slope * (rows - middle)
    error = 1.25 * robust_sigma(rest, about=np.median(rest)) * np.sqrt(2 / third)
    return (slope if abs(last - first) > _CERTAIN * error > 0 else 0.0), middle


def _relief(excess, usable, least):
    """Peaks above their blocks' means, over the frame's usual ones: noise gives about zero, a star more."""
    if not excess.any():
        return excess
    # The brightest of n pixels of noise lies some standard deviations above their mean, the more the larger
    # the block: a ratio to the frame's own median takes both out.
    usual = max(float(np.median(excess[usable])), least)
    return np.log(np.clip(excess / usual, _LEAST_RISE, _LARGEST_RISE)) / 2
