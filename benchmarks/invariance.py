"""How often a label changes where it should not: ``python benchmarks/invariance.py --count 100``.

Exposures of ACS/WFC and WFC3/UVIS are simulated, written as raw files and read back, chip by chip. Each
chip is classified as it was read (bias-subtracted by its overscan) and in other versions of itself: raw
with its bias, flat-fielded, in electrons, in other units, turned by 180 degrees, mirrored. Prints for
each version how many labels differ (the goal is 2% or less) with the 95% interval by Wilson's formula,
how many go from galaxy to nsc or back, and how much the probability of galaxy moves.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.ndimage import zoom

from astroclassify import classify_many, read_frames
from astroclassify.io import in_electrons
from astroclassify.simulate import SimulationConfig, plan_exposure

CAMERAS = ("acs-wfc", "wfc3-uvis")
RIPPLE, PIXEL_NOISE = 0.02, 0.005  # of the flat field: its smooth part, and pixel by pixel


def exposures(count, seed):
    """Yield (number, exposure), of both cameras in turn."""
    for number in range(count):
        camera = {CAMERAS[number % 2]: 1.0}
        config = SimulationConfig(frames_per_body=1, clear_snr=1.0, instruments=camera)
        yield number, plan_exposure(config, seed, number).expose()


def flat_field(shape, rng):
    """Make a flat of mean 1: smooth by 2% either way, and 0.5% from pixel to pixel."""
    coarse = rng.uniform(-RIPPLE, RIPPLE, (5, 5))
    smooth = zoom(coarse, np.divide(shape, coarse.shape), order=1)[: shape[0], : shape[1]]
    flat = 1 + smooth + rng.normal(0, PIXEL_NOISE, shape)
    return (flat / flat.mean()).astype(np.float32)


def versions(path, frame, chip, rng):
    """Give what is the same sky to an astronomer, by name."""
    (raw,) = read_frames(path, chips=chip, bias="none")
    data = frame.data
    return {
        "bias left in": raw.data,
        "flat-fielded": data / flat_field(data.shape, rng),
        "in electrons": in_electrons(frame).data,
        "gain of 4": data / np.float32(4),
        "electrons / s": data * np.float32(2 / 700),
        "sky subtracted": data - np.float32(np.median(data)),
        "16-bit counts": np.clip(np.rint(data + 100), 0, 65535).astype(">u2"),
        "turned by 180 degrees": np.ascontiguousarray(data[::-1, ::-1]),
        "mirrored": np.ascontiguousarray(data[:, ::-1]),
    }


def classified(count, seed, options):
    """Classify every chip and its versions; give labels and P(galaxy) by version."""
    labels, probabilities = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench_raw.fits"
        for number, exposure in exposures(count, seed):
            exposure.write(path, overwrite=True)
            for chip in sorted(exposure.raw):
                (frame,) = read_frames(path, chips=chip)
                rng = np.random.default_rng([seed, number, chip])
                same = {"as read": frame.data, **versions(path, frame, chip, rng)}
                table = classify_many(list(same.values()), progress=False, on_error="raise", **options)
                for name, label, p in zip(same, table["label"], table["p_galaxy"], strict=True):
                    labels.setdefault(name, []).append(str(label))
                    probabilities.setdefault(name, []).append(float(p))
            said = labels["as read"][-len(exposure.raw) :]
            print(
                f"{number:4d} {exposure.instrument.name:9s} {exposure.truth['kind']:12s} {said}", flush=True
            )
    return labels, probabilities


def wilson(changed, total, z=1.96):
    """Give the 95% interval of a share."""
    share, spread = changed / total, z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(share * (1 - share) / total + spread / total / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def report(labels, probabilities):
    """Print a line for each version."""
    usual, p_usual = np.array(labels.pop("as read")), np.array(probabilities.pop("as read"))
    print(f"{usual.size} chips: " + ", ".join(f"{(usual == x).sum()} {x}" for x in sorted(set(usual))))
    print(f"{'version':22s} {'changed':>8s}    rate  95% interval    swapped  mean |dP|")
    for name, found in labels.items():
        changed = int((np.array(found) != usual).sum())
        swapped = sum({one, other} == {"galaxy", "nsc"} for one, other in zip(found, usual, strict=True))
        low, high = wilson(changed, usual.size)
        moved = np.abs(np.array(probabilities[name]) - p_usual).mean()
        rates = f"{changed / usual.size:7.2%} {low:8.2%}{high:8.2%}"
        print(f"{name:22s} {changed:8d} {rates} {swapped:8d} {moved:10.4f}")


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="exposures, of two chips each")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights", default=None)
    chosen = parser.parse_args()
    options = {"model": chosen.model, "weights": chosen.weights}
    report(*classified(chosen.count, chosen.seed, options))


if __name__ == "__main__":
    main()
