"""A pool of wide fields on disk: a ring of planes, and of the boxes in them, that a producer fills."""

import numpy as np

from astroclassify.metrics import EDGES
from astroclassify.preprocess import detection_planes
from astroclassify.simulate import WIDE_CLASSES
from astroclassify.training._pool import Ring, quantised

PLANES = 5
#: Boxes that a field can have; and what a row says: class, x_min, x_max, y_min, y_max, S/N.
_MOST, _COLUMNS = 12, 6


class FieldPool(Ring):
    """
    A ring of wide fields, memory-mapped.

    Its sources give a `~astroclassify.simulate.WideField`.

    Parameters
    ----------
    folder : path-like
        Where the ring is kept.
    capacity : int, optional
        Fields in the ring; needed to make a new one.
    side : int, default 608
        Height and width of the fields.
    """

    def __init__(self, folder, *, capacity=None, side=608):
        super().__init__(folder, capacity=capacity, side=side)
        self.planes = self._open("planes.u8", (self.capacity, PLANES, self.side, self.side))
        self.boxes = self._open("boxes.f32", (self.capacity, _MOST, _COLUMNS), np.float32)

    def __len__(self):
        return min(self.filled, self.capacity)

    def _entries(self, source, rng, call):
        field = source(rng)
        yield quantised(detection_planes(field.image)), _rows(field.objects)

    def _keep(self, slot, planes, boxes):
        self.planes[slot], self.boxes[slot] = planes, boxes


def _rows(objects):
    """The largest boxes, padded: class -1 is none."""
    rows = np.full((_MOST, _COLUMNS), -1, np.float32)
    for row, each in zip(rows, objects, strict=False):
        numbers = (float(each[name]) for name in (*EDGES, "snr"))
        row[:] = (WIDE_CLASSES.index(each["class"]), *numbers)
    return rows
