"""ResNet-18, -50 and -101: residual networks for one plane of any size."""

import torch
from torch import nn

from astroclassify.core import ParameterError

#: Depth: whether the blocks are bottlenecks, and how many each of the four stages has (dict).
STAGES = {
    18: (False, (2, 2, 2, 2)),
    50: (True, (3, 4, 6, 3)),
    101: (True, (3, 4, 23, 3)),
}
_WIDTHS = (64, 128, 256, 512)
#: How many times wider a bottleneck's output is than its waist.
_EXPANSION = 4


class ResNet(nn.Module):
    """
    A residual network.

    Parameters
    ----------
    depth : {18, 50, 101}, default 18
        Number of layers with weights.
    planes : int, default 1
        Input channels.
    classes : int, default 2
        Number of logits.
    pooled : tuple of int, default (1, 1)
        Rows and columns that the last maps are averaged to.

    Raises
    ------
    ParameterError
        If there is no network of this depth.

    Notes
    -----
    A bottleneck that shrinks the maps does so in its 3 x 3 convolution, where no pixel is
    skipped, and not in the 1 x 1 one before. Weights start as He et al. (2015); biases are zero.

    References
    ----------
    .. [1] He et al. 2016, arXiv:1512.03385.
    .. [2] He et al. 2015, arXiv:1502.01852.
    """

    def __init__(self, depth=18, planes=1, classes=2, *, pooled=(1, 1)):
        super().__init__()
        if depth not in STAGES:
            raise ParameterError(
                f"there is no ResNet of the depth {depth!r}; the depths are {sorted(STAGES)}"
            )
        self.stem = nn.Sequential(
            *_convolution(planes, _WIDTHS[0], kernel=7, stride=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        blocks = list(_blocks(*STAGES[depth]))
        self.trunk = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(pooled)
        self.classifier = nn.Linear(blocks[-1].outputs * pooled[0] * pooled[1], classes)
        self.apply(_initialise)

    def forward(self, planes):
        """
        Compute the logits.

        Parameters
        ----------
        planes : torch.Tensor
            Planes, ``[N, planes, H, W]``.

        Returns
        -------
        torch.Tensor
            Logits ``[N, classes]``.
        """
        maps = self.pool(self.trunk(self.stem(planes)))
        return self.classifier(torch.flatten(maps, 1))


class _Block(nn.Module):
    """A residual, a shortcut, and the ReLU of their sum."""

    def __init__(self, inputs, outputs, stride, residual):
        super().__init__()
        self.outputs = outputs
        self.residual = nn.Sequential(*residual)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(*_convolution(inputs, outputs, kernel=1, stride=stride))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps):
        shortcut = maps if self.shortcut is None else self.shortcut(maps)
        return self.relu(self.residual(maps) + shortcut)


def _blocks(bottleneck, counts):
    inputs = _WIDTHS[0]
    for stage, (width, count) in enumerate(zip(_WIDTHS, counts, strict=True)):
        for number in range(count):
            stride = 2 if stage > 0 and number == 0 else 1
            block = (_bottleneck if bottleneck else _basic)(inputs, width, stride)
            yield block
            inputs = block.outputs


def _basic(inputs, width, stride):
    residual = (
        *_convolution(inputs, width, kernel=3, stride=stride),
        nn.ReLU(inplace=True),
        *_convolution(width, width, kernel=3),
    )
    return _Block(inputs, width, stride, residual)


def _bottleneck(inputs, width, stride):
    residual = (
        *_convolution(inputs, width, kernel=1),
        nn.ReLU(inplace=True),
        *_convolution(width, width, kernel=3, stride=stride),
        nn.ReLU(inplace=True),
        *_convolution(width, _EXPANSION * width, kernel=1),
    )
    return _Block(inputs, _EXPANSION * width, stride, residual)


def _convolution(inputs, outputs, *, kernel, stride=1):
    convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(outputs)


def _initialise(layer):
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if isinstance(layer, nn.Linear):
        nn.init.zeros_(layer.bias)
