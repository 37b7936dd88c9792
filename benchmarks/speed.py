"""Time and memory from the file of one raw chip to the answer: the default model, and others.

Run: ``python benchmarks/speed.py [MODEL ...] [--threads N] [--repeats N] [--device cuda]``. A raw ACS/WFC
file with one body is simulated; of one chip of it (2048 x 4096) each model gives an answer,

* *as written*: the network as it is loaded, eager, float32 (only ``hr-celestialnet``);
* *float32*: normalisation folded, ``channels_last``;
* *auto*: also in bfloat16, if the device has it and the answers stay the same.

Every row is a process of its own, so that its peak of memory is its own: growth of the peak resident set
over that of the process with everything imported and the model loaded, the mapped file included. The
rows take turns for some rounds, so that other load on the machine hits them alike. Processor time
(of all threads) is less disturbed by other load than wall time. Models without weights get random
ones, of one seed: that changes neither time nor memory. The first answer, with which libraries choose
their kernels, is not counted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import pairwise
from pathlib import Path

REFERENCE, SEED, CHIP = "hr-celestialnet", 20231208, 2
STEPS = ("read", "prepare", "network", "total")


def simulated_file(path):
    """Simulate a spiral galaxy and write it as a raw file of two chips."""
    from astroclassify.simulate import simulate_exposure

    exposure = simulate_exposure("spiral", instrument="acs-wfc", exptime=500.0, rng=SEED)
    exposure.write(path, overwrite=True)


def random_weights(name, folder):
    """Save untrained weights, and give the file; `None` for a model that has its own."""
    import torch
    from safetensors.torch import save_file

    from astroclassify.models import find_spec

    spec = find_spec(name)
    if spec.weights is not None:
        return None
    path = Path(folder, f"{spec.name}.safetensors")
    if not path.is_file():
        torch.manual_seed(SEED)
        save_file(spec.build().state_dict(), path)
    return path


def loaded(name, how, weights, device):
    """Build a model in one of the ways that are compared."""
    from astroclassify.models import (
        Model,
        build_model,
        built_module,
        calibration_of,
        find_spec,
        load_state,
        locate_weights,
    )

    if how != "as written":
        return build_model(name, weights=weights, device=device, precision=how)
    spec = find_spec(name)
    module = built_module(spec)
    load_state(module, locate_weights(spec, weights)[0])
    return Model(spec, module.to(device).eval(), {}, calibration_of({}, spec.classes), "", device)


def one_answer(model, path):
    """Go from the file to the answer; give it, and wall and processor seconds of each step."""
    from astroclassify.inference import checked_planes, interpret, predict_planes
    from astroclassify.io import read_frames
    from astroclassify.preprocess import FrameRows

    clocks = [(time.perf_counter(), time.process_time())]

    def tick(result):
        clocks.append((time.perf_counter(), time.process_time()))
        return result

    (frame,) = tick(read_frames(path, chip=CHIP))
    rows = FrameRows(frame)
    planes = tick(checked_planes(model.spec, rows if model.spec.by_rows else rows[:]))
    (prediction,) = predict_planes(model, [planes], batch_size=4)
    answer = tick(interpret(prediction, model))
    wall, worked = ([b[i] - a[i] for a, b in pairwise(clocks)] for i in (0, 1))
    return answer, {"wall": [*wall, sum(wall)], "processor": [*worked, sum(worked)]}


def peak_resident():
    """Give the peak resident set of this process (Linux), in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def forget_peak():
    """Let the peak of the resident set start anew from what is resident now (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def work(arguments):
    """Run in a process of its own: print times, memory and the answer as JSON."""
    import torch

    from astroclassify.core import keep_large_arrays_memory

    torch.set_num_threads(arguments.threads)
    model = loaded(arguments.models[0], arguments.how, arguments.weights, arguments.device)
    if arguments.how != "as written":
        keep_large_arrays_memory()  # only now: what building took is given back, and not counted
    forget_peak()
    before = peak_resident()
    answer, _ = one_answer(model, arguments.file)
    memory = peak_resident() - before
    times = [one_answer(model, arguments.file)[1] for _ in range(arguments.answers)]
    facts = {"leaning": answer.leaning, "probability": answer.probability, "precision": model.precision}
    if arguments.device.startswith("cuda"):
        memory += torch.cuda.max_memory_allocated()
    print(json.dumps({"times": times, "memory": memory, **facts}))


def row(name, how, arguments, folder):
    """Measure one row in a new process."""
    weights = random_weights(name, folder)
    command = [sys.executable, __file__, name, "--how", how, "--file", str(Path(folder, "j_raw.fits"))]
    command += ["--threads", str(arguments.threads), "--device", arguments.device]
    command += ["--answers", str(1 if how == "as written" else 5)]
    if weights is not None:
        command += ["--weights", str(weights)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout)


def medians(results, clock):
    """Give the median milliseconds of each step."""
    times = [answer[clock] for result in results for answer in result["times"]]
    return [1e3 * statistics.median(step) for step in zip(*times, strict=True)]


def report(measured, default):
    """Print the table, and the default model's ratios to the reference."""
    print(f"{'model':18s} {'way':11s} {'precision':9s} {'read':>6s} {'prep.':>6s} {'network':>8s}"
          f" {'total':>8s} {'processor':>9s} {'memory':>8s}  answer")  # fmt: skip
    for (name, how), results in measured.items():
        wall, worked = medians(results, "wall"), medians(results, "processor")[-1]
        memory = max(result["memory"] for result in results)
        first = results[0]
        print(
            f"{name:18s} {how:11s} {first['precision']:9s} {wall[0]:6.0f} {wall[1]:6.0f} {wall[2]:8.0f} "
            f"{wall[3]:8.0f} {worked:9.0f} {memory / 1e6:5.0f} MB"
            f"  {first['leaning']} {first['probability']:.3f}"
        )
    written, best = measured.get((REFERENCE, "as written")), measured.get((REFERENCE, "auto"))
    ours = measured.get((default, "auto"))
    print("\nratios: by wall time, by processor time, by memory")
    pairs = (
        (f"{REFERENCE}: as written / at its best (goal 5)", written, best),
        (f"{REFERENCE} at its best / {default} (goal 12; memory 10)", best, ours),
        (f"{REFERENCE} as written / {default} (goal 60)", written, ours),
    )
    for what, more, less in pairs:
        if more and less:
            print(f"{what:66s} {' '.join(f'{ratio:6.1f}' for ratio in ratios(more, less))}")


