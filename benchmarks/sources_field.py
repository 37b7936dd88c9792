"""A whole field from files to labels, timed: ``python benchmarks/sources_field.py BAND=FILE...``.

Prints for each stage - reading, detecting and measuring, classifying, writing - the time by the clock, the
processor's time (which other work on the machine does not change), and the peak of the memory so far; then
how many sources were called what, and, with ``--truth TABLE`` of the simulated field (``x``, ``y`` and
``class``), how many of the stars and galaxies are called so.
"""

import argparse
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
from astropy.table import QTable
from scipy.spatial import cKDTree

from astroclassify._classify_sources import opened
from astroclassify.models import ready_model
from astroclassify.stargalaxy import classify_sample, measure_sources

#: How near a detection lies to an object of the truth, pixels.
_NEAR = 2.0


class Stages:
    """What each stage took."""

    def __init__(self):
        self.total = np.zeros(2)

    def run(self, name, work):
        """Do a piece of work; say what it took."""
        before = np.array([perf_counter(), process_time()])
        result = work()
        took = np.array([perf_counter(), process_time()]) - before
        self.total += took
        self.say(name, took)
        return result

    def say(self, name, took):
        """Print a line."""
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
            1 if sys.platform == "darwin" else 1024
        )
        print(
            f"{name:28s} {took[0]:8.1f} s {took[1]:8.1f} core s   peak {memory / 1024:5.2f} GiB", flush=True
        )


def asked(arguments=None):
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", nargs="+", metavar="BAND=FILE")
    parser.add_argument("--weights")
    parser.add_argument("--truth", type=Path, metavar="TABLE")
    parser.add_argument("--output", type=Path, metavar="OUT", help="keep the table (Parquet)")
    return parser.parse_args(arguments)


def write(table, path):
    """Write what the command writes."""
    from astroclassify.cli._output import write_result

    flat = table[[name for name in table.colnames if name != "sky_centroid"]]
    if path is not None:
        return write_result(flat, output=path)
    with TemporaryDirectory() as folder:
        return write_result(flat, output=Path(folder) / "sources.parquet")


def compare(table, path, *, faintest=26.0):
    """Print how many of the stars and galaxies of the truth are found, and called what they are."""
    truth = QTable.read(path)
    kind = np.asarray(truth["true_class" if "true_class" in truth.colnames else "class"]).astype(str)
    found = cKDTree(np.stack([table["x"], table["y"]], axis=1))
    distance, nearest = found.query(np.stack([np.asarray(truth[n], float) for n in ("x", "y")], axis=1))
    labels = np.asarray(table["label"])[nearest]
    magnitude = np.asarray(getattr(truth["mag_i"], "value", truth["mag_i"]), float)
    for name in ("star", "galaxy"):
        there = (kind == name) & (distance < _NEAR) & (magnitude < faintest)
        shares = {
            label: f"{(labels[there] == label).mean():.2%}" for label in ("star", "galaxy", "uncertain")
        }
        print(f"{name} brighter than i = {faintest:g} and detected: {there.sum()}, called {shares}")


def main(arguments=None):
    """Time the stages."""
    chosen, stages = asked(arguments), Stages()
    model = stages.run(
        "building the model", lambda: ready_model("star-galaxy-lite", weights=chosen.weights, task="source")
    )
    names = dict(one.partition("=")[::2] for one in chosen.images)
    images = [stages.run("reading", lambda: opened(names))]
    sample = stages.run("detecting and measuring", lambda: measure_sources(images.pop()))
    table = stages.run("classifying", lambda: classify_sample(sample, model))
    stages.run("writing", lambda: write(table, chosen.output))
    stages.say("in all", stages.total)
    counts = {label: int((table["label"] == label).sum()) for label in ("star", "galaxy", "uncertain")}
    print(f"{len(table)} sources in {len(names)} bands: {counts}")
    if chosen.truth:
        compare(table, chosen.truth)


if __name__ == "__main__":
    main()
