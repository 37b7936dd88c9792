"""Draw whole chips for ``designs.py``: ``python benchmarks/designs_chips.py POOLS --limit 1200``.

Each chip is kept in several details, so that designs can be compared on the same chips: shrunk to about 192,
288 and 384 pixels a side, and as a *sheet*. A sheet is a second look: the chip in the detail of 192, and
below it the four places with the highest attention of the shipped weights, 128 pixels a side at native
resolution. Objects are drawn as for the source ``whole chips`` of ``astroclassify train-default``. With
``--set FOLDER`` the chips of an examination are taken instead, and held out. Each camera has its own pools.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
from judge_frames import CAMERAS, simulated

from astroclassify.models import PATCHNET, build_model
from astroclassify.preprocess import working_planes
from astroclassify.simulate import CLASSES
from astroclassify.training import FramePool
from astroclassify.training._pool import PLANES, _fitted, quantised
from astroclassify.training._sources import whole_chips

#: Height and width of a chip's planes, for each detail.
DETAILS = {192: (128, 256), 288: (192, 384), 384: (256, 512)}
_PATCH, _TILE, _TILES = 16, 128, 4


def in_detail(array, detail):
    """Give the planes of a frame in one detail, in full."""
    options = {**PATCHNET.preprocessing_options, "side": detail}
    return working_planes(array, **options)


def sheet(array, model, *, rng):
    """Give the planes of a frame, and below them those of its most attended places in full."""
    whole = in_detail(array, 192)
    with torch.inference_mode():
        trunk = model.module.trunk(torch.from_numpy(whole)[None])
        attention = model.module.attention(trunk)[0, 0].numpy()
    best = np.argsort(attention, axis=None)[::-1][:_TILES]
    scale = [n / cells for n, cells in zip(array.shape, whole.shape[1:], strict=True)]
    tiles = []
    for place in zip(*np.unravel_index(best, attention.shape), strict=True):
        top, left = (
            int(np.clip((one + 0.5) * _PATCH * step - _TILE / 2, 0, max(0, n - _TILE)))
            for one, step, n in zip(place, scale, array.shape, strict=True)
        )
        tile = array[top : top + _TILE, left : left + _TILE]
        tiles.append(_fitted(in_detail(tile, _TILE), (_TILE, _TILE), rng))
    tiles += [np.zeros((PLANES, _TILE, _TILE), np.float32)] * (_TILES - len(tiles))
    rows = [np.concatenate(tiles[first : first + 2], axis=2) for first in (0, 2)]
    return np.concatenate([_fitted(whole, DETAILS[192], rng), *rows], axis=1)


class SheetPool(FramePool):
    """A pool of sheets."""

    def __init__(self, folder, *, model=None, capacity=None):
        super().__init__(folder, capacity=capacity, side=DETAILS[192][0] + 2 * _TILE, width=2 * _TILE)
        self.model = model

    def _entries(self, source, rng, call):
        for array, label, *body in source(rng):
            yield quantised(sheet(array, self.model, rng=rng)), label, *(body or [call])


def remembered(source):
    """Give a source that draws the same frames once only, for several pools in turn."""
    last = {}

    def drawn(rng):
        key = rng.bit_generator.state["state"]["state"]
        if key not in last:
            last.clear()
            last[key] = source(rng)
        return last[key]

    return drawn


def pools(folder, name, *, capacity, model):
    """Open the pools of one source."""
    found = {
        f"{name} {detail}": FramePool(
            folder / f"{name} {detail}", capacity=capacity, side=side, width=width, detail=detail
        )
        for detail, (side, width) in DETAILS.items()
    }
    return [*found.values(), SheetPool(folder / f"{name} sheets", model=model, capacity=capacity)]


def of_set(folder, camera):
    """Give a source that takes a camera's exposures of a set in turn, and how many chips there are."""
    by_body = {}
    for one in simulated(folder):
        if one.instrument == camera:
            by_body.setdefault(one.body, []).append(one)
    exposures = iter(by_body.values())

    def taken(rng):
        return [(one.frame.array(), _label(one)) for one in next(exposures)]

    return taken, sum(len(chips) for chips in by_body.values())


def _label(one):
    """The index of a class; which of nebula and star cluster an NSC is does not matter here."""
    return CLASSES.index("galaxy" if one.truth == "galaxy" else "nebula")


def main():
    """Draw the chips."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="POOLS")
    parser.add_argument("--camera", required=True, choices=CAMERAS)
    parser.add_argument("--set", type=Path, metavar="DIR", help="take the chips of this set, held out")
    parser.add_argument("--limit", type=int, default=1200, help="chips")
    parser.add_argument("--capacity", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=5001)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.set:
        source, limit = of_set(chosen.set, chosen.camera)
        folder, name, capacity = chosen.folder / "held", chosen.set.name, limit
    else:
        source, limit = partial(whole_chips, instruments=(chosen.camera,)), chosen.limit
        folder, name, capacity = chosen.folder / "pools", "whole chips", chosen.capacity
    source, model = remembered(source), build_model("default", precision="float32")
    rings = pools(folder, f"{name} {chosen.camera}", capacity=capacity, model=model)
    for done in range(2, limit + 1, 2):
        for ring in rings:
            ring.produce(source, limit=done, seed=chosen.seed)


if __name__ == "__main__":
    main()
