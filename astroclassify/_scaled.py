"""`classify_many` by workers, and into a data set on disk."""

import multiprocessing
import os
import socket
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from time import perf_counter

import numpy as np
from PIL import Image

from astroclassify._request import Request
from astroclassify._work import classified, file_name, is_file, provenance_of
from astroclassify.core import ParameterError, file_stamp, keep_large_arrays_memory, progress_bar
from astroclassify.identify import NamedBody
from astroclassify.inference import answers_table, error_row, with_bodies
from astroclassify.io import is_address
from astroclassify.models import Model
from astroclassify.preprocess import asinh_stretched
from astroclassify.scale import ResultSet, file_key, read_results, run_jobs
from astroclassify.simulate import one_thread

#: Items of a job: the next is read while one is classified, and the cluster is asked less often.
_ITEMS_OF_A_JOB = 4
#: Columns of a data set besides those of the answers.
_FACTS = {
    **dict.fromkeys(("leaning", "instrument", "band", "obs_id", "target_name"), str),
    **dict.fromkeys(("s_ra", "s_dec", "t_min", "t_exptime"), float),
    **dict.fromkeys(("s_region", "created", "worker"), str),
    "seconds": float,
}
_PICTURES = {"thumbnail": bytes, "evidence": bytes}
_EMPTY = {str: "", int: 0, float: float("nan"), bytes: b""}
#: Pixels along small pictures, and their quality as JPEG: a few kB each.
_LARGEST_SIDE, _QUALITY = 112, 70
#: Of the map of the evidence: what speaks for the answer, and what against it.
_FOR, _AGAINST = (230, 120, 0), (0, 90, 200)


@dataclass(frozen=True, eq=False)
class Work:
    """
    Files to rows, wherever it is called: a worker builds the model at its first job, and keeps it.

    Parameters
    ----------
    request : Request
        What was asked for.
    alone : bool
        Whether it is called in the process that asked, one job after the other.
    """

    request: Request
    alone: bool

    def __call__(self, job):
        """
        Classify the items of a job.

        Parameters
        ----------
        job : tuple of (int, object)
            Number and item.

        Returns
        -------
        list of (int, FileStamp or None, list of dict)
            Of each item: its number, what its file was, and a row for each frame.
        """
        if self.alone or multiprocessing.parent_process() is None:  # memory and threads are the caller's
            return self._done(job)
        keep_large_arrays_memory()  # Dask's workers are told to return it, and take three times as long
        with one_thread():
            return self._done(job)

    def _done(self, job):
        asked = self.request.asked()
        stamps = [_stamp(item) for _, item in job]
        rows = {position: [] for position in range(len(job))}
        start = perf_counter()
        for answer in classified([item for _, item in job], asked, self.request.chosen, depth=1):
            rows[answer.entry.number].append(_row(answer, asked, perf_counter() - start))
            start = perf_counter()
        return [(number, stamps[i], rows[i]) for i, (number, _) in enumerate(job)]


def _stamp(item):
    local = isinstance(item, str | os.PathLike) and not is_address(item)
    return file_stamp(item) if local else None


def _row(found, asked, seconds):
    """Give all that is known of a frame as plain values, by name (dict)."""
    table = answers_table([found.row], asked.model.classes)
    if asked.catalogue is not None:
        with_bodies(table, [asdict(found.entry.named or NamedBody())])
    row = {name: _plain(table[name][0]) for name in table.colnames}
    if asked.facts:
        row |= {"leaning": "", **found.entry.facts, **_made(seconds)}
    if found.answer is not None:
        row["leaning"] = found.answer.leaning
    if asked.thumbnails:
        row["thumbnail"] = _picture(found.entry.facts.get("thumbnail"))
    if asked.evidence:
        row["evidence"] = _overlay(found.answer)
    return row


def _made(seconds):
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"created": now, "worker": f"{socket.gethostname()}:{os.getpid()}", "seconds": seconds}


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _picture(small):
    """Give a small picture as JPEG, its row 0 at the bottom (bytes)."""
    if small is None:
        return b""
    file = BytesIO()
    picture = Image.fromarray(asinh_stretched(small)[::-1])
    picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    picture.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _overlay(answer):
    """Give the map of the evidence as a picture to lay over the frame, transparent where it says nothing."""
    if answer is None or answer.evidence is None:
        return b""
    values = np.nan_to_num(np.asarray(answer.evidence.data, dtype=float))[::-1]
    strength = np.abs(values) / (np.abs(values).max() or 1)
    colours = np.where((values > 0)[..., None], _FOR, _AGAINST)
    file = BytesIO()
    pixels = np.dstack([colours, 200 * strength]).astype(np.uint8)
    Image.fromarray(pixels, "RGBA").save(file, "PNG")
    return file.getvalue()


