"""Any frame to one plain array: float32, ``[y, x]``, NaN on unusable pixels; whole, or by rows."""

import os
from copy import copy

import numpy as np
from astropy.nddata import Cutout2D, NDData
from astropy.units import Quantity

from astroclassify.core import FrameError

#: The smallest number of rows and of columns that a frame may have (int).
MINIMUM_SIDE = 16
#: How many rows are handled at once where not all are (int).
STRIP_ROWS = 256

_SAMPLES = 64  # along the longer side, for the scale of a frame
# Frames with a typical value of up to 2 to so much, and a zero level of up to so many times the scatter, are
# taken as they are.
_LARGEST_EXPONENT, _LARGEST_LEVEL = 64, 2.0**14
_LEAST_BITS = 6  # of the typical value, where it is near the smallest number that there is


def frame_array(frame):
    """
    Turn a frame into a plain array, with NaN wherever a pixel cannot be used.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData`, `~astropy.units.Quantity`, array or tensor
        Or a `~astropy.nddata.Cutout2D`. Two-dimensional and of any real numeric type, byte order and unit; at
        least `MINIMUM_SIDE` rows and columns. The mask of an `~astropy.nddata.NDData` or a masked array is
        respected: a non-zero mask marks an unusable pixel.

    Returns
    -------
    numpy.ndarray
        C-contiguous float32 array ``[y, x]`` in the frame's own unit (but see Notes). Masked, infinite and
        NaN pixels are NaN, and so are values beyond the range of float32. Where nothing had
        to change the result is a read-only view of the frame's own pixels.

    Raises
    ------
    FrameError
        If the frame is not two-dimensional, is too small, holds complex numbers, booleans or
        anything else that is not a real number, has a mask of another shape, or has no
        usable pixel; or if its values are so near to the smallest number of their type that only a
        few bits are left.

    Notes
    -----
    float32 ends at 1e-38 and 3e38, and has 24 bits. So a frame whose typical value is beyond 2**-64 or 2**64
    (5e-20, 2e19) is multiplied by the power of two that makes it about 1; and from a frame of wider numbers
    whose zero level is more than 2**14 times its scatter the median is subtracted. Answers depend on
    neither gain nor zero level.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import frame_array
    >>> raw = np.full((64, 64), 1200, dtype=">u2")
    >>> array = frame_array(np.ma.masked_array(raw, mask=np.eye(64)))
    >>> array.dtype.name, float(array[0, 1]), float(array[0, 0])
    ('float32', 1200.0, nan)
    """
    return FrameRows(frame)[:]


class FrameRows:
    """
    A frame whose rows are converted to float32 when they are needed, with NaN where unusable.

    It is indexed like the array that `frame_array` gives, and gives the same pixels; but of a frame in a
    memory-mapped file, or one of integers, no more is held in memory than what was asked for.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData`, `~astropy.units.Quantity` or array
        As for `frame_array`.

    Raises
    ------
    FrameError
        As `frame_array` does.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import FrameRows
    >>> rows = FrameRows(np.full((6000, 64), 7, dtype=">u2"))
    >>> rows.shape, rows[100:102, ::32].tolist()
    ((6000, 64), [[7.0, 7.0], [7.0, 7.0]])
    """

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(self, frame):
        self._values, mask = _values_and_mask(frame)
        _check_shape(self._values)
        _check_dtype(self._values.dtype)
        self._mask = _checked_mask(mask, self.shape)
        self._offset, self._exponent = _normalisation(self._values, self._mask)
        if all(np.isnan(self[top : top + STRIP_ROWS]).all() for top in range(0, self.shape[0], STRIP_ROWS)):
            raise FrameError("this frame has no usable pixel: every one is masked, NaN or infinite")

    @property
    def shape(self):
        """Number of rows and of columns (tuple of int)."""
        return self._values.shape

    @property
    def size(self):
        """Number of pixels (int)."""
        return self._values.size

    @property
    def scale(self):
        """What differences of pixels are to be multiplied by to be in the frame's unit (float)."""
        return 2.0**self._exponent

    def __getitem__(self, key):
        values = _normalised(self._values[key], self._offset, self._exponent)
        return _with_nan(values, None if self._mask is None else self._mask[key])

    def part(self, rows, columns):
        """
        Give a part of the frame, which is read no earlier.

        Parameters
        ----------
        rows, columns : slice
            Of the frame.

        Returns
        -------
        FrameRows
            As for a frame of these pixels.
        """
        cut = copy(self)
        cut._values = self._values[rows, columns]
        cut._mask = None if self._mask is None else self._mask[rows, columns]
        return cut

    def __len__(self):
        return self.shape[0]

    def __repr__(self):
        return f"<FrameRows of the shape {self.shape}, from {self._values.dtype}>"


