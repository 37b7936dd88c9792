"""EfficientNet-B0: inverted bottlenecks with squeeze and excitation, for one plane of any size."""

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
        blocks = list(_blocks(drop_blocks))
        self.trunk = nn.Sequential(*blocks)
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

    def __init__(self, inputs, outputs, *, expansion, kernel, stride, dropped):
        super().__init__()
        wide = expansion * inputs
        expand = _convolution(inputs, wide, kernel=1) if expansion > 1 else ()
        self.residual = nn.Sequential(
            *expand,
            *_convolution(wide, wide, kernel=kernel, stride=stride, groups=wide),
            _Excitation(wide, int(_SQUEEZE * inputs)),
            *_convolution(wide, outputs, kernel=1)[:2],
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


def _blocks(drop_blocks):
    total, inputs, done = sum(stage[-1] for stage in STAGES), _STEM, 0
    for expansion, kernel, stride, outputs, count in STAGES:
        for number in range(count):
            yield _Block(
                inputs,
                outputs,
                expansion=expansion,
                kernel=kernel,
                stride=stride if number == 0 else 1,
                dropped=drop_blocks * done / total,
            )
            inputs, done = outputs, done + 1


def _convolution(inputs, outputs, *, kernel, stride=1, groups=1):
    return (
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01),
        nn.SiLU(inplace=True),
    )


def _initialise(layer):
    if isinstance(layer, nn.Conv2d):
        mode = "fan_in" if layer.groups > 1 else "fan_out"  # of a depthwise one: the kernel's area
        nn.init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="relu")
    if isinstance(layer, nn.Linear):
        bound = layer.out_features**-0.5
        nn.init.uniform_(layer.weight, -bound, bound)
    if getattr(layer, "bias", None) is not None and not isinstance(layer, nn.BatchNorm2d):
        nn.init.zeros_(layer.bias)
