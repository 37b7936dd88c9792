"""Workers may die: the work goes on, each item comes once, and the one that kills them is told."""

import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from astroclassify.core import ParameterError, ReadError, UnknownNameError
from astroclassify.scale import ClusterError, WorkerDiedError, find_crew, run_jobs, within


def doubled(job):
    """Double each number; 13 kills its worker, and 7 is no number."""
    if 13 in job:
        os._exit(1)
    if 7 in job:
        raise ValueError("7 is no number")
    return [2 * number for number in job]


def results(crew, jobs):
    done, failed = {}, {}
    for job, result, error in run_jobs(crew, doubled, jobs):
        for place, number in enumerate(job):
            assert number not in {**done, **failed}
            (failed if error else done)[number] = error or result[place]
    return done, failed


JOBS = [(1, 2), (3, 4), (5, 6), (8, 9), (10, 11)]


@pytest.mark.parametrize("name", [None, "threads", "processes"])
def test_every_item_comes_once(name):
    done, failed = results(find_crew(name, workers=1 if name is None else 2), JOBS)
    assert done == {number: 2 * number for job in JOBS for number in job}
    assert failed == {}


def test_an_item_that_fails_costs_those_beside_it_nothing():
    done, failed = results(find_crew(), [(1, 7, 2), (3,)])
    assert done == {1: 2, 2: 4, 3: 6}
    assert str(failed[7]) == "7 is no number"


def test_an_item_that_kills_its_worker_is_told_and_the_others_are_done():
    done, failed = results(find_crew("processes", workers=2), [(1, 2), (13, 3), (4, 5), (6, 8), (9, 10)])
    assert done == {number: 2 * number for number in (1, 2, 3, 4, 5, 6, 8, 9, 10)}
    assert {number: type(error) for number, error in failed.items()} == {13: WorkerDiedError}


def test_an_executor_of_ones_own_stays_open_and_cannot_be_mended():
    with ThreadPoolExecutor(2) as executor:
        assert results(find_crew(executor), JOBS)[0][11] == 22
        assert executor.submit(abs, -1).result() == 1
    with ProcessPoolExecutor(1) as executor, pytest.raises(ClusterError, match="takes no more work"):
        results(find_crew(executor), [(13,), (1,)])


def test_jobs_are_taken_as_they_are_needed():
    taken = []
    jobs = (taken.append(number) or (number,) for number in range(100))
    next(run_jobs(find_crew("threads", workers=2), doubled, jobs))
    assert len(taken) <= 8


@pytest.mark.parametrize(
    ("executor", "kind"),
    [("dusk", UnknownNameError), (3, ParameterError), ("tcp://127.0.0.1:1", ParameterError)],
)
def test_what_cannot_work_is_refused(executor, kind, monkeypatch):
    monkeypatch.setattr("astroclassify.scale._dask._TIMEOUT", 0.5)
    with pytest.raises(kind):
        find_crew(executor)


def test_what_hangs_is_left_behind():
    with pytest.raises(ReadError, match=r"not read within 0\.05 s"):
        within(0.05, time.sleep, 5)
    assert within(None, abs, -1) == within(5, abs, -1) == 1
    with pytest.raises(ZeroDivisionError):
        within(5, divmod, 1, 0)
