"""Survey fields and their sources: ``benchmarks/survey.py counts | complete | chip | measure | set``.

``counts`` prints how many stars, galaxies and quasars there are by magnitude and latitude, ``complete`` which
part of them is found in a few fields, and how many detections are none of them. ``chip FOLDER``
draws a whole chip in all bands (FITS files), ``measure FOLDER`` measures it and prints the seconds of each
stage and the peak of memory, ``set FOLDER`` prints what a set of sources holds, and how right its photometry
is.
"""

import argparse
import resource
import time
from collections import Counter
from functools import wraps
from pathlib import Path

import numpy as np
from astropy.nddata import CCDData

from astroclassify.simulate import SURVEY_BANDS, survey_field
from astroclassify.simulate.survey._galaxies import galaxy_counts
from astroclassify.simulate.survey._milky_way import Direction, draw_stars
from astroclassify.simulate.survey._quasars import quasar_counts
from astroclassify.stargalaxy import SourceSet, _measure, measure_sources, with_truth

_LATITUDES = (15, 20, 30, 45, 60, 90)
_MAGNITUDES = (18, 20, 22, 24, 26)
_AREA = 100.0  # square arcminutes


def counts():
    """Print cumulative counts per square arcminute by i magnitude."""
    rng = np.random.default_rng(1)
    print("per square arcminute, brighter than i =", *(f"{m:>7}" for m in _MAGNITUDES))
    for latitude in _LATITUDES:
        mags = draw_stars(rng, Direction(90.0, latitude), _AREA, ("g", "r", "i"), ("i", 26.5))["mags"][:, 2]
        print(
            f"stars, b = {latitude:2}, l = 90",
            " " * 18,
            *(f"{(mags < m).sum() / _AREA:7.2f}" for m in _MAGNITUDES),
        )
    for name, count in (("galaxies", galaxy_counts), ("quasars", quasar_counts)):
        print(f"{name:<38}", *(f"{float(count(m)):7.3f}" for m in _MAGNITUDES))


def complete(seed, fields=6):
    """Print the part of the objects that is found, by i magnitude."""
    there, found, spurious = (Counter() for _ in range(3))
    for number in range(fields):
        field = survey_field([seed, number], latitude=25.0, longitude=60.0 * number)
        sample = with_truth(measure_sources(field.images), field.truth).catalogue
        spurious.update(kind for kind in sample["true_kind"] if kind in ("fragment", "noise"))
        rows = field.truth[field.truth["inside"]]
        for table, names, numbers in ((rows, rows["class"], there), (sample, sample["true_class"], found)):
            mags = table["mag_i" if table is rows else "true_mag_i"].value
            bright = np.isfinite(mags)
            numbers.update(zip(names[bright], np.floor(mags[bright] * 2) / 2, strict=True))
    print("i magnitude      stars: there, found      galaxies: there, found")
    for low in np.arange(20, 27, 0.5):
        numbers = [(there[name, low], found[name, low]) for name in ("star", "galaxy")]
        shown = "      ".join(f"{n:6} {k / max(n, 1):8.1%}" for n, k in numbers)
        print(f"{low:.1f}-{low + 0.5:.1f}      {shown}")
    print(f"{sum(found.values())} detections of objects; none: {dict(spurious)}")


def chip(folder, side, seed):
    """Draw a field as large as a chip, and write its bands and its truth."""
    started = time.perf_counter()
    shape = (9232, 9216) if side is None else (side, side)
    field = survey_field(seed, shape=shape, latitude=30.0, longitude=100.0)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = time.perf_counter()
    for band, frame in field.images.items():
        frame.psf = None
        frame.write(folder / f"{band}.fits", overwrite=True)
    truth = field.truth.copy()
    truth["ra"], truth["dec"] = truth["sky_centroid"].ra, truth["sky_centroid"].dec
    truth.remove_column("sky_centroid")
    truth.write(folder / "truth.fits", overwrite=True)
    print(f"{shape[0]} x {shape[1]} pixels, {len(field.bands)} bands, {len(truth)} objects")
    print(f"drawn in {drawn - started:.0f} s, written in {time.perf_counter() - drawn:.0f} s; {_memory()}")


