"""The memory of large arrays: kept in the process for the next ones; none begun that cannot have enough."""

import ctypes
import os
import sys

from astroclassify.core._errors import ParameterError

# Of <malloc.h> of the GNU C library.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_LARGEST, _STEP = 2**31 - 1, 2**26
#: Memory of a machine whose system does not say, bytes.
_USUAL = 2**36


def keep_large_arrays_memory():
    """
    Let this process keep the memory that large arrays leave, for the next ones.

    The GNU C library asks the system for every large array anew and gives it back at once; then each
    layer of a network that runs over large maps waits for fresh, zeroed pages, which can take as long as its
    arithmetic. This changes the whole process, so it is for programs - the ``astroclassify``
    command, workers, benchmarks - and is never done by an import.

    Returns
    -------
    bool
        Whether it was done; nothing happens where the C library is another one.

    Examples
    --------
    >>> from astroclassify.core import keep_large_arrays_memory
    >>> keep_large_arrays_memory()  # doctest: +SKIP
    True
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    done = [library.mallopt(_MMAP_MAX, 0), library.mallopt(_TRIM_THRESHOLD, _LARGEST)]
    return all(done) and library.mallopt(_TOP_PAD, _STEP) == 1


def check_memory(name, shape, *, each=4):
    """
    Refuse an image for which this machine has not enough memory, before it is begun.

    What fits may still be refused by the system, if other programs have the memory.

    Parameters
    ----------
    name : str
        The parameter's name.
    shape : tuple of int
        Rows and columns.
    each : float, default 4
        Bytes that the work takes for each pixel, at least; by default one array of float32.

    Raises
    ------
    ParameterError
        If all of the machine's memory is less.

    Examples
    --------
    >>> from astroclassify.core import check_memory
    >>> check_memory("shape", (2048, 4096))
    >>> check_memory("shape", (10**6, 10**6), each=70)
    Traceback (most recent call last):
    astroclassify.core...ParameterError: shape is 1000000 x 1000000 pixels, for which ...
    """
    needed, there = shape[0] * shape[1] * each, memory_of_machine()
    if needed > there:
        expected = "fewer pixels, or parts one after the other"
        raise ParameterError(
            f"{name} is {shape[0]} x {shape[1]} pixels, for which at least {needed / 1e9:,.0f} GB of memory "
            f"are needed; this machine has {there / 1e9:,.0f} GB: expected {expected}"
        ).with_facts(found=tuple(shape), expected=expected)


def memory_of_machine():
    """
    Say how much memory this machine has.

    Returns
    -------
    int
        Bytes, without swap space; 64 GiB where the system does not say.
    """
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _USUAL
    return there if there > 0 else _USUAL
