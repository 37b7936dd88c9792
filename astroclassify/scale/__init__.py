"""Many frames: workers, results that last, files elsewhere, folders that are watched."""

from astroclassify.scale._crew import ClusterError, Crew, WorkerDiedError, find_crew, run_jobs
from astroclassify.scale._dask import dask_executor
from astroclassify.scale._limit import within
from astroclassify.scale._remote import open_remote
from astroclassify.scale._results import ResultSet, file_key, read_results
from astroclassify.scale._watch import Landed, WatchedFolder, watch

__all__ = [
    "ClusterError",
    "WorkerDiedError",
    "read_results",
]
