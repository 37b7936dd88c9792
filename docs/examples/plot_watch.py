"""
Watch a folder
==============

Each file that arrives in a folder is classified as soon as it is complete. Here a second thread is the
telescope.
"""

import tempfile
import threading
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from astropy.io import fits

from astroclassify import watch_folder
from astroclassify.scale import read_results
from astroclassify.simulate import random_frames

# %%
# The telescope writes four frames. A file is complete when it gets its final name.

kinds = ("spiral", "globular", "elliptical", "emission")
frames = {kind: random_frames(8, kind=kind, shape=(192, 192))[0].array for kind in kinds}
night = Path(tempfile.mkdtemp())
incoming = night / "incoming"
incoming.mkdir()


def observe():
    """Write each frame under another name, and rename it."""
    for number, array in enumerate(frames.values()):
        unfinished = incoming / f".frame{number}.tmp"
        fits.PrimaryHDU(array).writeto(unfinished)
        unfinished.rename(incoming / f"frame{number}.fits")


# %%
# ``on_rows`` is called with each answer. Here it ends the watch after the fourth.

stop, answers = threading.Event(), []


def on_rows(rows):
    """Report an answer, and stop when all frames are done."""
    for row in rows:
        answers.append(row)
        print(Path(row["source"]).name, row["label"], round(row["p_galaxy"], 2))
    if len(answers) == len(frames):
        stop.set()


telescope = threading.Thread(target=observe)
telescope.start()
watch_folder(incoming, night / "results.parquet", stop=stop, on_rows=on_rows)
telescope.join()

# %%
# The answers are in a data set, which can be read at any time. ``astroclassify watch`` is the same on the
# command line (:doc:`/scale`).

table = read_results(night / "results.parquet", columns=["source", "label", "probability"])
figure, axes = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained")
for ax, (kind, array) in zip(axes, frames.items(), strict=True):
    low, high = np.percentile(array, [20, 99.5])
    ax.imshow(np.arcsinh(5 * np.clip((array - low) / (high - low), 0, 1)), origin="lower", cmap="gray")
    row = table[[name.endswith(f"frame{list(frames).index(kind)}.fits") for name in table["source"]]][0]
    ax.set_title(f"{kind}\n{row['label']} {row['probability']:.2f}")
    ax.set(xticks=[], yticks=[])
