"""
Find objects in a wide field
============================

A simulated field of an amateur's telescope shows several objects. The default detector finds them, and the
truth tells how well it did.
"""

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from astroclassify.detect import detect
from astroclassify.simulate import wide_field

# %%
# The truth is a table of galaxies, nebulae and clusters, with a box for each.

field = wide_field(80, shape=(240, 240), telescope="amateur-250", style="photograph", colour=True)
field.objects["class", "x_min", "x_max", "y_min", "y_max", "snr"].pprint()

# %%
# This is what the detector finds, the highest score first. ``found.plot()`` draws it; other methods are
# chosen with ``method=`` (:doc:`/detecting`).

found = detect(field.image)
found["class", "score", "x_min", "x_max", "y_min", "y_max"].pprint()

# %%
# Solid boxes are detections, dashed boxes the truth.


def draw_boxes(ax, table, colour, style):
    """Draw the boxes of a table."""
    for row in table:
        width, height = row["x_max"] - row["x_min"], row["y_max"] - row["y_min"]
        ax.add_patch(
            Rectangle(
                (row["x_min"], row["y_min"]), width, height, fill=False, edgecolor=colour, linestyle=style
            )
        )


figure, ax = plt.subplots(figsize=(6, 6), layout="constrained")
ax.imshow(field.image, origin="lower")
draw_boxes(ax, field.objects, "white", "--")
draw_boxes(ax, found, "orange", "-")
for row in found:
    ax.text(row["x_min"], row["y_max"] + 2, f"{row['class']} {row['score']:.2f}", color="orange")
ax.set(xticks=[], yticks=[])
