"""From a raw image to its trimmed, bias-subtracted science pixels in one pass over memory.

Each block of rows is byte-swapped, converted and cropped by one assignment into the output, and its
bias subtracted while the block is still in the processor's cache. Pixels are touched once, and
nothing of the size of the image is allocated but the output.
"""

import math
from statistics import NormalDist

import numpy as np

from astroclassify.instruments import SCIENCE

#: Output bytes of a block of rows: half of what the level-2 cache of a common core holds.
_BLOCK_BYTES = 1 << 19
#: Rows whose level lies further off the line than this many standard deviations were hit by a cosmic ray.
_CLIP = 7.5


def trim_and_subtract(raw, layout, levels, dtype):
    """
    Cut the science sections out of a raw image, join them, and subtract a level per row.

    Parameters
    ----------
    raw : numpy.ndarray
        Raw image ``[y, x]`` as stored, of any numeric type and byte order.
    layout : ChipLayout
        Its geometry.
    levels : mapping of str to (float or numpy.ndarray)
        By amplifier: what is subtracted, in stored units; one value, or one per science row.
    dtype : numpy.dtype
        Floating type of the result.

    Returns
    -------
    numpy.ndarray
        Science pixels, native byte order, C-contiguous.
    """
    out = np.empty(layout.science_shape, dtype)
    first = 0
    for sections in _row_bands(layout):
        last = first + sections[0].shape[0]
        _fill(out[first:last], raw, sections, levels)
        first = last
    return out


def trim(image, layout):
    """Cut the science sections out of an image of the raw shape, and join them (numpy.ndarray)."""
    bands = [np.concatenate([image[s.slices] for s in sections], axis=1) for sections in _row_bands(layout)]
    return np.concatenate(bands) if len(bands) > 1 else bands[0]


def _row_bands(layout):
    """Group the science sections by their rows, bottom to top, each group left to right."""
    science = sorted(layout.of_kind(SCIENCE), key=lambda s: (s.y, s.x))
    rows = dict.fromkeys(s.y for s in science)
    return [[s for s in science if s.y == y] for y in rows]


