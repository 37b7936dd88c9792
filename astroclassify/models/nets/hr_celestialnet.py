"""HR-CelestialNet: a network for whole 2048 x 4096 chips (arXiv:2312.04948, Table 2)."""

from torch import nn

from astroclassify.core import ParameterError

#: Table 2 before the flattening: ("conv", kernel, channels) or ("pool", kernel, stride).
FEATURES = (
    ("conv", 7, 32),
    ("pool", 8, 4),
    ("conv", 7, 64),
    ("pool", 4, 2),
    ("conv", 5, 128),
    ("conv", 5, 128),
    ("pool", 2, 2),
    ("conv", 3, 256),
    ("conv", 3, 256),
    ("pool", 2, 2),
    ("conv", 3, 256),
    ("conv", 3, 256),
    ("pool", 2, 2),
    ("conv", 3, 512),
    ("conv", 3, 512),
    ("pool", 2, 2),
    ("conv", 3, 512),
    ("conv", 3, 512),
    ("pool", 2, 2),
)
#: Channels, rows and columns of the last feature map (tuple of int).
FINAL_MAP = (512, 3, 11)
_HIDDEN = 4096


class HRCelestialNet(nn.Module):
    """
    The network of Table 2: 12 convolutions, 7 poolings, 3 fully connected layers.

    Parameters
    ----------
    classes : int, default 2
        Number of logits.

    Notes
    -----
    No convolution is padded; each is followed by batch normalisation and ReLU, and the two
    hidden fully connected layers by ReLU. The softmax belongs to the caller. The network has
    97,048,130 parameters and takes 178 GMAC per frame. Weights start as He et al. (2015).

    The paper prints 128 x 121 x 248 after the third pooling; 498 / 2 is 249, and its next row
    agrees with 249.

    References
    ----------
    .. [1] HR-CelestialNet, arXiv:2312.04948.
    .. [2] He et al. 2015, arXiv:1502.01852.
    """

    def __init__(self, classes=2):
        super().__init__()
        self.features = nn.Sequential(*_feature_layers())
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(FINAL_MAP[0] * FINAL_MAP[1] * FINAL_MAP[2], _HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(_HIDDEN, classes),
        )
        self.apply(_initialise)

    def forward(self, planes):
        """
        Compute the logits.

        Parameters
        ----------
        planes : torch.Tensor
            Counts, ``[N, 1, 2048, 4096]``; up to 2051 rows give the same final map.

        Returns
        -------
        torch.Tensor
            Logits ``[N, classes]``.

        Raises
        ------
        ParameterError
            If the final map of frames of this size is not 512 x 3 x 11.
        """
        maps = self.features(planes)
        if tuple(maps.shape[1:]) != FINAL_MAP:
            raise ParameterError(
                f"HR-CelestialNet takes [N, 1, 2048, 4096]; planes of the shape {tuple(planes.shape)} end in "
                f"maps of {tuple(maps.shape[1:])}, not {FINAL_MAP}: use its preprocessing, counts_planes"
            )
        return self.classifier(maps)


def _feature_layers():
    channels = 1
    for kind, kernel, size in FEATURES:
        if kind == "pool":
            yield nn.MaxPool2d(kernel, stride=size)
            continue
        yield from (nn.Conv2d(channels, size, kernel), nn.BatchNorm2d(size), nn.ReLU(inplace=True))
        channels = size


def _initialise(layer):
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
