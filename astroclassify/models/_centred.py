"""Maps of a network moved to where its cells look."""


def centred(maps, lag, *, keep_sum=True):
    """
    Move maps of a network towards smaller rows and columns, by a part of a cell.

    A convolution that halves a map and is padded alike on both sides has the middle of a cell on the first of
    the two pixels that the cell stands for, half a pixel before the middle of both. So do all that follow.

    Parameters
    ----------
    maps : torch.Tensor
        Shape (..., h, w).
    lag : float
        How far what a cell saw lies before the cell, as a share of a cell, 0 to 1.
    keep_sum : bool, default True
        Whether the sum of a map counts. Else what the first cells saw before the frame is left out, and the
        last ones keep their own: no value is larger than the largest before.

    Returns
    -------
    torch.Tensor
        As large. Each cell gives the share to the one before it that it saw there. So that the sum is the
        same, to rounding, the first cell keeps what it saw before the frame. What the first and the last one
        have in common counts as what lies beyond both ends: a map that is even there stays so.

    Examples
    --------
    >>> import torch
    >>> from astroclassify.models import centred
    >>> centred(torch.tensor([[0.0, 0.0, 4.0, 0.0]]), 0.75)
    tensor([[0., 3., 1., 0.]])
    """
    import torch

    for axis in (-2, -1):
        first, rest = maps.tensor_split([1], axis)
        last = maps.narrow(axis, -1, 1)
        beyond, kept = last, (1 - lag) * first
        if keep_sum:
            beyond = torch.minimum(first, last).clamp_min(0) + torch.maximum(first, last).clamp_max(0)
            kept = first - lag * beyond
        own = torch.cat([kept, (1 - lag) * rest], axis)
        maps = own + lag * torch.cat([rest, beyond], axis)
    return maps
