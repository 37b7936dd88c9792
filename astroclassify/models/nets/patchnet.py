"""PatchNet: a network whose answer is a weighted sum over patches.

The convolutions of EfficientNet-Lite0 turn the input planes into one feature vector per 16x16 pixels. Each
such patch votes for every class and has an attention weight; the frame's logits are the attention-weighted
mean of the votes (additive attention multiple-instance learning), so the map of weighted votes is the exact
evidence.
How unlike the training frames a frame is, its *novelty*, is the squared Mahalanobis distance of
its attention-weighted features from the nearest class of the training frames.

References
----------
Javed et al. 2022, "Additive MIL", arXiv:2206.01794; Tan & Le 2019, arXiv:1905.11946; Lee et al. 2018,
arXiv:1807.03888.
"""

import torch
from torch import nn

from astroclassify.core import ParameterError
from astroclassify.models._centred import centred
from astroclassify.models._output import ModelOutput
from astroclassify.models.nets.efficientnet import EfficientNetLite0Trunk


class PatchNet(nn.Module):
    """
    Classify input planes of any size of at least 16x16.

    Parameters
    ----------
    planes : int, default 4
        Input channels.
    classes : int, default 4
        Number of logits.
    width : int, default 192
        Features of a patch.
    dropout : float, default 0.1
        Probability with which a feature channel of all patches is dropped in training.
    """

    #: The layer whose maps votes and attention are made of, for Grad-CAM++ (str).
    last_maps = "dropout"
    #: How far what a patch saw lies before it, in patches (float): 7.5 of 16 pixels in the near map of the
    #: trunk, which four convolutions halved, and 15.5 in the far one, which five did before it was doubled.
    maps_lag = (7.5 + 15.5) / 2 / 16

    def __init__(self, planes=4, classes=4, *, width=192, dropout=0.1):
        super().__init__()
        self.trunk = EfficientNetLite0Trunk(planes, width=width)
        self.dropout = nn.Dropout2d(dropout)
        self.attention = nn.Sequential(nn.Conv2d(width, 64, 1), nn.Tanh(), nn.Conv2d(64, 1, 1))
        self.votes = nn.Conv2d(width, classes, 1)
        # What the features of training frames are like; a release measures it. Zero: nothing is novel.
        self.register_buffer("usual_features", torch.zeros(classes, width))
        self.register_buffer("feature_precision", torch.zeros(width, width))

    def forward(self, x):
        """
        Give the logits of a batch.

        Parameters
        ----------
        x : torch.Tensor
            Planes, shape (N, planes, height, width).

        Returns
        -------
        torch.Tensor
            Logits, shape (N, classes).
        """
        return self.parts(x)[0]

    def examine(self, x, *, evidence=True):
        """
        Give the logits of a batch, how each patch adds to them, and how novel each frame is.

        Parameters
        ----------
        x : torch.Tensor
            Planes, shape (N, planes, height, width).
        evidence : bool, default True
            Whether the evidence is asked for; it costs nothing here.

        Returns
        -------
        ModelOutput
            Logits, shape (N, classes); evidence, shape (N, classes, h, w), one value per 16x16 pixels, moved
            to where the patches look, whose sum over h and w is the logits; features, shape (N, features);
            and novelty, shape (N,): the squared Mahalanobis distance of the frame's features from those of
            the nearest class.
        """
        logits, shares, features = self.parts(x)
        shown = centred(shares, self.maps_lag) if evidence else None
        return ModelOutput(logits, shown, features, self.novelty_of(features))

    def novelty_of(self, features):
        """
        Give how novel frames with these features are.

        Parameters
        ----------
        features : torch.Tensor
            From `parts`, shape (N, features).

        Returns
        -------
        torch.Tensor
            Squared Mahalanobis distance from the nearest class, shape (N,); 0 before a release measured
            what is usual.
        """
        offsets = features[:, None] - self.usual_features.float()
        distances = torch.einsum("nkf,fg,nkg->nk", offsets, self.feature_precision.float(), offsets)
        return distances.amin(dim=1)

    def parts(self, x):
        """
        Compute the logits of a batch, and what they are made of.

        Parameters
        ----------
        x : torch.Tensor
            Planes, shape (N, planes, height, width).

        Returns
        -------
        tuple of torch.Tensor
            Logits, shape (N, classes), evidence, shape (N, classes, h, w), and features, shape (N, features).
        """
        features = self.dropout(self.trunk(self._checked(x)))
        votes, attention = self.votes(features).float(), self._attention_to(features).float()
        weights = attention.flatten(2).softmax(dim=2).view_as(attention)
        evidence = weights * votes
        return evidence.sum(dim=(2, 3)), evidence, (weights * features.float()).sum(dim=(2, 3))

    def _attention_to(self, features):
        return self.attention(features)

    @staticmethod
    def _checked(x):
        height, width = x.shape[-2:]
        if min(height, width) < 16:
            raise ParameterError(f"PatchNet needs planes of at least 16x16 pixels; got {height}x{width}")
        return x
