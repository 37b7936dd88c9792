"""
Stars and galaxies in a field
=============================

A simulated field of the CSST survey in three bands: every source is detected, measured, and classified.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter

from astroclassify import classify_sources
from astroclassify.simulate import survey_field
from astroclassify.visualization import plot_probability_magnitude, plot_size_magnitude, plot_sources

# %%
# Half a minute of arc on a side, at a moderate galactic latitude. Images are ``CCDData``; files would do as
# well.

field = survey_field(5, bands=("g", "r", "i"), shape=(512, 512), latitude=20.0)
table = classify_sources(field.images)
table["id", "x", "y", "label", "probability", "p_class_galaxy"][:6].pprint()

# %%
# Where they are, on the sum of the bands, smoothed. Blue are stars, red galaxies, grey what is uncertain.

light = sum(image.data for image in field.images.values())
plot_sources(gaussian_filter(light, 1.2), table)

# %%
# Stars lie along a line as wide as a point. At the faint end size alone does not tell any more, and
# probabilities say so.

figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plot_size_magnitude(table, ax=axes[0])
plot_probability_magnitude(table, ax=axes[1])

# %%
# One band is enough for an answer, with less certainty.

single = classify_sources({"i": field.images["i"]})
for name, answers in (("three bands", table), ("one band", single)):
    sure = np.mean(answers["probability"] > 0.95)
    print(f"{name}: {len(answers)} sources, {sure:.0%} surer than 95%")
