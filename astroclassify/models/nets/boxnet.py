"""BoxNet: a second look at each box that a detector proposes: how good it is, and what would be better.

A one-stage detector tells from maps of 8 pixels a cell and more what a box holds and where it ends. Here
every box is cut out of the planes with as much again about it, and shown on as many pixels whatever its size:
a faint rim, a star with its halo, or a part of a larger body look the same in small and in large. The
convolutions are the first ones of EfficientNet-Lite0, as in `FieldNet`, from whose weights a training starts;
two of their maps, with all their places, tell the edges.

References
----------
Ren et al. 2015, "Faster R-CNN", arXiv:1506.01497 (a second stage that refines what a first one proposes).
"""

import torch
from torch import nn

from astroclassify.models.nets.efficientnet import EfficientNetLite0Trunk

#: Rows and columns of a look, and its side for that of the box's longer side.
SIDE, CONTEXT = 48, 2.0
#: Blocks of the trunk whose maps are used, with 8 and 16 pixels of a look a cell; their channels, and to how
#: many these are reduced.
_TAPS = {4: (40, 16), 10: (112, 48)}
#: Blocks up to the first of them (int).
_EARLY_BLOCKS = 5
#: Largest logarithm of how much farther from the middle an edge lies.
_FARTHEST = 1.5


