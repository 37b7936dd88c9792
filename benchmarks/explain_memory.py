"""Memory of a gradient through HR-CelestialNet on a whole chip: ``python benchmarks/explain_memory.py``.

One gradient of an untrained network on 2048 x 4096 counts, each way in a process of its own: with gradient
checkpointing, and with strips of rows as well. Printed are the peak memory of the process, seconds of the
processor, and how far the gradients of both ways differ, in parts of the largest.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WAYS = ("checkpointing", "strips")


def measure(way, path):
    """Print memory and time of one way, and write its gradient."""
    import torch

    from astroclassify.explain._less_memory import less_memory
    from astroclassify.models import MODELS, built_module

    torch.manual_seed(1)
    network = built_module(MODELS["hr-celestialnet"]).eval().requires_grad_(False)
    planes = torch.randn(1, 1, 2048, 4096, requires_grad=True)
    begun = time.process_time()
    with less_memory(network, strips=way == "strips"):
        (gradient,) = torch.autograd.grad(network(planes)[:, 0].sum(), planes)
    seconds = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    np.save(path, gradient.numpy())
    print(f"{way:15} {peak:6.2f} GB {seconds:6.1f} s")


def main():
    """Measure both ways, and compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--way", choices=WAYS, help="only this one, in this process")
    parser.add_argument("--to", type=Path, help="with --way: file of the gradient (.npy)")
    chosen = parser.parse_args()
    if chosen.way:
        measure(chosen.way, chosen.to)
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{way}.npy" for way in WAYS]
        for way, path in zip(WAYS, files, strict=True):
            subprocess.run([sys.executable, __file__, "--way", way, "--to", path], check=True)
        one, other = (np.load(path) for path in files)
        print(f"largest difference {np.abs(one - other).max() / np.abs(one).max():.1e}")


if __name__ == "__main__":
    main()
