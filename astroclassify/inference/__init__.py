"""Running models and saying what they mean: predictions, calibration, and the answer."""

from astroclassify.inference._answers import answer_row, answers_table, error_row, with_bodies
from astroclassify.inference._calibrate import LEAST_BODIES, balanced_losses, calibrate, gain_table
from astroclassify.inference._classification import Classification, spoken
from astroclassify.inference._fit_calibration import fit_calibration
from astroclassify.inference._group import (
    CORRELATION,
    GROUPS,
    check_grouping,
    combine_answers,
    effective_number,
    grouped,
)
from astroclassify.inference._interpret import (
    TARGETS,
    calibrated_logits,
    evidence_for,
    galaxy_probability,
    interpret,
    sides_of,
)
from astroclassify.inference._local import LocalCalibration
from astroclassify.inference._novelty import energy
from astroclassify.inference._on_frame import evidence_on_frame, map_on_frame, on_cells
from astroclassify.inference._planes import plane_statistics
from astroclassify.inference._predict import (
    VIEWS,
    Prediction,
    checked_planes,
    in_batches,
    predict,
    predict_planes,
)
from astroclassify.inference._prior import prior_shift, usual_shares
from astroclassify.inference._shares import calibrate_shares, expected_shares

__all__ = [
    "CORRELATION",
    "GROUPS",
    "LEAST_BODIES",
    "TARGETS",
    "VIEWS",
    "Classification",
    "LocalCalibration",
    "Prediction",
    "answer_row",
    "answers_table",
    "balanced_losses",
    "calibrate",
    "calibrate_shares",
    "calibrated_logits",
    "check_grouping",
    "checked_planes",
    "combine_answers",
    "effective_number",
    "energy",
    "error_row",
    "evidence_for",
    "evidence_on_frame",
    "expected_shares",
    "fit_calibration",
    "gain_table",
    "galaxy_probability",
    "grouped",
    "in_batches",
    "interpret",
    "map_on_frame",
    "on_cells",
    "plane_statistics",
    "predict",
    "predict_planes",
    "prior_shift",
    "sides_of",
    "spoken",
    "usual_shares",
    "with_bodies",
]
