"""
Compare methods of explanation
==============================

Five methods tell where the evidence for an answer lies. Here they explain the same frame of a spiral
galaxy.
"""

import time

import matplotlib.pyplot as plt
import numpy as np

from astroclassify import classify
from astroclassify.explain import explain
from astroclassify.simulate import simulate_exposure

# %%
# The frame, and its answer.

camera = {"aperture": "UVIS2-C1K1C-SUB", "centred": True}
(whole,) = simulate_exposure("spiral", "wfc3-uvis", "F606W", 500.0, rng=3, **camera).frames()
frame = whole.data[300:724, 300:724]
print(classify(frame))

# %%
# A map is positive where the frame speaks for a galaxy. :doc:`/explaining` says how each method works, and
# how faithful its maps are.

methods = {
    "evidence": {},
    "integrated-gradients": {},
    "occlusion": {"squares": 8},
    "grad-cam++": {},
    "xrai": {},
}
figure, axes = plt.subplots(2, 3, figsize=(10, 7), layout="constrained")
low, high = np.percentile(frame, [5, 99.7])
light = np.arcsinh(5 * np.clip((frame - low) / (high - low), 0, 1))
axes[0, 0].imshow(light, origin="lower", cmap="gray")
axes[0, 0].set_title("frame")
for ax, (method, options) in zip(axes.flat[1:], methods.items(), strict=True):
    start = time.process_time()
    explanation = explain(frame, method=method, target="galaxy", **options)
    seconds = time.process_time() - start
    values = explanation.map.data
    limit = np.percentile(np.abs(values), 99.5)
    ax.imshow(light, origin="lower", cmap="gray")
    rows, columns = frame.shape
    extent = (-0.5, columns - 0.5, -0.5, rows - 0.5)
    ax.imshow(values, origin="lower", cmap="PuOr_r", vmin=-limit, vmax=limit, alpha=0.6, extent=extent)
    ax.set_title(f"{method}, {seconds:.1f} s")
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])

# %%
# Evidence is exact and comes with every answer. Integrated gradients point at single pixels, XRAI sums them
# over regions. Occlusion asks the network again with parts of the frame covered.
