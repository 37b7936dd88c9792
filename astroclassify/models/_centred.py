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
        As large. Each cell gives the share to the one before it that it saw there; the first keeps all of its
        own, as what lies before it is no part of the frame. The sum is the same, to rounding.

    Examples
    --------
    >>> import torch
    >>> from astroclassify.models._centred import centred
    >>> centred(torch.tensor([[0.0, 0.0, 1.0, 0.0]]), 0.75)
    tensor([[0.0000, 0.7500, 0.2500, 0.0000]])
    """
    import torch

    for axis in (-2, -1):
        first, rest = maps.tensor_split([1], axis)
        maps = torch.cat([first, (1 - lag) * rest], axis) + torch.cat(
            [lag * rest, torch.zeros_like(first)], axis
        )
    return maps
