"""What a network says of a batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class ModelOutput:
    """
    Output of a network for a batch of N frames: torch tensors on its device, with gradients.

    A network whose ``forward`` gives logits needs nothing else; one that says more has a method
    ``examine(planes, *, evidence=True)`` that gives this. (`astroclassify.inference.Prediction` is what is
    left of it for one frame: checked, averaged over views, in NumPy.)

    Parameters
    ----------
    logits : torch.Tensor
        ``[N, K]``, those of ``forward``.
    evidence : torch.Tensor, optional
        ``[N, K, h, w]``: what each place of the frame, divided into h x w equal cells, adds to each logit.
        Need not be computed where ``examine`` is called with ``evidence=False``.
    features : torch.Tensor, optional
        ``[N, F]``: the frame as the network describes it, before its last layer.
    novelty : torch.Tensor, optional
        ``[N]``: how unlike what the network has learnt each frame is, larger for less alike.

    Examples
    --------
    >>> import torch
    >>> from astroclassify.models import ModelOutput
    >>> ModelOutput(torch.zeros(1, 2)).evidence is None
    True
    """

    logits: "torch.Tensor"
    evidence: "torch.Tensor | None" = None
    features: "torch.Tensor | None" = None
    novelty: "torch.Tensor | None" = None
