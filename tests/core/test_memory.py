"""Memory kept in the process: in programs that ask for it, never by an import."""

import platform
import subprocess
import sys

import pytest

from astroclassify.core import ParameterError, check_memory, rules

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


@pytest.fixture
def small_machine(monkeypatch):
    monkeypatch.setattr("astroclassify.core._memory.memory_of_machine", lambda: 10**9)


def test_an_image_for_which_there_is_no_memory_is_refused_with_its_size_and_need(small_machine):
    check_memory("shape", (10_000, 10_000), each=10)
    with pytest.raises(ParameterError, match=r"shape is 10000 x 50000 pixels.*5 GB.*this machine has 1 GB"):
        check_memory("shape", (10_000, 50_000), each=10)


def test_every_rule_of_a_shape_asks_for_the_memory_of_one_array(small_machine):
    assert rules.shape("shape", (15_000, 15_000)) == (15_000, 15_000)
    with pytest.raises(ParameterError, match="shape is 20000 x 20000 pixels"):
        rules.shape("shape", (20_000, 20_000))
    with pytest.raises(ParameterError, match=r"shape\[0\] is .*whole number, 1 to 1000000000"):
        rules.shape("shape", (10**30, 1))


def test_a_system_that_does_not_say_has_a_usual_memory(monkeypatch):
    monkeypatch.delattr("os.sysconf")
    check_memory("shape", (10_000, 10_000))
    with pytest.raises(ParameterError, match="this machine has 69 GB"):
        check_memory("shape", (10**6, 10**6))