def _memory():
    return f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"


def _timed(name, function, spent):
    @wraps(function)
    def timing(*args, **kwargs):
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] += time.perf_counter() - started

    return timing


def measure(folder):
    """Measure the field of a folder, stage by stage."""
    spent, started, used = Counter(), time.perf_counter(), time.process_time()
    images = {
        band: CCDData.read(folder / f"{band}.fits")
        for band in SURVEY_BANDS
        if (folder / f"{band}.fits").exists()
    }
    spent["reading"] = time.perf_counter() - started
    _measure.background_of = _timed("sky and noise", _measure.background_of, spent)
    _measure.make_tile = _timed("tiles: detection, deblending", _measure.make_tile, spent)
    _measure._Field._of_batch = _timed("photometry, shapes, cut-outs", _measure._Field._of_batch, spent)
    found = measure_sources(images)
    total = time.perf_counter() - started
    spent["the rest"] = total - sum(spent.values())
    for stage, seconds in spent.items():
        print(f"{stage:<32} {seconds:8.1f} s")
    print(
        f"{len(found)} sources in {total:.1f} s ({time.process_time() - used:.1f} s of one core); {_memory()}"
    )


def described(folder):
    """Print what a set holds, and how its magnitudes compare with the truth."""
    made = SourceSet.open(folder)
    rows = made.catalogue
    kinds = Counter(
        f"{c or 'nothing'}: {k}" for c, k in zip(rows["true_class"], rows["true_kind"], strict=True)
    )
    fields = np.unique(np.asarray(rows["field"])).size
    stars, galaxies = (np.count_nonzero(rows["true_class"] == name) for name in ("star", "galaxy"))
    share = stars / (stars + galaxies)
    print(f"{len(made)} sources in {fields} fields; stars {share:.1%} of stars and galaxies")
    for kind, number in sorted(kinds.items()):
        print(f"  {kind:<24} {number:6}")
    print("i magnitude   stars galaxies   S/N    star: mean, rms of (measured - true)    galaxy")
    clean = (rows["flag"] & ~np.int64(1)) == 0
    clean &= np.asarray(rows["true_blend"]) < 0.02
    true, found = rows["true_mag_i"].value, rows["mag_i"].value
    for low in range(18, 27):
        near = (true >= low) & (true < low + 1)
        star, galaxy = (near & (rows["true_class"] == name) for name in ("star", "galaxy"))
        shown = [_difference((found - true)[some & clean]) for some in (star, galaxy)]
        snr = np.nanmedian(rows["snr_i"][star]) if star.any() else np.nan
        numbers = f"{star.sum():8} {galaxy.sum():8} {snr:7.1f}"
        print(f"{low}-{low + 1}      {numbers}   {shown[0]:>22}   {shown[1]:>22}")


def _difference(values):
    values = values[np.isfinite(values)]
    if values.size < 3:
        return "-"
    middle = np.median(values)
    return f"{middle:+.3f} {1.4826 * np.median(np.abs(values - middle)):.3f}"


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("counts", "complete", "chip", "measure", "set"))
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--side", type=int, help="of the field, instead of a whole chip")
    parser.add_argument("--seed", type=int, default=2604)
    given = parser.parse_args()
    if given.what not in ("counts", "complete") and given.folder is None:
        parser.error("give a folder")
    if given.what == "counts":
        counts()
    elif given.what == "complete":
        complete(given.seed)
    elif given.what == "chip":
        chip(given.folder, given.side, given.seed)
    else:
        (measure if given.what == "measure" else described)(given.folder)


if __name__ == "__main__":
    main()
