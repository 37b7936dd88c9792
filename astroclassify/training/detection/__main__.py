"""``python -m astroclassify.training.detection produce|fit|release FOLDER``: train the detector ``yolo``.

In the folder lie ``pools`` with fields to learn from, ``held`` with others, made with another seed, and
``run``, the training. With ``--pictures FOLDER`` (``labels.csv`` and labelled pictures) half of the bodies
are real ones; a fifth of them is held out.
"""

import argparse
import json
import logging
from pathlib import Path

from astroclassify.core import keep_large_arrays_memory
from astroclassify.training._pictures import credits_of
from astroclassify.training.detection._fields import annotated_source, field_source
from astroclassify.training.detection._fit import DETECTION_PRESETS, fit_detector
from astroclassify.training.detection._pool import FieldPool
from astroclassify.training.detection._release import release_detector


def main(arguments=None):
    """Run one part of a training: a producer of fields, the trainer, or the release."""
    chosen = _parser().parse_args(arguments)
    keep_large_arrays_memory()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    {"produce": _produce, "fit": _fit, "release": _release}[chosen.role](chosen)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m astroclassify.training.detection", description=__doc__.splitlines()[0]
    )
    parser.add_argument("role", choices=["produce", "fit", "release"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=Path, help="labelled pictures to learn from as well")
    parser.add_argument("--annotations", type=Path, help="labelled images to cut fields out of: COCO or YOLO")
    parser.add_argument("--held", action="store_true", help="a producer makes fields that are held out")
    parser.add_argument("--capacity", type=int, default=4000, help="fields in a pool")
    parser.add_argument("--producer", type=int, default=0)
    parser.add_argument("--producers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="fields after which a producer stops")
    parser.add_argument("--minutes", type=float, help="length of the training")
    parser.add_argument("--preset", choices=list(DETECTION_PRESETS), default="modern", help="how to train")
    parser.add_argument(
        "--weights", type=Path, help="weights to start from; by default our classifier's trunk"
    )
    parser.add_argument("--run", default="run", help="name of the training in the folder")
    parser.add_argument(
        "--earlier", nargs="*", default=[], help="trainings that it started from, first to last"
    )
    parser.add_argument("--target", type=Path, help="where to release the weights, NAME.safetensors")
    parser.add_argument("--count", type=int, default=400, help="fields that a release is measured on")
    parser.add_argument("--side", type=int, help="rows and columns of what is learnt from")
    parser.add_argument("--scales", type=float, nargs=2, help="range of the scales of crops")
    parser.add_argument("--batch-size", type=int, help="crops of a step")
    parser.add_argument("--learning-rate", type=float, help="its peak")
    return parser


def _produce(chosen):
    place = chosen.folder / ("held" if chosen.held else "pools")
    source = (
        annotated_source(chosen.annotations)
        if chosen.annotations
        else field_source(chosen.pictures, held=chosen.held)
    )
    FieldPool(place, capacity=chosen.capacity).produce(
        source,
        seed=chosen.seed,
        producer=chosen.producer,
        producers=chosen.producers,
        limit=chosen.limit,
    )


def _fit(chosen):
    names = ("side", "scales", "batch_size", "learning_rate")
    changed = {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}
    fit_detector(
        FieldPool(chosen.folder / "pools"),
        chosen.folder / chosen.run,
        preset=chosen.preset,
        weights=chosen.weights,
        seconds=None if chosen.minutes is None else 60 * chosen.minutes,
        pictures=credits_of(chosen.pictures) if chosen.pictures else (),
        **changed,
    )


def _release(chosen):
    named = (
        {picture["body"] for picture in credits_of(chosen.pictures, held=held)} if chosen.pictures else ()
        for held in (False, True)
    )
    card = release_detector(
        [chosen.folder / name for name in (*chosen.earlier, chosen.run)],
        chosen.target or chosen.folder / "fieldnet.safetensors",
        field_source(chosen.pictures, held=True),
        count=chosen.count,
        seed=chosen.seed,
        **dict(zip(("learnt", "held"), named, strict=True)),
    )
    print(json.dumps(card["metrics"], indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
