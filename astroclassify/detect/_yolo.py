"""The detector ``yolo``: our own one-stage network looks once at a tile and names all bodies in it."""

from functools import lru_cache

import numpy as np
from astropy.table import QTable

from astroclassify.core import checked, rules
from astroclassify.detect._spec import EDGES
from astroclassify.models import FIELDNET, build_model
from astroclassify.preprocess import detection_planes

#: The network halves its maps six times: tiles are made up to a multiple of this (int).
_MULTIPLE = 64
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


@checked(least=rules.optional(rules.number), overlap=rules.number, weights=rules.optional(rules.path))
def find_by_yolo(planes, *, least=None, overlap=0.5, weights=None, device="cpu"):
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
    edges, scores, classes = _found(model, planes, least, overlap)
    table = QTable()
    table["class"] = np.array(model.classes, dtype="U12")[classes]
    table["score"] = scores
    for name, column in zip(EDGES, edges.T, strict=True):
        table[name] = column
    return table


@lru_cache(maxsize=4)
def _network(weights, device):
    return build_model(FIELDNET, weights=weights, device=device)


def _found(model, planes, least, overlap):
    """Edges, scores and classes of what is found in a tile."""
    import torch

    from astroclassify.models.nets.fieldnet import cell_centres, decoded_boxes, matrix_nms

    shape = planes.shape[:2]
    below, right = (-n % _MULTIPLE for n in shape)
    padded = np.pad(np.moveaxis(planes, -1, 0), ((0, 0), (0, below), (0, right)))
    with torch.inference_mode():
        told = model.module(torch.from_numpy(padded[None]).to(model.device))[0].float()
        best = told[:, 4:].sigmoid().max(dim=1)
        likely = best.values.topk(min(_MOST_CELLS, len(told)))
        chosen = likely.indices[likely.values >= max(least, 1e-6)]
        centres, strides = cell_centres(padded.shape[1:], device=told.device)
        boxes = decoded_boxes(told[chosen, :4], centres[chosen], strides[chosen])
        limits = torch.tensor([shape[1], shape[1], shape[0], shape[0]], device=told.device) - 0.5
        boxes = torch.minimum(boxes.clamp_min(-0.5), limits)
        scores, classes = best.values[chosen], best.indices[chosen]
        filled = (boxes[:, 1] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 2])
        boxes, scores, classes = boxes[filled], scores[filled], classes[filled]
        kept = matrix_nms(boxes, scores, overlap=overlap)[:_MOST]
    return tuple(each[kept].cpu().numpy() for each in (boxes.double(), scores.double(), classes))
