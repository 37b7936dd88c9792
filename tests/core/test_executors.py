"""Executors: whatever works, the results are the same, and one of somebody else's serves as well."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from astroclassify.core import (
    EXECUTORS,
    ParameterError,
    PluginError,
    UnknownNameError,
    conf,
    open_executor,
    prefetch,
    run_all,
)


class Theirs(ThreadPoolExecutor):
    """An executor as another package would declare it; it counts what it is given."""

    given = 0

    def submit(self, function, /, *arguments, **keywords):
        Theirs.given += 1
        return super().submit(function, *arguments, **keywords)


@pytest.fixture
def theirs():
    Theirs.given = 0
    EXECUTORS.register("theirs", Theirs)
    with conf.set_temp("executor", "theirs"):
        yield Theirs
    EXECUTORS.unregister("theirs")


@pytest.mark.parametrize("name", ["serial", "threads", "processes"])
def test_every_executor_gives_results_and_errors(name):
    with open_executor(2, name) as executor:
        done = dict(run_all(executor, os.path.getsize, [os.devnull, "/there/is/none"], waiting=2))
    assert done[os.devnull].result() == 0
    assert isinstance(done["/there/is/none"].exception(), FileNotFoundError)


def test_an_executor_of_another_package_does_the_work_that_several_processes_would(theirs):
    with open_executor(2) as executor:
        assert isinstance(executor, Theirs)
        assert {job: future.result() for job, future in run_all(executor, abs, [-1, -2, -3])} == {
            -1: 1, -2: 2, -3: 3,
        }  # fmt: skip
    assert list(prefetch([4, 5], pow, depth=2, workers=2, executor=None)) == [0**4, 1**5]
    assert theirs.given == 5


def test_one_worker_is_this_process_and_gives_each_before_the_next_is_begun():
    begun = []
    with open_executor(1) as executor:
        for job, future in run_all(executor, begun.append, range(3)):
            assert future.result() is None
            assert begun == list(range(job + 1))


def test_jobs_are_taken_as_they_are_needed():
    taken = []
    with open_executor(2, "threads") as executor:
        jobs = (taken.append(number) or number for number in range(100))
        for _ in run_all(executor, abs, jobs, waiting=3):
            break
    assert len(taken) <= 4


def test_no_job_at_a_time_is_refused():
    with open_executor(1) as executor, pytest.raises(ParameterError, match="waiting is 0"):
        list(run_all(executor, abs, [-1], waiting=0))


def test_jobs_of_workers_that_died_have_their_error():
    with open_executor(1, "processes") as executor:
        found = [future.exception() for _, future in run_all(executor, os._exit, [1, 1, 1])]
    assert [type(error) for error in found] == [BrokenProcessPool] * 3


def test_what_cannot_be_an_executor_is_refused():
    with (
        pytest.raises(UnknownNameError, match="there are: dask, processes, serial, threads"),
        open_executor(2, "dusk"),
    ):
        pass
    with pytest.raises(ParameterError, match="workers is 0"), open_executor(0):
        pass
    with pytest.raises(PluginError, match="int"):
        EXECUTORS.register("five", 5)


INTERRUPTED = """
import os, signal, sys, time
from astroclassify.core import open_executor, run_all

def job(number):
    print("at work", flush=True)
    time.sleep(0.5)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background
    try:
        with open_executor(2, "processes") as executor:
            list(run_all(executor, job, range(100), waiting=3))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes")
def test_an_interrupt_from_the_terminal_is_the_parents_and_workers_do_not_cry(tmp_path):
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, script], start_new_session=True, **pipes) as process:
        assert process.stdout.readline() == b"at work\n"
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == b""
