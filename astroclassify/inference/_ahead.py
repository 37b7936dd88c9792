"""Preparing the next items in one other thread while the present one is worked on."""

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np


def prepared_ahead(items, prepare, *, depth):
    """
    Prepare items in order, some of them before they are asked for.

    Close the generator (`contextlib.closing`) where it may not be used up: that waits for the item in
    work, forgets those that wait, and ends the thread.

    Parameters
    ----------
    items : iterable
        Taken in the caller's thread. What an iterator gives that is not a path is prepared before the
        next is taken, since it may be closed or overwritten then.
    prepare : callable
        ``prepare(number, item)``, called in one other thread.
    depth : int
        How many items are prepared ahead at most; 0 prepares each when it is asked for, in the
        caller's thread.

    Yields
    ------
    object
        What ``prepare`` gives; what it raises is raised here, in its turn.
    """
    if depth == 0:
        yield from (prepare(number, item) for number, item in enumerate(items))
        return
    lasting = isinstance(items, Sequence | np.ndarray)
    pool, pending = ThreadPoolExecutor(1, thread_name_prefix="astroclassify-ahead"), deque()
    try:
        for number, item in enumerate(items):
            pending.append(pool.submit(prepare, number, item))
            if not lasting and not isinstance(item, str | os.PathLike):
                wait(pending)
            if len(pending) > depth:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
