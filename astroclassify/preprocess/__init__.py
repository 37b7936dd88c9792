"""From a frame to the array that a model wants."""

from astroclassify.preprocess._counts import RESAMPLINGS, counts_planes
from astroclassify.preprocess._frame import MINIMUM_SIDE, FrameRows, frame_array
from astroclassify.preprocess._planes import working_planes

__all__ = ["MINIMUM_SIDE", "RESAMPLINGS", "FrameRows", "counts_planes", "frame_array", "working_planes"]
