"""The default model's view of a frame: five small planes, whatever the frame's size.

A frame is shrunk by whole blocks to about `side` pixels a side. The blocks' means are shown on three
brightness scales; two planes more tell of coverage and of point sources, which a mean dilutes:

0. *range*: between the 1st and the 99.7th percentile, asinh-stretched;
1. *noise*: above the median, in units of the pixel-to-pixel noise, asinh-stretched;
2. *rank*: the percentile of each pixel, which no monotone stretch changes;
3. *coverage*: the fraction of usable pixels;
4. *peak*: how far the brightest pixel of a block rises above its mean, relative to what is usual in the
   frame, on a logarithmic scale; zero where a block is one pixel.
"""

import numpy as np

_OPENING_FROM_BLOCK = 4
_RANKS = np.linspace(0, 1, 129)
_LEAST_RISE = 0.4  # of the usual one, below which peaks are not told apart


def working_planes(array, *, side=192, peaks=False):
    """
    Make the input planes of the default model.

    Parameters
    ----------
    array : numpy.ndarray
        Frame, float32, shape (height, width), NaN where a pixel is unusable. Any unit:
        the planes do not depend on gain or zero level.
    side : int, default 192
        Geometric mean of the planes' height and width, approximately, for larger frames; by
        default that of the frames the shipped weights learnt from.
    peaks : bool, default False
        Give the fifth plane too.

    Returns
    -------
    numpy.ndarray
        Planes, float32, shape (4, h, w), with ``peaks`` (5, h, w).
    """
    image, coverage, peak = _shrink(array, max(1, round(np.sqrt(array.shape[0] * array.shape[1]) / side)))
    usable = coverage > 0.05
    sample = image[usable]
    if sample.size == 0:
        return np.stack([*[np.zeros_like(image)] * 3, coverage, np.zeros_like(image)][: 4 + peaks])
    quantiles = np.quantile(sample, _RANKS[1:-1])
    low, high = np.quantile(sample, [0.01, 0.997])
    scale = max(high - low, 1e-6 * max(abs(high), abs(low)), 1e-30)
    median = quantiles[len(quantiles) // 2]
    noise = max(_pixel_noise(image, usable), 1e-3 * scale)
    fraction = np.clip((image - low) / scale, -0.2, 3)
    planes = [
        np.arcsinh(5 * fraction) / np.float32(np.arcsinh(5)),
        np.arcsinh(np.clip((image - median) / (3 * noise), -20, 1e4)) / 4,
        np.interp(image, quantiles, _RANKS[1:-1]).astype(np.float32) if high > low else np.zeros_like(image),
    ]
    planes = [np.where(usable, plane, 0) for plane in planes] + [coverage]
    if peaks:
        planes.append(np.where(usable, _relief(peak - image, usable, 2e-3 * scale), 0))
    return np.stack(planes).astype(np.float32)


def _relief(rise, usable, least):
    """Peaks relative to the frame's usual ones: noise of any strength gives about zero, a star more."""
    if not rise.any():
        return rise
    usual = max(float(np.median(rise[usable])), least)
    return np.log(np.maximum(rise / usual, _LEAST_RISE)) / 2


def _shrink(array, block):
    """Mean of the usable pixels of each block, their fraction, and the brightest."""
    if block == 1:
        usable = np.isfinite(array)
        image = np.where(usable, array, 0).astype(np.float32)
        return image, usable.astype(np.float32), image
    rows, columns = (n // block * block for n in array.shape)
    top, left = (array.shape[0] - rows) // 2, (array.shape[1] - columns) // 2
    array = array[top : top + rows, left : left + columns]
    usable = np.isfinite(array)
    filled = array if usable.all() else np.where(usable, array, _fill_value(array))
    if block >= _OPENING_FROM_BLOCK:
        filled = _without_narrow_peaks(filled)
    count = _block_sums(usable, block)
    total = _block_sums(filled if usable.all() else filled * usable, block)
    peak = np.maximum(_block_maxima(filled, block), total / np.maximum(count, 1))
    return total / np.maximum(count, 1), count / np.float32(block * block), peak


def _block_maxima(array, block):
    rows, columns = array.shape[0] // block, array.shape[1] // block
    by_rows = array.reshape(rows, block, array.shape[1]).max(axis=1)
    return by_rows.reshape(rows, columns, block).max(axis=2).astype(np.float32)


def _fill_value(array):
    sample = array[::7, ::7]
    sample = sample[np.isfinite(sample)]
    return np.float32(np.median(sample)) if sample.size else np.float32(0)


def _without_narrow_peaks(image):
    """Grey opening by 2x2 pixels: most cosmic-ray tracks are narrower, stars are not."""
    low = np.minimum(image[:-1], image[1:])
    low = np.minimum(low[:, :-1], low[:, 1:])
    opened = image.copy()
    high = np.maximum(low[:-1], low[1:])
    opened[1:-1, 1:-1] = np.maximum(high[:, :-1], high[:, 1:])
    return opened


def _block_sums(array, block):
    rows, columns = array.shape[0] // block, array.shape[1] // block
    by_rows = np.add.reduce(array.reshape(rows, block, array.shape[1]), axis=1, dtype=np.float32)
    return np.add.reduce(by_rows.reshape(rows, columns, block), axis=2)


def _pixel_noise(image, usable):
    """Robust noise from differences of neighbouring pixels."""
    both = usable[:, 1:] & usable[:, :-1]
    differences = np.abs(image[:, 1:] - image[:, :-1])[both]
    return float(np.median(differences)) * 1.0483 if differences.size else 0.0
