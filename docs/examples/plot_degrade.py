"""
Make poorer frames of a good one
================================

From one frame, ``degrade`` makes those that a shorter exposure, worse optics, or another camera would have
given. The model classifies each of them.
"""

import matplotlib.pyplot as plt
import numpy as np

from astroclassify import classify
from astroclassify.degrade import degrade
from astroclassify.simulate import simulate_exposure

# %%
# A spiral galaxy, seen by WFC3/UVIS for 500 s.

exposure = simulate_exposure(
    "spiral", "wfc3-uvis", "F606W", 500.0, aperture="UVIS2-C1K1C-SUB", centred=True, rng=3
)
(frame,) = exposure.frames()

# %%
# Five poorer versions.

versions = {
    "as it is": frame,
    "a tenth of the time": degrade(frame, exptime_factor=0.1, rng=1),
    "a hundredth": degrade(frame, exptime_factor=0.01, rng=1),
    'seeing of 0.5"': degrade(frame, psf_fwhm=0.5, exptime_factor=0.5, rng=1),
    "aberrations of 200 nm": degrade(frame, zernike_rms=200, exptime_factor=0.5, rng=1),
    "CSST, a tenth of the time": degrade(frame, instrument="csst-msc", exptime_factor=0.1, rng=1),
}

# %%
# The answer stays a galaxy as long as the arms can be seen.

figure, axes = plt.subplots(2, 3, figsize=(10, 7), layout="constrained")
for ax, (name, version) in zip(axes.flat, versions.items(), strict=True):
    low, high = np.nanpercentile(version.data, [5, 99.7])
    ax.imshow(np.arcsinh(5 * np.clip((version.data - low) / (high - low), 0, 1)), origin="lower", cmap="gray")
    answer = classify(version)
    ax.set_title(f"{name}\n{answer.label} {answer.probability:.2f}")
    ax.set(xticks=[], yticks=[])
