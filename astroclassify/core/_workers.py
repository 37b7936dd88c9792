"""Processes that work side by side, and end with whoever started them."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def worker_pool(processes, *, prepare=None):
    """
    Start processes for the time of a block.

    Parameters
    ----------
    processes : int
        How many, at most.
    prepare : callable, optional
        What each calls first; a function of a module, so that it can be sent there.

    Yields
    ------
    concurrent.futures.ProcessPoolExecutor
        The processes. Whoever leaves the block early need not wait for what has not been begun.
    """
    # Not forked: a copy of torch's threads does not work.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_start, initargs=(prepare,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _start(prepare):
    if prepare is not None:
        prepare()
    parent = multiprocessing.parent_process()
    # A worker whose parent was killed would wait for work for ever.
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
