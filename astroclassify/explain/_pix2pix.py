"""Networks of a conditional GAN after Isola et al. 2017 (pix2pix, arXiv:1611.07004), small ones.

The *generator* is a U-Net: convolutions halve the picture's sides and convolutions double them again, and
what is as large is put side by side, so that edges stay where they are. The *discriminator* looks at patches:
it says of each whether map and picture belong together.
"""

from itertools import pairwise

import torch
from torch import nn

#: How often the generator halves the sides; they are multiples of two to this power (int).
DEPTH = 4
_WIDTHS = (16, 32, 64, 64, 64)
_PATCH_WIDTHS = (16, 32, 64)
_GROUP = 8  # channels that are normalised together


class Generator(nn.Module):
    """
    A U-Net: from pictures to maps.

    Parameters
    ----------
    planes : int, default 2
        Channels of its input.
    """

    def __init__(self, planes=2):
        super().__init__()
        sides = [planes, *_WIDTHS]
        self.down = nn.ModuleList(
            _convolution(into, out, halves=level > 0) for level, (into, out) in enumerate(pairwise(sides))
        )
        self.up = nn.ModuleList(
            _convolution(_WIDTHS[level + 1] + _WIDTHS[level], _WIDTHS[level])
            for level in reversed(range(DEPTH))
        )
        self.last = nn.Conv2d(_WIDTHS[0], 1, 3, padding=1)

    def forward(self, x):
        """
        Make maps.

        Parameters
        ----------
        x : torch.Tensor
            ``[N, planes, h, w]``, sides multiples of 16, values of about -1 to 1.

        Returns
        -------
        torch.Tensor
            ``[N, 1, h, w]``, -1 to 1.
        """
        kept = []
        for layer in self.down:
            x = layer(x)
            kept.append(x)
        kept.pop()
        for layer in self.up:
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = layer(torch.cat([x, kept.pop()], dim=1))
        return torch.tanh(self.last(x))


class Discriminator(nn.Sequential):
    """
    Tells real maps from made ones, patch by patch.

    Parameters
    ----------
    planes : int, default 2
        Channels of the picture; the map is one more.
    """

    def __init__(self, planes=2):
        sides = [planes + 1, *_PATCH_WIDTHS]
        layers = [_convolution(*pair, halves=True) for pair in pairwise(sides)]
        super().__init__(*layers, nn.Conv2d(sides[-1], 1, 3, padding=1))


def _convolution(into, out, *, halves=False):
    return nn.Sequential(
        nn.Conv2d(into, out, 4 if halves else 3, stride=2 if halves else 1, padding=1),
        nn.GroupNorm(out // _GROUP, out),
        nn.LeakyReLU(0.2),
    )
