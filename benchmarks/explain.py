"""How fast explanations are, beside the authors' own XRAI: ``python benchmarks/explain.py``.

On one simulated frame of each size: the time of every explainer of the default model (which sees one view of
a frame; ``xrai, four views`` averages four), and that of the package ``saliency`` (PAIR), with as many steps,
on the same planes, with the same network and one view. ``saliency`` divides the frame its own way, into some
tens of segments on 224 x 224 cells; ``saliency, our parts`` gets the parts that ours finds, on our cells, so
that both solve one problem. A row that takes more than ``--limit`` minutes of the processor is stopped, and
its ratio is a lower bound. Every row is a process of its own; memory is the growth of its peak. The ratio is
that of processor times, which other load disturbs less, to ``xrai``.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np

FOUR_VIEWS = "xrai, four views"
OURS = ("xrai", FOUR_VIEWS, "evidence", "grad-cam++", "integrated-gradients", "occlusion")
REFERENCES = ("saliency", "saliency, our parts")
SIDES = (608, 1024)
CHIP = (2048, 4096)
STEPS, SEED = 16, 7


def frame_of(shape):
    """Simulate a spiral of this size: drawn smaller where that is large, and enlarged."""
    from astroclassify.simulate import random_frames

    factor = max(1, max(shape) // 1024)
    small = random_frames(SEED, kind="spiral", shape=tuple(n // factor for n in shape))[0].array
    return np.kron(np.nan_to_num(small), np.ones((factor, factor), dtype=np.float32))


def ours(method, frame):
    """Give a function that explains once."""
    from astroclassify.explain import EXPLAINERS
    from astroclassify.models import build_model

    model = build_model("default")
    _ = model.differentiable  # loaded before the clock starts
    options = {"flips": True} if method == FOUR_VIEWS else {}
    method = method.split(",")[0]
    options |= {"steps": STEPS} if "steps" in EXPLAINERS[method].options() else {}
    return lambda: EXPLAINERS[method].explain(model, frame, target="galaxy", **options)


def reference(frame, *, our_parts):
    """Give a function that explains once by the authors' XRAI, fed with gradients of our network."""
    import saliency.core as saliency
    import torch

    from astroclassify.explain._xrai import divided, picture
    from astroclassify.inference import checked_planes
    from astroclassify.models import build_model

    model = build_model("default")
    _ = model.differentiable

    def gradients(planes, call_model_args=None, expected_keys=None):
        inputs = torch.from_numpy(np.moveaxis(planes, -1, 1).astype(np.float32)).requires_grad_()
        logits = model.logits(inputs)
        (found,) = torch.autograd.grad((logits[:, 0] - logits[:, 1]).sum(), inputs)
        return {saliency.INPUT_OUTPUT_GRADIENTS: np.moveaxis(found.numpy(), 1, -1)}

    def explain():
        planes = np.moveaxis(checked_planes(model.spec, frame), 0, -1)
        parts = saliency.IntegratedGradients().GetMask(
            planes,
            gradients,
            x_steps=STEPS,
            batch_size=4,
            x_baseline=np.median(planes, axis=(0, 1)) + 0 * planes,
        )
        image = picture(frame, 512) if our_parts else frame
        rows, columns = (np.arange(n) * m // n for n, m in zip(image.shape, parts.shape[:2], strict=True))
        values = np.repeat(parts.sum(axis=-1)[np.ix_(rows, columns)][..., None], 3, axis=-1)
        masks = [_mask(cells, image.shape) for cells in divided(image)] if our_parts else None
        colours = np.repeat(np.arcsinh(image)[..., None], 3, axis=-1)
        return saliency.XRAI().GetMask(colours, None, base_attribution=values, segments=masks)

    return explain


def _mask(cells, shape):
    mask = np.zeros(shape, bool)
    mask.ravel()[cells] = True
    return mask


def work(method, shape, repeats, limit):
    """Run in a process of its own: print seconds of wall and processor, and the growth of memory, as JSON."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    frame = frame_of(shape)
    theirs = method in REFERENCES
    explain = reference(frame, our_parts="our" in method) if theirs else ours(method, frame)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + 60 * limit), -1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        explain()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    wall, worked = min(times)[0], min(each[1] for each in times)
    print(json.dumps({"wall": wall, "worked": worked, "memory": memory}))


def measured(method, shape, *, repeats, limit):
    """Measure a row in a new process; None if it was stopped."""
    command = [sys.executable, __file__, "--row", method, *map(str, shape)]
    command += ["--repeats", str(repeats), "--limit", str(limit)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == -signal.SIGXCPU:
        return None
    done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--row", nargs=3, metavar=("METHOD", "ROWS", "COLUMNS"), help="measure this in this process"
    )
    parser.add_argument("--methods", nargs="*", default=[*OURS, *REFERENCES])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument(
        "--limit", type=float, default=30, help="minutes of the processor for a row (default: 30)"
    )
    parser.add_argument("--chip", action="store_true", help="also at 2048 x 4096")
    parser.add_argument(
        "--sides", nargs="*", type=int, default=SIDES, help="of square frames (default: 608 1024)"
    )
    chosen = parser.parse_args()
    if chosen.row:
        work(chosen.row[0], tuple(map(int, chosen.row[1:])), chosen.repeats, chosen.limit)
        return
    print(f"{'size':11} {'method':21} {'wall':>9} {'processor':>10} {'memory':>8}  ratio")
    for shape in (*((side, side) for side in chosen.sides), *([CHIP] if chosen.chip else [])):
        found = {}
        for method in chosen.methods:
            repeats = 1 if method in REFERENCES else chosen.repeats
            found[method] = measured(method, shape, repeats=repeats, limit=chosen.limit)
            print(_line(shape, method, found, chosen.limit), flush=True)


def _line(shape, method, found, limit):
    row, own = found[method], found.get("xrai")
    size = f"{shape[0]}x{shape[1]}"
    worked = 60 * limit if row is None else row["worked"]
    ratio = f"{worked / own['worked']:.1f}" if own else ""
    if row is None:
        return f"{size:11} {method:21} stopped after {worked:.0f} s of the processor  more than {ratio}"
    return f"{size:11} {method:21} {row['wall']:7.2f} s {worked:8.2f} s {row['memory']:5.0f} MB  {ratio}"


if __name__ == "__main__":
    main()
