"""Gradients through large planes in little memory: patches, and what was forgotten is computed again.

Of a chain of layers only what enters each convolution or block is kept; what lies between is computed a
second time when its gradient is due (gradient checkpointing, Chen et al. 2016, arXiv:1604.06174). Where a
piece of the chain is local (convolutions, pooling, and what works pixel by pixel) and what enters it is
large, it is computed in strips of rows, each with the rows around it that it sees, and the strips are
stitched. Gradients are the same but for rounding; time grows by the forward pass, and by the rows that are
computed twice.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

#: Planes with more numbers than this are taken so (int).
LARGE = 2**21
#: Rows of a strip, at least; inputs of a piece with more numbers are taken in strips (int).
_ROWS, _LARGE_PIECE = 256, 2**21


@contextmanager
def less_memory(module, *, large=True, strips=True):
    """
    Let gradients through a network take little memory while the context lasts.

    Parameters
    ----------
    module : torch.nn.Module
        The network; whatever of it is a `torch.nn.Sequential` is taken in pieces.
    large : bool, default True
        Whether to do anything.
    strips : bool, default True
        Whether large inputs may be computed in strips; layers within are then called for each strip.

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
            chain.forward = partial(_in_pieces, _pieces(chain), strips)
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


def _in_pieces(pieces, strips, x):
    from torch.utils.checkpoint import checkpoint

    for piece in pieces:
        seen = field_of(piece) if strips and x.ndim == 4 and x.numel() > _LARGE_PIECE else None
        x = checkpoint(piece, x, use_reentrant=False) if seen is None else in_strips(piece, x, seen)
    return x


# Strips ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """
    What rows of its input a row of a local chain's output sees.

    Parameters
    ----------
    step : int
        Input rows from one output row to the next.
    before : int
        Output row ``i`` sees input rows from ``i * step - before`` on.
    seen : int
        How many.
    """

    step: int = 1
    before: int = 0
    seen: int = 1


def field_of(chain):
    """
    Work out what a chain of layers sees.

    Parameters
    ----------
    chain : torch.nn.Sequential
        The layers.

    Returns
    -------
    Field or None
        `None` where a layer is not known to be local.
    """
    from torch import nn

    field = Field()
    for layer in chain:
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            if isinstance(layer.padding, str) or getattr(layer, "ceil_mode", False):
                return None
            size, step, pad, spread = (
                _rows(getattr(layer, name, 1)) for name in ("kernel_size", "stride", "padding", "dilation")
            )
            field = Field(
                field.step * step,
                field.before + pad * field.step,
                field.seen + spread * (size - 1) * field.step,
            )
        elif not isinstance(layer, _by_pixel()):
            return None
    return field


def _rows(value):
    return int(value[0] if isinstance(value, tuple) else value)


def _by_pixel():
    from torch import nn

    return nn.BatchNorm2d, nn.ReLU, nn.LeakyReLU, nn.SiLU, nn.GELU, nn.Hardswish, nn.Identity, nn.Dropout


def in_strips(chain, x, field):
    """
    Compute a local chain in strips, forwards and backwards.

    Parameters
    ----------
    chain : torch.nn.Sequential
        Local layers, in evaluation mode; there are no gradients for their weights.
    x : torch.Tensor
        ``[N, C, h, w]``.
    field : Field
        What the chain sees.

    Returns
    -------
    torch.Tensor
        What the chain gives.
    """
    return _strips().apply(x, chain, field)


def _cuts(rows, field):
    """Give first and last input row, what to leave out of a strip's output, and its output rows."""
    count = (rows + 2 * field.before - field.seen) // field.step + 1  # pads are alike above and below
    margin, many = -(-field.seen // field.step), max(1, _ROWS // field.step)
    for first in range(0, count, many):
        last = min(first + many, count)
        start = max(0, first - margin)
        end = min(rows, last * field.step - field.before + 2 * field.seen)
        yield start * field.step, end, first - start, slice(first, last)


@cache
def _strips():
    import torch

    class Strips(torch.autograd.Function):
        """The chain of a piece, strip by strip."""

        @staticmethod
        def forward(ctx, x, chain, field):
            ctx.chain, ctx.field = chain, field
            ctx.save_for_backward(x)
            parts = []
            for start, end, left, rows in _cuts(x.shape[2], field):
                found = chain(x[:, :, start:end].clone())  # a chain may work in place
                parts.append(found[:, :, left : left + rows.stop - rows.start].clone())
            return torch.cat(parts, dim=2)

        @staticmethod
        def backward(ctx, given):
            (x,) = ctx.saved_tensors
            total = torch.zeros_like(x)
            for start, end, left, rows in _cuts(x.shape[2], ctx.field):
                part = x[:, :, start:end].detach().requires_grad_()
                with torch.enable_grad():
                    found = ctx.chain(part.clone())[:, :, left : left + rows.stop - rows.start]
                (own,) = torch.autograd.grad(found, part, given[:, :, rows])
                total[:, :, start:end] += own
            return total, None, None

    return Strips
