"""
Galaxy, or nebula or star cluster?
==================================

Eight simulated exposures of galaxies, nebulae and star clusters, with the answers of the default model.
Solid contours surround what speaks for the answer, dashed contours what speaks against it.
"""

import numpy as np
from matplotlib import pyplot as plt

from astroclassify import classify
from astroclassify.simulate import simulate_exposure
from astroclassify.visualization import plot_frame

# %%
# Each is an exposure of 500 s by WFC3/UVIS on a subarray of 1024 x 1025 pixels. The number after each
# kind is a seed.

seeds = {"spiral": 3, "edge-on": 5, "elliptical": 3, "globular": 4}
seeds |= {"open": 3, "emission": 4, "planetary": 2, "remnant": 8}
camera = {"aperture": "UVIS2-C1K1C-SUB", "centred": True}


def draw(ax, kind, seed):
    """Simulate and classify one exposure, and draw frame and evidence."""
    exposure = simulate_exposure(kind, "wfc3-uvis", "F606W", 500.0, rng=seed, **camera)
    (frame,) = exposure.frames()
    answer = classify(frame)
    plot_frame(frame, ax=ax, compass=False)
    evidence = answer.evidence.data
    levels = np.array([-0.6, -0.3, 0.3, 0.6]) * np.abs(evidence).max()
    rows, columns = frame.shape
    extent = (-0.5, columns - 0.5, -0.5, rows - 0.5)
    styles = ["dashed", "dashed", "solid", "solid"]
    ax.contour(evidence, levels, colors="tab:orange", linewidths=1, linestyles=styles, extent=extent)
    title = f"{kind}: {answer.label} ({answer.probability:.2f})"
    ax.set(title=title, xlabel="", ylabel="", xticks=[], yticks=[])
    return answer


figure, axes = plt.subplots(2, 4, figsize=(12, 6.6), layout="constrained")
answers = [draw(ax, kind, seed) for ax, (kind, seed) in zip(axes.flat, seeds.items(), strict=True)]

# %%
# The last answer in words:

print(answers[-1])
