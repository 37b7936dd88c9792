"""Training and evaluation of the default model on simulated frames."""

from astroclassify.training._evaluate import (
    Score,
    area_under_curve,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    fit_calibration,
    simulated_logits,
)
from astroclassify.training._fit import Recipe, fit
from astroclassify.training._pool import FramePool
from astroclassify.training._release import release

__all__ = [
    "FramePool",
    "Recipe",
    "Score",
    "area_under_curve",
    "balanced_accuracy",
    "bootstrap",
    "calibration_error",
    "fit",
    "fit_calibration",
    "release",
    "simulated_logits",
]
