"""The detector ``yolo``: our own one-stage network looks once at a tile and names all bodies in it."""

from functools import lru_cache

import numpy as np
from astropy.table import QTable

from astroclassify.core import checked, rules
from astroclassify.detect._again import within
from astroclassify.detect._spec import SHARE
from astroclassify.metrics import EDGES
from astroclassify.models import FIELDNET, build_model
from astroclassify.preprocess import detection_planes

#: The network halves its maps six times: tiles are made up to a multiple of this (int).
_MULTIPLE = 64
#: Tiles larger than this are also looked at on pixels twice as large, as the network learnt from crops no
#: larger: bodies larger than the first size are taken from there, smaller than the second from the tile.
_COARSE_FROM, _COARSE_LARGER, _FINE_SMALLER = 352, 32.0, 64.0
#: Of a tile at most so many cells are looked at, and so many boxes are given.
_MOST_CELLS, _MOST = 1000, 100
#: The score above which F1 was highest on held-out fields, where the card says nothing (float).
_LEAST = 0.3


def planes_of(image):
    """
    Prepare an image for the network.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]`` or ``[y, x, 3]``, finite.

    Returns
    -------
    numpy.ndarray
        Float32 ``[y, x, 5]``: see `~astroclassify.preprocess.detection_planes`.
    """
    return np.moveaxis(detection_planes(image), 0, -1)


@checked(least=rules.optional(SHARE), overlap=SHARE, inside=SHARE, weights=rules.optional(rules.path))
def find_by_yolo(planes, *, least=None, overlap=0.5, inside=0.75, weights=None, device="cpu"):
    """
    Find objects by the one-stage network.

    Parameters
    ----------
    planes : numpy.ndarray
        From `planes_of`, ``[y, x, 5]``.
    least : float, optional
        Leave out what has a lower score; by default what the weights' card says.
    overlap : float, default 0.5
        Of two boxes that overlap more than this (intersection over union) the better one is kept.
    inside : float, default 0.75
        Of two boxes of one class, one of which lies in the other by more than this, the better one is kept:
        bodies have parts.
    weights : path-like, optional
        Other weights than those that come with the package.
    device : str, default "cpu"
        Where the network runs.

    Returns
    -------
    astropy.table.QTable
        With the columns of detections, the highest score first.
    """
    model = _network(None if weights is None else str(weights), device)
    if least is None:
        least = model.card.get("detection", {}).get("least", _LEAST)
    edges, scores, classes = _found(model, np.moveaxis(planes, -1, 0), least, (overlap, inside))
    table = QTable()
    table["class"] = np.array(model.classes, dtype="U12")[classes]
    table["score"] = scores
    for name, column in zip(EDGES, edges.T, strict=True):
        table[name] = column
    return table


@lru_cache(maxsize=4)
def _network(weights, device):
    return build_model(FIELDNET, weights=weights, device=device)


def _found(model, planes, least, covered):
    """Edges, scores and classes of what is found in a tile, ``[channel, y, x]``."""
    import torch

    from astroclassify.models.nets.fieldnet import matrix_nms

    tile = torch.from_numpy(np.ascontiguousarray(planes)).to(model.device)
    with torch.inference_mode():
        twice = max(tile.shape[1:]) > _COARSE_FROM
        boxes, scores, classes = _seen(model, tile, least, smaller=_FINE_SMALLER if twice else np.inf)
        if twice:
            coarse = torch.nn.functional.avg_pool2d(tile[None], 2)[0]
            large, *others = _seen(model, coarse, least, larger=_COARSE_LARGER / 2)
            # The cell i of the coarse tile holds the pixels 2 i and 2 i + 1.
            boxes = torch.cat([boxes, 2 * large + 0.5])
            scores, classes = (torch.cat(pair) for pair in zip((scores, classes), others, strict=True))
        boxes = within(boxes, tile)
        kept = matrix_nms(boxes, scores, classes, overlap=covered[0], inside=covered[1])[:_MOST]
    return tuple(each[kept].cpu().numpy() for each in (boxes.double(), scores.double(), classes))


def _seen(model, tile, least, *, larger=0.0, smaller=np.inf):
    """Boxes between two sizes, scores and classes: all that is likely enough."""
    import torch

    from astroclassify.models.nets.fieldnet import cell_centres, decoded_boxes

    below, right = (-n % _MULTIPLE for n in tile.shape[1:])
    padded = torch.nn.functional.pad(tile[None], (0, right, 0, below))
    told = model.module(padded)[0].float()
    best = told[:, 4:].sigmoid().max(dim=1)
    likely = best.values.topk(min(_MOST_CELLS, len(told)))
    chosen = likely.indices[likely.values >= max(least, 1e-6)]
    centres, strides = cell_centres(padded.shape[2:], device=told.device)
    boxes = decoded_boxes(told[chosen, :4], centres[chosen], strides[chosen])
    size = ((boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])).sqrt()
    inside = (centres[chosen] < torch.tensor(tile.shape[1:], device=told.device)).all(dim=1)
    kept = inside & (size >= larger) & (size <= smaller)
    return boxes[kept], best.values[chosen][kept], best.indices[chosen][kept]
