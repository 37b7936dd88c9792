"""What a detector's answers cost: which cells are responsible for a body, and how wrong they are.

A body is the task of those cells within its box that name its class and its edges best together; how
good they are is also what they should say, so that scores tell how well a box fits.

References
----------
Feng et al. 2021, "TOOD: task-aligned one-stage object detection", arXiv:2108.07755; Zheng et al. 2020,
"Distance-IoU loss: faster and better learning for bounding box regression", arXiv:1911.08287.
"""

import torch
from torch.nn import functional

from astroclassify.models.nets.fieldnet import box_iou, cell_centres, decoded_boxes

#: Cells that are responsible for a body, and how much class and edges count in choosing them.
_CELLS, _OF_CLASS, _OF_EDGES = 10, 0.5, 4.0
#: Weights of the classes' and the boxes' part.
_SCORES, _BOXES = 1.0, 5.0
#: Bodies smaller than so many pixels are too small to be asked for; cells in them cost nothing.
SMALLEST = 8.0


def detection_loss(told, targets, shape):
    """
    Say how wrong a detector is.

    Parameters
    ----------
    told : torch.Tensor
        What the network gives, shape (N, cells, 4 + classes), float32.
    targets : torch.Tensor
        Shape (N, M, 5 or more): class and x_min, x_max, y_min, y_max. Class -1 is none; of -2 it may be
        anything, and cells in it cost nothing.
    shape : tuple of int
        Rows and columns of the planes.

    Returns
    -------
    torch.Tensor
        Loss of each image, shape (N,).
    """
    centres, strides = cell_centres(shape, device=told.device)
    boxes = decoded_boxes(told[..., :4], centres, strides)
    return torch.stack(
        [
            _of_image(logits, box, target[target[:, 0] != -1], centres, strides)
            for logits, box, target in zip(told[..., 4:], boxes, targets, strict=True)
        ]
    )


def _of_image(logits, boxes, target, centres, strides):
    sizes = ((target[:, 2] - target[:, 1]) * (target[:, 4] - target[:, 3])).clamp_min(0).sqrt()
    asked = (target[:, 0] >= 0) & (sizes >= SMALLEST)
    ignored = _inside(centres, strides, target[~asked, 1:5]).any(dim=0)
    wanted, target = torch.zeros_like(logits), target[asked]
    if not len(target):
        return _SCORES * _focal(logits, wanted, ignored).sum()
    owner, quality = _assigned(logits.detach(), boxes.detach(), target, centres, strides)
    own = owner >= 0
    wanted[own, target[owner[own], 0].long()] = quality[own]
    total = quality.sum().clamp_min(1.0)
    distances = _distance(boxes[own], target[owner[own], 1:5])
    cost = (distances * quality[own]).sum()
    return (_SCORES * _focal(logits, wanted, ignored & ~own).sum() + _BOXES * cost) / total


def _inside(centres, strides, boxes):
    """Which cells lie in each box, (M, cells): by their centre, or for small boxes by the nearest centre."""
    y, x = centres.T
    half = strides / 2  # of a cell: a box smaller than a cell has one all the same
    x_low, x_high, y_low, y_high = (side[:, None] for side in boxes.T)
    x_mid, y_mid = (x_low + x_high) / 2, (y_low + y_high) / 2
    near = ((x - x_mid).abs() <= half) & ((y - y_mid).abs() <= half)
    return ((x > x_low) & (x < x_high) & (y > y_low) & (y < y_high)) | near


def _assigned(logits, boxes, target, centres, strides):
    """The body that each cell is responsible for (-1 for none), and what it should say of it."""
    overlap = box_iou(target[:, 1:5], boxes)
    score = logits.sigmoid().T[target[:, 0].long()]
    fit = (score**_OF_CLASS) * (overlap**_OF_EDGES) * _inside(centres, strides, target[:, 1:5])
    best = fit.topk(min(_CELLS, fit.shape[1]), dim=1)
    chosen = torch.zeros_like(fit).scatter_(1, best.indices, (best.values > 0).float())
    # A cell that several bodies want is that one's whose box it fits best.
    owner = torch.where(chosen > 0, overlap, -1.0).max(dim=0)
    index = torch.where(owner.values > -1, owner.indices, -1)
    scale = overlap.masked_fill(chosen == 0, 0).amax(dim=1) / best.values[:, 0].clamp_min(1e-12)
    columns = torch.arange(fit.shape[1], device=fit.device)
    quality = (fit * scale[:, None])[index.clamp_min(0), columns]
    return index, torch.where(index >= 0, quality.clamp(0, 1), 0.0)


def _focal(logits, wanted, ignored):
    """Cross-entropy with soft targets, weighted by how far the answer is off (varifocal)."""
    p = logits.detach().sigmoid()
    weight = torch.where(wanted > 0, wanted, 0.75 * p**2)
    cost = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * weight
    return cost.sum(dim=1).masked_fill(ignored, 0.0)


def _distance(boxes, target):
    """One less the intersection over union, and the distance of the centres over the joint diagonal."""
    low, high = torch.maximum(boxes[:, ::2], target[:, ::2]), torch.minimum(boxes[:, 1::2], target[:, 1::2])
    shared = (high - low).clamp_min(0).prod(dim=1)
    areas = [(each[:, 1] - each[:, 0]) * (each[:, 3] - each[:, 2]) for each in (boxes, target)]
    overlap = shared / (sum(areas) - shared).clamp_min(1e-9)
    outer = torch.maximum(boxes[:, 1::2], target[:, 1::2]) - torch.minimum(boxes[:, ::2], target[:, ::2])
    centres = [(each[:, ::2] + each[:, 1::2]) / 2 for each in (boxes, target)]
    apart = (centres[0] - centres[1]).square().sum(dim=1)
    return 1 - overlap + apart / outer.square().sum(dim=1).clamp_min(1e-9)
