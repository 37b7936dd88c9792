"""What do 20 labels gain? ``python benchmarks/calibrate.py FOLDER --labels 20 --draws 40``.

FOLDER holds labelled pictures of the sky and ``labels.csv`` (file, body, label). Every picture is shown as it
is, or in one style of `astroclassify.simulate.STYLES`. Again and again, some bodies are drawn, as many
galaxies as others; a picture of each has a label, and calibrates the model as
`astroclassify.inference.calibrate` does. All pictures of the other bodies judge it. Prints means over the
draws of balanced accuracy, log loss (both sides count alike) and expected calibration error, before and
after, with the 2.5% and 97.5% quantiles over the draws, and the same for the shares of classes that are
estimated without a label. The last line is the calibration that all pictures give. The same seed gives the
same figures.
"""

import argparse
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import softmax

from astroclassify.inference import (
    balanced_losses,
    calibrated_logits,
    expected_shares,
    fit_calibration,
    galaxy_probability,
    predict,
    usual_shares,
)
from astroclassify.io import read_frames
from astroclassify.metrics import balanced_accuracy, calibration_error
from astroclassify.models import allowed_classes, build_model
from astroclassify.preprocess import frame_array
from astroclassify.simulate import STYLES, labelled_pictures, restyle

PLAIN = "as it is"


def main(arguments=None):
    """Draw labels, calibrate, judge; print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--style", choices=(PLAIN, *STYLES), default=PLAIN)
    parser.add_argument("--labels", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--weights", default=None)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    model = build_model("default", weights=chosen.weights)
    listed = labelled_pictures(chosen.folder)
    logits = shown(model, listed, chosen.style, chosen.seed)
    labels, bodies = (np.array([getattr(one, name) for one in listed]) for name in ("label", "body"))
    print(f"{model.spec.name}, weights {model.sha256[:12]}, style {chosen.style!r}: ", end="")
    print(f"{len(listed)} pictures of {len(set(bodies))} bodies")
    print(f"{'labels':10} {'figure':20} {'before':26} after")
    for number in chosen.labels:
        told = [
            draw(model, logits, labels, bodies, number, np.random.default_rng([chosen.seed, number, i]))
            for i in range(chosen.draws)
        ]
        report(str(number), told)
    report("none", [without_labels(model, logits, labels)])
    far_apart(model, logits, labels, bodies)


def shown(model, listed, style, seed):
    """Logits of every picture in a style."""
    logits = []
    for picture in listed:
        rng = np.random.default_rng([seed, zlib.crc32(Path(picture.path).name.encode())])
        array = frame_array(read_frames(picture.path)[0])
        array = array if style == PLAIN else restyle(array, rng, style=style)
        logits.append(predict(model, [array], evidence=False)[0].logits)
    return np.array(logits)


def draw(model, logits, labels, bodies, number, rng):
    """Figures before and after, on bodies that have no label."""
    is_galaxy, chosen = labels == "galaxy", []
    for side, wanted in ((is_galaxy, number // 2), (~is_galaxy, number - number // 2)):
        names = rng.permutation(np.unique(bodies[side]))[:wanted]
        chosen += [rng.choice(np.flatnonzero(side & (bodies == name))) for name in names]
    rest = ~np.isin(bodies, bodies[chosen])
    allowed = np.array([allowed_classes(label, model.classes) for label in labels[chosen]])
    found = fit_calibration(logits[chosen], allowed, model.classes, start=model.calibration)
    return [figures(logits[rest], is_galaxy[rest], one, model.classes) for one in (model.calibration, found)]


def without_labels(model, logits, labels):
    """Figures before and after the shares of the classes are estimated."""
    usual = np.array(usual_shares(model))
    shares = expected_shares(softmax(calibrated_logits(logits, model.calibration), axis=1), usual)
    bias = np.array(model.calibration.bias) + np.log(shares / usual)
    found = replace(model.calibration, bias=tuple(bias))
    return [figures(logits, labels == "galaxy", one, model.classes) for one in (model.calibration, found)]


def figures(logits, is_galaxy, calibration, classes):
    """Balanced accuracy, log loss, calibration error."""
    p = galaxy_probability(calibrated_logits(logits, calibration), classes)
    return (
        balanced_accuracy(p, is_galaxy),
        balanced_losses(p, is_galaxy).mean(),
        calibration_error(p, is_galaxy),
    )


def report(number, told):
    """Print mean and quantiles over the draws."""
    told = np.array(told)
    for i, name in enumerate(("balanced accuracy", "log loss", "calibration error")):
        before, after = (_text(told[:, when, i]) for when in (0, 1))
        print(f"{number:10} {name:20} {before:26} {after}")


def _text(values):
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{values.mean():.3f} ({low:.3f} to {high:.3f})"


def far_apart(model, logits, labels, bodies):
    """Print how far the calibration that all bodies give lies from the model's own."""
    allowed = np.array([allowed_classes(label, model.classes) for label in labels])
    found = fit_calibration(logits, allowed, model.classes, bodies=bodies, start=model.calibration)
    temperatures = f"{model.calibration.temperature:.2f} -> {found.temperature:.2f}"
    moved = np.subtract(found.bias, model.calibration.bias)
    print(f"all: temperature {temperatures}; offsets moved by ", end="")
    print(", ".join(f"{name} {value:+.2f}" for name, value in zip(model.classes, moved, strict=True)))


if __name__ == "__main__":
    main()
