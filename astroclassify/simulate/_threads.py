"""One thread, as workers have: sums in another order have other last bits."""

from contextlib import contextmanager

import torch


def use_one_thread():
    """Compute with one thread from now on."""
    torch.set_num_threads(1)


@contextmanager
def one_thread():
    """Compute as a worker does, for the time of a block."""
    before = torch.get_num_threads()
    use_one_thread()
    try:
        yield
    finally:
        torch.set_num_threads(before)
