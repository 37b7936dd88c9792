"""Integrated gradients: parts of the difference between a frame and a baseline, cell by cell.

On the straight line from a baseline to the frame, planes :math:`x(t) = b + t (x - b)`, the explained number
:math:`F` changes by the integral of its gradient, so that the parts

.. math:: A_i = (x_i - b_i) \\int_0^1 \\partial F / \\partial x_i \\, dt

add up to :math:`F(x) - F(b)`: completeness (Sundararajan et al. 2017, arXiv:1703.01365). The integral is a
sum over steps, each with the gradient at its middle. Two things make few steps enough, where :math:`F` rises
and falls on the way, as that of a network does between a frame and one of sky:

* steps are short where :math:`F` changes much: equal in half of :math:`t` and half of the length of the way
  that :math:`F` goes, which a few points tell;
* what the gradient :math:`g` of a step of length :math:`d` misses of the difference of :math:`F` between its
  ends is made good by the least change of the gradient that does so (the secant condition), which adds
  :math:`(\\Delta F - d \\, g \\cdot (x - b)) (x_i - b_i)^2 / |x - b|^2` to the parts.
"""

import warnings

import numpy as np
from astropy import units as u
from scipy.ndimage import gaussian_filter

from astroclassify.core import FrameWarning, check_whole, checked, rules
from astroclassify.explain._baselines import baseline_planes
from astroclassify.explain._less_memory import LARGE, less_memory
from astroclassify.explain._seen import see

#: Log-odds below which a difference is nothing that an explanation could be relative to.
_NOTHING = 0.5
#: Where the steps miss more than this share of the difference, what is added to make it good is no small
#: correction any more, and the user is told (float).
_MUCH = 0.5
#: So many points tell how F goes along the way, ends included (int).
_SCOUTS = 9


@checked(
    baseline=rules.text,
    steps=rules.whole(),
    flips=rules.optional(rules.flag),
    smooth=rules.quantity(u.one, 0, 0.5),
)
def explain_by_gradients(model, frame, *, target, baseline="sky", steps=16, flips=None, smooth=1 / 80):
    """
    Explain by integrated gradients.

    Parameters
    ----------
    model : Model
        Any model for frames.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc", "object"}
        What the map speaks for.
    baseline : {"sky", "simulated-sky", "blurred", "black", "white"}, default "sky"
        What the frame is compared with.
    steps : int, default 16
        Of the integral.
    flips : bool, optional
        As for `astroclassify.classify`.
    smooth : float, default 1/80
        Standard deviation of the Gaussian that the map is smoothed with, as a share of the shorter side of
        what the network sees: 0 to 0.5. Gradients differ in sign from pixel to pixel, and the largest of them
        may lie anywhere; smoothed, they show where the answer comes from. 0 leaves them as they are.

    Returns
    -------
    astropy.nddata.CCDData
        Natural log-odds; they add up to the target's log-odds of the frame minus those of the baseline.

    Raises
    ------
    ParameterError
        If ``smooth`` is out of its range.

    Warns
    -----
    FrameWarning
        If the steps alone miss more than half of that difference.
    """
    seen = see(model, frame, target, flips=flips)
    parts, facts = attributions(seen, baseline, steps=steps)
    _warn_of_much_missed({keyword: value for keyword, value, _ in facts}["ACMISSED"], steps)
    # Reflected at the edges, a Gaussian keeps the sum.
    parts = gaussian_filter(parts, smooth * min(parts.shape), mode="reflect")
    return seen.map(parts, facts=[*facts, ("ACSMOOTH", float(smooth), "Gaussian, share of the shorter side")])


def _warn_of_much_missed(share, steps):
    if share > _MUCH:
        warnings.warn(
            f"{steps} steps missed {share:.0%} of the difference between frame and baseline; it was made "
            f"good, but the map is rough: give more steps, such as steps={4 * steps}",
            FrameWarning,
            stacklevel=4,
        )


def attributions(seen, baseline="sky", *, steps=16):
    """
    Integrate gradients from a baseline to the frame.

    Parameters
    ----------
    seen : Seen
        The frame and what is explained.
    baseline : str, default "sky"
        What to start from.
    steps : int, default 16
        Of the integral.

    Returns
    -------
    parts : numpy.ndarray
        Float64 ``[h, w]``, summed over the planes.
    facts : list of tuple
        Cards: baseline, its log-odds, steps, and what share of the difference of log-odds the steps missed
        before that was made good.
    """
    check_whole("steps", steps)
    way = _Way(seen, baseline_planes(baseline, seen.planes))
    with less_memory(seen.model.differentiable, large=seen.planes.numel() > LARGE):
        edges = _short_where_it_changes(way, steps)
        values = way.log_odds(edges)
        gradient = way.gradient((edges[1:] + edges[:-1]) / 2, np.diff(edges))
    missed = values[-1] - values[0] - float((gradient * way.length).sum())
    # All steps go the same way, so that what they missed is shared alike: one sum instead of one for each.
    correction = missed * way.length**2 / max(float((way.length**2).sum()), np.finfo(float).tiny)
    parts = (gradient * way.length + correction).sum(dim=(0, 1)).cpu().numpy()
    relative = abs(missed) / max(abs(values[-1] - values[0]), _NOTHING)
    cards = [
        ("ACBASE", baseline, "what the frame is compared with"),
        ("ACBASELO", float(values[0]), "log-odds of the baseline"),
        ("ACSTEPS", steps, "steps of the integral"),
        ("ACMISSED", float(relative), "share that the steps missed, made good"),
    ]
    return parts, cards


class _Way:
    """The straight line from the baseline's planes to the frame's."""

    def __init__(self, seen, start):
        self.seen, self.start = seen, start
        self.length = (seen.planes - start).double()

    def at(self, points):
        """Give planes ``[N, C, h, w]`` at points from 0 to 1."""
        import torch

        along = torch.tensor(points, dtype=torch.float32, device=self.start.device)
        return torch.lerp(self.start, self.seen.planes, along[:, None, None, None])

    def log_odds(self, points):
        """Give the log-odds at points, a few at a time (numpy.ndarray)."""
        return self.seen.many_log_odds(self.at([point])[0] for point in points)

    def gradient(self, points, weights):
        """Give the weighted sum of gradients at points, a few at a time (torch.Tensor, float64)."""
        import torch

        total = torch.zeros_like(self.start, dtype=torch.float64)
        for first in range(0, len(points), self.seen.at_once):
            some = slice(first, first + self.seen.at_once)
            planes = self.at(points[some]).requires_grad_()
            (found,) = torch.autograd.grad(self.seen.log_odds(planes).sum(), planes)
            share = torch.tensor(weights[some], dtype=torch.float64, device=found.device)
            total += (share[:, None, None, None] * found.double()).sum(dim=0, keepdim=True)
        return total


def _short_where_it_changes(way, steps):
    """Give the steps' edges: equal in half of the way and half of the ups and downs of the log-odds."""
    scouts = np.linspace(0, 1, _SCOUTS)
    gone = np.concatenate([[0], np.cumsum(np.abs(np.diff(way.log_odds(scouts))))])
    both = (scouts + gone / (gone[-1] or 1)) / (1 + (gone[-1] > 0))
    return np.interp(np.linspace(0, 1, steps + 1), both, scouts)
