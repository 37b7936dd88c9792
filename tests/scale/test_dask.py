"""The same on Dask, whose workers are processes of their own: slow, as their start takes seconds."""

import socket
import threading
from contextlib import suppress

import pytest

from astroclassify.core import ParameterError
from astroclassify.scale import ClusterError, WorkerDiedError, find_crew, run_jobs
from tests.scale.test_crew import JOBS, doubled, results

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")


def test_every_item_comes_once_and_the_one_that_kills_its_worker_is_told():
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        done, failed = results(find_crew("dask", workers=2), [*JOBS, (13, 14), (7, 15)])
    assert done == {number: 2 * number for job in JOBS for number in job} | {14: 28, 15: 30}
    assert {number: type(error) for number, error in failed.items()} == {13: WorkerDiedError, 7: ValueError}


def test_a_client_and_an_address_serve_as_well_and_stay_open():
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        assert results(find_crew(client), JOBS)[0][11] == 22
        assert results(find_crew(cluster.scheduler_address), JOBS)[0][11] == 22
        assert client.submit(abs, -1).result() == 1


def test_a_lost_scheduler_is_told():
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        jobs = ((number,) for number in range(20, 10_000))
        going = run_jobs(find_crew(client), doubled, jobs)
        next(going)
        cluster.close()
        with pytest.raises(ClusterError, match="scheduler was lost"):
            list(going)


def test_a_server_that_is_no_scheduler_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with suppress(OSError):
                while True:
                    taken, _ = server.accept()
                    with taken:
                        taken.recv(10)
                        taken.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(ParameterError, match="no Dask scheduler answers"):
            find_crew(f"tcp://127.0.0.1:{server.getsockname()[1]}")
