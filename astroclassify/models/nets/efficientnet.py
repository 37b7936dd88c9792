"""EfficientNet-B0, and the trunk of its lite variant: inverted bottlenecks, for planes of any size."""

import torch
from torch import nn

#: Table 1 of the paper: (expansion, kernel, stride, channels, blocks) of each stage (tuple).
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_STEM, _HEAD = 32, 1280
_STAGES_BEFORE_THE_LAST_HALVING = 5
#: Channels of a squeeze, as a fraction of the block's input.
_SQUEEZE = 0.25


class EfficientNetB0(nn.Module):
    """
    The baseline of the EfficientNets.

    Parameters
    ----------
    planes : int, default 1
        Input channels.
    classes : int, default 2
        Number of logits.
    dropout : float, default 0.2
        Probability with which a feature is dropped before the last layer in training.
    drop_blocks : float, default 0.2
        Probability with which a frame skips a residual in training: zero at the first block,
        rising linearly towards this value behind the last one.

    Notes
    -----
    Convolutions are padded alike on both sides. Their weights start normal with the variance
    2 / fan-out (for depthwise ones that of one channel, the kernel's area), those of the last
    layer uniform within 1 / sqrt(classes), as in the authors' own code; biases are zero.

    References
    ----------
    .. [1] Tan & Le 2019, arXiv:1905.11946.
    .. [2] Huang et al. 2016, "Deep networks with stochastic depth", arXiv:1603.09382.
    """

    def __init__(self, planes=1, classes=2, *, dropout=0.2, drop_blocks=0.2):
        super().__init__()
        self.stem = nn.Sequential(*_convolution(planes, _STEM, kernel=3, stride=2))
        self.trunk = nn.Sequential(*_blocks(drop_blocks))
        self.head = nn.Sequential(*_convolution(STAGES[-1][3], _HEAD, kernel=1), nn.AdaptiveAvgPool2d(1))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(_HEAD, classes)
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
        features = torch.flatten(self.head(self.trunk(self.stem(planes))), 1)
        return self.classifier(self.dropout(features))


class EfficientNetLite0Trunk(nn.Module):
    """
    The convolutions of EfficientNet-Lite0, with features of two scales joined into one map.

    EfficientNet-Lite0 is EfficientNet-B0 without squeeze and excitation, and with ReLU6 for SiLU: what is
    left is fast on any processor and keeps its answers in half precision. A classifier of whole images
    needs its last map only, which has one vector for 32 x 32 pixels. Here that map is added to the one
    before the last halving, as in a feature pyramid, so that there is a vector for every 16 x 16 pixels that
    knows what surrounds it.

    Parameters
    ----------
    planes : int, default 3
        Input channels.
    width : int, default 192
        Channels of the joined map.
    stages : tuple, default STAGES
        As `STAGES`, of a larger EfficientNet-Lite.

    References
    ----------
    .. [1] Tan & Le 2019, arXiv:1905.11946.
    .. [2] Lin et al. 2016, "Feature pyramid networks for object detection", arXiv:1612.03144.
    """

    def __init__(self, planes=3, *, width=192, stages=STAGES):
        super().__init__()
        self.stem = nn.Sequential(*_convolution(planes, _STEM, kernel=3, stride=2, activation=nn.ReLU6))
        self.blocks = nn.ModuleList(_blocks(0.0, stages, excited=False, activation=nn.ReLU6))
        # The block whose map has a vector for every 16 x 16 pixels, the last one before the last halving.
        self._near = sum(stage[-1] for stage in stages[:_STAGES_BEFORE_THE_LAST_HALVING]) - 1
        self.near = _projection(stages[_STAGES_BEFORE_THE_LAST_HALVING - 1][3], width)
        self.far = _projection(stages[-1][3], width)
        self.apply(_initialise)
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = 0.05  # trainings are short: statistics follow within some twenty steps

    def forward(self, planes):
        """
        Compute the features.

        Parameters
        ----------
        planes : torch.Tensor
            Planes, ``[N, planes, H, W]``.

        Returns
        -------
        torch.Tensor
            Features, ``[N, width, h, w]``, 0 or more: one vector for every 16 x 16 pixels.
        """
        maps = self.stem(planes)
        for number, block in enumerate(self.blocks):
            maps = block(maps)
            if number == self._near:
                near = maps
        far = nn.functional.interpolate(self.far(maps), size=near.shape[-2:])
        return torch.relu(self.near(near) + far)


class _Excitation(nn.Module):
    """Channels weighted by what the whole map shows of all of them (arXiv:1709.01507)."""

    def __init__(self, channels, squeezed):
        super().__init__()
        self.weights = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.SiLU(inplace=True),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, maps):
        return maps * self.weights(maps)


class _Block(nn.Module):
    """An inverted bottleneck; with a shortcut where it changes neither size nor channels."""

    def __init__(self, inputs, outputs, *, expansion, kernel, stride, dropped, excited, activation):
        super().__init__()
        wide = expansion * inputs
        expand = _convolution(inputs, wide, kernel=1, activation=activation) if expansion > 1 else ()
        spread = {"kernel": kernel, "stride": stride, "groups": wide}
        self.residual = nn.Sequential(
            *expand,
            *_convolution(wide, wide, activation=activation, **spread),
            *((_Excitation(wide, int(_SQUEEZE * inputs)),) if excited else ()),
            *_projection(wide, outputs),
        )
        self.has_shortcut = stride == 1 and inputs == outputs
        self.dropped = dropped

    def forward(self, maps):
        residual = self.residual(maps)
        return maps + self._surviving(residual) if self.has_shortcut else residual

    def _surviving(self, residual):
        """Drop whole frames' residuals in training; the rest grow, so that the mean stays."""
        if not self.training or self.dropped == 0:
            return residual
        kept = 1 - self.dropped
        return residual * residual.new_empty((len(residual), 1, 1, 1)).bernoulli_(kept) / kept


def _blocks(drop_blocks, stages=STAGES, *, excited=True, activation=nn.SiLU):
    total, inputs, done = sum(stage[-1] for stage in stages), _STEM, 0
    for expansion, kernel, stride, outputs, count in stages:
        for number in range(count):
            yield _Block(
                inputs,
                outputs,
                expansion=expansion,
                kernel=kernel,
                stride=stride if number == 0 else 1,
                dropped=drop_blocks * done / total,
                excited=excited,
                activation=activation,
            )
            inputs, done = outputs, done + 1


def _convolution(inputs, outputs, *, kernel, stride=1, groups=1, activation=nn.SiLU):
    return (
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01),
        activation(inplace=True),
    )


def _projection(inputs, outputs):
    """Other channels of each pixel, with nothing behind that would cut off negative values."""
    return nn.Sequential(*_convolution(inputs, outputs, kernel=1)[:2])


def _initialise(layer):
    if isinstance(layer, nn.Conv2d):
        mode = "fan_in" if layer.groups > 1 else "fan_out"  # of a depthwise one: the kernel's area
        nn.init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="relu")
    if isinstance(layer, nn.Linear):
        bound = layer.out_features**-0.5
        nn.init.uniform_(layer.weight, -bound, bound)
    if getattr(layer, "bias", None) is not None and not isinstance(layer, nn.BatchNorm2d):
        nn.init.zeros_(layer.bias)
