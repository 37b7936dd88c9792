"""What parts of the default model and its training are worth: ``python benchmarks/designs.py POOLS``.

Trains the default model's network again and again with one part changed, each time from the same start, on
as many samples from the same pools (``astroclassify train-default produce``, ``designs_chips.py``), with one
or more seeds. Each is measured on the held-out pools in POOLS and, if asked for, on labelled photographs: the
area under the curve of galaxy against nebula or star cluster, and how much it differs from that of the first
design, with 95% intervals from bootstrap samples of bodies. Trainings and their answers stay in
a folder in POOLS, so that a run that was stopped goes on. Sources without a pool are left out.
"""

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from judge_frames import CAMERAS, photographs
from judge_tables import Listing, as_text

from astroclassify.cli._parsing import add_source_shares
from astroclassify.core import atomic_path
from astroclassify.inference import galaxy_probability, predict_planes
from astroclassify.metrics import ClusterBootstrap, area_under_curve
from astroclassify.models import PATCHNET, build_model
from astroclassify.simulate import CLASSES
from astroclassify.training import FramePool, Recipe, fit
from astroclassify.training._data import PoolStream
from astroclassify.training._pictures import credits_of
from astroclassify.training._pool import Mixture
from astroclassify.training._pretrained import imagenet_state
from astroclassify.training._trainer import write_state
from astroclassify.training.default import parts_of, shares_of, sources

#: Held-out pools that are measured together.
COLUMNS = {
    "views": ("small", "large", "styled"),
    "subarrays": ("acs", "uvis"),
    "chips": ("chips", "whole chips"),
    "clear chips": ("clear",),
    "blurry chips": ("blurry",),
    "chips of ACS": ("clear acs-wfc", "blurry acs-wfc"),
    "chips of UVIS": ("clear wfc3-uvis", "blurry wfc3-uvis"),
    "CSST": ("csst",),
    "photographs": ("photographs",),
    "real raw frames": ("scenes", "real chips", "real whole chips"),
}
_REAL_CHIPS = ("real chips", "real whole chips")
_RAW = ("scenes", *_REAL_CHIPS)


@dataclass(frozen=True)
class Design:
    """
    One way to build and train.

    Options of the network, sources left out, changes of the recipe; in what detail whole chips are shown,
    and by which cameras, where their pools have several; and what the training starts from.
    """

    options: dict = field(default_factory=dict)
    without: tuple = ()
    recipe: dict = field(default_factory=dict)
    vary: bool = True
    detail: str = "288"
    cameras: tuple = CAMERAS
    start: str = "weights"


DESIGNS = {
    "everything": Design(),
    "no plane of peaks": Design({"unseen": [4]}),
    "no planes of diffuse light": Design({"unseen": [5, 6, 7, 8]}),
    "no attention, mean over patches": Design({"attentive": False}),
    "no real photographs": Design(without=("photographs",)),
    "no real scenes": Design(without=_RAW),
    "no real bodies": Design(without=("photographs", *_RAW)),
    "no whole chips in detail": Design(without=("whole chips", "real whole chips")),
    "no whole chips": Design(without=("chips", "whole chips", *_REAL_CHIPS)),
    "no windows of CSST": Design(without=("csst",)),
    "no other windows and stretches": Design(vary=False),
    "one answer in all styles": Design(recipe={"consistency": 1.0}),
    "normalisation learnt too": Design(recipe={"trainable": "all"}),
    "chips of ACS alone, no real scenes": Design(without=_RAW, cameras=("acs-wfc",)),
    "chips of UVIS alone, no real scenes": Design(without=_RAW, cameras=("wfc3-uvis",)),
    "192 pixels a side": Design(detail="192"),
    "384 pixels a side": Design(detail="384"),
    "a second look": Design(detail="sheets"),
    "EfficientNet-Lite1": Design({"trunk": "lite1"}, start="lite1"),
    "from random numbers": Design(start="random", recipe={"trainable": "all"}),
    "ConvNeXt-like, from random numbers": Design(
        {"trunk": "convnext"}, start="random", recipe={"trainable": "all"}
    ),
}


