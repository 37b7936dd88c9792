"""Many frames: what goes wrong and what is lost, throughput, memory, latency; each figure by one command.

``python benchmarks/scale.py faults``      every fault for real, on Dask workers; lost and duplicated frames
``python benchmarks/scale.py throughput``  frames a second of a bare loop, of Dask, of two workers, in one run
``python benchmarks/scale.py memory``      resident memory over some thousand frames
``python benchmarks/scale.py watch``       milliseconds from the end of a file to its result
``python benchmarks/scale.py cutouts``     cut-outs of 150 x 150 pixels a second, one at a time and in bulk
``python benchmarks/scale.py soak``        ten minutes of frames, killed workers and restarts
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

CHIP = (2048, 4096)


def frame_file(path, shape=(256, 256), seed=0, dtype="int16"):
    """Write a frame of noise and some stars, whole or not at all."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(1000, 12, shape)
    ys, xs = rng.integers(0, shape[0], 60), rng.integers(0, shape[1], 60)
    pixels[ys, xs] += rng.exponential(3000, 60)
    header = fits.Header({"FILTER": "F814W", "EXPTIME": 600.0, "BUNIT": "ELECTRONS"})
    unfinished = path.with_name(f".{path.name}.tmp")
    fits.PrimaryHDU(pixels.astype(dtype), header).writeto(unfinished, overwrite=True)
    unfinished.rename(path)
    return path


def frames(folder, number, **options):
    """Make a folder of frames."""
    folder.mkdir(parents=True, exist_ok=True)
    return [frame_file(folder / f"f{n:05d}.fits", seed=n, **options) for n in range(number)]


def counted(output, expected):
    """Count rows: all, of which failed, lost and duplicated, of one row expected for each source."""
    from astroclassify.scale import read_results

    table = read_results(output, columns=["source", "error"])
    sources = table["source"].tolist() if len(table) else []
    return {
        "rows": len(sources),
        "failed": sum(bool(error) for error in table["error"]) if len(table) else 0,
        "lost": len({str(path) for path in expected} - set(sources)),
        "duplicated": len(sources) - len(set(sources)),
    }


# Faults ----------------------------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
if __name__ == "__main__":
    from astroclassify import classify_many
    import dask
    dask.config.set({"distributed.scheduler.allowed-failures": 2, "distributed.comm.timeouts.connect": "5s"})
    extra = eval(sys.argv[3])
    if limit := extra.pop("limit", None):
        from distributed import Client, LocalCluster
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=limit, dashboard_address=None)
        extra["executor"] = Client(cluster)
    names = sorted(str(path) for path in Path(sys.argv[1]).glob("*.*")) + extra.pop("more", [])
    classify_many(names, output=sys.argv[2], progress=False, **extra)
