"""Who does the work: this process, processes, a Dask cluster; and what happens when a worker dies.

A pool of processes breaks as a whole when one of its workers dies, and says of all jobs under way that they
failed. Dask starts another worker and tries again. Either way a job that was under way is suspect: the
suspects are done one at a time afterwards, so that the one that kills its worker is told from those that were
beside it.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from astroclassify.core import EXECUTORS, AstroclassifyError, ParameterError, check_whole, run_all
from astroclassify.scale._dask import client_executor, client_workers, connected, is_client


class ClusterError(AstroclassifyError, ConnectionError):
    """
    The connection to the cluster was lost; finished results are kept.

    Examples
    --------
    >>> from astroclassify.scale import ClusterError
    >>> issubclass(ClusterError, ConnectionError)    # as of any other server that is gone
    True
    """


class WorkerDiedError(AstroclassifyError, RuntimeError):
    """
    The worker died each time it had this piece of work: the system or the cluster killed it.

    Examples
    --------
    `~astroclassify.classify_many` does not raise it, but names it in the row of the frame:

    >>> from astropy.table import Table
    >>> from astroclassify.scale import WorkerDiedError
    >>> answers = Table({"source": ["a.fits", "b.fits"], "error": ["", "WorkerDiedError: ..."]})
    >>> died = [text.startswith(WorkerDiedError.__name__) for text in answers["error"]]
    >>> print(*answers["source"][died])
    b.fits
    """


@dataclass(frozen=True)
class Crew:
    """
    Workers, opened when they are needed, and again when they have died.

    Parameters
    ----------
    opened : callable
        Gives a context manager of a `concurrent.futures.Executor`.
    workers : int
        How many work at a time.
    here : bool
        Whether it is this process alone, one piece of work after the other.
    mends : bool
        Whether opening it again helps where its workers have died.
    """

    opened: Callable
    workers: int
    here: bool = False
    mends: bool = True


def find_crew(executor=None, workers=None):
    """
    Find who does the work.

    Parameters
    ----------
    executor : str, concurrent.futures.Executor or distributed.Client, optional
        A name of ``EXECUTORS``, such as ``"processes"`` or ``"dask"``; the address of a Dask scheduler, such
        as ``"tcp://10.0.0.1:8786"``; an executor or a client of one's own, which stays open. By default this
        process, or ``conf.executor`` if several workers are asked for.
    workers : int, optional
        How many, 1 or more; by default one for each core, or as many as a cluster has.

    Returns
    -------
    Crew
        The workers.

    Raises
    ------
    ParameterError
        If it is none of these.
    UnknownNameError
        If there is no executor of the name.
    OptionalDependencyError
        If Dask is asked for and not installed.

    Examples
    --------
    >>> from astroclassify.scale import find_crew
    >>> find_crew("threads", workers=3).workers
    3
    """
    if workers is not None:
        check_whole("workers", workers)
    if executor is None or isinstance(executor, str):
        return _named_crew(executor, workers)
    if isinstance(executor, Executor):
        return Crew(partial(_left_open, executor), workers or _cores(), mends=False)
    if is_client(executor):
        return Crew(partial(_left_open, client_executor(executor)), workers or client_workers(executor))
    raise ParameterError(
        f"executor is a {type(executor).__name__}; expected a name, the address of a Dask scheduler, a "
        "concurrent.futures.Executor or a distributed.Client"
    )


def _named_crew(name, workers):
    from astroclassify.core import conf

    if name is not None and "://" in name:
        return Crew(partial(connected, name), workers or _workers_at(name))
    if name is None and (workers or 1) == 1:
        name, workers = "serial", 1
    name, workers = name or conf.executor, workers or _cores()
    make = EXECUTORS[name]  # an unknown name is told before anything is done
    return Crew(partial(_made, make, workers), workers, here=name == "serial")


def _workers_at(address):
    with connected(address) as executor:
        return client_workers(executor.client)


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _made(make, workers):
    executor = make(workers)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _left_open(executor):
    yield executor


def run_jobs(crew, function, jobs):
    """
    Do many jobs, whichever of the workers die meanwhile.

    Parameters
    ----------
    crew : Crew
        Who does it.
    function : callable
        ``function(job)``, the same wherever it is called; it may be called more than once with a job.
    jobs : iterable of tuple
        Pieces of work, each of some items; taken as they are needed, two for each worker ahead. What fails is
        tried again item by item.

    Yields
    ------
    job : tuple
        A job, or a part of one that failed, in the order in which they are done; each item comes once.
    result : object
        What the function gave.
    error : Exception or None
        Of a job of one item: why it failed. Then there is no result.

    Raises
    ------
    ClusterError
        If the scheduler of a cluster is lost.

    Examples
    --------
    >>> from astroclassify.scale import find_crew, run_jobs
    >>> sorted(run_jobs(find_crew(), sum, [(1, 2), (3,)]))
    [((1, 2), 3, None), ((3,), 3, None)]
    """
    state, suspects, waiting = _State(), deque(), iter(jobs)
    while not state.ended:
        state.broken = False
        with crew.opened() as executor, _lost_scheduler_named():
            taken = _until_broken(waiting, state)
            for job, future in run_all(executor, function, taken, waiting=2 * crew.workers):
                error = _error_of(future)
                if error is None:
                    yield job, future.result(), None
                    continue
                state.broken |= isinstance(error, BrokenExecutor)
                suspects.extend((item,) for item in job)
            if not state.broken:
                yield from _one_by_one(executor, function, suspects)
        if state.broken and not crew.mends:
            raise ClusterError(
                "a worker of the executor died, and it takes no more work; what is done is kept"
            )
        yield from _each_alone(crew, function, suspects)


@dataclass
class _State:
    """Whether there are no more jobs, and whether the executor is of any use still."""

    ended: bool = False
    broken: bool = False


def _until_broken(jobs, state):
    while not state.broken:
        try:
            job = next(jobs)
        except StopIteration:
            state.ended = True
            return
        yield job


def _one_by_one(executor, function, suspects):
    """Try again what failed, one item at a time, where the workers live: nothing else is under way."""
    while suspects:
        yield _alone(executor, function, suspects.popleft())


def _each_alone(crew, function, suspects):
    """Try again what was under way when the executor broke; whoever breaks it alone is the one."""
    while suspects:
        with crew.opened() as executor:
            died = False
            while suspects and not died:
                found = _alone(executor, function, suspects.popleft())
                died = isinstance(found[2], WorkerDiedError)
                yield found


def _alone(executor, function, job):
    ((_, future),) = run_all(executor, function, [job], waiting=1)
    error = _error_of(future)
    return job, None if error else future.result(), error and _explained(error)


def _error_of(future):
    """Give the error of what is done; a cancelled future is one that its cluster has forgotten."""
    try:
        error = future.exception()
    except CancelledError as cancelled:
        error = cancelled
    if isinstance(error, CancelledError) or type(error).__name__ in _LOST:
        raise ClusterError(_LOSS) from error
    return error


@contextmanager
def _lost_scheduler_named():
    """Say in our own words that the scheduler has gone, also where no work can be sent any more."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ not in _LOST:
            raise
        raise ClusterError(_LOSS) from error


#: What Dask raises where its scheduler has gone, and what that means.
_LOST = ("FutureCancelledError", "FuturesCancelledError", "CommClosedError", "ClosedClientError")
_LOSS = (
    "the Dask scheduler was lost, and with it the work under way; what is done is kept: run it again when "
    "there is one"
)


def _explained(error):
    if isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
        return WorkerDiedError(
            "its worker died each time: out of memory perhaps, or a fault in a library; try this one alone"
        )
    return error
