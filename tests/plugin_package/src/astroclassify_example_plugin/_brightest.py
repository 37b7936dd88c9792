"""A box of one pixel around the brightest."""

import numpy as np
from astropy.table import QTable

from astroclassify.preprocess import frame_array


def detect(image):
    """Give a table of one row."""
    array = frame_array(image)
    y, x = np.unravel_index(np.nanargmax(array), array.shape)
    names = ("class", "score", "x_min", "x_max", "y_min", "y_max")
    return QTable(rows=[("object", 1.0, x - 0.5, x + 0.5, y - 0.5, y + 0.5)], names=names)
