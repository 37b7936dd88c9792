"""In what detail a model should see a frame: ``python benchmarks/detail.py SET... --sides 192 288 384``.

The default model sees a frame shrunk by whole blocks to so many pixels a side (the geometric mean of height
and width, ``side`` of `astroclassify.preprocess.working_planes`). For each set, simulated or a folder of
labelled photographs, the table compares several: balanced accuracy, area under the curve, mean loss of the
log-odds (natural logarithm), and how often ``field`` is the less probable. No weights are trained for it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from judge_frames import photographs, simulated
from judge_tables import Listing, as_text

from astroclassify.core import progress_bar
from astroclassify.inference import predict
from astroclassify.metrics import area_under_curve, balanced_accuracy
from astroclassify.models import build_model


def log_odds(logits):
    """Give the log-odds of galaxy against nsc (nebula or star cluster), and of a body against a field."""
    galaxy, nebula, cluster, field = logits
    others = np.logaddexp(nebula, cluster)
    return galaxy - others, np.logaddexp(galaxy, others) - field


def in_detail(model, side):
    """Give the model that sees frames shrunk to so many pixels a side."""
    options = {**model.spec.preprocessing_options, "side": side}
    return replace(model, spec=replace(model.spec, preprocessing_options=options))


def listed(folder):
    """List the frames of a set, or labelled photographs."""
    return photographs(folder) if (folder / "labels.csv").is_file() else simulated(folder)


def row(odds, body, is_galaxy):
    """Give balanced accuracy, area under the curve and mean loss, and the share of bodies."""
    share = f"{np.mean(body > 0):.1%}"
    if not 0 < np.count_nonzero(is_galaxy) < len(odds):  # fields, or one class only
        return "", "", "", share
    loss = np.logaddexp(0, -np.where(is_galaxy, odds, -odds)).mean()
    right = balanced_accuracy(1 / (1 + np.exp(-odds)), is_galaxy)
    return f"{right:.1%}", f"{area_under_curve(odds, is_galaxy):.3f}", f"{loss:.3f}", share


def table(name, frames, models):
    """Make the table of one set."""
    shown = progress_bar(frames, progress=None, total=len(frames), description="detail")
    found = []
    for one in shown:
        array = one.frame.array()
        found.append(
            [log_odds(predict(model, [array], evidence=False)[0].logits) for model in models.values()]
        )
    is_galaxy = np.array([one.truth == "galaxy" for one in frames])
    rows = [(str(side), *row(*np.array(found)[:, i].T, is_galaxy)) for i, side in enumerate(models)]
    head = ("pixels a side", "balanced accuracy", "AUC", "loss", "body, not field")
    return Listing(f"{name}, {len(frames)} frames", [head, *rows])


def main():
    """Print a table for each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="simulated sets, or photographs")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th frame only")
    parser.add_argument("--sides", type=int, nargs="+", default=[192, 288, 384], metavar="P")
    parser.add_argument("--weights", default=None)
    chosen = parser.parse_args()
    model = build_model("default", weights=chosen.weights)
    models = {side: in_detail(model, side) for side in chosen.sides}
    for folder in chosen.sets:
        frames = listed(folder)[:: chosen.every]
        print(as_text(table(folder.name, frames, models), "rst"), flush=True)


if __name__ == "__main__":
    main()
