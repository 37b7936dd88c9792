"""Bands against published curves, and CSST's depths: ``python benchmarks/photometry.py FOLDER...``.

The folders hold published throughput curves, as for ``astroclassify fit-bands``. Prints zero
point and pivot of every band next to those of its curve, the largest and median residuals, the depths,
colours of stars, and how long Eq. (1) takes.
"""

import argparse
from pathlib import Path
from timeit import timeit

import numpy as np
from astropy import units as u

from astroclassify.photometry import (
    BANDS,
    as_bandpass,
    blackbody,
    count_rate,
    effective_temperature,
    photon_rate,
    star,
    survey_depth,
    vega,
)
from astroclassify.photometry._bands import response_curve
from astroclassify.photometry._core import ab_zero_point, pivot_wavelength
from astroclassify.photometry._curves import published_curves

# Published 5-sigma depths of the survey (Qu et al. 2212.10804 for g and i; the others are quoted).
CSST = {"NUV": 25.4, "u": 25.4, "g": 26.3, "r": 26.0, "i": 25.9, "z": 25.2, "y": 24.4}
# U - B and B - V of dwarfs: Pecaut & Mamajek (2013), ApJS 208, 9.
DWARFS = {
    "B5": (-0.58, -0.16),
    "A0": (0.00, 0.00),
    "F0": (0.05, 0.29),
    "F5": (-0.01, 0.44),
    "G2": (0.13, 0.65),
    "K0": (0.44, 0.82),
    "K5": (1.05, 1.15),
    "M0": (1.20, 1.42),
}
JOHNSON = {"U": (366, 60), "B": (440, 90), "V": (550, 88)}  # middles and widths of boxes, nm


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
    """Print CSST's depths, with one sky and one aperture."""
    for name, published in CSST.items():
        depth = survey_depth(name).value
        print(f"CSST {name:3s}, 5 sigma: {depth:.2f}, published {published}, {depth - published:+.2f}")


def vega_magnitude(spectrum, band):
    """Measure a spectrum in a band, relative to Vega."""
    rates = [count_rate(each, band, 1 * u.cm**2).value for each in (spectrum, vega())]
    return -2.5 * np.log10(rates[0] / rates[1])


def colours():
    """Print colours of dwarfs next to observed ones, and those of black bodies."""
    boxes = {}
    for name, (middle, width) in JOHNSON.items():
        edges = middle + np.array([-0.51, -0.5, 0.5, 0.51]) * width
        boxes[name] = as_bandpass((edges * u.nm, np.array([0.0, 1.0, 1.0, 0.0])))
    ultraviolet = BANDS["wfc3-uvis", "F275W"]
    print("ours, black body, observed:   U - B                      B - V              F275W - V")
    for name, observed in DWARFS.items():
        rows = []
        for spectrum in (star(name), blackbody(effective_temperature(name))):
            magnitude = {box: vega_magnitude(spectrum, band) for box, band in boxes.items()}
            ub, bv = magnitude["U"] - magnitude["B"], magnitude["B"] - magnitude["V"]
            rows.append((ub, bv, vega_magnitude(spectrum, ultraviolet) - magnitude["V"]))
        (ub, bv, uv), (ub_black, bv_black, uv_black) = rows
        first = f"{ub:18.2f} {ub_black:8.2f} {observed[0]:8.2f}"
        print(f"{name:4s} {first} {bv:17.2f} {bv_black:8.2f} {observed[1]:8.2f} {uv:20.2f} {uv_black:8.2f}")


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
    colours()
    speed()


if __name__ == "__main__":
    main()
