"""A second look at boxes: a small network says what each holds, and moves its edges."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from astroclassify.detect._networks import loaded
from astroclassify.metrics import EDGES, box_edges
from astroclassify.preprocess import detection_planes

#: The weights that come with the package (pathlib.Path).
WEIGHTS = Path(__file__).parent / "data" / "boxnet.safetensors"
#: Of two boxes that overlap by so much, or one of which lies in the other by so much, the better one is kept:
#: bodies have parts (float).
SAME, NESTED = 0.5, 0.75


def looked_again(planes, boxes, *, weights=None):
    """
    Look at boxes again.

    Parameters
    ----------
    planes : torch.Tensor
        Of `~astroclassify.preprocess.detection_planes`, shape (5, height, width).
    boxes : torch.Tensor
        x_min, x_max, y_min, y_max; shape (N, 4).
    weights : path-like, optional
        Of the network, by default those that come with the package.

    Returns
    -------
    boxes : torch.Tensor
        Better ones, shape (N, 4).
    scores : torch.Tensor
        For each class how sure it is that the better box is one of it, 0 to 1; shape (N, 3).

    Raises
    ------
    MissingWeightsError
        If the weights are not there.
    """
    import torch

    from astroclassify.models.nets.boxnet import looks_at, refined_boxes

    if not len(boxes):
        return boxes, boxes.new_zeros((0, 3))
    network = second_network(weights, planes.device)
    with torch.inference_mode():
        looks = looks_at(planes, boxes).contiguous(memory_format=torch.channels_last)
        told = network(looks, boxes)
        return refined_boxes(boxes, told), told[:, 4:].sigmoid()


def better_boxes(table, image, *, weights=None):
    """
    Look again at the boxes of a table.

    Parameters
    ----------
    table : astropy.table.QTable
        With the columns of detections.
    image : numpy.ndarray
        ``[y, x]`` or ``[y, x, 3]``, finite.
    weights : path-like, optional
        Of the network, by default those that come with the package.

    Returns
    -------
    astropy.table.QTable
        The same rows with moved edges, the highest score first: a score is the geometric mean of what it was
        and of how sure the network is that there is a body. Of boxes of which one covers the other now, the
        better one only.
    """
    import torch

    from astroclassify.models.nets.fieldnet import matrix_nms

    planes = torch.from_numpy(np.ascontiguousarray(detection_planes(image)))
    before = torch.from_numpy(box_edges(table)).float()
    boxes, told = looked_again(planes, before, weights=weights)
    boxes = within(boxes, planes)
    scores = (before.new_tensor(np.asarray(table["score"], dtype=float)) * told.amax(dim=1)).sqrt()
    kept = matrix_nms(boxes, scores, overlap=SAME, inside=NESTED).numpy()
    table = table[kept]
    table["score"] = scores.numpy().astype(float)[kept]
    for name, column in zip(EDGES, boxes.numpy().astype(float)[kept].T, strict=True):
        table[name] = column
    return table


def within(boxes, planes):
    """
    Let boxes end where the image does.

    Parameters
    ----------
    boxes : torch.Tensor
        x_min, x_max, y_min, y_max; shape (N, 4).
    planes : torch.Tensor
        Of the image, shape (channels, height, width).

    Returns
    -------
    torch.Tensor
        Shape (N, 4).
    """
    limits = boxes.new_tensor(planes.shape[1:])[[1, 1, 0, 0]] - 0.5
    return boxes.clamp_min(-0.5).minimum(limits)


def second_network(weights=None, device="cpu"):
    """
    Load the network that looks at boxes again; of the same weights, once.

    Parameters
    ----------
    weights : path-like, optional
        By default those that come with the package.
    device : str or torch.device, default "cpu"
        Where it computes.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.

    Raises
    ------
    MissingWeightsError
        If the weights are not there.
    WeightsError
        If they are of another network.
    """
    return _network(None if weights is None else str(weights), str(device))


@lru_cache(maxsize=4)
def _network(weights, device):
    from astroclassify.models.nets.boxnet import BoxNet

    path, made_by = WEIGHTS if weights is None else Path(weights), "astroclassify train-detector boxes"
    return loaded(BoxNet(), path, task="looks at boxes again", made_by=made_by).to(device)
