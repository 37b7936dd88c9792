"""The default model on labelled photographs that no training saw: ``python benchmarks/realsky.py FOLDER``.

The folder holds ``labels.csv`` (file, label, subclass, object, ra_deg, dec_deg) and the pictures.
Prints balanced accuracy, AUC and calibration error with 95% intervals by bootstrap over bodies, the recall
of each subclass, and the pictures that are labelled wrongly.
"""

import argparse
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astroclassify import classify_many
from astroclassify.inference import coverage_curve
from astroclassify.training import area_under_curve, balanced_accuracy, bootstrap, calibration_error

SAME_BODY = 0.25 * u.deg


def bodies_of(table):
    """Number the bodies: pictures closer than a quarter of a degree show the same one."""
    place = SkyCoord(table["ra_deg"] * u.deg, table["dec_deg"] * u.deg)
    body = np.arange(len(table))
    for one, other in zip(*place.search_around_sky(place, SAME_BODY)[:2], strict=True):
        body[body == body[other]] = body[one]
    return body


def report(truth, answers):
    """Print every figure."""
    p_galaxy = np.asarray(answers["p_galaxy_vs_nsc"])
    is_galaxy = np.asarray(truth["label"] == "galaxy")
    bodies = bodies_of(truth)
    print(f"{len(truth)} pictures of {len(set(bodies))} bodies; model {answers['model'][0]}")
    for metric in (balanced_accuracy, area_under_curve, calibration_error):
        print(f"{metric.__name__:20s} {bootstrap(metric, p_galaxy, is_galaxy, bodies)}")
    curve = coverage_curve(p_galaxy, is_galaxy)
    for coverage in (1.0, 0.9, 0.8, 0.7):
        point = np.flatnonzero(curve.coverage >= coverage)[-1]
        print(
            f"answered {curve.coverage[point]:.2f}, from {curve.threshold[point]:.3f} on: "
            f"accuracy {curve.accuracy[point]:.3f}"
        )
    right = (p_galaxy > 0.5) == is_galaxy
    for subclass in sorted(set(truth["subclass"])):
        chosen = np.asarray(truth["subclass"] == subclass)
        print(f"recall {subclass:20s} {right[chosen].mean():.3f} of {chosen.sum()}")
    sure = np.asarray(answers["label"] != "uncertain")
    print(f"not 'uncertain': {sure.mean():.3f} of the pictures; accuracy among them {right[sure].mean():.3f}")
    for row in np.flatnonzero(~right):
        print(f"  wrong: {truth['file'][row]:36s} {truth['subclass'][row]:16s} p_galaxy {p_galaxy[row]:.2f}")


def main():
    """Run the evaluation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights", default=None)
    chosen = parser.parse_args()
    truth = QTable.read(chosen.folder / "labels.csv", format="ascii.csv")
    files = [chosen.folder / name for name in truth["file"]]
    report(truth, classify_many(files, model=chosen.model, weights=chosen.weights, on_error="raise"))


if __name__ == "__main__":
    main()
