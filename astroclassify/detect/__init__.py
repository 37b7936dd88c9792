"""Detectors: where in an image objects are. The registry; none is built in yet."""

from astroclassify.detect._spec import DETECTION_COLUMNS, DETECTORS, DetectorSpec

__all__ = ["DETECTION_COLUMNS", "DETECTORS", "DetectorSpec"]
