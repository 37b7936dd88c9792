"""Time and memory of reading one full-frame, two-chip raw frame: this reader, ccdproc, and the floor.

Run: ``python benchmarks/read.py [--repeats N]``. All three ways start from the path of one file in the
page cache and end with trimmed, bias-subtracted float32 of both chips (the floor: with float32 of
all raw pixels). They take turns, so that other load on the machine hits them alike; besides wall
time, the processor time of the process is given, which other load disturbs less. The processor is named,
with the vector instructions that numpy uses; ``NPY_DISABLE_CPU_FEATURES`` in the environment leaves some out.

``--headers FILE ...`` counts instead what is done with the headers of files until they are read.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path
from unittest import mock

import numpy as np

CARDS_OF_A_REAL_PRIMARY_HEADER = 221
SHAPE, SCIENCE_BYTES = (2068, 4144), 2 * 2048 * 4096 * 4


def make_file(path):
    """Write a raw ACS/WFC frame: bias that differs by amplifier and drifts along the rows, noise, a WCS."""
    from astropy.wcs import WCS

    from astroclassify.io import write_raw

    rng = np.random.default_rng(1)
    drift = np.linspace(0, 3, SHAPE[0])[:, None]
    raw = {chip: rng.normal(2100.0 + 40 * chip + drift, 2.2, SHAPE) for chip in (1, 2)}
    for image in raw.values():
        image[:, SHAPE[1] // 2 :] += 60
    world = WCS(naxis=2)
    world.wcs.ctype, world.wcs.crval, world.wcs.crpix = ["RA---TAN", "DEC--TAN"], [201.7, -47.5], [2048, 1024]
    world.wcs.cd = np.array([[-1.4e-5, 2e-7], [2e-7, 1.4e-5]])
    filler = {f"FILL{i:04d}": f"value {i}" for i in range(CARDS_OF_A_REAL_PRIMARY_HEADER - 50)}
    raw = {chip: np.rint(image).astype("uint16") for chip, image in raw.items()}
    write_raw(
        path,
        raw,
        instrument="acs-wfc",
        band="F814W",
        exptime=500.0,
        wcs={1: world, 2: world},
        header=filler,
    )


def by_this_reader(path):
    """(a) `read_frames`: header, WCS, flags and provenance included."""
    from astroclassify.io import read_frames

    return [frame.data for frame in read_frames(path)]


def by_ccdproc(path):
    """(b) ``fits.open``, `CCDData` and, for each quadrant, ``subtract_overscan`` and ``trim_image``."""
    import ccdproc
    from astropy import units as u
    from astropy.io import fits
    from astropy.nddata import CCDData

    chips = {}
    with fits.open(path) as hdulist:
        for version in (1, 2):
            hdu = hdulist["SCI", version]
            chip = hdu.header["CCDCHIP"]
            frame = CCDData(hdu.data, unit=u.adu, header=hdu.header)
            rows = slice(20, 2068) if chip == 1 else slice(0, 2048)
            left, right = frame[rows, :2072], frame[rows, 2072:]
            chips[chip] = np.empty((2048, 4096), "float32")
            for half, overscan, science, target in (
                (left, slice(18, 24), slice(24, 2072), slice(0, 2048)),
                (right, slice(2048, 2054), slice(0, 2048), slice(2048, 4096)),
            ):
                level = ccdproc.subtract_overscan(
                    half, overscan=half[:, overscan], overscan_axis=1, median=True
                )
                chips[chip][:, target] = ccdproc.trim_image(level[:, science]).data
    return [chips[1], chips[2]]


def by_floor(path):
    """(c) The bytes of both images, once swapped to float32 on one thread."""
    offset = os.path.getsize(path) - 2 * SHAPE[0] * SHAPE[1] * 2 - 2880
    pixels = np.memmap(path, ">i2", mode="r", offset=max(offset, 0), shape=(2, *SHAPE))
    return [pixels[0].astype("float32"), pixels[1].astype("float32")]


def header_work(path):
    """
    Count what is done with a file's headers while it is read.

    Gives a Counter: headers that are in the file, how often the bytes of one were read by astropy, how
    often one was parsed to cards, how often a card was looked up to find the reader, and after that.
    """
    from astropy.io import fits
    from astropy.io.fits.header import _BasicHeader

    from astroclassify.io import _read, read_frames

    counts, phase = Counter(), ["looked up to read it"]

    def counted(function, name=None):
        def count(*args, **kwargs):
            counts[name or phase[0]] += 1
            return function(*args, **kwargs)

        return count

    def recognise(*args, **kwargs):
        phase[0] = "looked up to recognise it"
        try:
            return find_reader(*args, **kwargs)
        finally:
            phase[0] = "looked up to read it"

    find_reader = _read.find_reader
    with fits.open(path) as hdulist:
        counts["headers"] = len(hdulist)
    with (
        mock.patch.object(fits.Header, "fromstring", counted(fits.Header.fromstring, "parsed")),
        mock.patch.object(_BasicHeader, "fromfile", counted(_BasicHeader.fromfile, "bytes read")),
        mock.patch.object(fits.Header, "__getitem__", counted(fits.Header.__getitem__)),
        mock.patch.object(_read, "find_reader", recognise),
    ):
        read_frames(path)
    return counts


WAYS = {"a": by_this_reader, "b": by_ccdproc, "c": by_floor}


def measure(path, repeats):
    """Time the three ways in turns; gives wall and processor seconds by way."""
    wall, cpu = {way: [] for way in WAYS}, {way: [] for way in WAYS}
    for turn in range(repeats + 1):
        for way, read in WAYS.items():
            started, worked = time.perf_counter(), time.process_time()
            read(path)
            if turn:  # the first turn warms the page cache and the imports
                wall[way].append(time.perf_counter() - started)
                cpu[way].append(time.process_time() - worked)
    return wall, cpu


def peak_memory(path):
    """Give allocations at their peak (tracemalloc) and growth of the resident set, in bytes, of way (a)."""
    by_this_reader(path)
    tracemalloc.start()
    frames = by_this_reader(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del frames
    command = [sys.executable, __file__, "--memory-of", str(path)]
    resident = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return peak, resident


def resident_growth(path):
    """Run in a process of its own: growth of the peak resident set by one read, in bytes."""
    import astropy.wcs

    import astroclassify.io  # noqa: F401

    astropy.wcs.WCS(naxis=2)
    before = peak_resident()
    frames = by_this_reader(path)
    del frames
    return peak_resident() - before


def peak_resident():
    """Give the peak resident set of this process (Linux), in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def processor():
    """Name the processor, and the widest vector instructions that it and numpy have."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    wide = ("avx2", "avx512f", "avx512bw", "asimd", "sve")
    has = [flag for flag in wide if flag in facts.get("flags", facts.get("Features", "")).split()]
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    used = [name for name in found if name.startswith(("AVX2", "AVX512", "X86_V", "ASIMD", "SVE", "NEON"))]
    name = facts.get("model name") or platform.processor() or platform.machine()
    vectors = ", ".join(has) or "no wide vectors known"
    return f"{name} ({vectors}); numpy uses {', '.join(used) or 'its baseline'}"


def report(wall, cpu, path):
    """Print the medians and ratios."""
    print(f"processor: {processor()}")
    names = {"a": "read_frames", "b": "astropy + ccdproc", "c": "floor: bytes to float32"}
    for label, times in (("wall", wall), ("processor", cpu)):
        median = {way: 1e3 * statistics.median(values) for way, values in times.items()}
        fastest = {way: 1e3 * min(values) for way, values in times.items()}
        print(f"{label} time, median (fastest) of {len(wall['a'])}:")
        for way, name in names.items():
            print(f"  ({way}) {name:24s} {median[way]:7.1f} ms ({fastest[way]:.1f} ms)")
        print(f"  b / a = {median['b'] / median['a']:.2f} (goal: 4 at least)")
        print(f"  a / c = {median['a'] / median['c']:.2f} (goal: 2 at most)")
    peak, resident = peak_memory(path)
    print(f"peak allocations: output + {(peak - SCIENCE_BYTES) / 1e6:.1f} MB (goal: 64 MB at most)")
    print(f"peak resident set, mapped file included: output + {(resident - SCIENCE_BYTES) / 1e6:.1f} MB")
    difference = by_this_reader(path)[0] - by_ccdproc(path)[0]
    print(f"(a) - (b): mean {difference.mean():+.3f}, rms {difference.std():.3f} ADU")
    print(f"load of the machine (1 min): {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def main():
    """Make the file, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--headers", nargs="*", metavar="FILE", help="count the work on headers instead")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.memory_of:
        print(resident_growth(arguments.memory_of))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "jbench00q_raw.fits")
        make_file(path)
        if arguments.headers is not None:
            for file in (path, *arguments.headers):
                print(f"{Path(file).name}: {dict(header_work(file))}")
            return
        report(*measure(path, arguments.repeats), path)


if __name__ == "__main__":
    main()
