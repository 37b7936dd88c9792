"""Downloads of the files of a list into a folder: files that are there are kept, partial ones completed."""

import shutil
import threading
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.archive._download import SPARE, RetryPolicy, download
from astroclassify.archive._fits_layout import contents
from astroclassify.archive._frame_store import FileRequest, Store, frames_folder, missing_images
from astroclassify.archive._sources import TransferError, open_sources
from astroclassify.core import (
    AstroclassifyWarning,
    ParameterError,
    fingerprint,
    open_executor,
    progress_bar,
    run_all,
)
from astroclassify.datasets import check_manifest, read_manifest

#: Bytes of a raw file of both chips, where the list does not say: that of WFC3/UVIS, the larger one.
_TYPICAL_SIZE = 34_900_000
_TWO_CHIPS = 20_000_000  # bytes that one chip does not have
_MOST_CONNECTIONS = 64


@dataclass(frozen=True)
class FetchResult:
    """
    The result of a fetch.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files are.
    paths : dict of str to pathlib.Path
        The files that are there, by ``OBSID``.
    made : int
        How many came now.
    kept : int
        How many were there already, of this fetch or another.
    repaired : int
        How many of those made replaced a damaged file.
    size : int
        Bytes of those made.
    failures : `~astropy.table.Table`
        A row of each file that is not there: ``OBSID``, ``file`` and ``error``.

    Examples
    --------
    `fetch_frames` gives one:

    >>> from pathlib import Path
    >>> from astropy.table import Table
    >>> from astroclassify.archive import FetchResult
    >>> fetched = FetchResult(Path("raw"), {}, made=0, kept=0, repaired=0, size=0, failures=Table())
    >>> fetched.made, fetched.kept, len(fetched.failures)
    (0, 0, 0)
    """

    folder: Path
    paths: dict
    made: int
    kept: int
    repaired: int
    size: int
    failures: Table


def plan_fetch(manifest, frame_dir=None, *, whole=False, verify=False):
    """
    Tell what `fetch_frames` would download, without using the network.

    Parameters
    ----------
    manifest : `~astropy.table.Table` or path-like
        As for `fetch_frames`.
    frame_dir : path-like, optional
        As for `frames_folder`.
    whole, verify : bool
        As for `fetch_frames`.

    Returns
    -------
    `~astropy.table.Table`
        A row for each file: ``OBSID``, ``state`` (``"there"``, ``"begun"``, ``"missing"``, ``"damaged"``
        or ``"cut"``, which lacks an image that is needed now), ``size`` (bytes to download, from the list's
        column ``Size`` or else that of a typical file), ``problem``. ``meta`` has their sum
        ``bytes`` and ``free``, what the disk has room for.

    Raises
    ------
    ReadError
        If the manifest has no OBSID, or a row is wrong.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.archive import plan_fetch
    >>> plan = plan_fetch(Table({"OBSID": ["jczgx1ppq"]}), getfixture("tmp_path"))
    >>> print(plan["OBSID", "state", "size"])
      OBSID    state    size
    --------- ------- --------
    jczgx1ppq missing 34900000
    """
    store = Store(frames_folder(frame_dir))
    return _plan(store, _requests(manifest), whole, store.sums() if verify else {})


def _plan(store, requests, whole, sums):
    rows = [_planned(store, request, whole, sums) for request in requests]
    table = Table(rows=rows, names=("OBSID", "state", "size", "problem"), dtype=("str", "str", "i8", "str"))
    table.meta = {"folder": str(store.folder), "bytes": int(table["size"].sum()), "free": _free(store.folder)}
    return table


def _planned(store, request, whole, sums):
    state, problem = store.state(request, sums)
    halved = request.size > _TWO_CHIPS and not (whole or request.both)
    size = 0 if state == "there" else request.size // (2 if halved else 1)
    if state == "begun":
        size = max(0, size - store.part(request.obsid).length)
    return request.obsid, state, size, problem


