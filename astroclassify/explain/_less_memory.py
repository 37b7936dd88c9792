"""Gradients through large planes in little memory: what was forgotten on the way is computed again.

Of a chain of layers only what enters each convolution or block is kept; what lies between is computed a
second time when its gradient is due (gradient checkpointing, Chen et al. 2016, arXiv:1604.06174). Gradients
are the same; time grows by the forward pass.
"""

from contextlib import contextmanager
from functools import partial

#: Planes with more numbers than this are taken so (int).
LARGE = 2**21


@contextmanager
def less_memory(module, *, large=True):
    """
    Let gradients through a network take little memory while the context lasts.

    Parameters
    ----------
    module : torch.nn.Module
        The network; whatever of it is a `torch.nn.Sequential` is taken in pieces.
    large : bool, default True
        Whether to do anything.

    Yields
    ------
    torch.nn.Module
        The network.
    """
    from torch import nn

    chains = [each for each in module.modules() if isinstance(each, nn.Sequential)] if large else []
    inner = {id(part) for chain in chains for child in chain for part in child.modules()}
    outermost = [chain for chain in chains if id(chain) not in inner]
    try:
        for chain in outermost:
            chain.forward = partial(_in_pieces, _pieces(chain))
        yield module
    finally:
        for chain in outermost:
            del chain.forward


def _pieces(chain):
    """Cut a chain before each layer with weights and around each block: what is kept is not overwritten."""
    from torch import nn

    pieces = []
    for layer in chain:
        starts = isinstance(layer, nn.Conv2d | nn.Linear) or any(True for _ in layer.children())
        if starts or not pieces:
            pieces.append(nn.Sequential())
        pieces[-1].append(layer)
    return pieces


def _in_pieces(pieces, x):
    from torch.utils.checkpoint import checkpoint

    for piece in pieces:
        x = checkpoint(piece, x, use_reentrant=False)
    return x
