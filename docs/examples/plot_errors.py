"""
Where the default model is wrong
================================

The default model classifies 160 simulated frames of objects that were not in its training, by telescopes
and photographers of all kinds. This example shows the most confident wrong answers, and where their
evidence lies.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import AsinhNorm

from astroclassify import classify, classify_many
from astroclassify.metrics import leans_to_galaxy
from astroclassify.simulate import random_frames

frames = [random_frames(70_000 + number, shape=(288, 288))[0] for number in range(160)]
frames = [frame for frame in frames if frame.label != "field"]
table = classify_many([frame.array for frame in frames], progress=False)

# %%
# An answer is wrong if it leans to the other side, whether or not it was sure enough for a label.

is_galaxy = np.array([frame.label == "galaxy" for frame in frames])
p_truth = np.where(is_galaxy, table["p_galaxy"], 1 - table["p_galaxy"])
wrong, sure = leans_to_galaxy(table["p_galaxy"]) != is_galaxy, np.asarray(table["label"] != "uncertain")
print(f"{len(frames)} frames, {wrong.sum()} wrong")
print(f"{sure.sum()} with a label, {wrong[sure].sum()} of them wrong")

# %%
# The first row shows the frames, the second the evidence for the wrong answer (red) and against it (blue).

worst = np.argsort(p_truth)[:6]
figure, axes = plt.subplots(2, 6, figsize=(12, 4.6), layout="constrained")
for (above, below), number in zip(axes.T, worst, strict=True):
    frame, answer = frames[number], classify(frames[number].array)
    low, middle, high = np.nanpercentile(frame.array, [1, 50, 99.7])
    width = max((high - middle) / 10, 1e-6)
    above.imshow(frame.array, origin="lower", cmap="gray", norm=AsinhNorm(width, vmin=low, vmax=high))
    above.set_title(f"{frame.kind}\n{answer.leaning} {answer.probability:.2f}", fontsize=9)
    evidence = answer.evidence.data
    strongest = np.abs(evidence).max()
    below.imshow(evidence, origin="lower", cmap="RdBu_r", vmin=-strongest, vmax=strongest)
for axis in axes.flat:
    axis.set(xticks=[], yticks=[])

# %%
# In these frames little of the object is seen, or it is faint, or behind stars, or the scattered light of a
# bright star is taken for a galaxy. The answer to such frames should be ``uncertain``. For some kinds of
# object it mostly is, for others not:

kinds = sorted({frame.kind for frame in frames})
for kind in kinds:
    chosen = np.array([frame.kind == kind for frame in frames])
    doubts = f"{wrong[chosen].sum():2} wrong, {(~sure)[chosen].sum():2} uncertain"
    print(f"{kind:12} {chosen.sum():3} frames, {doubts}")