"""


def start(work, folder, output, **options):
    """Start a run in a process group of its own."""
    script = work / "run.py"
    script.write_text(RUN)
    command = [sys.executable, str(script), str(folder), str(output), repr(options)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, start_new_session=True, stderr=subprocess.PIPE, text=True, env=environment
    )


def wait_for_rows(output, number, process, seconds=120):
    """Wait until so many rows are kept."""
    from astroclassify.core import ReadError
    from astroclassify.scale import read_results

    ends = time.monotonic() + seconds
    while time.monotonic() < ends and process.poll() is None:
        try:
            if len(read_results(output, columns=["source", "error"])) >= number:
                return
        except (ReadError, OSError, ValueError):
            pass
        time.sleep(0.05)


def workers_of(process):
    """Find the Dask workers of a run (list of psutil.Process)."""
    import psutil

    children = psutil.Process(process.pid).children(recursive=True)
    return [each for each in children if "spawn_main" in " ".join(each.cmdline())]


def killed_worker(work, folder, output):
    process = start(work, folder, output, executor="dask", workers=2)
    wait_for_rows(output, 8, process)
    workers_of(process)[0].kill()
    return process.wait(), "SIGKILL to one of the workers"


def killed_run(work, folder, output):
    process = start(work, folder, output, executor="dask", workers=2)
    wait_for_rows(output, 8, process)
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait(), "SIGKILL to the run and all workers"


def interrupted(work, folder, output):
    process = start(work, folder, output, executor="dask", workers=2)
    wait_for_rows(output, 8, process)
    os.killpg(process.pid, signal.SIGINT)
    return process.wait(60), "Ctrl-C"


def lost_scheduler(work, folder, output):
    scheduler, worker, address = cluster(work)
    process = start(work, folder, output, executor=address)
    wait_for_rows(output, 4, process)
    scheduler.kill()
    status = process.wait(90)
    worker.kill()
    return status, process.stderr.read().strip().splitlines()[-1][:80]


def cluster(work):
    """Start a scheduler and a worker as processes of their own; give both, and the address."""
    place = work / "scheduler.json"
    base = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [*base, "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(place), "--no-dashboard"],
        **quiet,
    )
    while not place.exists():
        time.sleep(0.1)
    time.sleep(0.5)
    address = json.loads(place.read_text())["address"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"],
        **quiet,
    )
    time.sleep(8)
    return scheduler, worker, address


def malformed(work, folder, output):
    (folder / "a_noise.fits").write_bytes(os.urandom(5000))
    (folder / "b_short.fits").write_bytes((folder / "f00000.fits").read_bytes()[:4000])
    (folder / "c_empty.fits").write_bytes(b"")
    process = start(work, folder, output, executor="dask", workers=2)
    return process.wait(), "noise, a truncated file, an empty file"


def vanished(work, folder, output):
    process = start(work, folder, output, executor="dask", workers=2, more=[str(folder / "gone.fits")])
    return process.wait(), "a file that is gone when its turn comes"


def hanging(work, folder, output):
    os.mkfifo(folder / "g_pipe.fits")
    silent = SilentServer()
    more = [f"http://127.0.0.1:{silent.port}/hangs.fits"]
    process = start(work, folder, output, executor="dask", workers=2, timeout=5.0, more=more)
    return process.wait(), "a pipe nobody writes to, a server that says nothing; timeout 5 s"


class SilentServer:
    """A server that takes connections and never answers."""

    def __init__(self):
        import socket

        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]


def exhausting(work, folder, output):
    """A picture that takes 2 GB to decode, for workers that may have 1 GB; the restart has the machine's."""
    from PIL import Image

    Image.fromarray(np.zeros((12000, 12000, 3), "uint8")).save(folder / "h_huge.png", compress_level=1)
    process = start(work, folder, output, limit="1GB")
    return process.wait(), "a picture of 2 GB, workers of 1 GB"


