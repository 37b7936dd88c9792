"""Bands against published curves, and CSST's depths: ``python benchmarks/photometry.py FOLDER...``.

The folders hold published throughput curves, as for ``python -m astroclassify.photometry.fit``. Prints zero
point and pivot of every band next to those of its curve, the largest and median residuals, the depths, and
how long Eq. (1) takes.
"""

import argparse
from pathlib import Path
from timeit import timeit

import numpy as np
from astropy import units as u

from astroclassify.photometry import BANDS, aperture_noise, count_rate, limiting_magnitude, photon_rate, star
from astroclassify.photometry._bands import response_curve
from astroclassify.photometry._core import ab_zero_point, pivot_wavelength
from astroclassify.photometry._curves import published_curves

# Sky of galaxyGenius in electrons per second and pixel, exposures of 150 s, published 5-sigma depth.
CSST = {
    "NUV": (0.0042, 4, 25.4),
    "u": (0.0317, 2, 25.4),
    "g": (0.2803, 2, 26.3),
    "r": (0.3591, 2, 26.0),
    "i": (0.3708, 2, 25.9),
    "z": (0.2168, 2, 25.2),
    "y": (0.0638, 4, 24.4),
}


def compare(curves):
    """Print one line for each band; give its kind, width class and residuals."""
    facts = {(row["instrument"], row["band"]): row for row in BANDS.facts()}
    rows = []
    print("band                 kind         ZP   curve     diff  pivot nm     diff    star")
    for (instrument, name, kind), (wavelength, throughput, _) in sorted(curves.items()):
        if kind == "filter" and (instrument, name, "total") in curves:
            continue
        if kind == "filter":
            throughput = throughput * np.interp(wavelength, *response_curve(instrument))
        band = BANDS[instrument, name]
        expected = ab_zero_point(wavelength, throughput, band.area), pivot_wavelength(wavelength, throughput)
        zero, pivot = band.zero_point.value - expected[0], band.pivot.value / expected[1] - 1
        rows.append((kind, "narrow" if name.upper().endswith("N") else "broad", zero, pivot))
        print(
            f"{instrument + ' ' + name:20s} {kind:7s} {band.zero_point.value:7.3f} {expected[0]:7.3f} "
            f"{zero:+8.4f} {band.pivot.value:9.2f} {pivot:+8.3%} "
            f"{facts[instrument, name]['star_residual']:+7.3f}"
        )
    return rows


def summarise(rows):
    """Print the largest and the median residual for each kind of curve and width."""
    for kind in ("total", "filter"):
        for width in ("broad", "narrow"):
            chosen = np.abs([row[2:] for row in rows if row[:2] == (kind, width)])
            if len(chosen):
                (zero, pivot), (zero_median, pivot_median) = chosen.max(axis=0), np.median(chosen, axis=0)
                print(
                    f"{kind:7s} {width:7s} {len(chosen):3d} bands: zero point max {zero:.4f} "
                    f"median {zero_median:.5f} mag; pivot max {pivot:.3%} median {pivot_median:.4%}"
                )


def depths():
    """Print CSST's depths."""
    for name, (sky, exposures, published) in CSST.items():
        band = BANDS["csst-msc", name]
        noise = aperture_noise(band, sky=sky * u.electron / u.s)
        depth = limiting_magnitude(band, 150 * u.s, noise, exposures=exposures).value
        difference = depth - published
        label = f"CSST {name:3s} {exposures} x 150 s, 5 sigma"
        print(f"{label}: {depth:.2f}, published {published}, {difference:+.2f}")


def speed():
    """Print how long Eq. (1) takes."""
    band, sed = BANDS["acs-wfc", "F814W"], star("G2")
    flux = np.ones((1000, band.wavelength.size))
    one = timeit(lambda: count_rate(sed, band), number=50) / 50
    many = timeit(lambda: photon_rate(band.wavelength, flux, band.throughput, band.area), number=5) / 5
    print(f"count_rate: {one * 1e3:.2f} ms; photon_rate: {many * 1e3:.1f} ms for 1000 spectra")


def main():
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    curves = published_curves(parser.parse_args().folders)
    summarise(compare(curves))
    depths()
    speed()


if __name__ == "__main__":
    main()
