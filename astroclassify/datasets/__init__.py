"""Lists of labelled frames: the paper's and one's own, their files, sets, splits and simulated twins."""

from astroclassify.datasets._bodies import KnownBody, body_at, body_key, known_bodies, resolve_body
from astroclassify.datasets._fetch import FetchResult, fetch, plan_fetch
from astroclassify.datasets._frame_store import frames_folder
from astroclassify.datasets._labelled import LabelledFrame, checked_frames, labelled_frames
from astroclassify.datasets._manifest import (
    LABELS,
    MANIFEST_COLUMNS,
    check_manifest,
    instrument_names,
    read_manifest,
    write_manifest,
)
from astroclassify.datasets._sets import VARIANTS, FrameCache, build_set, open_set
from astroclassify.datasets._split import split_by_body, split_frames
from astroclassify.datasets._twins import TwinPlans, simulate_twin, twin_plans
from astroclassify.datasets._visits import visit_of

__all__ = [
    "LABELS",
    "MANIFEST_COLUMNS",
    "VARIANTS",
    "FetchResult",
    "FrameCache",
    "KnownBody",
    "LabelledFrame",
    "TwinPlans",
    "body_at",
    "body_key",
    "build_set",
    "check_manifest",
    "checked_frames",
    "fetch",
    "frames_folder",
    "instrument_names",
    "known_bodies",
    "labelled_frames",
    "open_set",
    "plan_fetch",
    "read_manifest",
    "resolve_body",
    "simulate_twin",
    "split_by_body",
    "split_frames",
    "twin_plans",
    "visit_of",
    "write_manifest",
]
