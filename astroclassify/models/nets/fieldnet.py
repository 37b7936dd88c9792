"""FieldNet: a one-stage, anchor-free detector of bodies in wide fields.

The convolutions of EfficientNet-Lite0, which the default classifier has too, give maps of 8, 16 and 32 pixels
a cell. A feature pyramid carries what the coarse maps know of the surroundings to the fine ones, and details
back; a fourth map of 64 pixels a cell sees bodies that fill the image. Every cell says of each class how
likely a body of it is centred near, and how far the edges of that body's box are, in units of the cell. The
trunk sees brightness only; colours, which need no sharp maps, are averaged over cells and join the pyramid.

References
----------
Tian et al. 2019, "FCOS: fully convolutional one-stage object detection", arXiv:1904.01355; Liu et al. 2018,
"Path aggregation network for instance segmentation", arXiv:1803.01534; Zheng et al. 2020, arXiv:2005.03572
(Cluster-NMS, which keeps one box of those on the same body by operations on matrices).
"""

import math

import torch
from torch import nn

from astroclassify.core import ParameterError
from astroclassify.models.nets.efficientnet import EfficientNetLite0Trunk

#: Pixels of a cell of each map (tuple of int).
STRIDES = (8, 16, 32, 64)
#: Blocks of the trunk whose maps have cells of 8, 16 and 32 pixels, and their channels.
_TAPS = {4: 40, 10: 112, 15: 320}
#: Blocks up to the first of them (int).
EARLY_BLOCKS = 5
#: How likely a body is in a cell before anything is learnt: rare, so that the first steps are calm.
_PRIOR = 0.01
#: Largest logarithm of an edge's distance in cells: beyond, an exponential would overflow in half precision.
_FARTHEST = 5.0


class FieldNet(nn.Module):
    """
    Find bodies on input planes of any size of at least 32x32.

    Parameters
    ----------
    planes : int, default 3
        Input channels of brightness, the first ones.
    colours : int, default 2
        Those of colours, the last ones.
    classes : int, default 3
        Classes of bodies.
    width : int, default 96
        Channels of the pyramid.
    """

    def __init__(self, planes=3, colours=2, classes=3, *, width=96):
        super().__init__()
        trunk = EfficientNetLite0Trunk(planes, width=8)  # what joins its maps is not used
        self.planes, self.stem, self.blocks = planes, trunk.stem, trunk.blocks
        self.colours = nn.ModuleList(nn.Conv2d(colours, width, 1) for _ in _TAPS)
        self.lateral = nn.ModuleList(_pointwise(channels, width) for channels in _TAPS.values())
        self.downwards = nn.ModuleList(_separable(width, width) for _ in range(2))
        self.upwards = nn.ModuleList(_separable(width, width, stride=2) for _ in range(3))
        self.of_class = nn.ModuleList(_tower(width) for _ in STRIDES)
        self.of_edges = nn.ModuleList(_tower(width) for _ in STRIDES)
        self.scores = nn.Conv2d(width, classes, 1)
        self.edges = nn.Conv2d(width, 4, 1)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.constant_(self.scores.bias, -math.log(1 / _PRIOR - 1))
        nn.init.normal_(self.edges.weight, std=0.01)
        nn.init.constant_(self.edges.bias, math.log(2.0))

    def early(self, x):
        """
        Compute the trunk's maps of 8 pixels a cell: edges and textures.

        Parameters
        ----------
        x : torch.Tensor
            Planes, shape (N, planes + colours, height, width).

        Returns
        -------
        torch.Tensor
            Maps, shape (N, channels, height / 8, width / 8).
        """
        maps = self.stem(x[:, : self.planes])
        for block in self.blocks[:EARLY_BLOCKS]:
            maps = block(maps)
        return maps

    def forward(self, x, early=None):
        """
        Look at a batch.

        Parameters
        ----------
        x : torch.Tensor
            Planes, shape (N, planes + colours, height, width).
        early : torch.Tensor, optional
            What the method `early` gives, where it is known.

        Returns
        -------
        torch.Tensor
            Float32, shape (N, cells, 4 + classes): for each cell of the four maps, row by row, the logarithms
            of the distances to the left, right, lower and upper edge (x_min, x_max, y_min, y_max) in cells,
            and the logits of the classes. `decoded_boxes` makes boxes of them.
        """
        if min(x.shape[-2:]) < 32:
            raise ParameterError(f"FieldNet needs planes of at least 32x32 pixels; got {tuple(x.shape[-2:])}")
        told = []
        for maps, of_class, of_edges in zip(
            self._pyramid(x, early), self.of_class, self.of_edges, strict=True
        ):
            edges = self.edges(of_edges(maps)).float().clamp(-_FARTHEST, _FARTHEST)
            both = torch.cat([edges, self.scores(of_class(maps)).float()], dim=1)
            told.append(both.flatten(2).transpose(1, 2))
        return torch.cat(told, dim=1)

    def _pyramid(self, x, early):
        maps = self.early(x) if early is None else early
        seen = [maps]
        for number, block in enumerate(self.blocks[EARLY_BLOCKS:], EARLY_BLOCKS):
            maps = block(maps)
            if number in _TAPS:
                seen.append(maps)
        near, middle, far = (
            lateral(each) + colour(_averaged(x[:, self.planes :], stride))
            for lateral, each, colour, stride in zip(self.lateral, seen, self.colours, STRIDES, strict=False)
        )
        middle = self.downwards[0](middle + _as_fine_as(far, middle))
        near = self.downwards[1](near + _as_fine_as(middle, near))
        middle = middle + self.upwards[0](near)
        far = far + self.upwards[1](middle)
        return near, middle, far, self.upwards[2](far)


