"""A box of one pixel around the brightest."""

import numpy as np
from astropy.table import QTable


def detect(image):
    """Give a table of one row."""
    y, x = np.unravel_index(np.argmax(image), image.shape)
    names = ("class", "score", "x_min", "x_max", "y_min", "y_max")
    return QTable(rows=[("object", 1.0, x - 0.5, x + 0.5, y - 0.5, y + 0.5)], names=names)
