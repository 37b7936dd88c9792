"""What each part of the default model is worth: ``python benchmarks/designs.py FOLDER --realsky PICTURES``.

Trains the default model's network again and again with one part left out, each time from the same start, on
as many samples from the pools in FOLDER (``astroclassify train-default produce FOLDER``), and measures
it on the held-out pools there and, if asked for, on labelled photographs. Trainings stay in FOLDER/designs,
so that a run that was stopped goes on.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import torch
from judge_frames import photographs

from astroclassify.inference import galaxy_probability, predict_planes
from astroclassify.metrics import area_under_curve, balanced_accuracy
from astroclassify.models import PATCHNET, build_model
from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.simulate import CLASSES
from astroclassify.training import FramePool, Recipe, fit
from astroclassify.training._data import PoolStream
from astroclassify.training._pool import Mixture
from astroclassify.training._sources import SOURCES

VIEWS, EXPOSURES = ("small", "large"), ("acs", "uvis")


class Steps(PoolStream):
    """Frames of a pool, so many steps an epoch."""

    def __init__(self, pool, spec, *, steps, seed):
        super().__init__(pool, spec, seed=seed)
        self.steps = steps

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


#: What is left out: options of the network, and sources of frames.
DESIGNS = {
    "everything": ({}, ()),
    "no plane of peaks": ({"unseen": [4]}, ()),
    "no plane of ranks": ({"unseen": [2]}, ()),
    "no plane in units of the noise": ({"unseen": [1]}, ()),
    "no plane of coverage": ({"unseen": [3]}, ()),
    "no attention: mean over patches": ({"attentive": False}, ()),
    "no physical exposures": ({}, EXPOSURES),
    "no exposures by ACS": ({}, ("acs",)),
    "no exposures by UVIS": ({}, ("uvis",)),
    "no views": ({}, VIEWS),
    "no large frames": ({}, ("large",)),
    "no frames without a body": ({}, ("blank", "outliers")),
}


def trained(folder, name, *, weights, steps, seed):
    """Train one design, from nothing or from weights; give its model and how many samples it saw."""
    options, left_out = DESIGNS[name]
    spec = dataclasses.replace(
        PATCHNET, builder="__main__:Variant", builder_options={**PATCHNET.builder_options, **options}
    )
    shares = {source: share for source, (_, share) in SOURCES.items() if source not in left_out}
    pools = [FramePool(folder / "pools" / source) for source in shares]
    mixture = Mixture(pools, [share / sum(shares.values()) for share in shares.values()])
    recipe = Recipe(epochs=1, batch_size=64, learning_rate=1e-3, clip=5.0, average=0.98, seed=seed)
    run = folder / "designs" / f"{name.replace(' ', '-').replace(':', '')}-{seed}"
    data = Steps(mixture, spec, steps=steps, seed=seed)
    done = fit(spec, data, folder=run, preset=recipe, weights=weights, resume=True)
    return build_model(spec, weights=done.weights, precision="float32"), done.steps * recipe.batch_size


def logits_of(model, planes):
    """Logits of frames, averaged over views."""
    return np.array([said.logits for said in predict_planes(model, planes, evidence=False, batch_size=50)])


def scores_on_pool(model, pool, *, most=600):
    """Balanced accuracy and AUC on held-out frames that show a galaxy or an nsc."""
    planes, labels, _ = zip(*pool.in_order(1, most=most), strict=True)
    logits, labels = logits_of(model, (array[0] for array in planes)), np.concatenate(labels)
    known = labels < CLASSES.index("field")
    return _scores(logits[known], labels[known] == CLASSES.index("galaxy"))


def _scores(logits, is_galaxy):
    p_galaxy = galaxy_probability(logits, CLASSES)
    return balanced_accuracy(p_galaxy, is_galaxy), area_under_curve(p_galaxy, is_galaxy)


def measured(model, folder, pictures):
    """All scores of a model; ``pictures`` are planes, and whether they show galaxies."""
    found = {
        source: scores_on_pool(model, FramePool(folder / "held" / source)) for source in VIEWS + EXPOSURES
    }
    if pictures:
        planes, is_galaxy = pictures
        found["photographs"] = _scores(logits_of(model, planes), is_galaxy)
    return found


def main():
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=310, help="of 64 samples")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", help="weights that every design starts from; by default none")
    parser.add_argument("--realsky", type=Path)
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS), choices=list(DESIGNS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    pictures = None
    if chosen.realsky:
        seen = photographs(chosen.realsky)
        planes = [PATCHNET.planes(picture.frame.array()) for picture in seen]
        pictures = planes, np.array([picture.truth == "galaxy" for picture in seen])
    for name in chosen.designs:
        model, samples = trained(
            chosen.folder, name, weights=chosen.weights, steps=chosen.steps, seed=chosen.seed
        )
        found = measured(model, chosen.folder, pictures)
        figures = "  ".join(f"{key} {accuracy:.3f} {auc:.3f}" for key, (accuracy, auc) in found.items())
        print(f"{name:34s} {samples} samples; balanced accuracy and AUC: {figures}", flush=True)


if __name__ == "__main__":
    main()
