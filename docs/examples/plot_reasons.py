"""
Three reasons of wrong answers, with maps
=========================================

The paper gives three reasons why frames are misclassified: *inter-class similarity*, *insufficient features*
and *image noise*. Here the default model classifies simulated frames of objects that were not in its
training: unchanged ones, frames with little light, and frames crossed by cosmic rays. For each wrong answer
the package proposes a reason from the pixels (:doc:`../evaluation`), and XRAI shows what the answer is based
on.
"""

import tempfile

import matplotlib.pyplot as plt
import numpy as np
import torch

from astroclassify.datasets import LabelledFrame
from astroclassify.evaluation import evaluate
from astroclassify.explain import explain
from astroclassify.simulate import RandomStreams, add_cosmic_rays, random_frames

SIDE, BODIES = 256, 36


def with_little_light(array, number):
    """Drown a frame in noise of the width of its brighter pixels."""
    width = float(np.nanpercentile(array, 98) - np.nanmedian(array))
    return array + np.random.default_rng(number).normal(0, 2 * width, array.shape).astype("f4")


def with_cosmic_rays(array, number):
    """Let tracks cross a frame, 30 times brighter than its pixels scatter."""
    hits = torch.zeros(array.shape)
    add_cosmic_rays(hits, 3000.0, rate=3.0, size=15.0, streams=RandomStreams(number))
    scatter = float(np.nanstd(np.diff(array, axis=1))) or 1.0
    return array + (30 * scatter * np.clip(hits.numpy() / 1000, 0, 1)).astype("f4")


shown = [random_frames(80_000 + n, shape=(SIDE, SIDE), shown="linear")[0] for n in range(BODIES)]
shown = {number: frame for number, frame in enumerate(shown) if frame.label != "field"}
frames = {f"body {n}": (frame.array, frame, n) for n, frame in shown.items()}
for name, change in (("faint", with_little_light), ("rays", with_cosmic_rays)):
    some = [n for n in shown if n % 3 == ("faint", "rays").index(name)]
    frames |= {f"body {n}, {name}": (change(shown[n].array, n), shown[n], n) for n in some}

# %%
# The wrong answers, with the reason that a rule proposes for each. A person has to confirm it.

listed = [
    LabelledFrame(array, frame.label, body=f"body {n}", name=name)
    for name, (array, frame, n) in frames.items()
]
with tempfile.TemporaryDirectory() as folder:
    judged = evaluate(["default"], listed, folder, progress=False)
mistakes = judged.tables["misclassified"]
print(f"{len(listed)} frames, {len(mistakes)} wrong")
for reason in sorted(set(mistakes["reason"])):
    print(f"{reason:24} {np.sum(mistakes['reason'] == reason):3}")

# %%
# Two of each reason, the surest ones: the frame, and the regions that hold half of what speaks for the wrong
# answer.

reasons = ("inter-class similarity", "insufficient features", "image noise")
chosen = [row for reason in reasons for row in mistakes[mistakes["reason"] == reason][:2]]
figure, axes = plt.subplots(2, len(chosen), figsize=(2.5 * len(chosen), 5.6), layout="constrained")
for (above, below), row in zip(axes.T, chosen, strict=True):
    array, frame, _ = frames[row["name"]]
    low, high = np.nanpercentile(array, [5, 99.7])
    light = np.arcsinh(5 * np.clip((array - low) / (high - low), 0, 1))
    above.imshow(light, origin="lower", cmap="gray")
    called = f"{frame.kind} called {row['leaning']}, {row['probability']:.2f}"
    above.set_title(f"{row['reason']}\n{called}", fontsize=9)
    explain(array, method="xrai", target=row["leaning"]).plot(ax=below)
    below.set_title(f"what speaks for {row['leaning']}", fontsize=9)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")

# %%
# *Insufficient features*: the answer rests on noise, and should be doubted. *Image noise*: see whether the
# regions follow the tracks, or the body. *Inter-class similarity*: they hold the light of the body itself,
# which looks like the other class here.
