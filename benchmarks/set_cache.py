"""How fast frames come from raw files and from a set on disk, for both variants.

Run: ``python benchmarks/set_cache.py LIST --frames DIR [--rows 30] [--rounds 3]``. Sets of the first rows
are built in a temporary folder. All ways take turns, frame by frame, so that other load on the machine hits
them alike; besides wall time, the processor time of the process is given. *Warm* frames are in the page
cache; before each *cold* one its files are dropped from it.
"""

import argparse
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

VARIANTS = ("lcid", "lcid-resize")


def planes(frame, variant):
    """What the paper's models of the variant take."""
    from astroclassify.preprocess import counts_planes

    return counts_planes(frame.array(), **_grid(variant))


def _grid(variant):
    from astroclassify.datasets import VARIANTS as GRIDS

    return dict(zip(("height", "width"), GRIDS[variant], strict=True))


def forget(*paths):
    """Drop files from the page cache; what a process maps is not dropped."""
    from astroclassify.datasets import _cache

    _cache._mapped.cache_clear()
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def timed(work):
    """Wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def measured(files, sets, rounds):
    """Times by what is made, from where, and whether it is in the page cache: lists of (wall, processor)."""
    times = {}
    for cold in (False, True):
        for number in range(-1, rounds):  # one to warm up
            for variant, made in sets.items():
                for file, kept in zip(files, made, strict=True):
                    ways = {
                        "pixels of the file": (file.array, file.frame),
                        "pixels of the set": (kept.array, *_arrays(kept)),
                        "planes of the file": (partial(planes, file, variant), file.frame),
                        "planes of the set": (partial(planes, kept, variant), *_arrays(kept)),
                    }
                    for way, (work, *paths) in ways.items():
                        if cold:
                            forget(*paths)
                        spent = timed(work)
                        if number >= 0:
                            times.setdefault((variant, cold, way), []).append(spent)
    return times


def _arrays(frame):
    return [Path(frame.frame.folder) / name for name in ("pixels.npy", "scales.npy")]


def errors(files, cache):
    """Largest and root-mean-square difference of what models take, and the largest in units of the noise."""
    largest, squares, relative = 0.0, [], 0.0
    for file, kept in zip(files, cache.frames(), strict=True):
        from astroclassify.datasets import read_frame
        from astroclassify.preprocess import counts_planes, frame_array

        frame = read_frame(file.frame, file.hdu, rows="paper")
        grid = _grid(cache.variant)
        wanted = counts_planes(frame_array(frame), **grid)[0]
        difference = np.abs(counts_planes(kept.array(), **grid)[0] - wanted)
        amplifier = frame.uncertainty.amplifiers[0]
        pixels = frame.data.size / difference.size  # of which each is the mean
        read_noise = amplifier.read_noise / amplifier.gain / np.sqrt(pixels)
        largest = max(largest, float(difference.max()))
        squares.append(float(np.mean(difference**2)))
        relative = max(relative, float(difference.max()) / read_noise)
    return largest, float(np.sqrt(np.mean(squares))), relative


def report(times, sets):
    """Print medians and the ratios of files to sets."""
    print(f"{'variant':12} {'':5} {'':20} {'ms':>8} {'cpu ms':>8} {'frames/s':>9} {'ratio':>6}")
    for variant in sets:
        for cold in (False, True):
            for what in ("pixels", "planes"):
                walls = {}
                for source in ("file", "set"):
                    way = f"{what} of the {source}"
                    wall, processor = (
                        statistics.median(column) for column in zip(*times[variant, cold, way], strict=True)
                    )
                    walls[source] = wall
                    ratio = f"{walls['file'] / wall:6.1f}" if source == "set" else ""
                    print(
                        f"{variant:12} {'cold' if cold else 'warm':5} {way:20} {1e3 * wall:8.1f} "
                        f"{1e3 * processor:8.1f} {1 / wall:9.1f} {ratio}"
                    )


def main():
    """Build both sets, and compare."""
    from astroclassify.core import keep_large_arrays_memory
    from astroclassify.datasets import build_set, labelled_frames, read_manifest

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("--frames", type=Path)
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="for the sets (default: a temporary one)")
    arguments = parser.parse_args()
    keep_large_arrays_memory()
    table = read_manifest(arguments.list)[: arguments.rows]
    frames = arguments.frames or arguments.list.parent
    files = labelled_frames(table, frame_dir=frames)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        caches = {}
        for variant in VARIANTS:
            start = time.perf_counter()
            caches[variant] = build_set(table, Path(folder) / variant, variant=variant, frame_dir=frames)
            seconds = (time.perf_counter() - start) / len(table)
            size = sum(path.stat().st_size for path in (Path(folder) / variant).iterdir()) / len(table)
            largest, rms, relative = errors(files, caches[variant])
            print(
                f"{variant}: {1e3 * seconds:.0f} ms to build and {size / 1e6:.2f} MB a frame; differs by "
                f"at most {largest:.3g} ADU ({relative:.2g} of the read noise of its pixels), {rms:.2g} rms"
            )
        sets = {variant: cache.frames() for variant, cache in caches.items()}
        report(measured(files, sets, arguments.rounds), sets)


if __name__ == "__main__":
    main()
