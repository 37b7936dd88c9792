"""
Stars and galaxies of a survey
==============================

`~astroclassify.simulate.survey_field` simulates a field of the CSST survey, and
`~astroclassify.stargalaxy.measure_sources` measures its sources. Stars are as small as a point source,
galaxies are larger, down to the magnitude where noise dominates.
"""

import numpy as np
from matplotlib import pyplot as plt

from astroclassify.simulate import survey_field
from astroclassify.stargalaxy import measure_sources, with_truth

field = survey_field(3, bands=("g", "r", "i"), shape=(500, 500), latitude=22)


def scaled(band):
    """Light above the sky in units that are alike for all bands."""
    frame = field.images[band]
    return (frame.data - np.median(frame.data)) * 10 ** (-0.4 * (frame.meta["PHOTZP"] - 23.9))


red, green, blue = (scaled(band) for band in ("i", "r", "g"))
mean = (red + green + blue) / 3
stretch = np.arcsinh(mean / 0.004) / 4 / np.where(mean > 1e-4, mean, 1)
picture = np.clip(np.stack([0.8 * red, green, 1.4 * blue], axis=-1) * stretch[..., None], 0, 1)

# %%
# The sources with their true classes, and the size-magnitude diagram.

sources = with_truth(measure_sources(field.images), field.truth).catalogue
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
left.imshow(picture, origin="lower")
for name, colour in (("galaxy", "C0"), ("star", "C1"), ("quasar", "C3")):
    own = sources[sources["true_class"] == name]
    left.scatter(own["x"], own["y"], s=60, facecolors="none", edgecolors=colour, linewidths=0.7)
    right.scatter(own["mag_i"].value, own["half_light_radius"].value, s=8, color=colour, label=name)
right.set(yscale="log", xlabel="i (AB magnitude)", ylabel="half-light radius (arcsec)")
right.legend()
left.set_axis_off()
