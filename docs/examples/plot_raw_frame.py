"""
Read a raw frame
================

From a raw file, as an archive gives it, to frames that can be used: overscan subtracted, trimmed, with units
and world coordinates. The file comes from the simulator, so the truth is known.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib import pyplot as plt

from astroclassify import read_frames
from astroclassify.simulate import simulate_exposure
from astroclassify.visualization import plot_frame

# %%
# A raw exposure of a globular cluster, which lies on the gap between the two chips. It is written as the
# archive of the telescope would write it.

exposure = simulate_exposure("globular", instrument="acs-wfc", band="F606W", exptime=500, rng=3, centred=True)
folder = TemporaryDirectory()
path = Path(folder.name) / "simulated_raw.fits"
exposure.write(path)
for chip, raw in exposure.raw.items():
    print(f"chip {chip}: {raw.dtype} {raw.shape}, {raw.min()} to {raw.max()} ADU")

# %%
# Reading gives one `~astropy.nddata.CCDData` for each chip. The bias was measured in the overscan, for each
# amplifier and row; its means are in the header.

frames = read_frames(path)
for frame in frames:
    levels = {card: frame.meta[card] for card in frame.meta if card.startswith("ACBIAS")}
    print(frame.meta["ACCHIP"], frame.shape, frame.unit, levels)

# %%
# The sky level of a frame is what remains after the bias.

for frame in frames:
    print(f"chip {frame.meta['ACCHIP']}: median {np.median(frame.data):.1f} {frame.unit}")

# %%
# Chip 1 lies above chip 2 on the sky.

figure, axes = plt.subplots(2, 1, figsize=(8, 8.4), layout="constrained")
for ax, frame in zip(axes, frames, strict=True):
    plot_frame(frame, ax=ax)

# %%
# The world coordinates follow the trimming: the centre of each chip on the sky.

for frame in frames:
    rows, columns = frame.shape
    print(frame.wcs.pixel_to_world((columns - 1) / 2, (rows - 1) / 2).to_string("hmsdms", precision=1))
