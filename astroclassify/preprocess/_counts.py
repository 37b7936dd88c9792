"""Raw counts on a fixed pixel grid: the input of networks with a fixed size."""

import numpy as np
from scipy.sparse import csr_array

from astroclassify.core import ParameterError, robust_sigma
from astroclassify.preprocess._areas import overlaps
from astroclassify.preprocess._frame import STRIP_ROWS

#: Frames up to this much larger than the grid are cropped, not resampled (fraction).
CROP_MARGIN = 0.05

_MEDIAN_SAMPLES = 1_000_000
#: The scatter counts as at least so much of the largest deviation, or so much: frames may have none.
_LEAST_SCATTER, _TINY = 1e-6, 1e-30


def counts_planes(array, *, height=2048, width=4096, resampling="area", scale="counts"):
    """
    Put a frame's counts, unscaled by default, on a fixed grid of pixels.

    Parameters
    ----------
    array : numpy.ndarray or FrameRows
        Float32 frame ``[y, x]``, NaN on unusable pixels, as `frame_array` gives it. It is read in
        strips of rows, so that beside the frame and the grid little memory is needed.
    height, width : int, default 2048, 4096
        The grid, at least 1 x 1.
    resampling : {"area", "bilinear"}, default "area"
        How a frame is resampled that does not fit.
    scale : {"counts", "noise"}, default "counts"
        Leave the counts as they are; or take their median away, divide by their scatter about it on the
        grid (from the median of absolute deviations), and take the inverse hyperbolic sine. Then neither unit
        nor zero level matter, and what is bright is on a logarithmic scale.

    Returns
    -------
    numpy.ndarray
        Float32 ``[1, height, width]``, finite, in the frame's unit unless scaled; a view of the frame where
        that is of the grid's size and has no NaN.

    Raises
    ------
    ParameterError
        If the grid is empty, the array is not two-dimensional, or there is no such resampling or scale.

    Notes
    -----
    * A frame of the grid's size is taken as it is.
    * A frame that is larger by at most 5% in each axis (2051 rows of a WFC3/UVIS chip; a raw
      frame with its overscan) is cropped about its centre: every count stays what it was.
      To keep the paper's own rows, read the file with ``rows="paper"``.
    * Any other frame is resampled with its aspect ratio kept, so that it just fits, and is
      surrounded by the frame's median.
    * By area, each pixel of the grid is the mean of the sky area it covers: flux is kept and
      noise averaged. Bilinear, as the paper's ``cv2.resize``, interpolates between the four
      pixels nearest to the middle of that area: of a chip shrunk to 224 x 448 it sees one pixel
      in twenty, so stars may vanish, and noise falls by a third only.
    * NaN pixels become the frame's median.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import counts_planes
    >>> frame = np.arange(64, dtype=np.float32).reshape(8, 8)
    >>> counts_planes(frame, height=4, width=4)[0, 0]
    array([ 4.5,  6.5,  8.5, 10.5], dtype=float32)
    """
    _check(array, height, width)
    _check_resampling(resampling)
    if scale not in SCALES:
        raise ParameterError(f"there is no scale {scale!r}; choose among {sorted(SCALES)}")
    return SCALES[scale](_on_grid(array, height, width, resampling))


def _on_grid(array, height, width, resampling):
    rows, columns = array.shape
    if _croppable(rows, height) and _croppable(columns, width):
        central = _central(array, height, width)
        return (_filled(central, _median(array)) if np.isnan(central).any() else central)[None]
    median = _median(array)
    size = _fitting_size(array.shape, (height, width))
    resampled = _resampled(array, size, RESAMPLINGS[resampling], fill=median)
    return _surrounded(resampled, (height, width), median)[None]


