"""Keeping the memory of large arrays in the process instead of returning it after each."""

import ctypes
import sys

# Of <malloc.h> of the GNU C library.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_LARGEST, _STEP = 2**31 - 1, 2**26


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