def scaled(items, request, crew, *, output, progress, total):
    """
    Classify items by workers.

    Parameters
    ----------
    items : iterable
        Files and frames; with ``output`` only files and addresses.
    request : Request
        What is asked for.
    crew : Crew
        Who does it.
    output : path-like or None
        The data set to which rows are added as they come; what is in it already is not done again.
    progress : bool or None
        Show a progress bar.
    total : int or None
        How many items there are.

    Returns
    -------
    rows : list of dict
        Of all frames, in the order of the items; with ``output``, `None`.
    """
    if isinstance(request.model, Model) and crew.workers > 1:
        raise ParameterError("a built Model stays in its process; give workers its name, or its ModelSpec")
    request = replace(request, facts=output is not None)
    asked = request.asked()  # what is wrong with the options is told here, and not by each worker
    with ExitStack() as open_things:
        results = None
        if output is not None:
            columns = columns_of(asked)
            about = {"model": asked.model.spec.name, "weights": asked.model.sha256}
            made = ResultSet(output, columns, about=about, provenance=provenance_of(asked))
            results = open_things.enter_context(made)
        bar = open_things.enter_context(progress_bar(progress=progress, total=total, description="classify"))
        return _collected(items, Work(request, crew.here), crew, asked, results, bar)


def columns_of(asked):
    """
    Name the columns of a data set of results.

    Parameters
    ----------
    asked : Asked
        The model, and what is told.

    Returns
    -------
    dict of str to type
        Their types.
    """
    table = answers_table([], asked.model.classes)
    if asked.catalogue is not None:
        with_bodies(table, [])
    kinds = {"U": str, "S": str, "i": int, "f": float, "O": str}
    columns = {name: kinds[table[name].dtype.kind] for name in table.colnames}
    columns |= _FACTS
    asked_for = {"thumbnail": asked.thumbnails, "evidence": asked.evidence}
    return columns | {name: kind for name, kind in _PICTURES.items() if asked_for[name]}


def _collected(items, work, crew, asked, results, bar):
    taken, rows, failed = {}, {}, 0
    jobs = _jobs(items, results, taken, bar, 1 if crew.here and results is None else _ITEMS_OF_A_JOB)
    for job, done, error in run_jobs(crew, work, jobs):
        if error is not None:
            if not work.request.recorded:
                raise error
            done = [(number, _stamp(item), [_failed(number, item, error, asked)]) for number, item in job]
        for number, stamp, answers in done:
            item = taken.pop(number)
            failed += sum(bool(row["error"]) for row in answers)
            if results is None:
                rows[number] = answers
            else:
                results.add(file_name(item), completed(answers, results.columns), stamp=stamp)
        bar.update(len(done))
        bar.set_postfix(failed=failed, refresh=False)
    return None if results is not None else [row for number in sorted(rows) for row in rows[number]]


def _jobs(items, results, taken, bar, size):
    """Put items together, a few at a time, without those that are done, or given twice."""
    waiting, given = [], set()
    for number, item in enumerate(items):
        if results is not None and _is_known(_checked_name(item), results, given):
            bar.update()
            continue
        taken[number] = item
        waiting.append((number, item))
        if len(waiting) == size:
            yield tuple(waiting)
            waiting = []
    if waiting:
        yield tuple(waiting)


def _is_known(name, results, given):
    key = file_key(name)
    known = key in given or results.has(name)
    given.add(key)
    return known


def _checked_name(item):
    if not isinstance(item, str | os.PathLike):
        raise ParameterError(f"output takes files and addresses; a {type(item).__name__} has no name to keep")
    return file_name(item)


def completed(rows, columns):
    """Give rows a value for each column, and no others (list of dict)."""
    return [{name: row.get(name, _EMPTY[kind]) for name, kind in columns.items()} for row in rows]


def _failed(number, item, error, asked):
    name = (file_name(item) if is_file(item) else "") or f"<{type(item).__name__} {number}>"
    row = error_row(error, asked.model.classes, source=name, chip=0, model=asked.model.spec.name)
    table = answers_table([row], asked.model.classes)
    return {column: _plain(table[column][0]) for column in table.colnames}


def table_of(rows, asked):
    """
    Make the table that `~astroclassify.classify_many` gives of rows that workers gave.

    Parameters
    ----------
    rows : list of dict
        The rows.
    asked : Asked
        The model, and what is told.

    Returns
    -------
    astropy.table.QTable
        The table.
    """
    empty = answers_table([], asked.model.classes)
    table = answers_table(
        [tuple(row[name] for name in empty.colnames) for row in rows],
        asked.model.classes,
        meta=provenance_of(asked),
    )
    if asked.catalogue is not None:
        for name in with_bodies(empty, []).colnames[len(table.colnames) :]:
            kind = empty[name].dtype.kind
            table[name] = np.array([row.get(name, "" if kind == "U" else 0.0) for row in rows], dtype=kind)
    for name in _PICTURES:
        if any(name in row for row in rows):
            column = np.empty(len(rows), dtype=object)
            column[:] = [row.get(name, b"") for row in rows]
            table[name] = column
    return table


def table_on_disk(output, asked):
    """
    Read the answers of a data set, without pictures.

    Parameters
    ----------
    output : path-like
        The data set.
    asked : Asked
        The model, and what was told.

    Returns
    -------
    astropy.table.QTable
        All its rows, by source and chip, in the columns of `~astroclassify.classify_many`.
    """
    names = [name for name in columns_of(asked) if name not in {**_FACTS, **_PICTURES}]
    found = read_results(output, columns=names)
    values = zip(*(found[name].tolist() for name in names), strict=True)
    rows = [dict(zip(names, row, strict=True)) for row in values]
    return table_of(sorted(rows, key=lambda row: (row["source"], row["chip"])), asked)
