"""How far cosmic rays blur the means of blocks of pixels: ``python benchmarks/diffuse.py SET``.

For each chip of a simulated set: by how much the means of blocks, with the size that the default model uses,
scatter from block to block, relative to the noise of a pixel over the side of a block, which is the least
there can be. Plain means, means of the opened frame, and the diffuse light. The table gives quantiles over
the chips, of all and of those whose exposure is longer than that of half of them.
"""

import argparse
from pathlib import Path

import numpy as np
from astropy.nddata import block_reduce
from judge_frames import simulated
from judge_tables import Listing, as_text

from astroclassify.models import PATCHNET
from astroclassify.preprocess import pixel_noise
from astroclassify.preprocess._planes import _block_size
from astroclassify.preprocess._shrinking import shrunk_by_blocks

_QUANTILES = (0.1, 0.5, 0.9)


def scatter(array):
    """Give how much three kinds of means scatter, in units of the least there can be."""
    block = _block_size(array.shape, PATCHNET.preprocessing_options["side"])
    part = array[tuple(slice(*map(int, ends)) for ends in PATCHNET.window(array.shape))]
    blocks = shrunk_by_blocks(array, block)
    plain = block_reduce(part, block, func=np.mean)
    return [pixel_noise(each) / (pixel_noise(part) / block) for each in (plain, blocks.mean, blocks.diffuse)]


def table(name, frames):
    """Make the table of one set."""
    found = np.array([scatter(np.asarray(one.frame.array()[:], np.float32)) for one in frames])
    times = np.array([one.exptime for one in frames])
    long = times > np.median(times)
    head = ("means of blocks", *(f"{q:.0%} of the chips" for q in _QUANTILES), "median, long exposures")
    rows = [
        (kind, *(f"{value:.2f}" for value in (*np.quantile(each, _QUANTILES), np.median(each[long]))))
        for kind, each in zip(("all pixels", "opened", "diffuse light"), found.T, strict=True)
    ]
    return Listing(
        f"{name}, {len(frames)} chips, half of them longer than {np.median(times):.0f} s", [head, *rows]
    )


def main():
    """Print a table for each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="simulated sets")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th chip only")
    chosen = parser.parse_args()
    for folder in chosen.sets:
        print(as_text(table(folder.name, simulated(folder)[:: chosen.every]), "rst"), flush=True)


if __name__ == "__main__":
    main()