class Steps(PoolStream):
    """Frames of a pool, so many steps an epoch."""

    steps = 1

    def batches(self, size):
        """Count the batches of an epoch."""
        return self.steps


# Training ------------------------------------------------------------------------------------------


def places(root, name, design):
    """List the folders of a source's pools; of whole chips, those of a design's detail and cameras."""
    named = (f"{name} {camera} {design.detail}" for camera in design.cameras)
    return [root / each for each in (name, f"{name} {design.detail}", *named) if (root / each).is_dir()]


def mixture(chosen, design):
    """Mix the pools, less those that the design leaves out; the others' shares grow alike."""
    asked = shares_of(chosen.shares, sources(chosen.pictures))
    roots, pools, parts = [one / "pools" for one in (chosen.folder, *chosen.also)], [], []
    for name in (name for name in asked if name not in design.without):
        found = [FramePool(folder) for root in roots for folder in places(root, name, design)]
        pools += found
        parts += parts_of(asked[name], found) if found else []
    pictures = credits_of(chosen.pictures) if chosen.pictures else ()
    vary = design.vary and not chosen.as_drawn
    return Mixture(pools, np.array(parts) / sum(parts), pictures=pictures, vary=vary)


def started(chosen, design, spec, run):
    """Give the file of the weights that a design starts from, if there is one."""
    if design.start == "random":
        return None
    if design.start == "weights":
        return chosen.weights
    if chosen.lite1 is None:
        raise SystemExit("EfficientNet-Lite1 starts from its own weights; give their file: --lite1 FILE")
    run.mkdir(parents=True, exist_ok=True)
    write_state(imagenet_state(chosen.lite1, spec=spec), run / "start.safetensors")
    return run / "start.safetensors"


def trained(chosen, name, seed, run):
    """Train one design; give its model."""
    design = DESIGNS[name]
    options = {**PATCHNET.builder_options, **design.options}
    spec = replace(PATCHNET, builder="designs_networks:Variant", builder_options=options)
    settings = {"trainable": chosen.trainable, "precision": "float32", "weight_decay": 0.03} | design.recipe
    optimiser = {"learning_rate": chosen.learning_rate, "warm_up": 20, "clip": 5.0, "average": 0.98}
    recipe = Recipe(epochs=1, batch_size=64, seed=seed, **optimiser, **settings)
    data = Steps(mixture(chosen, design), spec, seed=seed, minimum=1, together=recipe.consistency > 0)
    data.steps = chosen.samples // recipe.batch_size
    start = started(chosen, design, spec, run)
    done = fit(spec, data, folder=run, preset=recipe, weights=start, resume=True, progress=False)
    return build_model(spec, weights=done.weights, precision="float32")


# Measuring -----------------------------------------------------------------------------------------


def held_frames(chosen, names, detail):
    """Give planes, whether they show a galaxy, and bodies, of held-out frames of bodies."""
    found, shown = [], Design(detail=detail)  # a held-out frame of any camera
    folders = [folder for name in names for folder in places(chosen.folder / "held", name, shown)]
    for folder in folders:
        for planes, labels, bodies in FramePool(folder).in_order(1, most=chosen.most):
            if labels[0] < CLASSES.index("field"):
                found.append((planes[0], labels[0] == CLASSES.index("galaxy"), f"{folder.name} {bodies[0]}"))
    return found


def pictured(folder):
    """Give planes, whether they show a galaxy, and bodies, of labelled photographs."""
    return [
        (PATCHNET.planes(one.frame.array()), one.truth == "galaxy", one.body) for one in photographs(folder)
    ]


def columns(chosen, detail):
    """Give the frames of each column that there is."""
    found = {column: held_frames(chosen, names, detail) for column, names in COLUMNS.items()}
    found = {column: held for column, held in found.items() if held}
    return found | ({"other photographs": pictured(chosen.realsky)} if chosen.realsky else {})


