"""XRAI: regions of a frame ranked by what they add to the answer (Kapishnikov et al. 2019).

Integrated gradients say what each cell adds; the frame is divided into parts at several scales; the parts are
united greedily by the mean of what they add. The parts here are isophotes, segments of an asinh-stretched
picture, and tiles of sky, on means of up to 512 cells along the longer side, instead of segments of the
picture shrunk to 224 x 224: those of a chip are no smaller than 25,000 pixels, and know no stars.
"""

import numpy as np

from astroclassify.core import checked, rules
from astroclassify.explain._gradients import attributions
from astroclassify.explain._merge import merge
from astroclassify.explain._seen import finished, see
from astroclassify.explain._segments import isophotes, members, segments, tiles
from astroclassify.inference import on_cells
from astroclassify.preprocess import asinh_stretched, block_means

_SIDE = 512
#: Segments are widened by so many cells, so that they hold their own edges; isophotes hold theirs (int).
_GROWN = 2
#: A part counts while it has so many cells that are not in a region yet (int).
_LEAST = 3
_BASELINES = {"black-and-white": ("black", "white")}


@checked(baseline=rules.text, steps=rules.whole(), side=rules.whole(), flips=rules.optional(rules.flag))
def explain_by_xrai(model, frame, *, target, baseline="sky", steps=16, side=_SIDE, flips=None):
    """
    Explain by ranked regions.

    Parameters
    ----------
    model : Model
        Any model for frames.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc", "object"}
        What the map speaks for.
    baseline : str, default "sky"
        As for integrated gradients, or ``"black-and-white"``: the mean of both, as its authors do.
    steps : int, default 16
        Of the integral.
    side : int, default 512
        How many cells the map has along the longer side, at most.
    flips : bool, optional
        As for `astroclassify.classify`.

    Returns
    -------
    astropy.nddata.CCDData
        Natural log-odds: of each cell the mean of its region, so that the sum stays that of integrated
        gradients. Its ``flags`` are the regions' ranks, 1 for the region with the largest mean.

    Raises
    ------
    OptionalDependencyError
        If scikit-image, of the extra ``explain``, is not installed.

    References
    ----------
    Kapishnikov et al. 2019, arXiv:1906.02825.
    """
    seen = see(model, frame, target, flips=flips)
    found = [attributions(seen, name, steps=steps) for name in _BASELINES.get(baseline, (baseline,))]
    parts = np.mean([each for each, _ in found], axis=0)
    image = picture(seen.array, side)
    regions = merge(
        on_cells(parts, seen.window, seen.array.shape, cells=image.shape), divided(image), least=_LEAST
    )
    facts = [("ACREGION", int(regions.ranks.max()), "number of regions"), *found[-1][1]]
    return finished(regions.density, frame, facts, flags=regions.ranks)


def picture(array, side):
    """
    Shrink a frame to equal cells.

    Parameters
    ----------
    array : numpy.ndarray or FrameRows
        ``[y, x]``, NaN where unusable.
    side : int
        The longer side has at most so many cells.

    Returns
    -------
    numpy.ndarray
        Means; cells without a usable pixel have the median.
    """
    blocks = block_means(array[:], largest_side=side)
    size = -(-max(array.shape) // side)
    if any(n % size for n in array.shape):  # the last blocks are smaller: cells of one size nearest to them
        cells = [max(1, round(n / size)) for n in array.shape]
        rows, columns = (
            np.minimum(((np.arange(m) + 0.5) * n / m).astype(int) // size, b - 1)
            for m, n, b in zip(cells, array.shape, blocks.shape, strict=True)
        )
        blocks = blocks[np.ix_(rows, columns)]
    return np.where(np.isfinite(blocks), blocks, np.nanmedian(blocks)).astype(np.float32)


def divided(image):
    """
    Divide a picture into parts of many sizes.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.

    Returns
    -------
    list of numpy.ndarray
        Cells of each part, as `members` gives them.
    """
    stretched = asinh_stretched(image) / 127.5 - 1
    parts = [part for labels in segments(stretched) for part in members(labels, grown=_GROWN)]
    parts += [part for labels in isophotes(image) for part in members(labels)]
    return parts + members(tiles(image.shape))
