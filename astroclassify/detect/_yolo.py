"""The detector ``yolo``: our own one-stage network proposes boxes in a tile, which are looked at again."""

from functools import lru_cache

import numpy as np
from astropy.table import QTable

from astroclassify.core import checked, rules
from astroclassify.detect._again import NESTED, looked_again, within
from astroclassify.detect._classes import CLASSES, shares_of
from astroclassify.detect._spec import EDGES, SHARE
from astroclassify.io import luminance
from astroclassify.models import FIELDNET, build_model
from astroclassify.preprocess import detection_planes

#: How many planes the networks see; the luminance comes after them (int).
_PLANES = 5
#: The network halves its maps six times: tiles are made up to a multiple of this (int).
_MULTIPLE = 64
#: Tiles larger than this are also looked at on pixels twice as large, as the network learnt from crops no
#: larger: bodies larger than the first size are taken from there, smaller than the second from the tile.
_COARSE_FROM, _COARSE_LARGER, _FINE_SMALLER = 352, 32.0, 64.0
#: Of a tile at most so many cells are looked at, of those that are not quite hopeless, and so many boxes are
#: looked at again.
_MOST_CELLS, _HOPELESS, _MOST = 1000, 0.03, 24
#: A score is a geometric mean of what three networks say: how much the first one counts for the second, and
#: the default model for both; that is asked where they give so much.
_OF_FIRST, _OF_CLASSES, _ASKED = 0.6, 0.3, 0.1
#: The score above which F1 was highest on simulated fields (float).
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
        Float32 ``[y, x, 6]``: see `~astroclassify.preprocess.detection_planes`; and the luminance.
    """
    planes = [*detection_planes(image), luminance(image)]
    return np.stack(planes, axis=-1).astype(np.float32, copy=False)


@checked(
    least=rules.optional(SHARE),
    overlap=SHARE,
    again=rules.flag,
    weights=rules.optional(rules.path),
    again_weights=rules.optional(rules.path),
)
def find_by_yolo(
    planes, *, least=None, overlap=0.5, again=True, weights=None, again_weights=None, device="cpu"
):
    """
    Find objects by the one-stage network, and look at each again.

    Parameters
    ----------
    planes : numpy.ndarray
        From `planes_of`, ``[y, x, 6]``.
    least : float, optional
        Leave out what has a lower score; by default what is best on simulated fields.
    overlap : float, default 0.5
        Of two boxes that overlap more than this (intersection over union) the better one is kept.
    again : bool, default True
        Whether a second network looks at the surest boxes again, which is better at telling bodies from
        specks and parts of bodies, and at where a body ends; and the default model at what is in them.
        Without that, these boxes are given as the first network proposes them, of which most are wrong.
    weights : path-like, optional
        Other weights than those that come with the package.
    again_weights : path-like, optional
        The same for the second network.
    device : str, default "cpu"
        Where the networks run.

    Returns
    -------
    astropy.table.QTable
        With the columns of detections, the highest score first.
    """
    import torch

    model = _network(None if weights is None else str(weights), device)
    tile = torch.from_numpy(np.ascontiguousarray(np.moveaxis(planes[..., :_PLANES], -1, 0))).to(model.device)
    found = _proposed(model, tile, overlap)
    if again:
        found = _named(planes[..., _PLANES], *_judged(tile, *found, overlap, again_weights))
    limit = (_LEAST if again else _HOPELESS) if least is None else least
    edges, scores = (each[found[1].amax(dim=1) >= limit].cpu().numpy() for each in found)
    table = QTable()
    table["class"] = np.array(model.classes, dtype="U12")[scores.argmax(axis=1)]
    table["score"] = scores.max(axis=1).astype(float)
    for name, column in zip(EDGES, edges.astype(float).T, strict=True):
        table[name] = column
    return table


@lru_cache(maxsize=4)
def _network(weights, device):
    return build_model(FIELDNET, weights=weights, device=device)


def _proposed(model, tile, overlap):
    """Edges and scores of each class of what may be in a tile, ``[channel, y, x]``, best first."""
    import torch

    from astroclassify.models.nets.fieldnet import matrix_nms

    with torch.inference_mode():
        twice = max(tile.shape[1:]) > _COARSE_FROM
        boxes, scores = _seen(model, tile, smaller=_FINE_SMALLER if twice else np.inf)
        if twice:
            coarse = torch.nn.functional.avg_pool2d(tile[None], 2)[0]
            large, others = _seen(model, coarse, larger=_COARSE_LARGER / 2)
            # The cell i of the coarse tile holds the pixels 2 i and 2 i + 1.
            boxes, scores = torch.cat([boxes, 2 * large + 0.5]), torch.cat([scores, others])
        boxes = within(boxes, tile)
        kept = matrix_nms(boxes, scores.amax(dim=1), overlap=overlap)[:_MOST]
    return boxes[kept], scores[kept]


def _judged(tile, boxes, first, overlap, weights):
    """The same after a second look, whose scores count more."""
    import torch

    from astroclassify.models.nets.fieldnet import matrix_nms

    with torch.inference_mode():
        boxes, second = looked_again(tile, boxes, weights=weights)
        boxes, scores = within(boxes, tile), second ** (1 - _OF_FIRST) * first**_OF_FIRST
        kept = matrix_nms(boxes, scores.amax(dim=1), overlap=overlap, inside=NESTED)
    return boxes[kept], scores[kept]


def _named(grey, boxes, scores):
    """The same after the default model's answer, which is asked where there may be something."""
    shares = np.full(tuple(scores.shape), 1 / (1 + len(CLASSES)))
    asked = (scores.amax(dim=1) >= _ASKED).cpu().numpy()
    if asked.any():
        shares[asked] = shares_of(grey, boxes.cpu().numpy()[asked])
    scores = scores ** (1 - _OF_CLASSES) * scores.new_tensor(shares) ** _OF_CLASSES
    order = scores.amax(dim=1).argsort(descending=True, stable=True)
    return boxes[order], scores[order]


def _seen(model, tile, *, larger=0.0, smaller=np.inf):
    """Boxes between two sizes and their scores of each class: all that is likely enough."""
    import torch

    from astroclassify.models.nets.fieldnet import cell_centres, decoded_boxes

    below, right = (-n % _MULTIPLE for n in tile.shape[1:])
    padded = torch.nn.functional.pad(tile[None], (0, right, 0, below))
    told = model.module(padded)[0].float()
    scores = told[:, 4:].sigmoid()
    likely = scores.amax(dim=1).topk(min(_MOST_CELLS, len(told)))
    chosen = likely.indices[likely.values >= _HOPELESS]
    centres, strides = cell_centres(padded.shape[2:], device=told.device)
    boxes = decoded_boxes(told[chosen, :4], centres[chosen], strides[chosen])
    size = ((boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])).sqrt()
    inside = (centres[chosen] < torch.tensor(tile.shape[1:], device=told.device)).all(dim=1)
    kept = inside & (size >= larger) & (size <= smaller)
    return boxes[kept], scores[chosen][kept]
