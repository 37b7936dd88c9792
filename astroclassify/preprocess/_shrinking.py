"""Frames shrunk by whole blocks: means, peaks, diffuse light, and sources.

A frame is read in strips of whole blocks that fit a processor's cache, so that it is touched once and
nothing of its size is allocated.
"""

from typing import NamedTuple

import numpy as np

from astroclassify.preprocess._noise import pixel_noise

#: Blocks of so many pixels a side, or more, are opened (int).
OPENING_FROM_BLOCK = 4
#: Pixels of a strip (int): half a megabyte of float32.
STRIP_PIXELS = 2**17
#: Pixels of the diffuse light: so many standard deviations from the mean of a block's fainter half (float).
_CLIP, _FAINTER = 3.0, 0.5
#: Pixels of sources: so many above it, in the opened frame, whose noise is smaller (float).
_RISE = 2.0
_NOISE_ROWS = 16  # of a frame, in which the noise of its pixels is measured
_LEAST_NOISE = 0.55  # of a level: where more than half of all neighbours are equal, their noise is told as 0


class Blocks(NamedTuple):
    """
    What is known of each block of a frame.

    Each is a `numpy.ndarray`, float32, shape (rows, columns): ``mean`` and ``peak`` of the usable pixels,
    without narrow peaks in blocks of 4 x 4 pixels or more; ``coverage``, the fraction of usable pixels;
    ``diffuse``, the mean of those near its fainter half; and ``sources``, the fraction of those that rise
    above it. Of smaller blocks, ``diffuse`` is the mean, and there are no sources.
    """

    mean: np.ndarray
    coverage: np.ndarray
    peak: np.ndarray
    diffuse: np.ndarray
    sources: np.ndarray


