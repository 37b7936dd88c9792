"""Running models and saying what they mean: predictions, calibration, and the answer."""

from astroclassify.inference._classification import Classification
from astroclassify.inference._interpret import (
    FIELD_ABOVE,
    calibrated_logits,
    galaxy_probability,
    interpret,
    softmax,
)
from astroclassify.inference._predict import Prediction, checked_planes, predict

__all__ = [
    "FIELD_ABOVE",
    "Classification",
    "Prediction",
    "calibrated_logits",
    "checked_planes",
    "galaxy_probability",
    "interpret",
    "predict",
    "softmax",
]
