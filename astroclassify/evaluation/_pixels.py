"""Statistics of a frame's pixels: baselines to compare a network with, and evidence of why it errs."""

import numpy as np
from scipy import ndimage

#: A side of the blocks whose means are compared, in pixels.
_BLOCK = 32
_MINIMUM_BLOCKS = 4
#: Every so many pixels suffice for the shares and moments of a large frame.
_SAMPLE_PIXELS = 500_000
#: In units of the noise of a pixel, and of a block: bias and empty sky seldom make blocks differ by 10.
_BRIGHT, _NARROW, _SIGNAL = 5.0, 10.0, 10.0
#: Side of the middle of a frame in which narrow peaks are counted, and how high their foot may be (part).
_MIDDLE, _FOOT = 1024, 0.15

#: What is measured of each frame.
STATISTICS = {
    "level": "median of the pixels",
    "noise": "robust pixel-to-pixel noise",
    "skewness": "third standardised moment",
    "kurtosis": "fourth standardised moment, less 3",
    "bright_share": "share of pixels 5 noises above the median",
    "signal_share": "share of 32-pixel blocks that stand out of the darkest",
    "block_snr": "spread of the means of 32-pixel blocks, in units of what noise alone would give",
    "narrow_share": "share of pixels in peaks that are narrower than any star: cosmic rays, hot pixels",
}


def frame_statistics(array):
    """
    Measure the statistics of a frame's pixels.

    Parameters
    ----------
    array : numpy.ndarray
        Float32 ``[y, x]``, NaN on unusable pixels.

    Returns
    -------
    dict of str to float
        The `STATISTICS`; NaN where there is nothing to measure one on.
    """
    usable = np.isfinite(array)
    median = float(np.median(_sampled(array)[_sampled(usable)]))
    filled = array if usable.all() else np.where(usable, array, np.float32(median))
    noise = _noise(filled)
    sample = (_sampled(filled).astype(float) - median)[_sampled(usable)]
    signal_share, block_snr = _blocks(filled, noise)
    found = {
        "level": median,
        "noise": noise,
        **_moments(sample),
        "bright_share": float((sample > _BRIGHT * noise).mean()) if noise else np.nan,
        "signal_share": signal_share,
        "block_snr": block_snr,
        "narrow_share": _narrow(filled, median, noise),
    }
    return {name: float(found[name]) for name in STATISTICS}


def _sampled(array):
    """Take every so many-th pixel of both axes; the step is odd, so that no amplifier is favoured."""
    step = int(np.sqrt(array.size / _SAMPLE_PIXELS))
    return array[:: max(1, step | 1), :: max(1, step | 1)]


def _noise(filled):
    """
    Robust noise from differences of neighbouring pixels, of every eighth row.

    The mean of the smaller four fifths of them, unlike their median, is not a whole number of raw counts.
    """
    differences = np.abs(np.diff(filled[::8], axis=1)).ravel()
    few = int(0.8 * differences.size)
    return float(np.partition(differences, few)[:few].mean(dtype=float)) * 1.2659


def _moments(sample):
    spread = sample.std()
    if not spread:
        return {"skewness": np.nan, "kurtosis": np.nan}
    scaled = (sample - sample.mean()) / spread
    return {"skewness": (scaled**3).mean(), "kurtosis": (scaled**4).mean() - 3}


def _blocks(filled, noise):
    """
    Share of the blocks that stand out of the darkest tenth, and the spread of blocks over that of noise.

    Of each block the median of means of 8 strips is taken, which a cosmic ray does not move.
    """
    rows, columns = (side // _BLOCK for side in filled.shape)
    if rows * columns < _MINIMUM_BLOCKS or not noise:
        return np.nan, np.nan
    cut = filled[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, 8, _BLOCK // 8, columns, _BLOCK)
    means = np.median(cut.mean(axis=(2, 4), dtype=float), axis=1)
    expected = 1.2 * noise / _BLOCK  # the median of 8 means is 1.2 times as noisy as the mean of all
    low, dark, high = np.quantile(means, [0.05, 0.1, 0.95])
    return (means > dark + _SIGNAL * expected).mean(), (high - low) / (2 * 1.645 * expected)


def _narrow(filled, median, noise):
    """Share of the middle's pixels that stand on nothing; of a star, however sharp, neighbours shine too."""
    if not noise:
        return np.nan
    top, left = (max(0, (side - _MIDDLE) // 2) for side in filled.shape)
    middle = filled[top : top + _MIDDLE, left : left + _MIDDLE]
    foot = ndimage.grey_opening(middle, (2, 2))
    return ((middle - foot > _NARROW * noise) & (foot - median < _FOOT * (middle - median))).mean()