def fetch_frames(
    manifest,
    frame_dir=None,
    *,
    source="auto",
    connections=4,
    retries=5,
    timeout=30.0,
    backoff=1.0,
    whole=False,
    verify=False,
    progress=None,
):
    """
    Fetch the raw files of a list of frames.

    A file that cannot be had is a row of the result's failures, never an error of all. Calling it
    again brings what is missing: files that are there are kept, and a download that was cut off, or
    whose process was killed, goes on where it was. Several processes may fetch into one folder.

    Parameters
    ----------
    manifest : `~astropy.table.Table` or path-like
        A list with the columns ``OBSID`` and ``HDU Index``, such as `read_manifest` and `query_archive` give.
    frame_dir : path-like, optional
        Where the files ``<OBSID>_raw.fits`` go; by default `frames_folder`.
    source : str, default "auto"
        ``"mast"``; ``"cloud"``, the public bucket of STScI; ``"auto"``, the cloud if it answers and MAST
        for what it does not have; or an address ``https://...`` or ``s3://...`` of a folder of the
        files, or of a file with ``{file}``, ``{obsid}`` and ``{first4}`` in it.
    connections : int, default 4
        Files fetched at a time, 1 to 64.
    retries : int, default 5
        Further attempts in a row for each file that may bring nothing new.
    timeout : float, default 30
        Seconds to wait for each answer.
    backoff : float, default 1
        Longest wait in seconds before the first further attempt, doubled before each one after it up
        to a minute; a server's ``Retry-After`` goes before.
    whole : bool, default False
        Fetch whole files. By default, an image that the list does not name is left out where the
        source gives ranges of bytes: its HDU keeps its number, but is empty and called ``LEFTOUT``.
    verify : bool, default False
        Compare the files that are there with the checksums that were kept when they came, and fetch
        a file anew that has changed. By default, only their structure is looked at.
    progress : bool, optional
        Show a progress bar; by default on a terminal.

    Returns
    -------
    FetchResult
        The files that are there, and those that are not.

    Raises
    ------
    ParameterError
        If an argument is out of its range, the folder cannot be written to, or the disk has no room
        for the files.
    ReadError
        If the manifest has no OBSID, or a row is wrong.
    OptionalDependencyError
        If a package of the extra ``mast`` is missing.

    Examples
    --------
    >>> from astroclassify.archive import fetch_frames
    >>> fetch_frames("frames.csv", "raw").failures  # doctest: +SKIP
    """
    _check(connections=connections, retries=retries, timeout=timeout, backoff=backoff)
    store = Store(frames_folder(frame_dir))
    requests = _requests(manifest)
    sums = store.sums() if verify else {}
    plan = _plan(store, requests, whole, sums)
    states = dict(zip(plan["OBSID"], plan["state"], strict=True))
    outcomes = [_Outcome(row["OBSID"], error=row["problem"]) for row in plan if row["state"] == "there"]
    missing = [request for request in requests if states[request.obsid] != "there"]
    if missing:
        _check_room(plan)
        store.make()
        with ExitStack() as afterwards:
            sources = open_sources(source, missing[0].obsid, timeout=timeout)
            for each in sources:
                afterwards.callback(each.close)
            retry = RetryPolicy(retries, backoff, threading.Event())
            job = _Job(store, tuple(sources), retry, whole, sums)
            outcomes += _download_all(job, missing, connections, progress)
    return _result(store, requests, outcomes)


# What is needed ------------------------------------------------------------------------------


def _requests(manifest):
    table = _checked(manifest)
    hdus, sizes = {}, {}
    for row in table:
        obsid = str(row["OBSID"])
        numbers = hdus.setdefault(obsid, set())
        if "HDU Index" in table.colnames:
            numbers.add(int(row["HDU Index"]))
        sizes[obsid] = _size(row)
    return [FileRequest(obsid, frozenset(numbers), sizes[obsid]) for obsid, numbers in hdus.items()]


def _checked(manifest):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstroclassifyWarning)  # a frame listed twice is fetched once
        if isinstance(manifest, Table):
            return check_manifest(manifest, required=("OBSID",))
        return read_manifest(manifest, required=("OBSID",))


def _size(row):
    size = row["Size"] if "Size" in row.colnames else np.ma.masked
    return int(size) if size is not np.ma.masked and size > 0 else _TYPICAL_SIZE


def _free(folder):
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _check_room(plan):
    needed, free = plan.meta["bytes"], plan.meta["free"] - SPARE
    if needed > free:
        raise ParameterError(
            f"{(plan['state'] != 'there').sum()} files of {_giga(needed)} are to be fetched, but "
            f"{plan.meta['folder']} has room for {_giga(max(free, 0))}; choose another folder, or fewer rows"
        )


