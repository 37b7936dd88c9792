"""Charge-transfer losses and cosmic-ray load of ACS/WFC: ``python benchmarks/cte.py``.

What stars lose to an aperture of 3 pixels, 2000 rows from the amplifier, by their electrons, the background
and the year; published (ACS ISR 2025-02, arXiv:2602.18605): in recent frames more than 0.1 mag on small
scales, but close to the amplifier (512 rows) or for sources of more than 3000 electrons; large apertures are
right to 0.05 mag above 20 electrons of background and 300 of the source. Then the share of pixels that cosmic
rays hit, published: 1.5 to 3% in 1000 s (ACS Instrument Handbook 4.3), footprints of 4 to 5 pixels, median
1000 electrons (ACS ISR 2002-07).
"""

import argparse

import numpy as np
import torch
from scipy import ndimage

from astroclassify.simulate import RandomStreams, point_spread, random_effects
from astroclassify.simulate.detector._charge import defer
from astroclassify.simulate.detector._cosmic_rays import add_cosmic_rays

YEARS = {2004: 53_000.0, 2010: 55_200.0, 2016: 57_677.0, 2023: 60_000.0}
STARS = (100, 300, 1_000, 3_000, 30_000)
BACKGROUNDS = (1, 5, 20, 40, 100)
RADIUS = 3.0


def loss(stamp, electrons, background, cte, rows=2000):
    """Give the magnitudes that a star loses to its aperture."""
    image = torch.zeros((160, stamp.shape[1]))
    image[40 : 40 + len(stamp)] = electrons * stamp
    sky = torch.full_like(image, float(background))
    read = image + sky
    for each in (read, sky):
        defer(each, cte, transfers=rows - 55)
    y, x = np.indices(image.shape)
    inside = np.hypot(y - 40 - len(stamp) // 2, x - stamp.shape[1] // 2) <= RADIUS
    return -2.5 * np.log10((read - sky).numpy()[inside].sum() / image.numpy()[inside].sum())


def transfer_table():
    """Print the losses."""
    image = point_spread("acs-wfc", "F606W").image()
    half = image.shape[0] // 2
    stamp = image[half - 15 : half + 16, half - 15 : half + 16]
    print("mag lost to 3 pixels, 2000 rows away; electrons:" + "".join(f"{n:8d}" for n in STARS))
    for year, date in YEARS.items():
        cte = np.median(
            [random_effects(np.random.default_rng(s), "acs-wfc", date=date).cte for s in range(99)]
        )
        for background in BACKGROUNDS:
            row = "".join(f"{loss(stamp, n, background, cte):8.3f}" for n in STARS)
            near = loss(stamp, 300, background, cte, rows=500)
            print(f"{year}, cte {cte:.3f}, background {background:4d} {row}   300 at row 500: {near:.3f}")


def cosmic_ray_table():
    """Print load, footprints and charge."""
    load = {}
    for size, name in ((15.0, "HST"), (10.0, "CSST")):
        image = torch.zeros((2048, 2048))
        add_cosmic_rays(image, 1000.0, rate=1.2, size=size, streams=RandomStreams(1))
        load[name] = (image > 20).double().mean().item()
    print("pixels above 20 electrons in 1000 s: " + ", ".join(f"{n} {100 * v:.2f}%" for n, v in load.items()))
    image = torch.zeros((2048, 2048))
    add_cosmic_rays(image, 60.0, rate=1.2, size=15.0, streams=RandomStreams(2))
    labels, number = ndimage.label(image.numpy() > 20, structure=np.ones((3, 3)))
    pixels = np.bincount(labels.ravel())[1:]
    charge = ndimage.sum_labels(image.numpy(), labels, np.arange(1, number + 1))
    print(f"footprint: mode {np.bincount(pixels).argmax()}, mean {pixels.mean():.1f} pixels")
    print(f"charge: median {np.median(charge):.0f} electrons, 3% below {np.quantile(charge, 0.03):.0f}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    transfer_table()
    cosmic_ray_table()
