"""
Lists of labelled frames: the paper's and one's own, their files, sets, splits and simulated twins.

What needs torch, the default model and the simulator, is imported when it is first asked for.
"""

from importlib import import_module as _import_module

from astroclassify.datasets._bodies import KnownBody, body_at, body_key, known_bodies, resolve_body
from astroclassify.datasets._fetch import FetchResult, fetch, plan_fetch
from astroclassify.datasets._frame_store import frames_folder
from astroclassify.datasets._grouping import canonical_bodies
from astroclassify.datasets._intervals import accuracy_interval, bootstrap_interval
from astroclassify.datasets._labelled import LabelledFrame, checked_frames, labelled_frames
from astroclassify.datasets._leakage import Leakage, check_leakage, find_leakage
from astroclassify.datasets._manifest import (
    LABELS,
    MANIFEST_COLUMNS,
    check_manifest,
    instrument_names,
    read_manifest,
    write_manifest,
)
from astroclassify.datasets._query import complete_positions, paper_bodies, query, query_summary
from astroclassify.datasets._report import ManifestReport, report
from astroclassify.datasets._sets import VARIANTS, FrameCache, build_set, open_set
from astroclassify.datasets._split import PAPER_SEED, Split, kfold, split, split_by_body, split_frames
from astroclassify.datasets._visits import visit_of

__all__ = [
    "LABELS",
    "MANIFEST_COLUMNS",
    "PAPER_SEED",
    "VARIANTS",
    "FetchResult",
    "FrameCache",
    "KnownBody",
    "LabelledFrame",
    "Leakage",
    "ManifestReport",
    "Split",
    "TwinPlans",
    "accuracy_interval",
    "apply_overrules",
    "body_at",
    "body_key",
    "bootstrap_interval",
    "build_set",
    "canonical_bodies",
    "check_leakage",
    "check_manifest",
    "checked_frames",
    "complete_positions",
    "contact_sheet",
    "fetch",
    "find_leakage",
    "frames_folder",
    "instrument_names",
    "kfold",
    "known_bodies",
    "labelled_frames",
    "open_set",
    "paper_bodies",
    "plan_fetch",
    "query",
    "query_summary",
    "read_manifest",
    "read_screened",
    "report",
    "resolve_body",
    "screen",
    "simulate_twin",
    "split",
    "split_by_body",
    "split_frames",
    "twin_plans",
    "visit_of",
    "write_manifest",
]

_LATE = {
    **dict.fromkeys(("TwinPlans", "simulate_twin", "twin_plans"), "_twins"),
    **dict.fromkeys(("apply_overrules", "read_screened", "screen"), "_screening"),
    "contact_sheet": "_contact_sheet",
}


def __getattr__(name):
    if name in _LATE:
        value = getattr(_import_module(f"{__name__}.{_LATE[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
