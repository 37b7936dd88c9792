"""What was asked for, as plain data: what a worker elsewhere needs to do the same work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from astropy import units as u

from astroclassify._work import Asked
from astroclassify.core import check_whole, rules
from astroclassify.identify import find_catalogue
from astroclassify.inference import prior_shift
from astroclassify.models import ready_model

_SECONDS = rules.optional(rules.quantity(u.s, positive=True))


@dataclass(frozen=True, eq=False)
class Request:
    """
    The options of `~astroclassify.classify_many`.

    Parameters
    ----------
    model, weights, device, precision
        As for `~astroclassify.models.ready_model`.
    flips, prior, batch_size, identify, evidence, thumbnails, timeout
        As for `~astroclassify.classify_many`.
    recorded : bool
        Whether an error of one frame is kept, not raised.
    facts : bool
        Whether to keep where and when a frame was taken.
    chosen : dict
        ``chip``, ``read`` and ``survey``, of every item.
    """

    model: Any = "default"
    weights: Any = None
    device: str | None = None
    precision: str = "auto"
    flips: bool | None = None
    prior: Any = None
    batch_size: int = 1
    identify: Any = False
    evidence: bool = False
    thumbnails: bool = False
    timeout: float | None = None
    recorded: bool = False
    facts: bool = False
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def asked(self):
        """
        Get the model ready, and check the options.

        Returns
        -------
        Asked
            The same model for the same request: it is kept.
        """
        model = ready_model(self.model, weights=self.weights, device=self.device, precision=self.precision)
        check_whole("batch_size", self.batch_size)
        if self.prior != "catalogue":
            prior_shift(self.prior, model)
        return Asked(
            model=model,
            flips=model.spec.flips if self.flips is None else bool(self.flips),
            prior=self.prior,
            batch_size=self.batch_size,
            evidence=self.evidence,
            catalogue=self._catalogue(),
            recorded=self.recorded,
            facts=self.facts,
            thumbnails=self.thumbnails,
            timeout=_SECONDS("timeout", self.timeout),
        )

    def _catalogue(self):
        """The catalogue that is asked for names, or None."""
        if isinstance(self.identify, bool):
            return find_catalogue("builtin") if self.identify or isinstance(self.prior, str) else None
        return find_catalogue(self.identify)
