"""
Find objects in a wide field
============================

A simulated field of an amateur's telescope: what is in it is known, and what is found can be compared.
"""

import matplotlib.pyplot as plt

from astroclassify.detect import detect, remove_stars
from astroclassify.simulate import wide_field

# %%
# The field, and its truth: galaxies, nebulae and clusters with boxes from their light.

field = wide_field(11, shape=(400, 400), telescope="amateur-250", style="photograph")
field.objects["class", "x_min", "x_max", "y_min", "y_max", "snr"].pprint()

# %%
# What the classical baseline finds in it. Other methods are asked for in the same way.

found = detect(field.image, method="segmentation")
found["class", "score", "x_min", "x_max", "y_min", "y_max", "size"].pprint()
found.plot()

# %%
# The same field without its stars: colours stay, and no holes are left.

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
left.imshow(field.image, origin="lower", cmap="gray")
right.imshow(remove_stars(field.image), origin="lower", cmap="gray")
