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
# The field is 38 arcseconds on a side, at a Galactic latitude of 20 degrees. Images are ``CCDData`` here;
# names of files can be given as well.

field = survey_field(5, bands=("g", "r", "i"), shape=(512, 512), latitude=20.0)
table = classify_sources(field.images)
table["id", "x", "y", "label", "probability", "p_class_galaxy"][:6].pprint()

# %%
# The sources on the smoothed sum of the bands: stars in blue, galaxies in red, uncertain ones in grey.

light = sum(image.data for image in field.images.values())
plot_sources(gaussian_filter(light, 1.2), table)

# %%
# Stars lie along a line: all have the size of a point source. At faint magnitudes the sizes of stars and
# galaxies overlap, and the probabilities are less certain.

figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plot_size_magnitude(table, ax=axes[0])
plot_probability_magnitude(table, ax=axes[1])

# %%
# One band is enough for an answer, with less certainty.

single = classify_sources({"i": field.images["i"]})
for name, answers in (("three bands", table), ("one band", single)):
    sure = np.mean(answers["probability"] > 0.95)
    print(f"{name}: {len(answers)} sources, {sure:.0%} surer than 95%")
