"""Executors: where work is done side by side, in this process, in threads, in processes, or elsewhere."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager

import numpy as np

from astroclassify.core._checks import check_whole
from astroclassify.core._config import conf
from astroclassify.core._errors import ParameterError
from astroclassify.core._registry import Registry

#: Executors by name: each is called with a number of workers, and gives a `concurrent.futures.Executor`.
EXECUTORS = Registry("astroclassify.executors", kind="executor", expected_type=Callable)


class _Serial(Executor):
    """Does what it is given at once, in the caller's thread."""

    def submit(self, function, /, *arguments, **keywords):
        future = Future()
        try:
            future.set_result(function(*arguments, **keywords))
        except Exception as error:  # as any executor: it belongs to who asks for the result
            future.set_exception(error)
        return future


def serial_executor(workers):
    """
    Make the executor ``"serial"``, which does everything at once in the caller's thread.

    Parameters
    ----------
    workers : int
        Without meaning here.

    Returns
    -------
    concurrent.futures.Executor
        The executor.

    Examples
    --------
    >>> from astroclassify.core import serial_executor
    >>> serial_executor(1).submit(abs, -1).result()
    1
    """
    return _Serial()


def thread_executor(workers):
    """
    Make the executor ``"threads"``.

    Parameters
    ----------
    workers : int
        How many threads, at most.

    Returns
    -------
    concurrent.futures.ThreadPoolExecutor
        The executor.

    Examples
    --------
    >>> from astroclassify.core import thread_executor
    >>> with thread_executor(2) as executor:
    ...     executor.submit(abs, -1).result()
    1
    """
    return ThreadPoolExecutor(workers, thread_name_prefix="astroclassify")


def process_executor(workers):
    """
    Make the executor ``"processes"``: they are started afresh, and end with this process, however it ends.

    Parameters
    ----------
    workers : int
        How many processes, at most.

    Returns
    -------
    concurrent.futures.ProcessPoolExecutor
        The executor. A script that uses it must guard its entry by ``if __name__ == "__main__"``.
    """
    return ProcessPoolExecutor(workers, _Deaf(), initializer=_end_with_parent)


class _DeafProcess(multiprocessing.get_context("spawn").Process):
    """
    A process that does not hear Ctrl-C, from its first moment: its parent does, and ends it.

    A terminal sends the signal to all of them; the workers' tracebacks would bury what the parent says.
    """

    def start(self):
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            super().start()
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a child inherits it
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Deaf(type(multiprocessing.get_context("spawn"))):
    # Not forked: a copy of torch's threads does not work.
    Process = _DeafProcess


def _end_with_parent():
    parent = multiprocessing.parent_process()
    # A worker whose parent was killed would wait for work for ever.
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


@contextmanager
def open_executor(workers, name=None):
    """
    Have workers for the time of a block.

    Parameters
    ----------
    workers : int
        How many, at most; 1 or more.
    name : str, optional
        A name of ``EXECUTORS``; by default ``"serial"`` for one worker, and for several ``conf.executor``,
        which is ``"processes"`` unless it is changed.

    Yields
    ------
    concurrent.futures.Executor
        The executor. Whoever leaves the block early need not wait for what has not been begun.

    Raises
    ------
    ParameterError
        If the number is less than 1.
    UnknownNameError
        If there is no such executor.

    Examples
    --------
    >>> from astroclassify.core import open_executor
    >>> with open_executor(2, "threads") as executor:
    ...     executor.submit(abs, -1).result()
    1
    """
    if workers < 1:
        raise ParameterError(f"workers is {workers}; expected a whole number, 1 or more")
    executor = EXECUTORS[name or ("serial" if workers == 1 else conf.executor)](workers)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def run_all(executor, function, jobs, *, waiting=1):
    """
    Call a function with each of many jobs, and give each as soon as it is done.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Where to, as `open_executor` gives it.
    function : callable
        ``function(job)``.
    jobs : iterable
        The jobs, taken as they are needed.
    waiting : int, default 1
        How many are with the executor at a time, one or more; the more there are than workers, the less these
        wait.

    Yields
    ------
    job : object
        A job, in the order in which they are done.
    future : concurrent.futures.Future
        What came of it. Where workers died, it holds their error.

    Raises
    ------
    ParameterError
        If ``waiting`` is no whole number above zero.

    Examples
    --------
    >>> from astroclassify.core import open_executor, run_all
    >>> with open_executor(1) as executor:
    ...     [(job, done.result()) for job, done in run_all(executor, abs, [-1, 2])]
    [(-1, 1), (2, 2)]
    """
    check_whole("waiting", waiting)
    running = {}
    for job in jobs:
        running[_submitted(executor, function, job)] = job
        while len(running) >= waiting:
            yield from _done(running)
    while running:
        yield from _done(running)


def _submitted(executor, function, job):
    try:
        return executor.submit(function, job)
    except BrokenExecutor as error:  # the others' fault, as of those that were under way
        future = Future()
        future.set_exception(error)
        return future


def _done(running):
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        yield running.pop(future), future


def prefetch(items, prepare, *, depth, workers=1, executor="threads"):
    """
    Prepare items in order, some of them before they are asked for.

    Close the generator (`contextlib.closing`) where it may not be used up: that waits for the items in
    work, forgets those that wait, and ends the workers.

    Parameters
    ----------
    items : iterable
        Taken in the caller's thread. What an iterator gives that is not a path is prepared before the
        next is taken, since it may be closed or overwritten then.
    prepare : callable
        ``prepare(number, item)``, called by a worker.
    depth : int
        How many items are prepared ahead at most; 0 prepares each when it is asked for, in the
        caller's thread.
    workers : int, default 1
        How many items are prepared at a time, at most.
    executor : str, default "threads"
        As for `open_executor`; `None` for what that takes by itself.

    Yields
    ------
    object
        What ``prepare`` gives; what it raises is raised here, in its turn.

    Examples
    --------
    >>> from astroclassify.core import prefetch
    >>> list(prefetch("ab", lambda number, letter: letter * number, depth=1))
    ['', 'b']
    """
    if depth == 0:
        yield from (prepare(number, item) for number, item in enumerate(items))
        return
    lasting = isinstance(items, Sequence | np.ndarray)
    pending = deque()
    with open_executor(workers, executor) as pool:
        for number, item in enumerate(items):
            pending.append(pool.submit(prepare, number, item))
            if not lasting and not isinstance(item, str | os.PathLike):
                wait(pending)
            if len(pending) > depth:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
