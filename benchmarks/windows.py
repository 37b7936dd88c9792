"""What a second look at windows would add: ``python benchmarks/windows.py SET... --every 4``.

The default model sees a whole frame shrunk to about 192 x 192 cells. Here it also sees windows of the frame
beside each other, each as a frame of its own, with up to ``--side / 192`` pixels to a cell. For each
simulated set the table compares the whole frame, the mean of the windows' log-odds, and mixtures of both:
accuracy, area under the curve, and the mean loss (natural logarithm). No weights are trained for it.
"""

import argparse
from pathlib import Path

import numpy as np
from judge_frames import simulated
from judge_tables import Listing, as_text

from astroclassify.core import progress_bar
from astroclassify.inference import predict
from astroclassify.metrics import area_under_curve
from astroclassify.models import build_model

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def log_odds(logits):
    """Give the log-odds of galaxy against nsc (nebula or star cluster)."""
    galaxy, nebula, cluster = logits[:3]
    return galaxy - np.logaddexp(nebula, cluster)


def windows(array, side):
    """Cut an array into squares beside each other; what is left at the upper and right edges is left out."""
    rows, columns = (range(0, n - side + 1, side) for n in array.shape)
    return [array[y : y + side, x : x + side] for y in rows for x in columns]


def seen(model, array, side):
    """Give the log-odds of the whole frame, and the mean of those of its windows."""
    whole, *parts = (
        log_odds(one.logits) for one in predict(model, [array, *windows(array, side)], evidence=False)
    )
    return whole, np.mean(parts) if parts else whole


def row(odds, is_galaxy):
    """Give accuracy, area under the curve and mean loss."""
    loss = np.logaddexp(0, -np.where(is_galaxy, odds, -odds)).mean()
    accuracy = np.mean((odds > 0) == is_galaxy)
    return f"{accuracy:.1%}", f"{area_under_curve(odds, is_galaxy):.3f}", f"{loss:.3f}"


def table(name, frames, model, side):
    """Make the table of one set."""
    shown = progress_bar(frames, progress=None, total=len(frames), description="windows")
    found = [seen(model, one.frame.array(), side) for one in shown]
    whole, parts = np.array(found).T
    is_galaxy = np.array([one.truth == "galaxy" for one in frames])
    rows = [(f"{share:.0%}", *row((1 - share) * whole + share * parts, is_galaxy)) for share in SHARES]
    head = ("share of the windows", "accuracy", "AUC", "loss")
    return Listing(f"{name}, {len(frames)} frames, windows of {side} pixels a side", [head, *rows])


def main():
    """Print a table for each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="simulated sets")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th frame only")
    parser.add_argument("--side", type=int, default=1024, help="of a window, pixels (default: 1024)")
    parser.add_argument("--weights", default=None)
    chosen = parser.parse_args()
    model = build_model("default", weights=chosen.weights)
    for folder in chosen.sets:
        frames = simulated(folder)[:: chosen.every]
        print(as_text(table(folder.name, frames, model, chosen.side), "rst"))


if __name__ == "__main__":
    main()
