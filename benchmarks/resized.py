"""Which kernels, padding and scale of counts suit shrunk chips? ``python benchmarks/resized.py LIST RUNS``.

LIST names chips shrunk to 224 x 448 (``astroclassify train-default produce --shrunk``, or
``astroclassify datasets build --variant lcid-resize``). A network in the manner of HR-CelestialNet, shortened
for such chips, is trained once in each design, from random numbers and the same seed, on as many samples of
the same frames. A fifth of the bodies is held out and measures it: balanced accuracy and area under the
curve with 95% intervals by body. Trainings stay in RUNS, so that a run that was stopped goes on.
"""

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from judge_tables import Listing, as_text
from torch import nn

from astroclassify.core import robust_sigma
from astroclassify.models import find_spec
from astroclassify.preprocess import counts_planes
from astroclassify.training import PRESETS, fit

#: Rows of HR-CelestialNet's Table 2 with half the channels and pools of two: kernel and channels, or a pool.
LAYERS = ((7, 16), "pool", (7, 32), "pool", (5, 64), (5, 64), "pool", (3, 128), (3, 128), "pool", (3, 256))


class Shortened(nn.Module):
    """HR-CelestialNet for shrunk chips: its kernels and no padding, or other ones."""

    def __init__(self, *, largest=7, padding="none", classes=2):
        super().__init__()
        layers, channels = [], 1
        for row in LAYERS:
            if row == "pool":
                layers.append(nn.MaxPool2d(2))
                continue
            kernel, outputs = min(row[0], largest), row[1]
            layers += [_convolution(channels, outputs, kernel, padding), nn.BatchNorm2d(outputs), nn.ReLU()]
            channels = outputs
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, planes):
        return self.classifier(self.features(planes).mean(dim=(2, 3)))


def _convolution(inputs, outputs, kernel, padding):
    if padding == "none":
        return nn.Conv2d(inputs, outputs, kernel)
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, padding_mode=padding)


def standardised_planes(array, *, height, width):
    """Counts less their median, in units of their scatter (from the median of absolute deviations)."""
    planes = counts_planes(array, height=height, width=width)
    planes = planes - np.median(planes)
    return planes / max(float(robust_sigma(planes, about=0)), 1e-3)


@dataclass(frozen=True)
class Design:
    """Options of the network, how planes are made of counts, and options of that."""

    options: dict = field(default_factory=dict)
    planes: str = "astroclassify.preprocess:counts_planes"
    scaled: dict = field(default_factory=dict)


DESIGNS = {
    "as the paper: 7, 5 and 3; no padding; counts": Design(),
    "3 x 3 only": Design({"largest": 3}),
    "5 x 5 at most": Design({"largest": 5}),
    "padded by zeros": Design({"padding": "zeros"}),
    "padded by reflection": Design({"padding": "reflect"}),
    "counts standardised": Design(planes="__main__:standardised_planes"),
    "standardised, arcsinh": Design(scaled={"scale": "noise"}),
}


def trained(chosen, name):
    """Train one design; give what its card says of held-out frames."""
    design = DESIGNS[name]
    spec = replace(
        find_spec("resnet18-resize"),
        builder="__main__:Shortened",
        builder_options=design.options,
        preprocessing=design.planes,
        preprocessing_options={"height": 224, "width": 448} | design.scaled,
    )
    recipe = replace(PRESETS["modern"], epochs=1, warm_up=50, average=0.98, seed=chosen.seed)
    run = chosen.runs / "".join(letter if letter.isalnum() else "-" for letter in name)
    settings = {"folder": run, "cache": chosen.runs / "planes", "resume": True, "progress": False}
    epochs = {"max_frames": chosen.samples} if chosen.samples else {}
    done = fit(spec, chosen.manifest, preset=recipe, **settings, **epochs)
    (figures,) = done.card["metrics"].values()
    return figures, sum(weights.numel() for weights in Shortened(**design.options).parameters())


def main():
    """Run the comparison; print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest", type=Path, metavar="LIST")
    parser.add_argument("runs", type=Path)
    parser.add_argument("--samples", type=int, help="frames of each training (default: all, once)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS), choices=list(DESIGNS), metavar="NAME")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    rows = [("design", "parameters", "balanced accuracy", "area under the curve", "held-out frames")]
    for name in chosen.designs:
        said, parameters = trained(chosen, name)
        print(name, said, flush=True)
        scores = (said["balanced_accuracy"], said["area_under_curve"])
        rows.append((name, f"{parameters:,}", *scores, f"{said['frames']} of {said['bodies']}"))
    print(as_text(Listing("Designs of a network for shrunk chips", rows), "rst"))


if __name__ == "__main__":
    main()
