"""A small U-Net that knows which share of a picture's light is that of stars."""

from itertools import pairwise

import torch
from torch import nn

#: Maps at each scale, from that of the pixels to that of 8 x 8 of them.
_WIDTHS = (12, 24, 40, 64)
#: Of the activation, below 0; and what the network begins to learn from: there are few stars (a logit).
_SLOPE, _FEW = 0.1, -2.0


class StarlessNet(nn.Module):
    """
    Say how much of each pixel is the light of stars.

    Three times the maps are halved and made finer again, with what they were before beside them (a U-Net,
    Ronneberger et al. 2015, arXiv:1505.04597). What comes out is not the picture without stars but, of each
    pixel's light above the sky, the share that is a star's. So what is no star stays as it is, no pixel
    becomes brighter, and none darker than the sky.

    Parameters
    ----------
    planes : int, default 3
        Colours.
    widths : tuple of int, optional
        Number of maps at each scale.
    """

    def __init__(self, planes=3, *, widths=_WIDTHS):
        super().__init__()
        self.first = _convolutions(planes, widths[0])
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 2, stride=2), *_convolutions(b, b)) for a, b in pairwise(widths)
        )
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in pairwise(widths))
        self.join = nn.ModuleList(_convolutions(2 * a, a) for a in widths[:-1])
        self.last = nn.Conv2d(widths[0], planes, 3, padding=1)
        self.shuffle = nn.PixelShuffle(2)
        self.apply(_initialise)
        nn.init.constant_(self.last.bias, _FEW)

    #: Rows and columns must be multiples of this (int).
    multiple = 2 ** (len(_WIDTHS) - 1)

    def forward(self, planes):
        """
        Give the light of stars.

        Parameters
        ----------
        planes : torch.Tensor
            Stretched picture, ``[N, planes, H, W]``; both sides are multiples of ``multiple``.

        Returns
        -------
        torch.Tensor
            Of the same shape: from 0 to all light above 0.
        """
        maps = [self.first(planes)]
        for down in self.down:
            maps.append(down(maps[-1]))
        found = maps.pop()
        for up, join in zip(reversed(self.up), reversed(self.join), strict=True):
            found = join(torch.cat([self.shuffle(up(found)), maps.pop()], dim=1))
        return torch.sigmoid(self.last(found)) * torch.relu(planes)


def _initialise(layer):
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, a=_SLOPE, nonlinearity="leaky_relu")
        nn.init.zeros_(layer.bias)


def _convolutions(inputs, outputs):
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.LeakyReLU(_SLOPE, inplace=True)]
    return nn.Sequential(*layers)
