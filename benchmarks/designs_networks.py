"""Networks that ``designs.py`` compares with the default model's."""

import torch
from torch import nn
from torch.nn import functional

from astroclassify.models.nets.efficientnet import EfficientNetLite0Trunk
from astroclassify.models.nets.patchnet import PatchNet

#: Stages of EfficientNet-Lite1, as ``STAGES`` has those of Lite0 (arXiv:1905.11946: 1.1 times as deep).
LITE1 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 3),
    (6, 5, 2, 40, 3),
    (6, 3, 2, 80, 4),
    (6, 5, 1, 112, 4),
    (6, 5, 2, 192, 5),
    (6, 3, 1, 320, 1),
)


class ConvNeXtLike(nn.Module):
    """
    A trunk in the manner of ConvNeXt (arXiv:2201.03545), with a vector for every 16 x 16 pixels.

    Depthwise 7 x 7, one normalisation, then four times as many channels and back: 4.0 million weights.
    """

    def __init__(self, planes, *, width):
        super().__init__()
        layers, inputs = [], planes
        for stride, channels, blocks in ((4, 64, 2), (2, 128, 2), (2, 288, 5)):
            layers += [nn.Conv2d(inputs, channels, stride, stride), nn.GroupNorm(1, channels)]
            layers += [_Residual(channels) for _ in range(blocks)]
            inputs = channels
        self.layers = nn.Sequential(*layers, nn.GroupNorm(1, inputs), nn.Conv2d(inputs, width, 1), nn.ReLU())

    def forward(self, planes):
        spare = [-side % 16 for side in planes.shape[-2:]]
        return self.layers(functional.pad(planes, (0, spare[1], 0, spare[0])))


class _Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            nn.GroupNorm(1, channels),
            nn.Conv2d(channels, 4 * channels, 1),
            nn.GELU(),
            nn.Conv2d(4 * channels, channels, 1),
        )

    def forward(self, maps):
        return maps + self.layers(maps)


class Variant(PatchNet):
    """PatchNet that does not see some planes, gives every patch the same weight, or has another trunk."""

    def __init__(
        self, planes=4, classes=4, *, width=192, unseen=(), attentive=True, trunk="lite0", **options
    ):
        super().__init__(planes, classes, width=width, **options)
        self.unseen, self.attentive = list(unseen), attentive
        if trunk == "lite1":
            self.trunk = EfficientNetLite0Trunk(planes, width=width, stages=LITE1)
        elif trunk == "convnext":
            self.trunk = ConvNeXtLike(planes, width=width)

    def parts(self, x):
        x = x.clone()
        x[:, self.unseen] = 0
        return super().parts(x)

    def _attention_to(self, features):
        return super()._attention_to(features) if self.attentive else torch.zeros_like(features[:, :1])
