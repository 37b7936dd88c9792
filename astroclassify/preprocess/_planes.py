"""The default model's view of a frame: five small planes, whatever the frame's size.

A frame is shrunk by whole blocks to about `side` pixels a side. The blocks' means are shown on three
brightness scales; a step between the left and the right half, which two amplifiers may
leave, is taken away first. Two planes more tell of coverage and of point sources, which a mean dilutes:

0. *range*: between the 1st and the 99.7th percentile, asinh-stretched;
1. *noise*: above the median, in units of the pixel-to-pixel noise, asinh-stretched;
2. *rank*: the percentile of each pixel, which no monotone stretch changes;
3. *coverage*: 1. What cannot be used is filled by reflection, so that no edge of it speaks;
4. *peak*: how far the brightest pixel of a block rises above its mean, relative to what is usual in the
   frame, on a logarithmic scale; zero where a block is one pixel.
"""

import numpy as np

from astroclassify.core import robust_sigma
from astroclassify.preprocess._coverage import filled_by_reflection
from astroclassify.preprocess._noise import pixel_noise

_OPENING_FROM_BLOCK = 4
_RANKS = np.linspace(0, 1, 129)
_STRIP_PIXELS = 2**17  # half a megabyte of float32
_LEAST_COVERAGE = 0.5  # of a block
_LEAST_RISE = 0.4  # of the usual one, below which peaks are not told apart
_LARGEST_RISE = np.float32(1e30)
# A step between amplifiers is taken away if it is so many times its error, in frames of so many columns.
_CERTAIN, _LEAST_COLUMNS = 8, 32


def working_planes(array, *, side=192, peaks=False):
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
        Give the fifth plane too.

    Returns
    -------
    numpy.ndarray
        Planes, float32, shape (4, h, w), with ``peaks`` (5, h, w).

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import working_planes
    >>> frame = np.random.default_rng(1).normal(100.0, 5.0, (2048, 4096)).astype("float32")
    >>> working_planes(frame).shape
    (4, 136, 273)
    """
    block = _block_size(array.shape, side)
    image, coverage, peak = _shrink(array, block)
    usable = _usable(image, coverage, peak)
    right = _share_of_right_half(array.shape[1], block)
    step = _step_between_halves(image, usable, right)
    if np.any(step):
        image, peak = image - step, peak - step
        for middle in np.flatnonzero((right > 0) & (right < 1)):  # its brightest pixel lies on one side
            peak[:, middle] = image[:, middle] + (peak - image)[:, [middle - 1, middle + 1]].mean(axis=1)
    sample = image[usable]
    if sample.size == 0:
        return np.zeros((4 + peaks, *image.shape), np.float32)
    *quantiles, low, high = _quantiles(sample, np.append(_RANKS[1:-1], [0.01, 0.997]))
    scale = max(high - low, 1e-6 * max(abs(high), abs(low)), 1e-30)
    median = quantiles[len(quantiles) // 2]
    noise = max(pixel_noise(image, usable), 1e-3 * scale)
    relief = _relief(peak - image, usable, 2e-3 * scale) if peaks else None
    if not usable.all():
        image, relief = _filled(image, relief, usable)
    planes = np.ones((4 + peaks, *image.shape), np.float32)
    scales = (low, scale), (median, noise), quantiles if high > low else None
    rows = max(1, _STRIP_PIXELS // image.shape[1])  # as float64, all of a large image would need much memory
    for top in range(0, len(image), rows):
        planes[:3, top : top + rows] = _on_three_scales(image[top : top + rows], *scales)
    if peaks:
        planes[4] = relief
    return planes


def _on_three_scales(image, range_, sky, quantiles):
    """
    Show rows of a frame on the scales of range, noise and rank.

    asinh is linear near zero and logarithmic far above it: faint and bright structure in one plane, without
    the singularity of a logarithm where sky was subtracted.
    """
    (low, scale), (median, noise) = range_, sky
    return [
        np.arcsinh(5 * np.clip((image - low) / scale, -0.2, 3)) / np.float32(np.arcsinh(5)),
        np.arcsinh(np.clip((image - median) / (3 * noise), -20, 1e4)) / 4,
        np.zeros_like(image) if quantiles is None else np.interp(image, quantiles, _RANKS[1:-1]),
    ]


def working_window(shape, *, side=192, peaks=False):
    """
    Say which part of a frame `working_planes` shows: whole blocks about its middle.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the frame.
    side, peaks : int, bool
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


