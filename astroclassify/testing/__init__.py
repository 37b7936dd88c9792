"""Public contract kits: what a plug-in must keep, checked rule by rule."""

from astroclassify.testing._catalogue import check_catalogue
from astroclassify.testing._detector import check_detector
from astroclassify.testing._errors import ContractError
from astroclassify.testing._explainer import check_explainer
from astroclassify.testing._frames import difficult_frames
from astroclassify.testing._model import DEFAULT_SHAPES, check_model
from astroclassify.testing._reader import check_reader
from astroclassify.testing._sources import difficult_samples

__all__ = [
    "ContractError",
    "check_catalogue",
    "check_detector",
    "check_explainer",
    "check_model",
    "check_reader",
]
