"""Running models and saying what they mean: predictions, calibration, and the answer."""

from astroclassify.inference._answers import answer_row, answers_table, error_row, with_bodies
from astroclassify.inference._classification import Classification, spoken
from astroclassify.inference._interpret import (
    FIELD_ABOVE,
    calibrated_logits,
    evidence_for,
    galaxy_probability,
    interpret,
)
from astroclassify.inference._novelty import energy
from astroclassify.inference._on_frame import evidence_on_frame, map_on_frame, on_cells
from astroclassify.inference._predict import (
    VIEWS,
    Prediction,
    checked_planes,
    in_batches,
    predict,
    predict_planes,
)
from astroclassify.inference._prior import prior_shift

__all__ = [
    "FIELD_ABOVE",
    "VIEWS",
    "Classification",
    "Prediction",
    "answer_row",
    "answers_table",
    "calibrated_logits",
    "checked_planes",
    "energy",
    "error_row",
    "evidence_for",
    "evidence_on_frame",
    "galaxy_probability",
    "in_batches",
    "interpret",
    "map_on_frame",
    "on_cells",
    "predict",
    "predict_planes",
    "prior_shift",
    "spoken",
    "with_bodies",
]