def ratios(more, less):
    """Give the ratios of wall time, processor time and memory."""
    times = [medians(more, clock)[-1] / medians(less, clock)[-1] for clock in ("wall", "processor")]
    memory = [max(result["memory"] for result in results) for results in (more, less)]
    return [*times, memory[0] / max(memory[1], 1)]


def parsed():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=[], help="more models to compare")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="processes for each row")
    parser.add_argument("--device", default="cpu", help="'cuda' for a GPU; not measured on any so far")
    for name in ("--how", "--file", "--weights"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--answers", type=int, default=5, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    """Make the file, measure row by row in turns, report."""
    warnings.simplefilter("ignore")
    arguments = parsed()
    if arguments.how:
        work(arguments)
        return
    from astroclassify.models import find_spec

    default = find_spec("default").name
    rows = [(REFERENCE, "as written")]
    rows += [(name, how) for name in (REFERENCE, *arguments.models, default) for how in ("float32", "auto")]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # nothing is left behind, and nothing found
        Path(folder, "astropy").mkdir()
        simulated_file(Path(folder, "j_raw.fits"))
        measured = {key: [] for key in rows}
        for _ in range(arguments.repeats):
            for key in rows:
                measured[key].append(row(*key, arguments, folder))
        report(measured, default)
    print(f"{arguments.threads} threads; load of the machine (1 min): {os.getloadavg()[0]:.1f}"
          f" on {os.cpu_count()} cores")  # fmt: skip


if __name__ == "__main__":
    main()
