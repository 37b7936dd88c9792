"""What the pixels of a frame are like in a few numbers: simple rivals of a network, and evidence why it errs."""

import numpy as np
from scipy import ndimage

#: A side of the blocks whose means are compared, in pixels.
_BLOCK = 32
_MINIMUM_BLOCKS = 4
#: Every so many pixels suffice for the shares and moments of a large frame.
_SAMPLE_PIXELS = 500_000
_BRIGHT, _NARROW, _SIGNAL = 5.0, 10.0, 5.0
#: Side of the middle of a frame in which compact sources are looked for, and how many are enough.
_MIDDLE, _SOURCES = 1024, (8, 60)
_SOURCE_ABOVE, _CORE, _AROUND = 30.0, 3, 9

#: What is measured of each frame.
STATISTICS = {
    "level": "median of the pixels",
    "noise": "robust pixel-to-pixel noise",
    "skewness": "third standardised moment",
    "kurtosis": "fourth standardised moment, less 3",
    "bright_share": "share of pixels 5 noises above the median",
    "signal_share": "share of 32-pixel blocks that stand out of the darkest",
    "block_snr": "spread of the means of 32-pixel blocks, in units of what noise alone would give",
    "sharpness": "share of a compact source's light that is in its 3 x 3 central pixels (of 9 x 9)",
    "narrow_share": "share of pixels in peaks narrower than 2 pixels: cosmic rays, hot pixels",
}


def frame_statistics(array):
    """
    Measure what a frame's pixels are like.

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
        **_compact(filled, median, noise),
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

    Of blocks the median of means of 8 strips is taken, which a cosmic ray does not move.
    """
    rows, columns = (side // _BLOCK for side in filled.shape)
    if rows * columns < _MINIMUM_BLOCKS or not noise:
        return np.nan, np.nan
    cut = filled[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, 8, _BLOCK // 8, columns, _BLOCK)
    means = np.median(cut.mean(axis=(2, 4), dtype=float), axis=1)
    expected = 1.2 * noise / _BLOCK  # the median of 8 means is 1.2 times as noisy as the mean of all
    low, dark, high = np.quantile(means, [0.05, 0.1, 0.95])
    return (means > dark + _SIGNAL * expected).mean(), (high - low) / (2 * 1.645 * expected)


def _compact(filled, median, noise):
    """How sharp compact sources in the middle are, and how many pixels belong to what is sharper still."""
    top, left = (max(0, (side - _MIDDLE) // 2) for side in filled.shape)
    middle = filled[top : top + _MIDDLE, left : left + _MIDDLE]
    if not noise:
        return {"sharpness": np.nan, "narrow_share": np.nan}
    opened = ndimage.grey_opening(middle, (2, 2))
    narrow = (middle - opened) > _NARROW * noise
    background = ndimage.uniform_filter(opened, 4 * _AROUND + 1)
    above = opened - background
    peaks = (above == ndimage.maximum_filter(above, _AROUND)) & (above > _SOURCE_ABOVE * noise)
    edge = _AROUND
    peaks[:edge], peaks[-edge:], peaks[:, :edge], peaks[:, -edge:] = False, False, False, False
    y, x = np.nonzero(peaks)
    if y.size < _SOURCES[0]:
        return {"sharpness": np.nan, "narrow_share": narrow.mean()}
    brightest = np.argsort(-above[y, x], kind="stable")[: _SOURCES[1]]
    core = ndimage.uniform_filter(above, _CORE)[y, x][brightest] * _CORE**2
    around = ndimage.uniform_filter(above, _AROUND)[y, x][brightest] * _AROUND**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"sharpness": np.nanmedian(core / around), "narrow_share": narrow.mean()}
