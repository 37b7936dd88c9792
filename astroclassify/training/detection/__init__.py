"""Training a detector of bodies on wide fields: pools of fields, losses, presets, the release of weights."""

from astroclassify.training.detection._fields import annotated_source, field_source, picture_bodies
from astroclassify.training.detection._fit import DETECTION_PRESETS, fit_detector
from astroclassify.training.detection._parts import run_part
from astroclassify.training.detection._pool import FieldPool
from astroclassify.training.detection._release import release_detector

__all__ = ["fit_detector"]
