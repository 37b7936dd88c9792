"""Detection: where in an image deep-sky objects are, as boxes in pixels and on the sky.

A registry like that of models: built-in and third-party detectors are declared by the same entry points.
"""

from astroclassify.detect._annotated_image import AnnotatedImage
from astroclassify.detect._annotations import read_annotations
from astroclassify.detect._annotations_written import coco_text
from astroclassify.detect._builtin import HEATMAP, SEGMENTATION, STARLESS, XRAI, YOLO
from astroclassify.detect._classes import with_classes
from astroclassify.detect._detections import Detections
from astroclassify.detect._files import plain_table
from astroclassify.detect._find import detect
from astroclassify.detect._image import SearchImage, load_image
from astroclassify.detect._night import (
    VERDICTS,
    FrameVerdict,
    compared,
    judge_frames,
    look_at_frames,
    star_positions,
    verdicts_table,
)
from astroclassify.detect._spec import DETECTION_COLUMNS, DETECTORS, DetectorSpec
from astroclassify.detect._starless import export_starless, remove_stars

__all__ = [
    "DETECTION_COLUMNS",
    "DETECTORS",
    "AnnotatedImage",
    "Detections",
    "DetectorSpec",
    "FrameVerdict",
    "detect",
    "judge_frames",
    "load_image",
    "read_annotations",
    "remove_stars",
]
