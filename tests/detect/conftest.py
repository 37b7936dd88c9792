"""A detector whose answers are known: the boxes of what is bright."""

import sys
import types

import numpy as np
import pytest
from astropy.table import QTable
from scipy import ndimage

from astroclassify.detect import DETECTION_COLUMNS, DetectorSpec


def bright_boxes(image, *, above=50.0):
    """Boxes of connected pixels above a level, the score rising with their number."""
    grey = image if image.ndim == 2 else image.max(axis=-1)
    labels, _ = ndimage.label(grey > above)
    rows = []
    for number, (y, x) in enumerate(ndimage.find_objects(labels), start=1):
        pixels = (labels == number).sum()
        rows.append(
            ("galaxy", pixels / (pixels + 100), x.start - 0.5, x.stop - 0.5, y.start - 0.5, y.stop - 0.5)
        )
    rows.sort(key=lambda row: -row[1])
    return QTable(rows=rows or None, names=DETECTION_COLUMNS, dtype=[str, *[float] * 5])


@pytest.fixture
def bright(monkeypatch):
    """Give a function that makes a spec of `bright_boxes` with given fields (callable)."""
    module = types.ModuleType("a_bright_detector")
    module.find = bright_boxes
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def made(**fields):
        return DetectorSpec(
            "bright", "What is bright", "a_bright_detector:find", classes=("galaxy",), **fields
        )

    return made


@pytest.fixture
def with_squares():
    """Give a function that makes an image of 0 with squares of 100: (y, x, side) of each (callable)."""

    def made(shape, squares):
        image = np.zeros(shape, dtype=np.float32)
        for y, x, side in squares:
            image[y : y + side, x : x + side] = 100
        return image

    return made