def _fill(out, raw, sections, levels):
    height, width = out.shape
    offsets = [np.broadcast_to(np.asarray(levels[s.amplifier], out.dtype), (height,)) for s in sections]
    parts = _parts(out, sections, offsets)
    runs = _column_runs(sections)
    raw = raw[slice(*sections[0].y)]
    step = max(1, _BLOCK_BYTES // (width * out.itemsize))
    for start in range(0, height, step):
        block = slice(start, min(start + step, height))
        for target, source in runs:
            out[block, target] = raw[block, source]
        for pixels, offset in parts:
            np.subtract(pixels[block], offset[block], out=pixels[block])


def _column_runs(sections):
    """Pair columns of the output with those of the raw image; sections that touch are one run."""
    runs, left = [], 0
    for s in sections:
        right = left + s.shape[1]
        if runs and runs[-1][1].stop == s.x[0]:
            target, source = runs.pop()
            runs.append((slice(target.start, right), slice(source.start, s.x[1])))
        else:
            runs.append((slice(left, right), slice(*s.x)))
        left = right
    return runs


def _parts(out, sections, offsets):
    """
    Pair views of the output with the offsets of their rows.

    Sections of one width are seen as one array ``[row, section, column]``: whole rows are
    contiguous, which is twice as fast as a strided view of each section.
    """
    widths = [s.shape[1] for s in sections]
    if len(set(widths)) == 1:
        view = out.reshape(out.shape[0], len(sections), widths[0])
        return [(view, np.stack(offsets, axis=1)[:, :, None])]
    edges = np.cumsum([0, *widths])
    return [
        (out[:, a:b], offset[:, None]) for a, b, offset in zip(edges[:-1], edges[1:], offsets, strict=True)
    ]


def bias_pixels(raw, layout, instrument, science):
    """
    Find the pixels that hold the bias of a science section's rows.

    Parameters
    ----------
    raw : numpy.ndarray
        Raw image ``[y, x]``.
    layout : ChipLayout
        Its geometry.
    instrument : Instrument
        Its ``bias_columns`` say where the bias is.
    science : Section
        The science section.

    Returns
    -------
    kind : str or None
        The first kind of section of which there are any; `None` where there is none.
    pixels : numpy.ndarray or None
        Their columns, a view of ``raw``.
    """
    for kind, (start, stop) in instrument.bias_columns.items():
        for section in layout.of_kind(kind, science.amplifier):
            columns = np.arange(*section.x)
            if section.x[0] < science.x[0]:
                columns = columns[::-1]
            columns = np.sort(columns[start:stop])
            if section.y == science.y and columns.size:
                return kind, raw[slice(*section.y), columns[0] : columns[-1] + 1]
    return None, None


def row_levels(pixels):
    """
    Measure the bias level of every row of an overscan section.

    Parameters
    ----------
    pixels : numpy.ndarray
        Overscan pixels ``[row, column]``.

    Returns
    -------
    numpy.ndarray
        One level per row, float64.

    Notes
    -----
    The median of a row's columns (without those that cosmic rays hit) has the noise of few pixels,
    which would be written into the whole row. As calacs and calwf3 do, a straight line is therefore
    fitted along the rows; a row then departs from it only as far as rows differ by more than noise
    explains: ``level = line + w (median - line)``, with ``w = 1 - m v / V`` not below zero, ``V``
    the (robust) variance of the medians about the line and ``v`` the variance that pixel noise
    gives the median of ``n`` columns, ``pi sigma**2 / (2 (n + 1))``. The margin
    ``m = 1 + 5 / sqrt(rows)`` is three standard errors of ``V``. Rows further than 7.5 standard
    deviations off the line were hit along their length and get the line.
    """
    ordered = np.sort(_finite(np.asarray(pixels, float)), axis=1)
    count = ordered.shape[1]
    noise = _pixel_noise(ordered)
    medians = _clipped_medians(ordered, noise)
    line = _line(medians)
    departure = medians - line
    spread = 1.4826 * _median(np.abs(departure))
    if spread == 0:
        return np.where(departure == 0, medians, line)
    from_pixels = math.sqrt(math.pi / (2 * (count + 1))) * noise
    margin = 1.0 + 5.0 / math.sqrt(medians.size)
    weight = max(0.0, 1.0 - margin * (from_pixels / spread) ** 2)
    return line + np.where(np.abs(departure) <= _CLIP * spread, weight * departure, 0.0)


def _finite(pixels):
    """Replace blank pixels by the median of the others."""
    good = np.isfinite(pixels)
    if good.all():
        return pixels
    return np.where(good, pixels, np.median(pixels[good]) if good.any() else 0.0)


def _clipped_medians(ordered, noise):
    """Median of each row's (sorted) columns; without those far above it, which cosmic rays hit."""
    count = ordered.shape[1]
    medians = (ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / 2
    limits = medians + _CLIP * noise
    hit = ordered[:, -1] > limits
    if noise and hit.any():
        clipped = np.where(ordered[hit] <= limits[hit, None], ordered[hit], np.nan)
        medians[hit] = np.nanmedian(clipped, axis=1)
    return medians


def _pixel_noise(ordered):
    """Median over the rows of the standard deviation within a row, from its interquartile range."""
    count = ordered.shape[1]
    if count < 4:
        return 0.0
    low, high = count // 4, count - 1 - count // 4
    # Blom's approximation of the expected normal order statistics
    expected = 2 * NormalDist().inv_cdf((high + 1 - 0.375) / (count + 0.25))
    return float(_median(ordered[:, high] - ordered[:, low])) / expected


def _line(values):
    """Fit a straight line along the rows, leaving out rows that lie far off."""
    rows = np.arange(values.size) - (values.size - 1) / 2
    good = np.abs(values - _median(values)) <= _CLIP * 1.4826 * _deviation(values)
    for _ in range(3):
        if good.sum() < 3:
            return np.full(values.size, _median(values))
        slope, level = _least_squares(rows[good], values[good])
        departure = values - (level + slope * rows)
        limit = 3.5 * 1.4826 * _median(np.abs(departure))
        good = np.abs(departure) <= limit
    return level + slope * rows


def _least_squares(x, y):
    centre, level = x.mean(), y.mean()
    spread = np.dot(x - centre, x - centre)
    slope = np.dot(x - centre, y - level) / spread if spread else 0.0
    return slope, level - slope * centre


def _deviation(values):
    return _median(np.abs(values - _median(values)))


def _median(values):
    """Median of numbers none of which is NaN: numpy's own is slow where many are equal."""
    ordered = np.sort(values)
    return (ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2
