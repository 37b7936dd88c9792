"""
One picture in every style
==========================

People stretch, sharpen, denoise, frame and annotate their pictures of the sky.
`~astroclassify.simulate.restyle` imitates this. The default model was trained on pictures in all of these
styles, and ``benchmarks/styles.py`` measures whether a style changes its answer.
"""

import numpy as np
from matplotlib import pyplot as plt

from astroclassify import classify
from astroclassify.simulate import STYLES, random_frames, restyle

# %%
# A simulated spiral galaxy, as a photograph with grey levels from 0 to 255.

(frame,) = random_frames(12, kind="spiral", shape=(256, 256), shown="photograph")

figure, axes = plt.subplots(3, 6, figsize=(9, 5), layout="constrained")
for ax, style in zip(axes.flat, ("as it is", *STYLES), strict=False):
    shown = frame.array if style == "as it is" else restyle(frame.array, 3, style=style)
    answer = classify(shown)
    ax.imshow(shown, cmap="gray", vmin=0, vmax=255)
    ax.set_title(f"{style}\n{answer.label}, galaxy {answer.p_galaxy:.2f}", fontsize=7)
for ax in axes.flat:
    ax.set_axis_off()

# %%
# The same seed gives the same picture. Without a style, a random one is taken.

print(np.array_equal(restyle(frame.array, 1), restyle(frame.array, 1)))
