"""How fast explanations are, beside the authors' own XRAI: ``python benchmarks/explain.py``.

On one simulated frame of each size: the time of every explainer of the default model, and that of XRAI as the
package ``saliency`` (PAIR) does it, with as many steps, on the same planes, with the same network. The
reference divides the frame itself, at its full size, as its users do; it is stopped after ``--limit``
minutes, and then the time is a lower bound. At 2048 x 4096 pixels (``--chip``) the memory of ours is measured
too. Every row is a process of its own. Times are wall time and processor time; on a busy machine the second
is the one to compare.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np

OURS = ("evidence", "grad-cam++", "integrated-gradients", "xrai", "occlusion")
REFERENCE = "saliency"
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
    options = {"steps": STEPS} if "steps" in EXPLAINERS[method].options() else {}
    return lambda: EXPLAINERS[method].explain(model, frame, target="galaxy", **options)


def reference(frame):
    """Give a function that explains once by the authors' XRAI, fed with gradients of our network."""
    import saliency.core as saliency
    import torch

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
        rows, columns = ((np.arange(n) * m // n) for n, m in zip(frame.shape, parts.shape, strict=False))
        values = parts.sum(axis=-1)[np.ix_(rows, columns)]
        image = np.repeat(np.arcsinh(frame)[..., None], 3, axis=-1)
        return saliency.XRAI().GetMask(image, None, base_attribution=np.repeat(values[..., None], 3, axis=-1))

    return explain


def work(method, shape, repeats):
    """Run in a process of its own: print seconds of wall and processor, and the growth of memory, as JSON."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    frame = frame_of(shape)
    explain = reference(frame) if method == REFERENCE else ours(method, frame)
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
    command = [sys.executable, __file__, "--row", method, *map(str, shape), "--repeats", str(repeats)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60 * limit)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--row", nargs=3, metavar=("METHOD", "ROWS", "COLUMNS"), help="measure this in this process"
    )
    parser.add_argument("--methods", nargs="*", default=[*OURS, REFERENCE])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--limit", type=float, default=30, help="minutes of a row (default: %(default)s)")
    parser.add_argument("--chip", action="store_true", help="also at 2048 x 4096")
    parser.add_argument(
        "--sides", nargs="*", type=int, default=SIDES, help="of square frames (default: 608 1024)"
    )
    chosen = parser.parse_args()
    if chosen.row:
        work(chosen.row[0], tuple(map(int, chosen.row[1:])), chosen.repeats)
        return
    print(f"{'size':11} {'method':21} {'wall':>9} {'processor':>10} {'memory':>8}  ratio to xrai")
    for shape in (*((side, side) for side in chosen.sides), *([CHIP] if chosen.chip else [])):
        found = {}
        for method in chosen.methods:
            repeats = 1 if method == REFERENCE else chosen.repeats
            found[method] = measured(method, shape, repeats=repeats, limit=chosen.limit)
            print(_line(shape, method, found, chosen.limit), flush=True)


def _line(shape, method, found, limit):
    row, own = found[method], found.get("xrai")
    size = f"{shape[0]}x{shape[1]}"
    if row is None:
        ratio = f"more than {60 * limit / own['wall']:.0f}" if own else ""
        return f"{size:11} {method:21} stopped after {limit:g} minutes  {ratio}"
    ratio = f"{row['worked'] / own['worked']:.1f}" if own else ""
    return (
        f"{size:11} {method:21} {row['wall']:7.2f} s {row['worked']:8.2f} s {row['memory']:5.0f} MB  {ratio}"
    )


if __name__ == "__main__":
    main()
