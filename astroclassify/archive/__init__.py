"""Queries to MAST, downloads from MAST and the cloud, and the folder of frames."""

from astroclassify.archive._fetch import FetchResult, fetch_frames, plan_fetch
from astroclassify.archive._frame_store import frames_folder
from astroclassify.archive._query import complete_positions, paper_bodies, query_archive, summarise_query

__all__ = [
    "FetchResult",
    "complete_positions",
    "fetch_frames",
    "plan_fetch",
    "query_archive",
]
