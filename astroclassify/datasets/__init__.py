"""Lists of labelled frames: the paper's and one's own, their files, sets, splits and simulated twins."""

from astroclassify.datasets._bodies import KnownBody, body_at, body_key, known_bodies, resolve_body
from astroclassify.datasets._labelled import LabelledFrame, checked_frames, labelled_frames
from astroclassify.datasets._sets import VARIANTS, FrameCache, build_set, open_set
from astroclassify.datasets._split import split_by_body, split_frames
from astroclassify.datasets._visits import visit_of

__all__ = [
    "VARIANTS",
    "FrameCache",
    "KnownBody",
    "LabelledFrame",
    "body_at",
    "body_key",
    "build_set",
    "checked_frames",
    "known_bodies",
    "labelled_frames",
    "open_set",
    "resolve_body",
    "split_by_body",
    "split_frames",
    "visit_of",
]
