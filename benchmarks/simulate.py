"""Time of simulated raw frames: ``python benchmarks/simulate.py [--repeat N] [--device cuda]``.

For every kind of body, a full two-chip ACS/WFC raw frame with all effects: the median over views of the
seconds from a body to raw images, and to a file; then where the time goes. Figures of one run on one machine:
compare them with each other, not with those of another day.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from astroclassify.simulate import KINDS, random_body, simulate_exposure

STEPS = (
    "scene",
    "add_background",
    "add_foreground",
    "observed",
    "point_spread",
    "observe",
    "_chips",
    "write",
)


def timed(kind, number, *, device, folder):
    """Simulate and write one exposure; give both times in seconds."""
    rng = np.random.default_rng([11, number])
    body, start = random_body(kind, rng), time.perf_counter()
    exposure = simulate_exposure(body, "acs-wfc", "F606W", 500.0, rng=rng, device=device)
    rendered = time.perf_counter() - start
    exposure.write(Path(folder) / "benchmark_raw.fits", overwrite=True)
    return rendered, time.perf_counter() - start


def shares(kinds, device):
    """Profile one exposure of each kind; give the seconds that each step takes on average."""
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            profile.runcall(timed, kind, 0, device=device, folder=folder)
    totals = dict.fromkeys(STEPS, 0.0)
    for (path, _, name), (_, _, _, cumulative, _) in pstats.Stats(profile).stats.items():
        if name in totals and "astroclassify" in path:
            totals[name] = max(totals[name], cumulative / len(kinds))
    return totals


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    chosen = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, device {chosen.device}")
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        timed(chosen.kinds[0], 99, device=chosen.device, folder=folder)  # curves and kernels are made once
        for kind in chosen.kinds:
            times[kind] = [timed(kind, i, device=chosen.device, folder=folder) for i in range(chosen.repeat)]
            rendered, written = np.median(times[kind], axis=0)
            print(f"{kind:12} {rendered:6.2f} s to raw images, {written:6.2f} s to a file")
    everything = np.concatenate([np.array(t) for t in times.values()])
    rendered, written = np.median(everything, axis=0)
    print(f"median of all {len(everything)}: {rendered:.2f} s to raw images, {written:.2f} s to a file")
    print(f"slowest: {everything[:, 1].max():.2f} s; {2 / rendered:.2f} chips a second")
    print("mean seconds of one profiled frame of each kind:")
    for step, seconds in shares(chosen.kinds, chosen.device).items():
        print(f"  {step:15} {seconds:6.2f}")


if __name__ == "__main__":
    main()
