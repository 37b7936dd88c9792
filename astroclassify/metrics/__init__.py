"""Scores, calibration, coverage, cluster bootstrap and tests of differences."""

from astroclassify.metrics._bootstrap import ClusterBootstrap
from astroclassify.metrics._boxes import EDGES, box_edges, box_overlaps, box_sides
from astroclassify.metrics._calibration import (
    Recalibration,
    Reliability,
    brier_score,
    brier_skill,
    calibration_error,
    confidence,
    debiased_calibration_error,
    recalibration,
    reliability,
)
from astroclassify.metrics._coverage import CoverageCurve, coverage_curve
from astroclassify.metrics._detection import COCO_OVERLAPS, DetectionScores, score_detections
from astroclassify.metrics._intervals import Estimate, wilson_interval
from astroclassify.metrics._scores import (
    SHARES,
    RocCurve,
    accuracy,
    area_under_curve,
    balanced_accuracy,
    confusion_matrix,
    f1_galaxy,
    f1_nsc,
    leans_to_galaxy,
    precision_galaxy,
    precision_nsc,
    recall_galaxy,
    recall_nsc,
    roc_curve,
)
from astroclassify.metrics._significance import holm, mcnemar

__all__ = [
    "ClusterBootstrap",
    "CoverageCurve",
    "DetectionScores",
    "Estimate",
    "SHARES",
    "accuracy",
    "area_under_curve",
    "calibration_error",
    "confusion_matrix",
    "coverage_curve",
    "recalibration",
    "reliability",
    "roc_curve",
    "score_detections",
]
