"""Charge transfer: bleeding of full wells, and losses of parallel transfers (CTE)."""

import math

import torch

# Charge-transfer efficiency. A packet of charge fills a volume of silicon that grows more slowly than its
# electrons, and meets the traps in that volume: deferred charge of a signal x is x / sqrt(1 + x / _FAINT)
# times a constant. Below 20 electrons it is a fixed fraction; far above it goes as sqrt(x), so that a star of
# 100 times the light loses a tenth of the fraction. A background fills traps beforehand: for a small signal s
# on a level b the loss is s times the derivative, which falls with b. Chosen so that stars and extended
# sources lose what is measured (ACS ISR 2025-02, arXiv:2602.18605): see ``benchmarks/cte.py``.
_FAINT = 20.0
_TRANSFERS = 2000.0  # those of the rows farthest from the amplifier, for which `Effects.cte` is given
# Shares and lengths (rows) of the exponentials of which a trail is made: traps that release their electrons
# after about one, eight and forty transfers. Chosen by us; pipelines use tables that were fitted to hot
# pixels.
_TRAIL = ((0.25, 1.0), (0.35, 8.0), (0.40, 40.0))
# Rows are done in blocks side by side: row n of all blocks in one step.
_BLOCK_ROWS = 64


def bleed(electrons, full_well):
    """
    Spread charge above the full well along its column, half of it each way.

    Parameters
    ----------
    electrons : torch.Tensor
        One chip ``[y, x]``, changed in place. Charge is conserved but for what leaves the chip.
    full_well : float
        Electrons that a pixel holds.

    Notes
    -----
    What is carried past a row is a random walk that never falls below 0 (Lindley's recursion): with
    S the cumulative sum of charge minus full well, it is S - min(0, min S so far).
    """
    # What overflows runs along the channel of its column only: stops between columns are higher barriers
    # (real ones pass less than 10% of the excess, ACS Instrument Handbook 4.3.1). An excess of e electrons
    # fills e / full_well further pixels: the length of the bleed.
    columns = (electrons > full_well).any(dim=0).nonzero().squeeze(1)
    if columns.numel() == 0:
        return
    wells = electrons[:, columns].T.double()
    half = (wells - full_well).clamp_(min=0) / 2
    wells = _poured(wells.clamp(max=full_well), half, full_well)
    wells = _poured(wells.flip(1), half.flip(1), full_well).flip(1)
    electrons[:, columns] = wells.T.to(electrons.dtype)


def _poured(wells, extra, full_well):
    """Pour charge into rows of wells, from left to right: what a well cannot hold runs on to the next."""
    total = wells + extra
    walk = (total - full_well).cumsum(dim=1)
    carried = walk - walk.cummin(dim=1).values.clamp_(max=0)
    total -= carried
    total[:, 1:] += carried[:, :-1]
    return total


def defer(block, fraction, *, transfers=1, per_row=1):
    """
    Transfer a block of pixels towards an amplifier, with losses.

    Parameters
    ----------
    block : torch.Tensor
        Electrons, float32, changed in place; row 0 is read first, rows without light come after the others.
    fraction : float
        Fraction of a faint signal that 2000 transfers defer, 0 to 0.6.
    transfers : int, default 1
        Transfers of row 0; may be negative where the first rows hold no light.
    per_row : int, default 1
        Further transfers of each following row: the binning.

    Notes
    -----
    What is deferred turns up in the following rows, as a sum of exponentials; what would turn up after
    the last row is lost. Sums are done pixel by pixel, not as products of matrices, whose last bits depend
    on the number of threads.
    """
    count = transfers + per_row * torch.arange(len(block), device=block.device)
    share = count.clamp_(min=0).to(block.dtype) * (fraction / _TRANSFERS)
    lost = (block / _FAINT).add_(1).rsqrt_().mul_(block).mul_(share[:, None])
    block -= lost
    decay, gain = (torch.tensor(values).view(-1, 1, 1).to(block) for values in _trail())
    released = _released_before(lost, decay, gain)
    for row in range(min(_BLOCK_ROWS, len(block))):
        part, source = block[row::_BLOCK_ROWS], lost[row::_BLOCK_ROWS]
        for component in released:
            part += component[: len(part)]
        released[:, : len(part)].mul_(decay).add_(source * gain)


def _trail():
    """Give the factor per row of each exponential, and its share in the first row of a trail."""
    decay = [math.exp(-1 / rows) for _, rows in _TRAIL]
    return decay, [share * (1 - factor) for factor, (share, _) in zip(decay, _TRAIL, strict=True)]


def _released_before(lost, decay, gain):
    """Find what each exponential releases in the first row of every block of rows, from all rows before."""
    blocks = -(-len(lost) // _BLOCK_ROWS)
    released = lost.new_zeros((len(_TRAIL), blocks, lost.shape[1]))
    within = released[:, 1:]
    for row in range(_BLOCK_ROWS if blocks > 1 else 0):
        within.mul_(decay).add_(lost[row::_BLOCK_ROWS][: blocks - 1] * gain)
    for block in range(2, blocks):
        released[:, block] += released[:, block - 1] * decay[:, 0] ** _BLOCK_ROWS
    return released
