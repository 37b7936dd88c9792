"""``python -m astroclassify.training produce|start|fit|release FOLDER``: train the default model.

In the folder lie ``pools/SOURCE`` with frames to learn from, ``held/SOURCE`` with frames of other bodies,
made with another seed, and ``run``, the training. With ``--pictures FOLDER`` (``labels.csv`` and labelled
pictures) real bodies are shown as well, as photographs and as scenes; a fifth of them is held out. ``start``
makes ``start.safetensors``, which ``--weights`` takes, of EfficientNet-Lite0's weights for ImageNet
(``--imagenet FILE``).
"""

import argparse
import json
import logging
from pathlib import Path

import numpy as np

from astroclassify.core import keep_large_arrays_memory
from astroclassify.training import FramePool, Recipe, fit, release
from astroclassify.training._pictures import credits_of, real_sources
from astroclassify.training._pool import Mixture
from astroclassify.training._pretrained import described, imagenet_state
from astroclassify.training._sources import SOURCES
from astroclassify.training._trainer import write_state


def main(arguments=None):
    """Run one part of a training: a producer of frames, the trainer, or the release."""
    chosen = _parser().parse_args(arguments)
    keep_large_arrays_memory()  # or half of a step is spent on fresh pages
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    {"produce": _produce, "start": _start, "fit": _fit, "release": _release}[chosen.role](chosen)


def _parser():
    parser = argparse.ArgumentParser(prog="python -m astroclassify.training", description=__doc__)
    parser.add_argument("role", choices=["produce", "start", "fit", "release"])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--source",
        help=f"what a producer makes: {', '.join(SOURCES)}; of pictures also photographs, scenes, real chips",
    )
    parser.add_argument("--pictures", type=Path, help="labelled pictures to learn from as well")
    parser.add_argument("--held", action="store_true", help="a producer makes frames that are held out")
    parser.add_argument("--capacity", type=int, default=40_000, help="frames in a pool")
    parser.add_argument("--producer", type=int, default=0)
    parser.add_argument("--producers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="frames after which a producer stops")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the training")
    parser.add_argument("--learning-rate", type=float, default=1.5e-3, help="its peak")
    parser.add_argument("--weights", help="weights to start from")
    parser.add_argument("--imagenet", type=Path, help="EfficientNet-Lite0's weights, a file of tensors")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="more folders with pools")
    parser.add_argument("--side", type=int, help="shrink planes to so many pixels, for a quick first part")
    parser.add_argument("--run", default="run", help="name of the training in the folder")
    parser.add_argument("--target", type=Path, help="where to release the weights, NAME.safetensors")
    parser.add_argument("--parent", type=Path, help="card of the weights that the trainings started from")
    parser.add_argument("--earlier", type=Path, nargs="*", default=[], help="trainings that it started from")
    parser.add_argument("--commit", default="unknown", help="of the code that trained, for the card")
    return parser


def sources(pictures, *, held=False):
    """List the sources of frames and their shares of a batch, which sum to 1; pictures may be None."""
    real = {} if pictures is None else real_sources(pictures, held=held)
    rest = 1 - sum(share for _, share in real.values())
    return {name: (source, share * rest) for name, (source, share) in SOURCES.items()} | real


def _produce(chosen):
    pool_dir = chosen.folder / ("held" if chosen.held else "pools") / chosen.source
    FramePool(pool_dir, capacity=chosen.capacity).produce(
        sources(chosen.pictures, held=chosen.held)[chosen.source][0],
        seed=chosen.seed,
        producer=chosen.producer,
        producers=chosen.producers,
        limit=chosen.limit,
    )


def _start(chosen):
    write_state(imagenet_state(chosen.imagenet), chosen.folder / "start.safetensors")


def _fit(chosen):
    recipe = Recipe(
        seconds=60 * chosen.minutes,
        seed=chosen.seed,
        batch_size=64,
        learning_rate=chosen.learning_rate,
        weight_decay=0.03,
        average=0.995,
        warm_up=100,
        clip=5.0,
        precision="float32",  # on a CPU the gradients of depthwise convolutions are faster than in bfloat16
    )
    fit(
        "patchnet",
        _mixture(chosen),
        folder=chosen.folder / chosen.run,
        preset=recipe,
        weights=chosen.weights,
        resume=True,
    )


def _mixture(chosen):
    """All pools; where several folders have a source, each gives of its share what it holds of the frames."""
    pools, shares = [], []
    for name, (_, share) in sources(chosen.pictures).items():
        folders = [folder / "pools" / name for folder in (chosen.folder, *chosen.also)]
        found = [FramePool(folder) for folder in folders if folder.is_dir()] or [FramePool(folders[0])]
        held = np.array([min(pool.filled, pool.capacity) for pool in found])
        parts = held / held.sum() if held.any() else np.full(len(found), 1 / len(found))  # none yet: alike
        pools += found
        shares += list(share * parts)
    pictures = credits_of(chosen.pictures) if chosen.pictures else ()
    return Mixture(pools, shares, pictures=pictures, side=chosen.side)


def _release(chosen):
    target = chosen.target or chosen.folder / "patchnet.safetensors"
    held = {name: FramePool(chosen.folder / "held" / name) for name in sources(chosen.pictures)}
    shown, kept = (
        {picture["body"] for picture in credits_of(chosen.pictures, held=held)} if chosen.pictures else ()
        for held in (False, True)
    )
    card = release(
        chosen.folder / chosen.run,
        target,
        held,
        parent=chosen.parent,
        pretrained=None if chosen.imagenet is None else described(chosen.imagenet),
        earlier=chosen.earlier,
        bodies=shown,
        calibrated=kept,
        commit=chosen.commit,
    )
    print(json.dumps(card, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
