"""A warning where models are judged on bodies that they know from their training."""

import warnings
from collections.abc import Mapping

from astroclassify.core import AstroclassifyWarning
from astroclassify.datasets import body_key

_USES = {"learnt": "learnt from", "calibrated": "was calibrated on"}
_SHOWN = 3


def warn_of_training_bodies(asked, listed):
    """
    Warn of each model whose card names bodies that are among those evaluated.

    Parameters
    ----------
    asked : sequence of AskedModel
        The models.
    listed : sequence of EvaluatedFrame
        The frames.

    Warns
    -----
    AstroclassifyWarning
        Names such bodies, and how many there are.
    """
    shown = {body_key(name): name for each in listed for name in (each.frame.body, each.body)}
    evaluated = len({each.body for each in listed})
    for model in asked:
        trained = model.card.get("bodies")
        for use, names in trained.items() if isinstance(trained, Mapping) else ():
            shared = sorted({shown[key] for key in map(body_key, names) if key in shown})
            if shared:
                warnings.warn(
                    _warning_text(model.label, use, shared, evaluated), AstroclassifyWarning, stacklevel=3
                )


def _warning_text(label, use, shared, evaluated):
    more = ", ..." if len(shared) > _SHOWN else ""
    return (
        f"{label} {_USES.get(use, use)} {len(shared)} of the {evaluated} bodies that it is evaluated on "
        f"({', '.join(shared[:_SHOWN])}{more}), so its figures flatter; leave their frames out"
    )
