"""The work of one worker of a set: frames of a file go into the arrays."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astroclassify.core import FrameError, file_stamp, fingerprint, open_executor, run_all
from astroclassify.datasets._cache import PIXELS, SCALES, decoded, encoded, mapped
from astroclassify.datasets._labelled import read_frame
from astroclassify.preprocess import counts_planes, frame_array


@dataclass(frozen=True)
class FileJob:
    """
    A file whose frames go into a set, as a worker is told of it.

    Parameters
    ----------
    folder : pathlib.Path
        Of the set; its arrays are there.
    path : pathlib.Path
        The file.
    rows : tuple of tuple
        For each frame its place in the arrays, and the number of its HDU or `None`.
    resampling : str or None
        How frames are resampled to the grid; `None` takes only frames that have its size.
    """

    folder: Path
    path: Path
    rows: tuple[tuple[int, int | None], ...]
    resampling: str | None


def built(jobs, processes):
    """
    Put files' frames into the arrays, many at a time.

    Parameters
    ----------
    jobs : list of FileJob
        The files.
    processes : int
        How many at a time.

    Yields
    ------
    dict
        For each frame, in any order, its ``row`` and either ``failure`` or what is known of its pixels.
    """
    workers = max(1, min(processes, len(jobs)))
    with open_executor(workers) as executor:
        for job, future in run_all(executor, build_file, jobs, waiting=2 * workers - 1):
            error = future.exception()
            yield from _failed(job, error) if error else future.result()


def build_file(job):
    """
    Put a file's frames into the arrays.

    Parameters
    ----------
    job : FileJob
        The file.

    Returns
    -------
    list of dict
        As `built` yields.
    """
    try:
        facts = source_facts(job.path)
    except OSError as error:
        return _failed(job, error)
    results = []
    for row, hdu in job.rows:
        try:
            results.append({"row": row, **facts, **_build_frame(job, row, hdu)})
        except Exception as error:  # whatever is wrong with one frame, the others go on
            results.append({"row": row, "failure": _described(error)})
    return results


def source_facts(path):
    """
    Give the stamp of a file, by which a change of it is noticed.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict
        ``source``, its name; ``bytes``; ``modified``, nanoseconds; ``sha256``.
    """
    sha256, stamp = fingerprint(path), file_stamp(path)
    return {"source": path.name, "bytes": stamp.bytes, "modified": stamp.modified, "sha256": sha256}


def _failed(job, error):
    return [{"row": row, "failure": _described(error)} for row, _ in job.rows]


def _described(error):
    if isinstance(error, FileNotFoundError):
        return f"FileNotFoundError: {error.filename}: there is no such file; fetch it, and build again"
    return f"{type(error).__name__}: {error}"


def _build_frame(job, row, hdu):
    frame = read_frame(job.path, hdu, rows="paper")
    height, width = mapped(job.folder / PIXELS).shape[1:]
    array = _on_grid(frame_array(frame), height, width, job.resampling)
    codes, scales = encoded(array)
    error = float(np.nanmax(np.abs(decoded(codes, scales) - array)))
    if not np.isfinite(error):
        raise FrameError(
            f"the frame's values, {np.nanmin(array):.3g} to {np.nanmax(array):.3g}, span too much"
        )
    _write_row(job.folder / PIXELS, row, codes)
    _write_row(job.folder / SCALES, row, scales)
    return {"unit": str(frame.unit or ""), "error": error}


def _on_grid(array, height, width, resampling):
    if resampling is not None:
        return counts_planes(array, height=height, width=width, resampling=resampling)[0]
    if array.shape != (height, width):
        raise FrameError(
            f"the frame has the shape {array.shape}; this set holds whole chips of {height} x {width}: "
            "leave the row out, or build the variant 'lcid-resize', which takes frames of any size"
        )
    return array


def _write_row(path, row, values):
    """Write one row to where it stays: what is said to be done is then on the disk, not on its way there."""
    there = mapped(path)
    with path.open("r+b", buffering=0) as file:
        file.seek(there.offset + row * there.strides[0])
        remaining = memoryview(np.ascontiguousarray(values)).cast("B")
        while remaining:
            remaining = remaining[file.write(remaining) :]
        os.fsync(file.fileno())
