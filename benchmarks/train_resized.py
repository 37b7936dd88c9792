"""Train the weights of ``resnet18-resize``: ``python benchmarks/train_resized.py LIST RUNS --minutes 14 13``.

LIST names chips shrunk to 224 x 448 (``astroclassify train-default produce --shrunk``). The network sees
counts on the scale of their noise, first shrunk again to 112 x 224, which takes a third of the time, then as
they are. A tenth of the bodies is held out; it calibrates and measures. The weights, whose convolutions are
rounded to 16 bits, are RUNS/whole/weights.safetensors, with their card. With one number of minutes there is
the first part only; ``--scale counts`` shows raw counts, for comparison.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from astroclassify.models import MODELS
from astroclassify.training import PRESETS, fit


def main():
    """Train both parts; print what the cards say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest", type=Path, metavar="LIST")
    parser.add_argument("runs", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=(14, 13), help="of each part")
    parser.add_argument("--scale", choices=("noise", "counts"), default="noise", help="of the planes")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    recipe = replace(PRESETS["modern"], batch_size=16, warm_up=60, average=0.99)
    settings = {"validation": 0.1, "cache": chosen.runs / "planes", "licence": "BSD-3-Clause", "resume": True}
    weights = None
    parts = (("small", 112, 1e-3), ("whole", 224, 3e-4))
    for (name, height, rate), minutes in zip(parts, chosen.minutes, strict=False):
        options = {"height": height, "width": 2 * height, "scale": chosen.scale}
        spec = replace(MODELS["resnet18-resize"], weights=None, preprocessing_options=options)
        part = replace(recipe, seconds=60 * minutes, learning_rate=rate)
        settings |= {"folder": chosen.runs / name, "preset": part, "half": name == "whole"}
        done = fit(spec, chosen.manifest, weights=weights, **settings)
        weights = done.weights
        print(name, done.steps, "steps", done.card["metrics"], flush=True)


if __name__ == "__main__":
    main()
