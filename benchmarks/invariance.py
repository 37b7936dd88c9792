"""How often a label changes where it should not: ``python benchmarks/invariance.py --count 100``.

Exposures of ACS/WFC and WFC3/UVIS are simulated, written as raw files and read back, chip by chip. Each
chip is classified as it was read (bias-subtracted by its overscan) and in other versions of itself: raw
with its bias, flat-fielded, in electrons, in other units, compressed by tiles, masked in part,
cropped, turned by 180 degrees, mirrored. Prints a table: for each version how many labels differ (the goal
is 2% or less) with the 95% interval by bodies, each exposure being of its own, how many go from galaxy to nsc
or back, and how much the probability of galaxy moves.
"""

import argparse
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from astropy.io import fits
from judge_tables import PERCENT, Listing, as_text
from scipy.ndimage import zoom

from astroclassify import classify_many, read_frames
from astroclassify.io import in_electrons
from astroclassify.metrics import ClusterBootstrap
from astroclassify.models import build_model
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


def masked_fifth(shape, rng):
    """Give a rectangle of a fifth of a frame, somewhere in it."""
    size = [round(n * np.sqrt(0.2)) for n in shape]
    start = [int(rng.integers(n - m)) for n, m in zip(shape, size, strict=True)]
    return tuple(slice(a, a + m) for a, m in zip(start, size, strict=True))


def masked_around(data, part):
    """Mask all but a part."""
    masked = np.full_like(data, np.nan)
    masked[part] = data[part]
    return masked


def tile_compressed(data):
    """Give the pixels as a file compressed by tiles, with a quarter of the noise as the step, gives them."""
    file = BytesIO()
    fits.CompImageHDU(data, compression_type="RICE_1", quantize_level=4).writeto(file)
    file.seek(0)
    with fits.open(file) as hdulist:
        return np.array(hdulist[1].data)


def versions(path, frame, chip, rng):
    """Give what is the same sky to an astronomer, by name."""
    (raw,) = read_frames(path, chip=chip, bias="none")
    data = frame.data
    middle = tuple(slice(n // 2 - round(0.447 * n), n // 2 + round(0.447 * n)) for n in data.shape)  # 80%
    masked, one = data.copy(), data.copy()
    masked[masked_fifth(data.shape, rng)] = np.nan
    one[tuple(rng.integers(data.shape))] = np.nan
    return {
        "bias left in": raw.data,
        "flat-fielded": data / flat_field(data.shape, rng),
        "in electrons": in_electrons(frame).data,
        "gain of 4": data / np.float32(4),
        "electrons / s": data * np.float32(2 / 700),
        "sky subtracted": data - np.float32(np.median(data)),
        "16-bit counts": np.clip(np.rint(data + 100), 0, 65535).astype(">u2"),
        "unit of 1e-40": data.astype(float) * 1e-40,
        "tile-compressed": tile_compressed(data),
        "20% masked": masked,
        "one pixel NaN": one,
        "cropped to 80%": data[middle],
        "masked around the 80%": masked_around(data, middle),
        "turned by 180 degrees": np.ascontiguousarray(data[::-1, ::-1]),
        "mirrored": np.ascontiguousarray(data[:, ::-1]),
    }


def classified(count, seed, options):
    """Classify every chip and its versions; give labels and P(galaxy) by version, and the chips' bodies."""
    labels, probabilities, bodies = {}, {}, []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench_raw.fits"
        for number, exposure in exposures(count, seed):
            exposure.write(path, overwrite=True)
            for chip in sorted(exposure.raw):
                (frame,) = read_frames(path, chip=chip)
                bodies.append(number)
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
    return labels, probabilities, bodies


def report(labels, probabilities, bodies):
    """Give a table with a line for each version."""
    usual, p_usual = np.array(labels.pop("as read")), np.array(probabilities.pop("as read"))
    answered = ", ".join(f"{(usual == label).sum()} {label}" for label in sorted(set(usual)))
    lines = [["version", "changed", "share", "galaxy <-> nsc", "mean change of P"]]
    for name, found in labels.items():
        found, moved = np.array(found), np.abs(np.array(probabilities[name]) - p_usual).mean()
        share = ClusterBootstrap(bodies).mean(found != usual, bounds=(0, 1)).text(*PERCENT)
        swapped = (found != usual) & (found != "uncertain") & (usual != "uncertain")
        lines.append([name, str((found != usual).sum()), share, str(swapped.sum()), f"{moved:.4f}"])
    return Listing(f"{usual.size} chips of {len(set(bodies))} bodies, as read: {answered}", lines)


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="exposures, of two chips each")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights", default=None)
    chosen = parser.parse_args()
    options = {"model": chosen.model, "weights": chosen.weights}
    table = report(*classified(chosen.count, chosen.seed, options))
    print(f"\nweights {build_model(chosen.model, weights=chosen.weights).sha256[:12]}\n")
    print(as_text(table, "rst"))


if __name__ == "__main__":
    main()