def _averaged(planes, stride):
    return nn.functional.avg_pool2d(planes, stride, ceil_mode=True)


def _as_fine_as(coarse, fine):
    return nn.functional.interpolate(coarse, size=fine.shape[-2:])


def _pointwise(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))


def _separable(inputs, outputs, *, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _tower(width):
    return nn.Sequential(*_separable(width, width), *_separable(width, width))


# From what the cells say to boxes ---------------------------------------------------------------


def cell_centres(shape, *, device="cpu"):
    """
    Say where the cells of the four maps lie.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the planes.
    device : str or torch.device, default "cpu"
        Where to make them.

    Returns
    -------
    centres : torch.Tensor
        y and x in pixels, whose centres are at integers; shape (cells, 2).
    strides : torch.Tensor
        Pixels of each cell, shape (cells,).
    """
    centres, strides = [], []
    for stride in STRIDES:
        y, x = ((torch.arange(-(-n // stride), device=device) + 0.5) * stride - 0.5 for n in shape)
        grid = torch.stack(torch.meshgrid(y, x, indexing="ij"), dim=-1).reshape(-1, 2)
        centres.append(grid)
        strides.append(torch.full((len(grid),), float(stride), device=device))
    return torch.cat(centres), torch.cat(strides)


def decoded_boxes(edges, centres, strides):
    """
    Make boxes of distances.

    Parameters
    ----------
    edges : torch.Tensor
        Logarithms of the distances in cells, shape (..., cells, 4).
    centres, strides : torch.Tensor
        From `cell_centres`.

    Returns
    -------
    torch.Tensor
        x_min, x_max, y_min, y_max in pixels, shape (..., cells, 4).
    """
    left, right, below, above = (edges.exp() * strides[:, None]).unbind(-1)
    y, x = centres.unbind(-1)
    return torch.stack([x - left, x + right, y - below, y + above], dim=-1)


def box_iou(first, second, *, of="union"):
    """
    Give how much each box shares with each other.

    Parameters
    ----------
    first, second : torch.Tensor
        x_min, x_max, y_min, y_max; shapes (N, 4) and (M, 4).
    of : {"union", "smaller"}, default "union"
        Of which area: that of both together, or that of the smaller one.

    Returns
    -------
    torch.Tensor
        0 to 1, shape (N, M).
    """
    low = torch.maximum(first[:, None, ::2], second[None, :, ::2])
    high = torch.minimum(first[:, None, 1::2], second[None, :, 1::2])
    shared = (high - low).clamp_min(0).prod(dim=-1)
    one, other = ((b[:, 1] - b[:, 0]) * (b[:, 3] - b[:, 2]) for b in (first, second))
    smaller = torch.minimum(one[:, None], other[None, :])
    whole = smaller if of == "smaller" else one[:, None] + other[None, :] - shared
    return shared / whole.clamp_min(1e-9)


def matrix_nms(boxes, scores, classes=None, *, overlap=0.6, inside=1.0):
    """
    Choose the boxes that no better one covers, by matrix operations.

    Parameters
    ----------
    boxes : torch.Tensor
        x_min, x_max, y_min, y_max; shape (N, 4).
    scores : torch.Tensor
        Shape (N,).
    classes : torch.Tensor, optional
        Numbers of the classes, shape (N,); by default all are of one.
    overlap : float, default 0.6
        Intersection over union above which the worse of two boxes is left out.
    inside : float, default 1
        Intersection over the smaller box above which the worse of two boxes of one class is left out: one
        that holds the other, or lies in it. By default none.

    Returns
    -------
    torch.Tensor
        Indices of the boxes that stay, the best first.

    Notes
    -----
    A box stays if no box that stays, with a higher score, covers it. Starting from "all stay" and applying
    this rule to all boxes at once until nothing changes gives what going through them one by one gives: after
    n rounds at least the first n are right.
    """
    order = scores.argsort(descending=True, stable=True)
    chosen = boxes[order]
    covers = box_iou(chosen, chosen) > overlap
    if inside < 1:
        kinds = torch.zeros_like(order) if classes is None else classes[order]
        nested = box_iou(chosen, chosen, of="smaller") > inside
        covers |= nested & (kinds[:, None] == kinds[None, :])
    covers = covers.triu(diagonal=1)
    stays = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    while True:
        now = ~(covers & stays[:, None]).any(dim=0)
        if bool((now == stays).all()):
            return order[stays]
        stays = now
