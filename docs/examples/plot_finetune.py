"""
Fine-tune the default model on frames of your own
=================================================

The shipped weights were trained on many kinds of frame, but not on yours. Fine-tuning starts from them and
continues with your frames. This example runs in seconds. It shows how to do it; with so few frames nothing is
gained.
"""

import tempfile
from dataclasses import replace

import matplotlib.pyplot as plt

from astroclassify import classify_many
from astroclassify.datasets import LabelledFrame
from astroclassify.simulate import random_frames
from astroclassify.training import PRESETS, fit, read_log

# %%
# Each frame has a label and an object that it belongs to. Here they are simulated, of four kinds, two of each
# object. `~astroclassify.datasets.labelled_frames` reads such a list from a table of files.

kinds = ("elliptical", "spiral", "globular", "emission")
frames = [
    LabelledFrame(frame.array, frame.label, body=f"{kind} {number}")
    for number in range(8)
    for kind in kinds
    for frame in random_frames(100 * number + len(kind), kind=kind, shape=(160, 160), renderings=2)
]
print(len(frames), "frames of", len({frame.body for frame in frames}), "bodies")

# %%
# A recipe is a preset with changes. A quarter of the objects is held out, to measure the weights after each
# epoch and to calibrate them at the end.

recipe = replace(PRESETS["fine-tune"], epochs=4, batch_size=8, learning_rate=2e-4)
folder = tempfile.mkdtemp()
done = fit("patchnet", frames, folder=folder, preset=recipe, weights="default", validation=0.25)
for name, value in done.card["metrics"]["held-out frames (95% by body)"].items():
    print(f"{name:20} {value}")

# %%
# The log has a row every few steps, and one at the end of each epoch.

rows = read_log(done.log)
judged = [row for row in rows if row["validation_loss"]]
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
axes.plot(
    [int(row["step"]) for row in rows], [float(row["loss"]) for row in rows], label="frames learnt from"
)
axes.plot(
    [int(row["step"]) for row in judged],
    [float(row["validation_loss"]) for row in judged],
    "o-",
    label="held out",
)
axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
axes.legend()

# %%
# The weights file, with its card beside it, can be used wherever weights are given.

new = [random_frames(9000 + number, kind=kind, shape=(160, 160))[0] for number, kind in enumerate(kinds)]
table = classify_many([frame.array for frame in new], model="patchnet", weights=done.weights, progress=False)
table["kind"] = kinds
table["kind", "label", "probability"].pprint()
