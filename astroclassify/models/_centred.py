"""Maps of a network moved to where its cells look."""


def centred(maps, lag):
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

    Returns
    -------
    torch.Tensor
        As large, with the same sum to rounding. Each cell gives the share to the one before it that it saw
        there. What the first and the last one have in common counts as what lies beyond both ends: a map that
        is even there stays so.

    Examples
    --------
    >>> import torch
    >>> from astroclassify.models._centred import centred
    >>> centred(torch.tensor([[0.0, 0.0, 4.0, 0.0]]), 0.75)
    tensor([[0., 3., 1., 0.]])
    """
    import torch

    for axis in (-2, -1):
        first, rest = maps.tensor_split([1], axis)
        last = maps.narrow(axis, -1, 1)
        beyond = torch.minimum(first, last).clamp_min(0) + torch.maximum(first, last).clamp_max(0)
        own = torch.cat([first - lag * beyond, (1 - lag) * rest], axis)
        maps = own + lag * torch.cat([rest, beyond], axis)
    return maps
