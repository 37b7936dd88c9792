"""Memory kept in the process: in programs that ask for it, never by an import."""

import platform
import subprocess
import sys

import pytest

PAGE_FAULTS = """
import resource, sys
import numpy as np
import astroclassify.core
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
if "keep" in sys.argv:
    assert astroclassify.core.keep_large_arrays_memory()
np.ones(2**25, dtype="u1")
before = faults()
for _ in range(5):
    np.ones(2**25, dtype="u1")
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this is about the GNU C library")
def test_memory_of_large_arrays_is_used_again_where_it_is_kept_and_only_there():
    counts = [
        int(subprocess.run([sys.executable, "-c", PAGE_FAULTS, *how], check=True, capture_output=True).stdout)
        for how in ((), ("keep",))
    ]
    # Fresh pages each time, of 4 KiB or, where the system joins them, of 2 MiB; or none.
    assert counts[0] >= 5 * 2**25 / 2**21
    assert counts[1] < counts[0] / 4
