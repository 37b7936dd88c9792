"""The options of `read_frames`, checked."""

from collections.abc import Iterable

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.io._reader import ReadOptions


def read_options(*, bias, rows, dtype, chip, extension, mask_bits, source):
    """
    Check what a caller gave to `read_frames`.

    Returns
    -------
    ReadOptions
        The same, in one form.

    Raises
    ------
    ParameterError
        If a value is not allowed.
    """
    if bias not in ("overscan", "none"):
        raise ParameterError(f"bias is {bias!r}; it can be 'overscan' or 'none'")
    if rows not in ("all", "paper"):
        raise ParameterError(f"rows is {rows!r}; it can be 'all' or 'paper'")
    return ReadOptions(
        bias=bias,
        rows=rows,
        dtype=_floating(dtype),
        chips=_chips(chip),
        extension=_extensions(extension),
        mask_bits=_bits(mask_bits),
        source=source,
    )


def _floating(dtype):
    try:
        result = np.dtype(dtype)
    except TypeError as error:
        raise ParameterError(f"dtype is {dtype!r}; it must be a floating type") from error
    if result.kind != "f":
        raise ParameterError(f"dtype is {result}; a frame has a floating type, such as float32")
    return result.newbyteorder("=")


def _chips(chip):
    if chip is None:
        return None
    several = tuple(chip) if isinstance(chip, Iterable) and not isinstance(chip, str | bytes) else (chip,)
    if not several or not all(isinstance(one, int | np.integer) for one in several):
        raise ParameterError(f"chip is {chip!r}; it must be a chip number, or several")
    return tuple(sorted({int(one) for one in several}))


def _extensions(extension):
    """Give a tuple of numbers, names, and pairs of name and EXTVER; `None` for no choice."""
    if extension is None:
        return None
    several = list(extension) if isinstance(extension, list) else [extension]
    if not several or not all(map(_is_extension, several)):
        raise ParameterError(
            f"extension is {extension!r}; it must be a number, a name, (name, EXTVER), or a list of these"
        )
    return tuple(int(one) if isinstance(one, np.integer) else one for one in several)


def _is_extension(one):
    pair = isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], str) and isinstance(one[1], int)
    return pair or (isinstance(one, int | np.integer | str) and not isinstance(one, bool))


def _bits(mask_bits):
    if mask_bits is None or (isinstance(mask_bits, int | np.integer) and not isinstance(mask_bits, bool)):
        if mask_bits is not None and not 0 <= mask_bits < 2**64:
            raise ParameterError(f"mask_bits is {mask_bits}; expected bits or-ed, 0 to 2**64 - 1")
        return None if mask_bits is None else int(mask_bits)
    names = (mask_bits,) if isinstance(mask_bits, str) else mask_bits
    names = tuple(names) if isinstance(names, Iterable) else (None,)
    if not all(isinstance(name, str) for name in names):
        raise ParameterError(f"mask_bits is {mask_bits!r}; expected bits or-ed, or names of bits")
    return names
