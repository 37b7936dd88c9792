"""Running models and saying what they mean: predictions, calibration, and the answer."""

from astroclassify.inference._answers import answer_row, answers_table, error_row, with_bodies
from astroclassify.inference._calibrate import (
    LEAST_BODIES,
    LocalCalibration,
    balanced_losses,
    calibrate,
    gain_table,
)
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
from astroclassify.inference._novelty import energy, plane_statistics
from astroclassify.inference._on_frame import evidence_on_frame, map_on_frame, on_cells
from astroclassify.inference._predict import (
    VIEWS,
    Prediction,
    checked_planes,
    in_batches,
    predict,
    predict_planes,
    views_of,
)
from astroclassify.inference._prior import prior_shift, usual_shares
from astroclassify.inference._shares import calibrate_shares, expected_shares

__all__ = [
    "LocalCalibration",
    "calibrate",
    "combine_answers",
    "fit_calibration",
    "prior_shift",
]