def full_disk(work, folder, output):
    script = RUN.replace("import sys\n", "import sys, resource\n", 1).replace(
        "    extra = eval", "    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, -1))\n    extra = eval"
    )
    (work / "full.py").write_text(script)
    command = [sys.executable, str(work / "full.py"), str(folder), str(output), "{}"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.returncode, process.stderr.strip().splitlines()[-1][:60]


FAULTS = {
    "worker killed": killed_worker,
    "run killed": killed_run,
    "interrupted": interrupted,
    "scheduler lost": lost_scheduler,
    "disk full": full_disk,
    "malformed files": malformed,
    "file vanished": vanished,
    "file hangs": hanging,
    "out of memory": exhausting,
}


def faults(arguments):
    """Do each fault, run again to the end, and count."""
    rows = []
    for name in arguments.only or FAULTS:
        with tempfile.TemporaryDirectory() as place:
            work, folder = Path(place), Path(place) / "frames"
            output = work / "results.parquet"
            frames(folder, arguments.frames)
            status, told = FAULTS[name](work, folder, output)
            before = counted(output, [])
            again = start(work, folder, output, workers=1, timeout=20.0)
            again.communicate()
            found = counted(output, folder.glob("*.*"))
            rows.append(
                (name, told, status, before["rows"], before["failed"], again.returncode, *found.values())
            )
            print(rows[-1], flush=True)
    names = (
        "fault",
        "what",
        "status",
        "rows",
        "failed",
        "restart",
        "rows then",
        "failed then",
        "lost",
        "duplicated",
    )
    print("\n".join(Table(rows=rows, names=names).pformat(max_lines=-1, max_width=-1)))


# Throughput --------------------------------------------------------------------------------------


def throughput(arguments):
    """Frames a second: a bare loop, one Dask worker, two workers of each kind, all in one run."""
    from astroclassify import classify, classify_many

    with tempfile.TemporaryDirectory() as place:
        paths = frames(Path(place) / "frames", arguments.frames, shape=CHIP)
        print(where_the_time_goes(paths[0]))
        classify(paths[0])
        ways = {
            "bare loop": lambda: [classify(path, return_evidence=False) for path in paths],
            "classify_many": lambda: classify_many(paths, progress=False),
            "data set": lambda: classify_many(paths, output=Path(place) / "a.parquet", progress=False),
            **{
                f"{kind}, {number}": Timed(paths, kind, number)
                for number in (1, 2)
                for kind in ("processes", "dask")
            },
        }
        seconds = {name: way() if isinstance(way, Timed) else timed(way) for name, way in ways.items()}
    rows = [(name, len(paths) / each, seconds["bare loop"] / each) for name, each in seconds.items()]
    table = Table(rows=rows, names=("way", "frames/s", "against the bare loop"))
    for name in table.colnames[1:]:
        table[name].info.format = ".2f"
    print("\n".join(table.pformat(max_width=-1)))


def timed(call):
    start_ = time.perf_counter()
    call()
    return time.perf_counter() - start_


class Timed:
    """Seconds of workers that have their model already: their start is told apart."""

    def __init__(self, paths, kind, number):
        self.paths, self.kind, self.number = paths, kind, number

    def __call__(self):
        from astroclassify import classify_many
        from astroclassify.core import open_executor

        with open_executor(self.number, self.kind) as executor:
            classify_many(
                self.paths[:8] * self.number, executor=executor, workers=self.number, progress=False
            )
            return timed(
                lambda: classify_many(self.paths, executor=executor, workers=self.number, progress=False)
            )


def where_the_time_goes(path):
    """Say how many ms of the processor a frame takes: reading, preprocessing, network."""
    from astroclassify.inference import checked_planes, predict_planes
    from astroclassify.io import read_frames
    from astroclassify.models import ready_model
    from astroclassify.preprocess import frame_array

    model, taken = ready_model(), []
    for _ in range(6):
        clock = [time.process_time()]
        array = frame_array(read_frames(path)[0])
        clock.append(time.process_time())
        planes = checked_planes(model.spec, array)
        clock.append(time.process_time())
        list(predict_planes(model, [planes], evidence=False))
        clock.append(time.process_time())
        taken.append(np.diff(clock))
    read, prepare, network = 1e3 * np.median(taken[1:], axis=0)
    return f"one chip: read {read:.0f} ms, preprocess {prepare:.0f} ms, network {network:.0f} ms"


# Memory ------------------------------------------------------------------------------------------


def memory(arguments):
    """Resident memory over many frames, in MB; the slope by a straight line over the last three quarters."""
    import psutil

    from astroclassify._request import Request
    from astroclassify._work import classified

    with tempfile.TemporaryDirectory() as place:
        paths = frames(Path(place) / "frames", 20)
        asked, process, found = Request(recorded=True).asked(), psutil.Process(), []
        items = (paths[n % len(paths)] for n in range(arguments.frames))
        for number, _ in enumerate(classified(items, asked, {"chip": None}, depth=2)):
            if number % max(1, arguments.frames // 100) == 0:
                found.append((number, process.memory_info().rss / 2**20, process.num_fds()))
    numbers, resident, files = np.array(found).T
    late = numbers >= arguments.frames / 4
    slope = np.polyfit(numbers[late], resident[late], 1)[0]
    print(
        " ".join(f"{number:.0f}:{mb:.0f}" for number, mb in zip(numbers[::10], resident[::10], strict=True))
    )
    print(f"slope {1e3 * slope:.2f} MB per 1000 frames; descriptors {files.min():.0f} to {files.max():.0f}")


# Watch -------------------------------------------------------------------------------------------


def watching(arguments):
    """Milliseconds from the rename that completes a chip to its kept result."""
    from astroclassify import watch_folder

    with tempfile.TemporaryDirectory() as place:
        folder, landed, told = Path(place) / "incoming", {}, {}
        made = frames(Path(place) / "made", arguments.frames, shape=CHIP)
        folder.mkdir()
        stop = threading.Event()

        def tell(rows):
            told[Path(rows[0]["source"]).name] = time.perf_counter()

        options = {"stop": stop, "told": tell, "status": Path(place) / "status.json", "poll": arguments.poll}
        thread = threading.Thread(
            target=watch_folder, args=(folder, Path(place) / "r.parquet"), kwargs=options
        )
        thread.start()
        while not (Path(place) / "status.json").exists():
            time.sleep(0.05)
        for path in made:
            landed[path.name] = time.perf_counter()
            path.rename(folder / path.name)
            while path.name not in told:
                time.sleep(0.002)
            time.sleep(0.05)
        single = [1e3 * (told[name] - landed[name]) for name in landed]
        burst(folder, arguments.burst, told)
        stop.set()
        thread.join()
    median, last = np.percentile(single, [50, 99])
    print(f"{len(single)} chips one at a time: median {median:.0f} ms, 99% {last:.0f} ms")


def burst(folder, number, told):
    """Let many files land at once; all are to be done."""
    if not number:
        return
    began = time.perf_counter()
    names = [frame_file(folder / f"burst{n:04d}.fits", seed=n).name for n in range(number)]
    while not all(name in told for name in names):
        time.sleep(0.05)
    print(f"a burst of {number} files of 256 x 256: all done after {time.perf_counter() - began:.0f} s")


# Cut-outs ----------------------------------------------------------------------------------------


def cutouts(arguments):
    """Cut-outs of 150 x 150 pixels a second of one core (on a GPU of the clock), by what passes together."""
    import torch

    from astroclassify import classify_many
    from astroclassify.models import ready_model

    torch.set_num_threads(1)
    clock = time.process_time if arguments.device == "cpu" else time.perf_counter
    model = ready_model(device=arguments.device)
    rng = np.random.default_rng(1)
    arrays = list(rng.normal(1000, 10, (arguments.frames, 150, 150)).astype(np.float32))
    classify_many(arrays[:8], model=model, progress=False)
    for flips in (True, False):
        for batch in arguments.batches:
            began = clock()
            classify_many(arrays, model=model, flips=flips, batch_size=batch, progress=False)
            speed = len(arrays) / (clock() - began)
            print(f"views averaged: {flips}; batch {batch}: {speed:.0f} a second", flush=True)


# Soak --------------------------------------------------------------------------------------------


def soak(arguments):
    """Frames land for minutes, workers and runs are killed; in the end each frame is there once."""
    rng, ends = np.random.default_rng(1), time.monotonic() + arguments.seconds
    with tempfile.TemporaryDirectory() as place:
        work, folder, output = Path(place), Path(place) / "frames", Path(place) / "results.parquet"
        made, kills, runs = 0, 0, 0
        while time.monotonic() < ends:
            for _ in range(50):
                frame_file_of(folder, made)
                made += 1
            process = start(work, folder, output, executor="processes", workers=2)
            runs += 1
            if rng.random() < 0.7:
                time.sleep(rng.uniform(3, 12))
                kills += 1
                kind = rng.choice(["worker", "run", "interrupt"])
                victims = workers_of(process) if process.poll() is None else []
                if kind == "worker" and victims:
                    rng.choice(victims).kill()
                elif process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL if kind == "run" else signal.SIGINT)
            process.communicate()
        start(work, folder, output, workers=1).communicate()
        print(f"{runs} runs, {kills} killed, {made} frames:", counted(output, folder.glob("*.fits")))


def frame_file_of(folder, number):
    folder.mkdir(exist_ok=True)
    return frame_file(folder / f"f{number:05d}.fits", seed=number)


def main():
    """Do what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    chosen = parser.add_subparsers(required=True)

    def add(name, run, **options):
        each = chosen.add_parser(name)
        each.set_defaults(run=run)
        for option, default in options.items():
            each.add_argument(f"--{option}", type=type(default), default=default)
        return each

    add("faults", faults, frames=60).add_argument("only", nargs="*", choices=[[], *FAULTS], default=[])
    add("throughput", throughput, frames=60)
    add("memory", memory, frames=2000)
    add("watch", watching, frames=60, burst=500).add_argument("--poll", type=float)
    add("cutouts", cutouts, frames=400, device="cpu").add_argument(
        "--batches", type=int, nargs="+", default=[1, 8, 64]
    )
    add("soak", soak, seconds=600)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