def _values_and_mask(frame):
    if isinstance(frame, NDData):
        values, mask = _values_and_mask(frame.data)
        return values, frame.mask if mask is None else mask
    if isinstance(frame, Cutout2D):
        return _values_and_mask(frame.data)
    if callable(getattr(frame, "detach", None)):  # a torch tensor gives no array while it may need a gradient
        return _values_of_tensor(frame.detach().cpu()), None
    if isinstance(frame, np.ma.MaskedArray):
        return np.ma.getdata(frame), np.ma.getmask(frame)
    if isinstance(frame, Quantity):
        return frame.value, getattr(frame, "mask", None)
    if isinstance(frame, np.ndarray) or hasattr(frame, "__array__"):
        return np.asarray(frame), getattr(frame, "mask", None)
    file = " (astroclassify.read_frames reads files)" if isinstance(frame, str | bytes | os.PathLike) else ""
    raise FrameError(
        f"a {type(frame).__name__} is not a frame; expected a CCDData, NDData or a 2-D array of numbers{file}"
    )


def _values_of_tensor(tensor):
    try:
        return np.asarray(tensor)
    except (TypeError, RuntimeError):  # a number that NumPy does not have, as bfloat16; sparse, quantized
        pass
    try:
        return np.asarray((tensor.dequantize() if tensor.is_quantized else tensor.to_dense()).float())
    except (AttributeError, TypeError, RuntimeError) as error:
        raise FrameError(f"this {type(tensor).__name__} cannot become an array ({error})") from error


def _check_shape(values):
    if values.ndim != 2:
        hint = "; choose one plane of it, for example frame[0]" if values.ndim > 2 else ""
        raise FrameError(
            f"a frame has two axes, (y, x); this one has the shape {values.shape}{hint}"
        ).with_facts(found=tuple(values.shape), expected="two axes, (y, x)")
    if min(values.shape) < MINIMUM_SIDE:
        raise FrameError(
            f"this frame has the shape {values.shape}; "
            f"at least {MINIMUM_SIDE} x {MINIMUM_SIDE} pixels are needed"
        )


def _check_dtype(dtype):
    if dtype.kind not in "iuf":
        raise FrameError(
            f"a frame holds real numbers (integers or floats); this one has the data type {dtype}"
        )


def _checked_mask(mask, shape):
    if mask is None or mask is np.ma.nomask:
        return None
    mask = np.asarray(mask)
    if mask.ndim not in (0, 2) or (mask.ndim == 2 and mask.shape != shape):
        raise FrameError(f"the mask has the shape {mask.shape}; expected the frame's, {shape}").with_facts(
            found=tuple(mask.shape), expected=tuple(shape)
        )
    return np.broadcast_to(mask, shape)


def _normalisation(values, mask):
    """Give what to subtract, and the power of two to divide by, so that float32 holds a frame."""
    for step in (max(1, max(values.shape) // _SAMPLES), 1):
        sample = values[::step, ::step]
        known = np.isfinite(sample)
        if mask is not None:
            known &= mask[::step, ::step] == 0
        if known.any():
            return _offset_and_exponent(sample[known])
    return 0, 0


def _offset_and_exponent(sample):
    dtype, kind = sample.dtype, sample.dtype.kind
    if dtype.itemsize == np.dtype(np.int64).itemsize and kind in "iu":
        middle = np.sort(sample)[sample.size // 2]
        scatter = np.median(np.abs(_differences(sample, middle)))
        return (middle if abs(float(middle)) > _LARGEST_LEVEL * scatter > 0 else 0), 0
    wide = dtype.itemsize > np.dtype(np.float32).itemsize or kind in "iu"
    sample = sample.astype(np.promote_types(sample.dtype, np.float64))
    with np.errstate(over="ignore", invalid="ignore"):
        centre = np.median(sample / 2) * 2
        scatter = np.median(np.abs(sample - centre))
        offset = centre if wide and abs(centre) > _LARGEST_LEVEL * scatter > 0 else 0
        sizes = np.abs(sample - offset)
    sizes = sizes[sizes > 0]
    exponent = int(np.frexp(np.sort(sizes)[sizes.size // 2])[1]) if sizes.size else 0
    if kind == "f" and sizes.size and exponent < _least_exponent(dtype):
        raise FrameError(
            f"nothing is left of the pixels of this frame: their typical value is 2**{exponent}, of which "
            f"{dtype} keeps less than {_LEAST_BITS} bits; multiply it before it becomes {dtype}"
        )
    return offset, exponent if abs(exponent) > _LARGEST_EXPONENT else 0


def _differences(values, middle):
    """Of integers of 64 bits: exact, modulo 2**64, where float64 would lose the last bits."""
    return values.astype(np.int64) - middle.astype(np.int64)


def _least_exponent(dtype):
    limits = np.finfo(dtype)
    return limits.minexp - limits.nmant + _LEAST_BITS


def _normalised(values, offset, exponent):
    if offset == 0 and exponent == 0:
        return values
    if isinstance(offset, np.integer):
        return _differences(values, offset)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.ldexp(values - offset, -exponent)


def _with_nan(values, mask):
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.ascontiguousarray(values, dtype=np.float32)
    bad = ~np.isfinite(array)
    if mask is not None:
        bad |= mask.astype(bool, copy=False)
    shared = np.shares_memory(array, values, max_work=1)
    if bad.any():
        array = array.copy() if shared else array
        array[bad] = np.nan
    elif shared:
        array = array.view()
        array.flags.writeable = False
    return array
