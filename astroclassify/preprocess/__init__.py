"""Preprocessing: from a frame to the input array of a model."""

from astroclassify.preprocess._areas import overlaps
from astroclassify.preprocess._blocks import block_means, thumbnail
from astroclassify.preprocess._counts import RESAMPLINGS, counts_planes
from astroclassify.preprocess._coverage import covered_part, filled_by_reflection
from astroclassify.preprocess._detection import detection_planes
from astroclassify.preprocess._frame import MINIMUM_SIDE, FrameRows, frame_array
from astroclassify.preprocess._noise import pixel_noise
from astroclassify.preprocess._planes import Plane, working_planes
from astroclassify.preprocess._stretch import asinh_stretched

__all__ = [
    "FrameRows",
    "covered_part",
    "frame_array",
    "working_planes",
]