def shrunk_by_blocks(array, block, *, diffuse=True):
    """
    Shrink a frame by whole blocks about its centre.

    Parameters
    ----------
    array : numpy.ndarray or FrameRows
        Frame ``[y, x]``, not finite where a pixel is unusable.
    block : int
        Pixels a side of a block.
    diffuse : bool, default True
        Whether diffuse light and sources are asked for; otherwise they are the mean, and zero.

    Returns
    -------
    Blocks
        As many as fit.
    """
    if block == 1:
        usable = np.isfinite(array[:])
        image = np.where(usable, array[:], 0).astype(np.float32)
        return Blocks(image, usable.astype(np.float32), image, image, np.zeros_like(image))
    window = _Window(array, block)
    mean, coverage, peak = (np.empty(window.shape, np.float32) for _ in range(3))
    smooth, sources, noise = mean, np.zeros(window.shape, np.float32), None
    if diffuse and block >= OPENING_FROM_BLOCK:
        smooth, noise = np.empty(window.shape, np.float32), np.float32(window.pixel_noise())
    step = max(1, STRIP_PIXELS // (block * array.shape[1]))
    for first in range(0, window.shape[0], step):
        strip = slice(first, min(first + step, window.shape[0]))
        pixels, opened, usable = window.rows(strip)
        mean[strip], coverage[strip], peak[strip], *columns = _shrunk(opened, usable, block)
        if noise is not None:
            smooth[strip], sources[strip] = _diffuse(pixels, opened, *columns, usable, block, noise)
    return Blocks(mean, coverage, peak, smooth, sources)


class _Window:
    """The whole blocks about a frame's centre, row of blocks by row of blocks."""

    def __init__(self, array, block):
        self.array, self.block = array, block
        self.shape = tuple(n // block for n in array.shape)
        self.start = tuple(n % block // 2 for n in array.shape)
        self._fill = None

    def rows(self, strip):
        """Give the pixels of rows of blocks, the same opened, and which are usable (`None` for all)."""
        top, stop = strip.start * self.block, strip.stop * self.block
        above, below = int(top > 0), int(strip.stop < self.shape[0])
        pixels = self._cut(slice(top - above, stop + below))
        usable = np.isfinite(pixels)
        own = slice(above, above + stop - top)
        if usable.all():
            return pixels[own], self._opened(pixels, above, below), None
        opened = self._opened(np.where(usable, pixels, np.float32(np.inf)), above, below)
        filled = np.where(usable[own], pixels[own], self._fill_value())
        return filled, np.where(usable[own], opened, filled), usable[own]

    def _opened(self, pixels, above, below):
        if self.block >= OPENING_FROM_BLOCK:
            return _without_narrow_peaks(pixels, above, below)
        return pixels[above : len(pixels) - below]

    def pixel_noise(self):
        """Estimate the noise of a pixel in some of the rows."""
        rows = slice(0, self.shape[0] * self.block)
        every = max(1, rows.stop // _NOISE_ROWS)
        sample = np.asarray(self._cut(slice(every // 2, rows.stop, every)), np.float32)
        sample = np.where(np.isfinite(sample), sample, np.nan)
        return max(pixel_noise(sample), _LEAST_NOISE * _level(sample))

    def _cut(self, rows, step=1):
        top, left = self.start
        return self.array[
            top + rows.start : top + rows.stop : rows.step or step,
            left : left + self.shape[1] * self.block : step,
        ]

    def _fill_value(self):
        if self._fill is None:
            sample = self._cut(slice(0, self.shape[0] * self.block), 7)
            sample = sample[np.isfinite(sample)]
            self._fill = np.float32(np.median(sample)) if sample.size else np.float32(0)
        return self._fill


def _level(sample):
    """The least difference between neighbours that there is: one level, if values were rounded to some."""
    differences = np.abs(sample[:, 1:] - sample[:, :-1])
    differences = differences[differences > 0]
    return differences.min() if differences.size else 0.0


def _shrunk(pixels, usable, block):
    """Mean, coverage and maximum of each block of a strip; sums of the blocks' columns, and of how many."""
    peak = _brightest(_along_columns(np.maximum, pixels, block), block).astype(np.float32)
    if usable is None:
        sums, counts = _along_columns(np.add, pixels, block), np.float32(block)
        count = np.float32(block**2)
    else:
        counts, sums = (_along_columns(np.add, each, block) for each in (usable, pixels * usable))
        count = _joined(counts, block)
    mean = _joined(sums, block) / np.maximum(count, 1)
    return mean, count / block**2, np.maximum(peak, mean), sums, counts


def _along_columns(function, pixels, block):
    """Reduce the columns of each block, along which memory is contiguous from block to block."""
    dtype = np.float32 if function is np.add else None
    return function.reduce(pixels.reshape(-1, block, pixels.shape[-1]), axis=1, dtype=dtype)


def _joined(columns, block):
    """Add up each block's columns."""
    return np.add.reduce(columns.reshape(len(columns), -1, block), axis=2, dtype=np.float32)


def _brightest(columns, block):
    """The largest of each block's columns: column by column, which takes less time than block by block."""
    largest = columns[:, ::block].copy()
    for column in range(1, block):
        np.maximum(largest, columns[:, column::block], out=largest)
    return largest


def _diffuse(pixels, opened, sums, counts, usable, block, noise):
    """
    Mean of the pixels of each block of a strip that lie near that of its fainter half, and the sources.

    The fainter half are half of the block's columns of the opened frame, which hold few of the rays. All
    pixels near their mean are less noisy together than they are.
    """
    columns = sums / np.maximum(counts, np.float32(1))
    if usable is not None:
        columns[counts == 0] = np.inf
    half = round(_FAINTER * block)
    fainter = np.partition(columns.reshape(len(columns), -1, block), half - 1, axis=2)[..., :half]
    if usable is None:
        level = fainter.mean(axis=2)
    else:
        known = np.isfinite(fainter)
        level = np.where(known, fainter, 0).sum(axis=2) / np.maximum(known.sum(axis=2, dtype=np.float32), 1)
    levels = np.repeat(level, block, axis=1)[:, None]
    above = pixels.reshape(len(level), block, -1) - levels
    near = np.abs(above) < _CLIP * noise
    bright = opened.reshape(above.shape) > levels + _RISE * noise
    count = np.float32(block**2)
    if usable is not None:
        usable = usable.reshape(near.shape)
        near, bright = near & usable, bright & usable
        count = np.maximum(_sum(counts, block), 1)
    np.copyto(above, 0, where=~near)
    light = _sum(np.add.reduce(above, axis=1), block)
    return level + light / np.maximum(_number(near, block), 1), _number(bright, block) / count


def _number(chosen, block):
    """Count the chosen pixels of each block."""
    narrow = np.uint8 if block <= np.iinfo(np.uint8).max else np.uint32  # bytes are added fastest
    return _sum(np.add.reduce(chosen.view(np.uint8), axis=1, dtype=narrow).astype(np.float32), block)


def _sum(columns, block):
    """Add up each block's columns, in less time than `_joined`, from which the last bits differ."""
    return np.add.reduceat(columns, np.arange(0, columns.shape[1], block), axis=1)


def _without_narrow_peaks(image, above, below):
    """
    Grey opening by 2x2 pixels: most cosmic-ray tracks are narrower, stars are not.

    ``above`` and ``below`` rows of the image only lend their pixels; the frame's own edge stays as it is.
    Pixels that are infinite do not count: no pixel is as faint as one that was not observed.
    """
    low = np.minimum(image[:-1], image[1:])
    low = np.minimum(low[:, :-1], low[:, 1:])
    high = np.maximum(low[:-1], low[1:])
    own = image[above : image.shape[0] - below]
    opened = np.empty_like(own)
    for edge in (0, -1):  # what is not inside stays
        opened[edge], opened[:, edge] = own[edge], own[:, edge]
    inside = opened[1 - above : opened.shape[0] - 1 + below, 1:-1]
    np.maximum(high[:, :-1], high[:, 1:], out=inside)
    return opened
