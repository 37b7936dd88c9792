"""Lists of labelled frames: the paper's and one's own, their files, sets, splits and simulated twins."""

from astroclassify.datasets._labelled import LabelledFrame, checked_frames, labelled_frames
from astroclassify.datasets._split import split_by_body, split_frames

__all__ = ["LabelledFrame", "checked_frames", "labelled_frames", "split_by_body", "split_frames"]
