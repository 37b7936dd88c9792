"""Running models and saying what they mean: predictions, calibration, and the answer."""

from astroclassify.inference._classification import Classification
from astroclassify.inference._interpret import (
    FIELD_ABOVE,
    calibrated_logits,
    galaxy_probability,
    interpret,
    softmax,
)
from astroclassify.inference._novelty import energy
from astroclassify.inference._predict import VIEWS, Prediction, checked_planes, predict, predict_planes
from astroclassify.inference._prior import prior_shift

__all__ = [
    "FIELD_ABOVE",
    "VIEWS",
    "Classification",
    "Prediction",
    "calibrated_logits",
    "checked_planes",
    "energy",
    "galaxy_probability",
    "interpret",
    "predict",
    "predict_planes",
    "prior_shift",
    "softmax",
]
