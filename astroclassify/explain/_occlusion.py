"""Occlusion: what the answer loses when a part of the frame is covered with sky (Zeiler & Fergus 2014).

Squares, each half over its neighbours, are covered one after the other; a cell gets the mean of what the
squares over it cost, divided by their area.
"""

from itertools import product

import numpy as np

from astroclassify.core import checked, rules
from astroclassify.explain._baselines import baseline_planes
from astroclassify.explain._seen import see

#: Steps along the longer side, at most: a finer map would run the network for every cell of the planes (int).
_MOST = 96


@checked(baseline=rules.text, squares=rules.whole(2, _MOST), flips=rules.flag)
def explain_by_occlusion(model, frame, *, target, baseline="sky", squares=16, flips=False):
    """
    Explain by covering parts of the frame.

    Parameters
    ----------
    model : Model
        Any model for frames.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc", "object"}
        What the map speaks for.
    baseline : {"sky", "simulated-sky", "blurred", "black", "white"}, default "sky"
        What the parts are covered with.
    squares : int, default 16
        2 to 96: how many steps of half a square lie along the longer side; the network runs once for
        each square.
    flips : bool, default False
        As for `astroclassify.classify`: four times as many runs.

    Returns
    -------
    astropy.nddata.CCDData
        Natural log-odds that each cell's cover costs.

    References
    ----------
    Zeiler & Fergus 2014, arXiv:1311.2901.
    """
    seen = see(model, frame, target, flips=flips)
    cover = baseline_planes(baseline, seen.planes)[0]
    parts = _squares(seen.planes.shape[-2:], squares)
    whole = seen.many_log_odds([seen.planes[0]])[0]
    cost = whole - seen.many_log_odds(_covered(seen.planes[0], cover, part) for part in parts)
    facts = [
        ("ACBASE", baseline, "what parts are covered with"),
        ("ACSTEPS", len(parts), "how many parts were covered"),
    ]
    return seen.map(_mean_cost(cost, parts, seen.planes.shape[-2:]), facts=facts)


def _squares(shape, squares):
    """
    Rows and columns of each square, two steps wide.

    None is cut off at an edge: steps are adjusted until whole ones fill each axis, for the cost of covering a
    sliver divided by its small area would say that an empty corner matters most. An axis of less than two
    steps is covered as a whole.
    """
    step = max(1, -(-max(shape) // squares))
    edges = (np.linspace(0, n, max(2, round(n / step)) + 1).round().astype(int).tolist() for n in shape)
    return list(product(*([slice(*pair) for pair in zip(each, each[2:], strict=False)] for each in edges)))


def _covered(planes, cover, part):
    planes = planes.clone()
    planes[:, *part] = cover[:, *part]
    return planes


def _mean_cost(costs, parts, shape):
    total, number = np.zeros(shape), np.zeros(shape)
    for cost, part in zip(costs, parts, strict=True):
        area = np.prod([cut.stop - cut.start for cut in part])
        total[part] += cost / area
        number[part] += 1
    return total / number
