"""The answer to a frame."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

_BAR_PIXELS = 160
_SHOWN_IN_HTML = ("source", "chip", "instrument", "model", "reason")


@dataclass(frozen=True, eq=False, repr=False)
class Classification:
    """
    What a frame is part of, how sure that is, and where the evidence lies.

    Parameters
    ----------
    label : {"galaxy", "nsc", "uncertain"}
        The answer; ``nsc`` is a nebula or a star cluster.
    probability : float
        Probability of the more probable of ``galaxy`` and ``nsc``, 0.5 to 1; it is given even
        where the label is ``uncertain``.
    leaning : {"galaxy", "nsc"}
        The more probable of the two, whether or not that is enough for a label.
    probabilities : mapping of str to float
        One per class of the model; they sum to 1.
    evidence : numpy.ndarray or None
        Coarse float32 map ``[y, x]`` over the frame: how much each place speaks for the
        leaning (positive) or against it (negative), in natural log-odds. `None` where the
        model has no such map, or it was not asked for.
    novelty : float or None
        How unlike what the model has learnt the frame is, larger for less alike; ``meta["novelty_score"]``
        says on which scale. `None` where nobody measured it.
    meta : mapping of str to object
        Provenance: versions, time, model, weights, device, source, chip, instrument, and
        ``reason``, why the label is ``uncertain`` (else empty), with the limits ``uncertain_below``
        and ``novelty_above``; ``prior`` where one was given.

    Examples
    --------
    >>> from astroclassify import Classification
    >>> answer = Classification("galaxy", 0.97, "galaxy", {"galaxy": 0.97, "nsc": 0.03})
    >>> print(answer)
    galaxy with probability 0.970 (galaxy 0.970, nsc 0.030)
    """

    label: str
    probability: float
    leaning: str
    probabilities: Mapping[str, float]
    evidence: np.ndarray | None = None
    novelty: float | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def p_galaxy(self):
        """Probability of galaxy against nsc, both renormalised without ``field``, 0 to 1 (float)."""
        return self.probability if self.leaning == "galaxy" else 1 - self.probability

    def __repr__(self):
        return f"<Classification {self.label!r}, probability {self.probability:.3f}>"

    def __str__(self):
        classes = ", ".join(f"{name} {value:.3f}" for name, value in self.probabilities.items())
        if self.label == self.leaning:
            return f"{self.label} with probability {self.probability:.3f} ({classes})"
        reason = self.meta.get("reason", "")
        because = f": {reason}" if reason else ""
        return f"{self.label}{because}; {self.leaning} with probability {self.probability:.3f} ({classes})"

    def _repr_html_(self):
        bars = "".join(_bar(name, value) for name, value in self.probabilities.items())
        facts = "".join(
            f"<tr><td>{name}</td><td colspan='2'>{escape(str(self.meta[name]))}</td></tr>"
            for name in _SHOWN_IN_HTML
            if self.meta.get(name) not in (None, "")
        )
        head = (
            f"<b>{escape(self.label)}</b> &mdash; {escape(self.leaning)} with probability "
            f"{self.probability:.3f}"
        )
        return f"<div class='astroclassify'><p>{head}</p><table>{bars}{facts}</table></div>"


def _bar(name, value):
    width = round(_BAR_PIXELS * min(max(value, 0.0), 1.0))
    return (
        f"<tr><td>{escape(name)}</td><td style='text-align:right'>{value:.3f}</td>"
        f"<td style='width:{_BAR_PIXELS}px;text-align:left'><div style='background:#4477aa;height:0.8em;"
        f"width:{width}px'></div></td></tr>"
    )
