"""Lists of labelled frames, the paper's and one's own: bodies, labels, splits, leakage, sets on disk."""

from astroclassify.datasets._bodies import KnownBody, body_at, body_key, known_bodies, resolve_body
from astroclassify.datasets._cache import CachedPixels, is_set
from astroclassify.datasets._grouping import canonical_bodies
from astroclassify.datasets._labelled import (
    LabelledFrame,
    checked_frames,
    labelled_frames,
    listed_frames,
    manifest_of,
    read_frame,
)
from astroclassify.datasets._labels_file import labelled_files, read_labels
from astroclassify.datasets._leakage import Leakage, check_leakage, find_leakage
from astroclassify.datasets._manifest import (
    LABELS,
    MANIFEST_COLUMNS,
    MANIFEST_FILE,
    TRUTH_FILE,
    check_manifest,
    instrument_names,
    read_manifest,
    write_manifest,
)
from astroclassify.datasets._nested import COVERS_AT_LEAST, label_bodies
from astroclassify.datasets._report import ManifestReport, report_manifest
from astroclassify.datasets._sets import VARIANTS, FrameCache, build_set, open_set
from astroclassify.datasets._sky_overlap import SkyEllipses, disk_outlines, sky_directions, sky_shares
from astroclassify.datasets._split import (
    PAPER_SEED,
    Split,
    kfold,
    split_by_body,
    split_frames,
    split_manifest,
)
from astroclassify.datasets._visits import visit_of

__all__ = [
    "LabelledFrame",
    "MANIFEST_COLUMNS",
    "Split",
    "body_at",
    "build_set",
    "canonical_bodies",
    "check_leakage",
    "check_manifest",
    "kfold",
    "known_bodies",
    "label_bodies",
    "labelled_frames",
    "open_set",
    "read_manifest",
    "report_manifest",
    "resolve_body",
    "split_manifest",
    "write_manifest",
]