def counts_window(shape, *, height=2048, width=4096, resampling="area", scale="counts"):
    """
    Say which part of a frame `counts_planes` shows; it may reach beyond the frame.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the frame.
    height, width, resampling, scale : int, int, str, str
        As for `counts_planes`.

    Returns
    -------
    tuple of tuple of float
        First and last edge of the rows, and of the columns, in pixels: pixel ``i`` lies from ``i`` to ``i +
        1``.
    """
    grid = height, width
    if all(_croppable(n, m) for n, m in zip(shape, grid, strict=True)):
        starts = [(n - m) // 2 for n, m in zip(shape, grid, strict=True)]
        return tuple((float(s), float(s + m)) for s, m in zip(starts, grid, strict=True))
    size = _fitting_size(shape, grid)
    before = [(m - fitted) // 2 for m, fitted in zip(grid, size, strict=True)]  # cells of the surround
    return tuple(
        (-b * n / fitted, (m - b) * n / fitted)
        for b, n, m, fitted in zip(before, shape, grid, size, strict=True)
    )


counts_planes.window = counts_window


def _in_noise(planes):
    """Counts above their median, in units of their scatter, on a logarithmic scale where they are large."""
    above = planes - np.median(planes)
    least = max(_LEAST_SCATTER * float(np.abs(above).max()), _TINY)
    return np.arcsinh(above / max(float(robust_sigma(above, about=0)), least))


#: The scales of counts, and what makes them (dict).
SCALES = {"counts": lambda planes: planes, "noise": _in_noise}


def _fitting_size(shape, grid):
    """Rows and columns of a frame that just fits into the grid, with its aspect ratio kept."""
    scale = min(m / n for n, m in zip(shape, grid, strict=True))
    return tuple(max(1, round(n * scale)) for n in shape)


def _resampled(array, shape, weights, *, fill=0):
    """Resample strip by strip: of each the columns first, then its share of the new rows."""
    by_rows = weights(array.shape[0], shape[0]).tocsc()
    by_columns = weights(array.shape[1], shape[1])
    result = np.zeros(shape, dtype=np.float32)
    for top in range(0, array.shape[0], STRIP_ROWS):
        strip = _filled(array[top : top + STRIP_ROWS], fill)
        shares = by_rows[:, top : top + STRIP_ROWS].tocsr()
        touched = np.flatnonzero(np.diff(shares.indptr))
        result[touched] += shares[touched] @ (by_columns @ strip.T).T
    return result


def _filled(array, value):
    return np.where(np.isnan(array), value, array)


def _area_weights(old, new):
    """Sparse ``[new, old]``: how much of each old pixel lies in each new one, rows summing to 1."""
    # Rows that sum to 1 average: counts per sky area are kept, whatever the pixel size. Columns that sum to 1
    # would keep the sum instead.
    return overlaps(np.arange(old + 1) / old, np.arange(new + 1) / new, scale=new)


def _bilinear_weights(old, new):
    """Sparse ``[new, old]``: linear interpolation at the middles of the new pixels, edges held."""
    middles = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = middles.astype(int)
    right = np.minimum(left + 1, old - 1)
    share = (middles - left).astype(np.float32)
    to = np.tile(np.arange(new), 2)
    return csr_array(
        (np.concatenate([1 - share, share]), (to, np.concatenate([left, right]))), shape=(new, old)
    )


#: The ways to resample, and what gives their weights (dict).
RESAMPLINGS = {"area": _area_weights, "bilinear": _bilinear_weights}


def _check_resampling(resampling):
    if resampling not in RESAMPLINGS:
        raise ParameterError(f"there is no resampling {resampling!r}; choose among {sorted(RESAMPLINGS)}")


def _check(array, height, width):
    if array.ndim != 2:
        raise ParameterError(f"expected an array [y, x]; this one has the shape {array.shape}")
    if height < 1 or width < 1:
        raise ParameterError(f"height and width must be at least 1; got {height} and {width}")


def _median(array):
    step = max(1, int(np.sqrt(array.size / _MEDIAN_SAMPLES)))
    sample = array[::step, ::step]
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:  # the few usable pixels lie between the samples
        strips = (array[top : top + STRIP_ROWS] for top in range(0, array.shape[0], STRIP_ROWS))
        sample = np.concatenate([strip[np.isfinite(strip)] for strip in strips])
    return np.float32(np.median(sample)) if sample.size else np.float32(0)


def _croppable(size, wanted):
    return wanted <= size <= wanted * (1 + CROP_MARGIN)


def _central(array, height, width):
    top, left = (array.shape[0] - height) // 2, (array.shape[1] - width) // 2
    return array[top : top + height, left : left + width]


def _surrounded(array, shape, value):
    result = np.full(shape, value, dtype=np.float32)
    top, left = (shape[0] - array.shape[0]) // 2, (shape[1] - array.shape[1]) // 2
    result[top : top + array.shape[0], left : left + array.shape[1]] = array
    return result
