"""VGG-16 with batch normalisation, for one plane of any size."""

import torch
from torch import nn

#: Configuration D: the channels of the 3 x 3 convolutions before each pooling (tuple).
STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class VGG16BN(nn.Module):
    """
    Thirteen 3 x 3 convolutions, five poolings, three fully connected layers.

    Parameters
    ----------
    planes : int, default 1
        Input channels.
    classes : int, default 2
        Number of logits.
    pooled : tuple of int, default (7, 14)
        Rows and columns that the last maps are averaged to; those of 224 x 448 planes have
        this size by themselves, and are left as they are.
    hidden : int, default 4096
        Width of the hidden fully connected layers.

    Notes
    -----
    Batch normalisation stands between each convolution and its ReLU, as the second reference
    places it. Weights start as Glorot & Bengio (2010) say, which the first reference recommends
    for training without pre-training; biases are zero.

    References
    ----------
    .. [1] Simonyan & Zisserman 2014, arXiv:1409.1556.
    .. [2] Ioffe & Szegedy 2015, arXiv:1502.03167.
    .. [3] Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS.
    """

    def __init__(self, planes=1, classes=2, *, pooled=(7, 14), hidden=4096):
        super().__init__()
        self.features = nn.Sequential(*_feature_layers(planes))
        self.pool = nn.AdaptiveAvgPool2d(pooled)
        self.classifier = nn.Sequential(
            nn.Linear(STAGES[-1][-1] * pooled[0] * pooled[1], hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )
        self.apply(_initialise)

    def forward(self, planes):
        """
        Compute the logits.

        Parameters
        ----------
        planes : torch.Tensor
            Planes, ``[N, planes, H, W]``, at least 32 x 32 pixels.

        Returns
        -------
        torch.Tensor
            Logits ``[N, classes]``.
        """
        maps = self.pool(self.features(planes))
        return self.classifier(torch.flatten(maps, 1))


def _feature_layers(channels):
    for stage in STAGES:
        for outputs in stage:
            yield nn.Conv2d(channels, outputs, 3, padding=1)
            yield nn.BatchNorm2d(outputs)
            yield nn.ReLU(inplace=True)
            channels = outputs
        yield nn.MaxPool2d(2, stride=2)


def _initialise(layer):
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
