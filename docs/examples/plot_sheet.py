"""
A contact sheet of every kind
=============================

Six simulated photographs of each kind of body, as `~astroclassify.simulate.random_frames` draws them: any
distance, telescope, band and stretch. With labelled pictures of your own,
``python benchmarks/sheets.py TARGET --pictures FOLDER`` puts real bodies above simulated ones, kind by kind,
and ``benchmarks/realism.py`` measures whether a classifier can tell them apart.
"""

import numpy as np
from matplotlib import pyplot as plt

from astroclassify.simulate import KINDS, random_frames

# %%
# All pictures are simulated. Each has a seed of its own.

KINDS_SHOWN = [kind for kind in KINDS if kind != "field"]


def photographs(kind, number=6):
    """Draw photographs of a kind, side by side; the first row of an array is at the bottom."""
    seeds = ([KINDS_SHOWN.index(kind), seed] for seed in range(number))
    frames = (random_frames(seed, kind=kind, shown="photograph")[0] for seed in seeds)
    return np.hstack([frame.array for frame in frames])


figure, axes = plt.subplots(len(KINDS_SHOWN), figsize=(9, 1.6 * len(KINDS_SHOWN)), layout="constrained")
for ax, kind in zip(axes, KINDS_SHOWN, strict=True):
    ax.imshow(photographs(kind), cmap="gray", vmin=0, vmax=255, origin="lower")
    ax.set_title(f"{kind} ({KINDS[kind].label})", fontsize=9, loc="left")
    ax.set_axis_off()
