"""AlexNet with one column (64-192-384-256-256 channels), for one plane of any size."""

import torch
from torch import nn

#: The convolutions: (channels, kernel, stride, padding, whether a pooling follows) (tuple).
FEATURES = (
    (64, 11, 4, 2, True),
    (192, 5, 1, 2, True),
    (384, 3, 1, 1, False),
    (256, 3, 1, 1, False),
    (256, 3, 1, 1, True),
)
#: The convolutions whose biases start at one, counted from zero (tuple of int).
_ONES = (1, 3, 4)


class AlexNet(nn.Module):
    """
    Five convolutions, three overlapping poolings, three fully connected layers.

    Parameters
    ----------
    planes : int, default 1
        Input channels.
    classes : int, default 2
        Number of logits.
    pooled : tuple of int, default (6, 13)
        Rows and columns that the last maps are averaged to; those of 224 x 448 planes have
        this size by themselves, and are left as they are.
    hidden : int, default 4096
        Width of the hidden fully connected layers.

    Notes
    -----
    The form of the second reference: one column, no response normalisation. Weights start as
    the first reference says: normal with a deviation of 0.01; biases are one in the second,
    fourth and fifth convolution and in the hidden fully connected layers, zero elsewhere.

    References
    ----------
    .. [1] Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural
       networks", reprinted in Communications of the ACM 60 (2017), 84, doi:10.1145/3065386.
    .. [2] Krizhevsky 2014, arXiv:1404.5997.
    """

    def __init__(self, planes=1, classes=2, *, pooled=(6, 13), hidden=4096):
        super().__init__()
        self.features = nn.Sequential(*_feature_layers(planes))
        self.pool = nn.AdaptiveAvgPool2d(pooled)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(FEATURES[-1][0] * pooled[0] * pooled[1], hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, classes),
        )
        self._initialise()

    def forward(self, planes):
        """
        Compute the logits.

        Parameters
        ----------
        planes : torch.Tensor
            Planes, ``[N, planes, H, W]``, at least 63 x 63 pixels.

        Returns
        -------
        torch.Tensor
            Logits ``[N, classes]``.
        """
        maps = self.pool(self.features(planes))
        return self.classifier(torch.flatten(maps, 1))

    def _initialise(self):
        convolutions = [layer for layer in self.features if isinstance(layer, nn.Conv2d)]
        connected = [layer for layer in self.classifier if isinstance(layer, nn.Linear)]
        ones = [convolutions[number] for number in _ONES] + connected[:-1]
        for layer in convolutions + connected:
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.constant_(layer.bias, float(layer in ones))


def _feature_layers(channels):
    for outputs, kernel, stride, padding, pooled in FEATURES:
        yield nn.Conv2d(channels, outputs, kernel, stride=stride, padding=padding)
        yield nn.ReLU(inplace=True)
        if pooled:
            yield nn.MaxPool2d(3, stride=2)
        channels = outputs