def _giga(size):
    return f"{size / 1e9:.1f} GB"


def _check(*, connections, retries, timeout, backoff):
    if not 1 <= connections <= _MOST_CONNECTIONS:
        raise ParameterError(f"connections is {connections}; it can be 1 to {_MOST_CONNECTIONS}")
    if retries < 0:
        raise ParameterError(f"retries is {retries}; it can be 0 or more")
    if not timeout > 0:
        raise ParameterError(f"timeout is {timeout} s; it must be more than 0")
    if not backoff >= 0:
        raise ParameterError(f"backoff is {backoff} s; it can be 0 or more")


# The work ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Outcome:
    """The result for one file; busy where another process downloads it."""

    obsid: str
    size: int = 0
    made: bool = False
    repaired: bool = False
    busy: bool = False
    error: str = ""


@dataclass(frozen=True)
class _Job:
    """Settings that the downloads of all files share."""

    store: Store
    sources: tuple
    retry: RetryPolicy
    whole: bool
    sums: dict

    def download(self, request, wait):
        with self.store.locked(request.obsid, wait=wait) as mine:
            if not mine:
                return _Outcome(request.obsid, busy=True)
            state, problem = self.store.state(request, self.sums)
            if state == "there":  # downloaded by another process in the meantime
                return _Outcome(request.obsid, error=problem)
            try:
                return self._downloaded(request, repaired=state == "damaged")
            except (TransferError, OSError) as error:
                return _Outcome(request.obsid, error=str(error))
            except Exception as error:  # a list goes on whatever is wrong with one file
                return _Outcome(request.obsid, error=f"{type(error).__name__}: {error}")

    def _downloaded(self, request, *, repaired):
        path, part = self.store.path(request.obsid), self.store.part(request.obsid)
        wanted = request.hdus
        if path.is_file():  # what it holds besides is not to be lost
            wanted |= contents(path).images
        whole = self.whole or not request.hdus
        found = self._from_any(request.obsid, part, wanted, whole)
        sha256, size = fingerprint(part.path), part.length
        part.move_to(path)
        self.store.keep_sum(path, sha256)
        return _Outcome(
            request.obsid, size, made=True, repaired=repaired, error=missing_images(request, found)
        )

    def _from_any(self, obsid, part, wanted, whole):
        errors = []
        for source in self.sources:
            try:
                return download(source, obsid, part, wanted=wanted, whole=whole, retry=self.retry)
            except TransferError as error:
                errors.append(str(error))
                if self.retry.stop.is_set():
                    break
        raise TransferError("; ".join(errors))


def _download_all(job, missing, connections, progress):
    """Download the files side by side; those that other processes are at come last."""
    outcomes = []
    with progress_bar(progress=progress, total=len(missing), description="fetch") as bar:
        for wait in (False, True):
            done = list(_side_by_side(job, missing, connections, wait=wait, bar=bar))
            outcomes += [outcome for outcome in done if not outcome.busy]
            busy = {outcome.obsid for outcome in done if outcome.busy}
            missing = [request for request in missing if request.obsid in busy]
    return outcomes


def _side_by_side(job, requests, connections, *, wait, bar):
    with open_executor(connections, "threads") as executor:
        try:
            for _, future in run_all(
                executor, partial(job.download, wait=wait), requests, waiting=2 * connections
            ):
                outcome = future.result()
                bar.update(not outcome.busy)
                yield outcome
        except BaseException:  # an interrupt: what is under way ends at once, and can go on later
            job.retry.stop.set()
            raise


def _result(store, requests, outcomes):
    failed = {outcome.obsid: outcome.error for outcome in outcomes if outcome.error}
    made = [outcome for outcome in outcomes if outcome.made]
    paths = {request.obsid: store.path(request.obsid) for request in requests}
    return FetchResult(
        folder=store.folder,
        paths={obsid: path for obsid, path in paths.items() if obsid not in failed},
        made=len(made),
        kept=sum(not outcome.made and not outcome.error for outcome in outcomes),
        repaired=sum(outcome.repaired for outcome in made),
        size=sum(outcome.size for outcome in made),
        failures=Table(
            rows=[(obsid, path.name, failed[obsid]) for obsid, path in paths.items() if obsid in failed],
            names=("OBSID", "file", "error"),
            dtype=("str", "str", "str"),
        ),
    )
