"""``python -m astroclassify.training produce|fit FOLDER``: train the default model."""

import argparse
import logging
from pathlib import Path

from astroclassify.training import FramePool, Recipe, fit


def main(arguments=None):
    """Run one half of a training: a producer of frames, or the trainer."""
    parser = argparse.ArgumentParser(prog="python -m astroclassify.training", description=__doc__)
    parser.add_argument("role", choices=["produce", "fit"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--capacity", type=int, default=40_000, help="frames in the pool")
    parser.add_argument("--producer", type=int, default=0)
    parser.add_argument("--producers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="frames after which a producer stops")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the training")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    pool = FramePool(chosen.folder / "pool", capacity=chosen.capacity)
    if chosen.role == "produce":
        pool.produce(
            seed=chosen.seed, producer=chosen.producer, producers=chosen.producers, limit=chosen.limit
        )
    else:
        fit(pool, chosen.folder / "run", Recipe(seconds=60 * chosen.minutes, seed=chosen.seed))


if __name__ == "__main__":
    main()
