"""Does a model tell whether there is an object at all? ``python benchmarks/presence.py --patches 400``.

* *patches*: of simulated wide fields that no model has learnt from, half with a body and half with stars and
  sky only, as ``train-presence`` learns from (other seeds);
* *photographs* (``--photographs FOLDER``: ``labels.csv`` with file): pictures of one body each, beside the
  empty ones of the patches.

An object is said to be there if the class of empty fields has less than half of the probability. ``--model``
and ``--weights`` name another model than the default one, for example one made by ``train-presence``.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np

#: Seed of the first field; those of trainings begin at 1.
SEED = 2_000_000


def main():
    """Print how often presence and absence are told right."""
    from astroclassify.core import AstroclassifyWarning
    from astroclassify.models import ready_model
    from astroclassify.training.presence import patches

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patches", type=int, default=400, help="patches of simulated fields")
    parser.add_argument("--photographs", type=Path, help="folder of labelled photographs of one body each")
    parser.add_argument("--model", default="default", help="a model that knows empty fields")
    parser.add_argument("--weights", help="of the model, instead of its own")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", AstroclassifyWarning)
    model = ready_model(chosen.model, weights=chosen.weights)
    drawn = patches(chosen.patches, seed=SEED)
    present = np.array([each.label != "field" for each in drawn])
    told = presence(model, [each.frame for each in drawn])
    print(f"{len(drawn)} patches, {present.sum()} with a body: {(told == present).mean():.1%} right")
    empty = (~told[~present]).mean()
    print(f"  of those with a body {told[present].mean():.1%}, of those without {empty:.1%}")
    if chosen.photographs:
        seen = presence(model, photographs(chosen.photographs))
        both = (seen.mean() + empty) / 2
        print(f"{len(seen)} photographs: {seen.mean():.1%} right; mean with the empty patches {both:.1%}")


def presence(model, images):
    """Whether a model says that there is an object (numpy.ndarray of bool)."""
    from astroclassify.inference import interpret, predict

    told = predict(model, images, evidence=False)
    return np.array([interpret(each, model).probabilities["field"] < 0.5 for each in told])


def photographs(folder):
    """The photographs in grey."""
    from astroclassify.datasets import read_labels
    from astroclassify.detect import load_image

    return (load_image(folder / row["file"]).grey for row in read_labels(folder / "labels.csv"))


if __name__ == "__main__":
    main()
