"""What parts of the default model and its training are worth: ``python benchmarks/designs.py POOLS``.

Trains the default model's network again and again with one part changed, each time from the same start, on
as many samples from the same pools (``astroclassify train-default produce``), with one or more seeds. Each is
measured on the held-out pools in POOLS and, if asked for, on labelled photographs: the area under the curve
of galaxy against nebula or star cluster, with 95% intervals from bootstrap samples of bodies. Trainings stay
in POOLS/designs, so that a run that was stopped goes on.
"""

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from judge_frames import photographs
from judge_tables import Listing, as_text

from astroclassify.inference import galaxy_probability, predict_planes
from astroclassify.metrics import ClusterBootstrap, area_under_curve
from astroclassify.models import PATCHNET, build_model
from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.simulate import CLASSES
from astroclassify.training import FramePool, Recipe, fit
from astroclassify.training._data import PoolStream
from astroclassify.training._pool import Mixture
from astroclassify.training.default import mixture_of

#: Held-out pools that are measured together.
COLUMNS = {
    "views": ("small", "large", "styled"),
    "subarrays": ("acs", "uvis"),
    "chips": ("chips", "whole chips"),
    "CSST": ("csst",),
    "real bodies": ("photographs", "scenes", "real chips", "real whole chips"),
}
_REAL_CHIPS = ("real chips", "real whole chips")


@dataclass(frozen=True)
class Design:
    """One way to build and train: options of the network, sources left out, changes of the recipe."""

    options: dict = field(default_factory=dict)
    without: tuple = ()
    recipe: dict = field(default_factory=dict)
    vary: bool = True


DESIGNS = {
    "everything": Design(),
    "no plane of peaks": Design({"unseen": [4]}),
    "no attention, mean over patches": Design({"attentive": False}),
    "no real photographs": Design(without=("photographs",)),
    "no real scenes": Design(without=("scenes", *_REAL_CHIPS)),
    "no real bodies": Design(without=("photographs", "scenes", *_REAL_CHIPS)),
    "no whole chips in detail": Design(without=("whole chips", "real whole chips")),
    "no whole chips": Design(without=("chips", "whole chips", *_REAL_CHIPS)),
    "no windows of CSST": Design(without=("csst",)),
    "no other windows and stretches": Design(vary=False),
    "one answer in all styles": Design(recipe={"consistency": 1.0}),
    "normalisation learnt too": Design(recipe={"trainable": "all"}),
}


class Steps(PoolStream):
    """Frames of a pool, so many steps an epoch."""

    steps = 1

    def batches(self, size):
        """Count the batches of an epoch."""
        return self.steps


class Variant(PatchNet):
    """PatchNet that does not see some planes, or gives every patch the same weight."""

    def __init__(self, *, unseen=(), attentive=True, **options):
        super().__init__(**options)
        self.unseen, self.attentive = list(unseen), attentive

    def parts(self, x):
        x = x.clone()
        x[:, self.unseen] = 0
        return super().parts(x)

    def _attention_to(self, features):
        return super()._attention_to(features) if self.attentive else torch.zeros_like(features[:, :1])


def mixture(chosen, design):
    """Mix the pools, less those that the design leaves out; the others' shares grow alike."""
    asked = {"folder": chosen.folder, "also": chosen.also, "pictures": chosen.pictures, "side": None}
    whole = mixture_of(SimpleNamespace(**asked, vary=design.vary))
    kept = [
        (pool, share)
        for pool, share in zip(whole.pools, whole.shares, strict=True)
        if pool.folder.name not in design.without
    ]
    pools, shares = zip(*kept, strict=True)
    return Mixture(pools, np.array(shares) / sum(shares), pictures=whole.pictures, vary=design.vary)


def trained(chosen, name, seed):
    """Train one design; give its model."""
    design = DESIGNS[name]
    options = {**PATCHNET.builder_options, **design.options}
    spec = replace(PATCHNET, builder="__main__:Variant", builder_options=options)
    settings = {"trainable": "convolutions", "precision": "float32", "weight_decay": 0.03} | design.recipe
    recipe = Recipe(
        epochs=1, batch_size=64, learning_rate=4e-4, warm_up=20, clip=5.0, average=0.98, seed=seed, **settings
    )
    data = Steps(mixture(chosen, design), spec, seed=seed, together=recipe.consistency > 0)
    data.steps = chosen.samples // recipe.batch_size
    run = chosen.folder / "designs" / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
    done = fit(spec, data, folder=run, preset=recipe, weights=chosen.weights, resume=True, progress=False)
    return build_model(spec, weights=done.weights, precision="float32")


def held_frames(folder, names, *, most):
    """Give planes, whether they show a galaxy, and bodies, of held-out frames of bodies."""
    found = []
    for name in names:
        if not (folder / "held" / name).is_dir():
            continue
        for planes, labels, bodies in FramePool(folder / "held" / name).in_order(1, most=most):
            if labels[0] < CLASSES.index("field"):
                found.append((planes[0], labels[0] == CLASSES.index("galaxy"), f"{name} {bodies[0]}"))
    return found


def pictured(folder):
    """Give planes, whether they show a galaxy, and bodies, of labelled photographs."""
    return [
        (PATCHNET.planes(one.frame.array()), one.truth == "galaxy", one.body) for one in photographs(folder)
    ]


def score(model, frames):
    """Give the area under the curve with its interval."""
    planes, is_galaxy, bodies = zip(*frames, strict=True)
    said = predict_planes(model, planes, evidence=False)
    p_galaxy = galaxy_probability(np.array([one.logits for one in said]), CLASSES)
    return ClusterBootstrap(bodies).estimate(area_under_curve, p_galaxy, np.array(is_galaxy))


def rows(chosen, frames):
    """Train and measure each design with each seed; print each as it is done."""
    for name in chosen.designs:
        for seed in range(1, chosen.seeds + 1):
            model = trained(chosen, name, seed)
            scores = {column: score(model, held) for column, held in frames.items()}
            print(name, seed, {column: round(one.value, 4) for column, one in scores.items()}, flush=True)
            yield name, seed, scores


def main():
    """Run the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="POOLS")
    parser.add_argument("--also", type=Path, nargs="*", default=[], metavar="DIR", help="more pools")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="as the pools were drawn with")
    parser.add_argument("--samples", type=int, default=25_600, help="of each training")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each design")
    parser.add_argument("--weights", help="weights that every design starts from; by default none")
    parser.add_argument("--most", type=int, default=300, help="frames of a held-out pool")
    parser.add_argument("--realsky", type=Path, help="labelled photographs")
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS), choices=list(DESIGNS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    frames = {
        column: held_frames(chosen.folder, names, most=chosen.most) for column, names in COLUMNS.items()
    }
    frames = {column: held for column, held in frames.items() if held}
    if chosen.realsky:
        frames["photographs"] = pictured(chosen.realsky)
    table = [
        (name, str(seed), *(one.text(".3f") for one in scores.values()))
        for name, seed, scores in rows(chosen, frames)
    ]
    head = ("design", "seed", *(f"{column} ({len(held)})" for column, held in frames.items()))
    title = f"Area under the curve after {chosen.samples} samples from the same start"
    print(as_text(Listing(title, [head, *table]), "rst"))


if __name__ == "__main__":
    main()
