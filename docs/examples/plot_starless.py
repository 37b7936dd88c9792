"""
Remove the stars of an image
============================

A small network takes the stars out of a photograph and leaves the nebula. The field is simulated with and
without its stars, so the result can be compared with the truth.
"""

import matplotlib.pyplot as plt
import numpy as np

from astroclassify.detect import remove_stars
from astroclassify.simulate import wide_field

# %%
# A field in colours, and the same field with the same noise but without stars.

field = wide_field(90, shape=(240, 240), telescope="smart-50", style="photograph", colour=True)

# %%
# The network, and the classical method: a morphological opening.

network = remove_stars(field.image)
classical = remove_stars(field.image, method="classical")

# %%
# The peak signal-to-noise ratio compares each image with the truth. Higher is better. In this field the
# network is clearly better than the classical method; :doc:`/detecting` gives the means of many fields,
# which differ less.


def psnr(image):
    """Give the peak signal-to-noise ratio of an image, dB."""
    return -10 * np.log10(np.mean((np.asarray(image, dtype=float) - field.starless) ** 2))


images = {
    "image": field.image,
    "network": network,
    "classical": classical,
    "truth": field.starless,
}
figure, axes = plt.subplots(2, 2, figsize=(8, 8), layout="constrained")
for ax, (name, image) in zip(axes.flat, images.items(), strict=True):
    ax.imshow(np.clip(image, 0, 1), origin="lower")
    ax.set_title(name if name == "truth" else f"{name}: {psnr(image):.1f} dB")
    ax.set(xticks=[], yticks=[])
