"""A limit of time for what may hang: a file on a network that does not answer."""

import threading
from queue import Empty, SimpleQueue

from astroclassify.core import ReadError


def within(seconds, function, *arguments):
    """
    Call a function, and do not wait for it for ever.

    Parameters
    ----------
    seconds : float or None
        How long to wait; `None` for as long as it takes, in this thread.
    function : callable
        What may hang. If it does, its thread is left behind, and ends with the process.
    *arguments
        What it is called with.

    Returns
    -------
    object
        What it gives; what it raises is raised here.

    Raises
    ------
    ReadError
        If it takes longer.

    Examples
    --------
    >>> from astroclassify.scale import within
    >>> within(60, abs, -1)
    1
    """
    if seconds is None:
        return function(*arguments)
    box = SimpleQueue()
    threading.Thread(target=_into, args=(box, function, arguments), daemon=True).start()
    try:
        result, error = box.get(timeout=seconds)
    except Empty:
        raise ReadError(f"it was not read within {seconds:g} s: the disk or the network hangs") from None
    if error is not None:
        raise error
    return result


def _into(box, function, arguments):
    try:
        box.put((function(*arguments), None))
    except BaseException as error:  # it is raised in the thread that waits
        box.put((None, error))