def _usable(image, coverage, peak):
    """The usable blocks: half covered, or half as much as the best, and within the range of float32."""
    least = min(_LEAST_COVERAGE, coverage.max() / 2)
    return (coverage > least) & np.isfinite(image) & np.isfinite(peak)


def _filled(image, relief, usable):
    if relief is None:
        return filled_by_reflection([image], usable)[0], None
    return filled_by_reflection([image, relief], usable)


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


def _shrink(array, block):
    """
    Mean of the usable pixels of each block, their fraction, and the brightest.

    The frame is read in strips of whole blocks that fit a processor's cache, so that it is touched once
    and nothing of its size is allocated.
    """
    if block == 1:
        usable = np.isfinite(array[:])
        image = np.where(usable, array[:], 0).astype(np.float32)
        return image, usable.astype(np.float32), image
    window = _Window(array, block)
    image, coverage, peak = (np.empty(window.shape, np.float32) for _ in range(3))
    step = max(1, _STRIP_PIXELS // (block * array.shape[1]))
    for first in range(0, window.shape[0], step):
        strip = slice(first, min(first + step, window.shape[0]))
        image[strip], coverage[strip], peak[strip] = _shrunk(*window.rows(strip), block)
    return image, coverage, peak


class _Window:
    """The whole blocks about a frame's centre, row of blocks by row of blocks."""

    def __init__(self, array, block):
        self.array, self.block = array, block
        self.shape = tuple(n // block for n in array.shape)
        self.start = tuple(n % block // 2 for n in array.shape)
        self._fill = None

    def rows(self, strip):
        """Give the pixels of rows of blocks, opened, and which are usable (`None` for all)."""
        top, stop = strip.start * self.block, strip.stop * self.block
        above, below = int(top > 0), int(strip.stop < self.shape[0])
        pixels = self._cut(slice(top - above, stop + below))
        usable = np.isfinite(pixels)
        if usable.all():
            usable = None
        else:
            pixels = np.where(usable, pixels, self._fill_value())
            usable = usable[above : above + stop - top]
        if self.block >= _OPENING_FROM_BLOCK:
            return _without_narrow_peaks(pixels, above, below), usable
        return pixels[above : above + stop - top], usable

    def _cut(self, rows, step=1):
        top, left = self.start
        return self.array[
            top + rows.start : top + rows.stop : step, left : left + self.shape[1] * self.block : step
        ]

    def _fill_value(self):
        if self._fill is None:
            sample = self._cut(slice(0, self.shape[0] * self.block), 7)
            sample = sample[np.isfinite(sample)]
            self._fill = np.float32(np.median(sample)) if sample.size else np.float32(0)
        return self._fill


def _shrunk(pixels, usable, block):
    """Mean, coverage and maximum of each block of a strip."""
    peak = _reduced(np.maximum, pixels, block).astype(np.float32)
    if usable is None:
        mean, coverage = _reduced(np.add, pixels, block) / np.float32(block * block), np.float32(1)
    else:
        count = _reduced(np.add, usable, block)
        mean, coverage = _reduced(np.add, pixels * usable, block) / np.maximum(count, 1), count / block**2
    return mean, coverage, np.maximum(peak, mean)


def _reduced(function, pixels, block):
    """Reduce each block to a number: first along its columns, where memory is contiguous."""
    rows, columns = pixels.shape[0] // block, pixels.shape[1] // block
    dtype = np.float32 if function is np.add else None
    by_rows = function.reduce(pixels.reshape(rows, block, pixels.shape[1]), axis=1, dtype=dtype)
    return function.reduce(by_rows.reshape(rows, columns, block), axis=2)


def _without_narrow_peaks(image, above, below):
    """
    Grey opening by 2x2 pixels: most cosmic-ray tracks are narrower, stars are not.

    ``above`` and ``below`` rows of the image only lend their pixels; the frame's own edge stays as it is.
    """
    low = np.minimum(image[:-1], image[1:])
    low = np.minimum(low[:, :-1], low[:, 1:])
    high = np.maximum(low[:-1], low[1:])
    opened = image[above : image.shape[0] - below].copy()
    inside = opened[1 - above : opened.shape[0] - 1 + below, 1:-1]
    np.maximum(high[:, :-1], high[:, 1:], out=inside)
    return opened