def answers(chosen, name, seed):
    """Give P(galaxy), the truth and the body of the frames of each column; train, unless that is done."""
    run = chosen.folder / chosen.runs / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
    kept = run / "answers.npz"
    if not kept.exists():
        model, found = trained(chosen, name, seed, run), {}
        for column, held in columns(chosen, DESIGNS[name].detail).items():
            planes, is_galaxy, bodies = zip(*held, strict=True)
            said = predict_planes(model, planes, evidence=False)
            p_galaxy = galaxy_probability(np.array([one.logits for one in said]), CLASSES)
            found |= {f"{column}/p": p_galaxy, f"{column}/is": is_galaxy, f"{column}/of": bodies}
        with atomic_path(kept) as path:
            np.savez(path, **found)
    with np.load(kept) as found:
        names = dict.fromkeys(key.rpartition("/")[0] for key in found)
        return {column: tuple(found[f"{column}/{part}"] for part in ("p", "is", "of")) for column in names}


def difference(one, first):
    """Give how much larger the area under the curve is than that of the first design, with its interval."""
    (p_one, is_galaxy, bodies), (p_first, same, _) = one, first
    if not np.array_equal(is_galaxy, same):
        raise SystemExit("the designs were measured on other frames; remove their answers.npz")

    def gained(places, is_galaxy):  # both answers of a frame are drawn together: what is drawn is its place
        chosen = np.round(places * len(p_one)).astype(int)
        return area_under_curve(p_one[chosen], is_galaxy) - area_under_curve(p_first[chosen], is_galaxy)

    places = np.arange(len(p_one)) / len(p_one)
    return ClusterBootstrap(bodies).estimate(gained, places, is_galaxy)


def mean_over(seeds):
    """Give the mean answers of several trainings."""
    p_galaxy = np.mean([p for p, _, _ in seeds], axis=0)
    return p_galaxy, *seeds[0][1:]


def table(chosen):
    """Train and measure each design; make the table of those and of their differences from the first."""
    found, rows = {}, []
    for name in chosen.designs:
        each = [answers(chosen, name, seed) for seed in range(1, chosen.seeds + 1)]
        found[name] = {
            column: mean_over([one[column] for one in each]) for column in chosen.columns or each[0]
        }
        first = found[chosen.designs[0]]
        areas = {
            column: ", ".join(f"{area_under_curve(*one[column][:2]):.3f}" for one in each) for column in first
        }
        print(name, areas, flush=True)
        rows.append((name, *areas.values()))
        if name != chosen.designs[0]:
            gains = (difference(found[name][column], first[column]) for column in first)
            rows.append(("", *(one.text("+.3f") for one in gains)))
    head = ("design", *(f"{column} ({len(p)})" for column, (p, _, _) in first.items()))
    title = (
        f"Area under the curve after {chosen.samples} samples from the same start, of each seed; difference"
    )
    return Listing(title, [head, *rows])


def main():
    """Run the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="POOLS")
    parser.add_argument("--also", type=Path, nargs="*", default=[], metavar="DIR", help="more pools")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="as the pools were drawn with")
    parser.add_argument("--runs", default="designs", metavar="NAME", help="folder of the trainings in POOLS")
    parser.add_argument("--samples", type=int, default=25_600, help="of each training")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each design")
    parser.add_argument("--weights", help="weights that the designs start from; by default none")
    parser.add_argument("--lite1", help="weights of EfficientNet-Lite1, of its own package")
    parser.add_argument("--learning-rate", type=float, default=4e-4)
    parser.add_argument("--trainable", default="convolutions", choices=("all", "convolutions"))
    add_source_shares(parser)
    parser.add_argument("--as-drawn", action="store_true", help="show frames in no other windows")
    parser.add_argument("--most", type=int, default=300, help="frames of a held-out pool")
    parser.add_argument("--realsky", type=Path, help="labelled photographs")
    parser.add_argument("--columns", nargs="*", metavar="NAME", help="to print; by default all")
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS), choices=list(DESIGNS), metavar="NAME")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(as_text(table(chosen), "rst"))


if __name__ == "__main__":
    main()
