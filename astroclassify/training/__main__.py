"""``python -m astroclassify.training produce|fit|release FOLDER``: train the default model."""

import argparse
import json
import logging
from pathlib import Path

from astroclassify.training import FramePool, Recipe, fit, release


def main(arguments=None):
    """Run one part of a training: a producer of frames, the trainer, or the release."""
    parser = argparse.ArgumentParser(prog="python -m astroclassify.training", description=__doc__)
    parser.add_argument("role", choices=["produce", "fit", "release"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--capacity", type=int, default=40_000, help="frames in the pool")
    parser.add_argument("--producer", type=int, default=0)
    parser.add_argument("--producers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="frames after which a producer stops")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the training")
    parser.add_argument("--target", type=Path, help="where to release the weights, NAME.safetensors")
    parser.add_argument("--commit", default="unknown", help="of the code that trained, for the card")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if chosen.role == "release":
        target = chosen.target or chosen.folder / "patchnet.safetensors"
        print(json.dumps(release(chosen.folder / "run", target, commit=chosen.commit), indent=2))  # noqa: T201
        return
    pool = FramePool(chosen.folder / "pool", capacity=chosen.capacity)
    if chosen.role == "produce":
        pool.produce(
            seed=chosen.seed, producer=chosen.producer, producers=chosen.producers, limit=chosen.limit
        )
    else:
        fit(pool, chosen.folder / "run", Recipe(seconds=60 * chosen.minutes, seed=chosen.seed))


if __name__ == "__main__":
    main()
