"""Dask as an executor: a cluster on this machine, or one that exists; imported when it is asked for."""

import asyncio
import sys
from contextlib import contextmanager

from astroclassify.core import ParameterError, optional_import
from astroclassify.scale._limit import within

_NEEDED_FOR = "work on a Dask cluster"
#: Seconds to wait for a scheduler, and for one that fell silent.
_TIMEOUT = 10


def dask_executor(workers):
    """
    Make the executor ``"dask"``: a cluster of processes on this machine.

    A worker that dies is started anew, and its work is done again; one that takes too much memory is killed
    before the machine suffers.

    Parameters
    ----------
    workers : int
        How many, each with one thread.

    Returns
    -------
    concurrent.futures.Executor
        The executor; the cluster ends when it is shut down. A script that uses it must guard its entry by
        ``if __name__ == "__main__"``.

    Raises
    ------
    OptionalDependencyError
        If Dask is not installed.
    """
    distributed = optional_import("distributed", needed_for=_NEEDED_FOR, extra="scale")
    cluster = distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs="CRITICAL",
    )
    client = distributed.Client(cluster, timeout=_TIMEOUT, set_as_default=False)
    return _owning(distributed)(client, cluster)


def _owning(distributed):
    """Give the class of an executor that owns its client and cluster; Dask is imported by now."""
    from distributed.cfexecutor import ClientExecutor

    class OwningExecutor(ClientExecutor):
        def __init__(self, client, *others):
            super().__init__(client, pure=False)
            self.client, self._others = client, (client, *others)

        def shutdown(self, wait=True, *, cancel_futures=False):
            super().shutdown(wait=not cancel_futures)
            for each in self._others:
                each.close(timeout=_TIMEOUT)

    return OwningExecutor


def _greet(distributed, address):
    """
    Shake hands with a scheduler, and say good-bye.

    A client that finds none is closed only after another 20 seconds, so one is made only where one answers.
    """

    async def greet():
        how = distributed.Security().get_connection_args("client")
        comm = await distributed.comm.connect(address, timeout=_TIMEOUT, **how)
        await comm.close()

    asyncio.run(greet())


@contextmanager
def connected(address):
    """
    Work on a cluster that exists, for the time of a block.

    Parameters
    ----------
    address : str
        Of its scheduler, such as ``"tcp://10.0.0.1:8786"``.

    Yields
    ------
    concurrent.futures.Executor
        The executor.

    Raises
    ------
    ParameterError
        If no scheduler answers.
    OptionalDependencyError
        If Dask is not installed.
    """
    distributed = optional_import("distributed", needed_for=_NEEDED_FOR, extra="scale")
    try:
        within(2 * _TIMEOUT, _greet, distributed, address)
        client = distributed.Client(address, timeout=_TIMEOUT, set_as_default=False)
    except Exception as error:  # what answers may be anything: its bytes are taken for sizes and formats
        raise ParameterError(
            f"no Dask scheduler answers at {address}: {error}; expected an address such as "
            "tcp://10.0.0.1:8786, which the scheduler says when it starts"
        ) from error
    executor = _owning(distributed)(client)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def is_client(thing):
    """
    Tell whether something is a client of a Dask cluster, without importing Dask.

    Parameters
    ----------
    thing : object
        Anything.

    Returns
    -------
    bool
        Whether it is a ``distributed.Client``.
    """
    distributed = sys.modules.get("distributed")
    return distributed is not None and isinstance(thing, distributed.Client)


def client_executor(client):
    """
    Give the executor of a client that somebody else closes.

    Parameters
    ----------
    client : distributed.Client
        The client.

    Returns
    -------
    concurrent.futures.Executor
        The executor.
    """
    return client.get_executor(pure=False)


def client_workers(client):
    """
    Count what a cluster can do at a time.

    Parameters
    ----------
    client : distributed.Client
        The client.

    Returns
    -------
    int
        The threads of its workers, one or more.
    """
    return max(1, sum(client.nthreads().values()))
