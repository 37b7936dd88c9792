"""One thread, as workers have: sums in another order have other last bits."""

from contextlib import contextmanager

import torch


@contextmanager
def one_thread():
    """
    Compute with one thread for the time of a block, or, as a decorator, of a function.

    Yields
    ------
    None
        The number of threads of torch is as before afterwards.

    Examples
    --------
    >>> import torch
    >>> from astroclassify.simulate import one_thread
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
