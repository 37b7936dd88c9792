"""
Draw the layout of a raw frame
==============================

A layout describes a raw frame: where the science pixels and the overscan are, and which pixels each amplifier
read. It can be drawn.
"""

from astroclassify.instruments import INSTRUMENTS
from astroclassify.visualization import plot_detector, plot_layout

# %%
# A detector has a panel for each chip. Narrow sections are drawn wider than they are; the numbers
# along the axes are the true pixel edges.

plot_detector("wfc3-uvis")

# %%
# Any of an instrument's layouts can be drawn by its name.

names = [layout.name for layout in INSTRUMENTS["acs-wfc"].layouts]
print("\n".join(names))

# %%

plot_layout("acs-wfc", "WFC2C-1K")

# %%
# The sections are plain data, and index the raw array. Here is the part of a raw chip that the bias of
# amplifier A is measured in:

camera = INSTRUMENTS["acs-wfc"]
layout = camera.layouts[0]
for section in layout.of_kind(camera.bias_section, "A"):
    print(section.kind, section.shape, section.slices)
