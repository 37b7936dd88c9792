"""A pool of wide fields on disk: a ring of planes, and of the boxes in them, that a producer fills."""

import json
from pathlib import Path

import numpy as np

from astroclassify.core import write_text
from astroclassify.preprocess import detection_planes
from astroclassify.simulate import WIDE_CLASSES
from astroclassify.training._pool import quantised

PLANES = 5
#: Boxes that a field can have; and what a row says: class, x_min, x_max, y_min, y_max, S/N.
_MOST, _COLUMNS = 12, 6


class FieldPool:
    """
    A ring of wide fields, memory-mapped.

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
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "pool.json"
        if capacity is not None and not settings.exists():
            write_text(json.dumps({"capacity": capacity, "side": side}), settings)
        described = json.loads(settings.read_text())
        self.capacity, self.side = described["capacity"], described["side"]
        self.planes = self._open("planes.u8", (self.capacity, PLANES, self.side, self.side), np.uint8)
        self.boxes = self._open("boxes.f32", (self.capacity, _MOST, _COLUMNS), np.float32)

    def _open(self, name, shape, dtype):
        path = self.folder / name
        if not path.exists():
            np.memmap(path, dtype, "w+", shape=shape).flush()
        return np.memmap(path, dtype, "r+", shape=shape)

    @property
    def filled(self):
        """Number of fields written so far, over all producers (int)."""
        return sum(int(path.read_text()) for path in self.folder.glob("count-*.txt"))

    def __len__(self):
        return min(self.filled, self.capacity)

    def produce(self, source, *, seed, producer=0, producers=1, limit=None):
        """
        Draw fields into the ring until the limit, or until ``stop`` lies in the folder.

        Parameters
        ----------
        source : callable
            ``source(rng)`` gives a `~astroclassify.simulate.WideField`.
        seed : int
            Seed of the whole pool.
        producer, producers : int
            Which of how many processes this is: each fills its own slots.
        limit : int, optional
            Fields after which to stop.
        """
        slots = np.arange(producer, self.capacity, producers)
        counter = self.folder / f"count-{producer}.txt"
        done = int(counter.read_text()) if counter.exists() else 0
        while (limit is None or done < limit) and not (self.folder / "stop").exists():
            field = source(np.random.default_rng([seed, producer, done]))
            slot = slots[done % slots.size]
            self.planes[slot] = quantised(detection_planes(field.image))
            self.boxes[slot] = _rows(field.objects)
            done += 1
            write_text(str(done), counter)


def _rows(objects):
    """The largest boxes, padded: class -1 is none."""
    rows = np.full((_MOST, _COLUMNS), -1, np.float32)
    for row, each in zip(rows, objects, strict=False):
        numbers = (float(each[name]) for name in ("x_min", "x_max", "y_min", "y_max", "snr"))
        row[:] = (WIDE_CLASSES.index(each["class"]), *numbers)
    return rows
