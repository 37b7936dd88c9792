"""Photon-transfer curves: ``python benchmarks/photon_transfer.py [--seed N]``.

Pairs of flats at seven levels, in windows of 512 rows at each amplifier, are collected and read as
an exposure is, with everything that is usual for the camera (cosmic rays left out, as one would reject them).
For each amplifier, half of the variance of a pair's difference against its mean signal is a line of slope
1 / gain: what belongs to the chip (response of pixels, flat field, hot pixels) drops out of the difference.
Prints the gain at 20,000 electrons and that of the slope, next to the camera's, and the read noise; and, for
comparison, the gain that single flats give, in which the chip's structure counts as noise.
"""

import argparse
from dataclasses import replace

import numpy as np
import torch

from astroclassify.instruments import INSTRUMENTS
from astroclassify.simulate import ChipWindow, Effects, RandomStreams, collect_electrons, read_out

LEVELS = (0, 2_000, 5_000, 10_000, 20_000, 30_000, 40_000)
APERTURES = {
    "acs-wfc": ("WFC1A-512", "WFC1B-512", "WFC2C-512", "WFC2D-512"),
    "wfc3-uvis": ("UVIS1-C512A-SUB", "UVIS1-C512B-SUB", "UVIS2-C512C-SUB", "UVIS2-C512D-SUB"),
}
EDGE = 64  # pixels left out at the borders of an amplifier's part: deferred charge, the start of rows


def flat(camera, layout, level, streams):
    """Give a flat in ADU, trimmed by amplifier."""
    effects = replace(Effects.typical(camera), cosmic_ray_rate=0.0, post_flash=0.0, bias_jitter=0.0)
    window = ChipWindow.of(camera, layout)
    rate = torch.full(layout.science_shape, float(level))
    electrons = collect_electrons(rate, camera, 1.0, effects=effects, streams=streams, window=window)
    raw = read_out(electrons, layout, camera, effects=effects, streams=streams).astype(np.float64)
    return {
        section.amplifier: raw[section.slices][EDGE:-EDGE, EDGE:-EDGE]
        for section in layout.sections
        if section.kind == "science"
    }


def clipped(image):
    """Give the mean and the variance of what lies within 5 sigma of the median."""
    median = np.median(image)
    sigma = 1.4826 * np.median(np.abs(image - median))
    kept = image[np.abs(image - median) < 5 * max(sigma, 0.5)]
    return kept.mean(), kept.var()


def curve(camera, layout, seed):
    """Give means and variances by amplifier, of pairs and of single flats, at all levels."""
    points = {}
    for number, level in enumerate(LEVELS):
        first, second = (flat(camera, layout, level, RandomStreams([seed, number, k])) for k in (0, 1))
        for name in first:
            mean = (clipped(first[name])[0] + clipped(second[name])[0]) / 2
            # Stripes are common to a row: they are taken out of the difference row by row.
            difference = first[name] - second[name]
            difference -= np.median(difference, axis=1, keepdims=True)
            pair, single = clipped(difference)[1] / 2, clipped(first[name])[1]
            points.setdefault(name, []).append((mean, pair, single))
    return {name: np.array(rows).T for name, rows in points.items()}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    print("amplifier        gain   at 20 ke-     slope      error  read noise    of slope     single")
    for name, apertures in APERTURES.items():
        camera = INSTRUMENTS[name]
        for layout in (a for a in camera.layouts if a.name in apertures):
            for amplifier, (mean, pair, single) in curve(camera, layout, seed).items():
                known, signal = camera.amplifiers[amplifier], mean - mean[0]
                at = LEVELS.index(20_000)
                one = signal[at] / (pair[at] - pair[0])
                slope = 1 / np.polyfit(signal, pair, 1)[0]
                noise = slope * np.sqrt(pair[0] - 1 / 12)
                alone = signal[at] / (single[at] - single[0])
                error = f"{slope / known.gain - 1:+10.2%}  {known.read_noise:10.2f}  {noise:10.2f}"
                gains = f"{known.gain:7.3f}   {one:9.3f} {slope:9.3f}"
                print(f"{name:10s} {amplifier}   {gains} {error}  {alone:9.3f}")


if __name__ == "__main__":
    main()