class BoxNet(nn.Module):
    """
    Judge boxes by what is seen in and about them.

    Parameters
    ----------
    planes : int, default 3
        Input channels of brightness, the first ones of a look; others do not count.
    classes : int, default 3
        Classes of bodies.
    width : int, default 160
        Of the layer before the last.
    """

    def __init__(self, planes=3, classes=3, *, width=160):
        super().__init__()
        trunk = EfficientNetLite0Trunk(planes, width=8)  # what joins its maps is not used
        self.planes, self.stem, self.blocks = planes, trunk.stem, trunk.blocks[: max(_TAPS) + 1]
        self.taps = nn.ModuleList(_pointwise(*channels) for channels in _TAPS.values())
        cells = ((SIDE // 8) ** 2, (SIDE // 16) ** 2)
        features = sum(n * channels[1] for n, channels in zip(cells, _TAPS.values(), strict=True))
        self.joined = nn.Sequential(nn.Linear(features + 2, width), nn.ReLU(inplace=True))
        self.told = nn.Linear(width, 4 + classes)
        nn.init.zeros_(self.told.weight)
        nn.init.zeros_(self.told.bias)

    def maps(self, looks):
        """
        Compute the maps that answers are made of.

        Parameters
        ----------
        looks : torch.Tensor
            From `looks_at`, shape (N, channels, 48, 48).

        Returns
        -------
        tuple of torch.Tensor
            Of 8 and of 16 pixels a cell, shapes (N, 40, 6, 6) and (N, 112, 3, 3).
        """
        near = self.stem(looks[:, : self.planes])
        for block in self.blocks[:_EARLY_BLOCKS]:
            near = block(near)
        far = near
        for block in self.blocks[_EARLY_BLOCKS:]:
            far = block(far)
        return near, far

    def answers(self, maps, boxes):
        """
        Judge by the maps.

        Parameters
        ----------
        maps : tuple of torch.Tensor
            From the method `maps`.
        boxes : torch.Tensor
            x_min, x_max, y_min, y_max in pixels, shape (N, 4).

        Returns
        -------
        torch.Tensor
            Shape (N, 4 + classes): how far the edges should lie from the middle, as logarithms of factors
            (see `refined_boxes`), and the logits of the classes.
        """
        seen = [tap(each).flatten(1) for tap, each in zip(self.taps, maps, strict=True)]
        told = self.told(self.joined(torch.cat([*seen, _shapes(boxes).to(seen[0])], dim=1))).float()
        return torch.cat([told[:, :4].clamp(-_FARTHEST, _FARTHEST), told[:, 4:]], dim=1)

    def forward(self, looks, boxes):
        """
        Judge boxes.

        Parameters
        ----------
        looks : torch.Tensor
            From `looks_at`, shape (N, channels, 48, 48).
        boxes : torch.Tensor
            x_min, x_max, y_min, y_max in pixels, shape (N, 4).

        Returns
        -------
        torch.Tensor
            As of the method `answers`.
        """
        return self.answers(self.maps(looks), boxes)


def _pointwise(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def _shapes(boxes):
    """What a look does not show: how large the box is, and how elongated."""
    width, height = (boxes[:, 1::2] - boxes[:, ::2]).clamp_min(1.0).log2().unbind(-1)
    return torch.stack([((width + height) / 2 - 5) / 3, width - height], dim=-1)


def refined_boxes(boxes, told):
    """
    Move the edges of boxes.

    Parameters
    ----------
    boxes : torch.Tensor
        x_min, x_max, y_min, y_max; shape (N, 4).
    told : torch.Tensor
        From the network; the first four columns count.

    Returns
    -------
    torch.Tensor
        Shape (N, 4).
    """
    low, high = boxes[:, ::2], boxes[:, 1::2]
    middle, half = (low + high) / 2, (high - low) / 2
    factors = told[:, :4].exp()
    edges = torch.stack([middle - half * factors[:, ::2], middle + half * factors[:, 1::2]], dim=-1)
    return edges.flatten(1)


def looks_at(planes, boxes, *, side=SIDE, context=CONTEXT):
    """
    Cut boxes and what is about them out of planes.

    Parameters
    ----------
    planes : torch.Tensor
        Shape (planes, height, width).
    boxes : torch.Tensor
        x_min, x_max, y_min, y_max in pixels, whose centres are at integers; shape (N, 4).
    side : int, default 48
        Rows and columns of a look.
    context : float, default 2
        Its side in units of the box's longer side.

    Returns
    -------
    torch.Tensor
        Squares about the middles of the boxes, shape (N, planes + 1, side, side); the last plane is 1 in the
        image and 0 beyond, where the others are 0 too. Of large boxes pixels are averaged first, by a power
        of 2, so that no star falls between what is looked at.
    """
    known = torch.ones_like(planes[:1])  # apart, as all planes once more would take much memory
    looks = planes.new_zeros((len(boxes), len(planes) + 1, side, side))
    step = context * (boxes[:, 1::2] - boxes[:, ::2]).amax(dim=1).clamp_min(1.0) / side
    levels = step.log2().round().clamp(0, _most_halvings(planes)).long()
    for level in levels.unique().tolist():
        of_level = levels == level
        asked = boxes[of_level], step[of_level], side, 2**level
        looks[of_level] = torch.cat(
            [_sampled(_halved(each, level), *asked) for each in (planes, known)], dim=1
        )
    return looks


def _most_halvings(planes):
    return max(0, min(planes.shape[1:]).bit_length() - 3)


def _halved(planes, times):
    """Means over squares; what is left at the ends is made up with nothing."""
    step = 2**times
    if step == 1:
        return planes
    # No padding, which would copy all planes.
    return nn.functional.avg_pool2d(planes[None], step, ceil_mode=True, divisor_override=step**2)[0]


def _sampled(planes, boxes, step, side, pixels):
    """Values at the points of all looks together: they are one tall picture, so that nothing is copied."""
    middle = (boxes[:, ::2] + boxes[:, 1::2]) / 2
    points = torch.arange(side, device=boxes.device) - (side - 1) / 2
    x, y = (middle[:, axis, None] + step[:, None] * points for axis in (0, 1))
    # From pixels of the image, whose centres are at integers, to the range from -1 to 1 over the whole.
    x, y = (2 * (each + 0.5) / (pixels * n) - 1 for each, n in ((x, planes.shape[2]), (y, planes.shape[1])))
    grid = torch.stack([x[:, None].expand(-1, side, -1), y[:, :, None].expand(-1, -1, side)], dim=-1)
    seen = nn.functional.grid_sample(
        planes[None], grid.reshape(1, -1, side, 2).to(planes), align_corners=False
    )
    return seen[0].reshape(len(planes), len(boxes), side, side).transpose(0, 1)
