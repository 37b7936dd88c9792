"""The default model on whole simulated raw exposures: ``python benchmarks/exposures.py --count 24``.

Each exposure shows a random piece of a random body on both chips of ACS/WFC or WFC3/UVIS; it is
written as a raw file, read back and classified, as a user would. Prints the accuracy with its 95%
interval by body, the confusion of labels, and the median time of each step for one chip.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from astroclassify import classify, read_frames
from astroclassify.simulate import CLASSES, simulate_exposure
from astroclassify.simulate.scenes._bodies import random_kind
from astroclassify.training import balanced_accuracy, bootstrap


def exposures(count, seed):
    """Yield raw exposures of galaxies and of nebulae and clusters in turn, on both cameras in turn."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        label = CLASSES[0] if number % 2 == 0 else CLASSES[1 + number // 2 % 2]
        instrument = ("acs-wfc", "wfc3-uvis")[number // 4 % 2]
        exptime = float(np.exp(rng.uniform(np.log(60), np.log(1200))))
        kind = random_kind(rng, label).name
        yield simulate_exposure(kind, instrument=instrument, exptime=round(exptime, 1), rng=rng)


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", default=None)
    chosen = parser.parse_args()
    p_galaxy, truth, bodies, labels, times = [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, exposure in enumerate(exposures(chosen.count, chosen.seed)):
            path = Path(folder) / "bench_raw.fits"
            exposure.write(path, overwrite=True)
            start = time.perf_counter()
            frames = read_frames(path)
            read = time.perf_counter()
            answers = [classify(frame, weights=chosen.weights) for frame in frames]
            times.append(((read - start) / 2, (time.perf_counter() - read) / 2))
            for answer in answers:
                galaxy = answer.leaning == "galaxy"
                p_galaxy.append(answer.probability if galaxy else 1 - answer.probability)
                truth.append(exposure.truth["label"] == "galaxy")
                bodies.append(number)
                labels.append(answer.label)
            print(
                f"{number:3d} {exposure.instrument.name:9s} {exposure.exptime:6.1f} s "
                f"{exposure.truth['kind']:11s} {[f'{a.label} {a.probability:.2f}' for a in answers]}",
                flush=True,
            )
    score = bootstrap(balanced_accuracy, p_galaxy, truth, bodies)
    print(f"balanced accuracy, {len(truth)} chips of {chosen.count} bodies: {score}")
    said, truth = np.array(labels), np.array(truth)
    for label in ("galaxy", "nsc", "uncertain"):
        chosen_label = said == label
        print(f"said {label:9s}: {truth[chosen_label].sum()} galaxy, {(~truth[chosen_label]).sum()} nsc")
    reading, classifying = np.median(times, axis=0)
    print(f"median seconds per chip: reading {reading:.3f}, classifying {classifying:.3f}")


if __name__ == "__main__":
    main()
