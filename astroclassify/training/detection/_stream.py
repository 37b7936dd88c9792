"""Batches of a pool of fields: crops of any scale, turned, mirrored, put together, noisier, or blurred."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from astroclassify.core import ParameterError, check_whole
from astroclassify.training._data import EPOCH_OF_A_POOL, Batch
from astroclassify.training._pool import restored, wait_for

#: Of seeds: apart from those of other streams.
_FIELDS = 7
#: Part of a body's box that must be left in a crop; of less nothing is asked.
_KEPT = 0.45


@dataclass(frozen=True)
class FieldAugmentation:
    """
    How fields are varied when they are learnt from.

    Parameters
    ----------
    side : int, default 320
        Rows and columns of what is learnt from.
    scales : tuple of float, default (0.5, 1.0)
        Range of the pixels of a crop for each of the field's.
    mosaic : float, default 0.25
        How often four crops are put together.
    noise : float, default 0.05
        Largest standard deviation of noise that is added to the planes.
    contrast : float, default 0.4
        Largest change of the logarithm of the planes' contrast.
    blur : float, default 0.15
        How often a crop is blurred.
    grey : float, default 0.15
        How often the colours are taken away.
    """

    side: int = 320
    scales: tuple[float, float] = (0.5, 1.0)
    mosaic: float = 0.25
    noise: float = 0.05
    contrast: float = 0.4
    blur: float = 0.15
    grey: float = 0.15

    def __post_init__(self):
        check_whole("side", self.side, least=32)
        low, high = self.scales
        if not 0 < low <= high < np.inf:
            raise ParameterError(
                f"scales is {low} to {high}; expected numbers above 0, the smaller one first"
            )


class FieldStream:
    """
    Crops of a pool that a producer may still be filling.

    Parameters
    ----------
    pool : FieldPool
        The pool.
    augmentation : FieldAugmentation, optional
        How they are varied.
    seed : int, default 1
        Of the draws.
    minimum : int, optional
        Fields that the pool must hold before the first draw; by default 200, or half of what it can hold.
    """

    def __init__(self, pool, *, augmentation=None, seed=1, minimum=None):
        self.pool, self.seed = pool, seed
        self.minimum = min(200, pool.capacity // 2) if minimum is None else minimum
        self.augmentation = augmentation or FieldAugmentation()

    def batches(self, size):
        """
        Count the batches of an epoch.

        Parameters
        ----------
        size : int
            Crops of a batch.

        Returns
        -------
        int
            As many as draw 100,000.
        """
        return max(1, EPOCH_OF_A_POOL // size)

    def described(self):
        """
        Say what is learnt from.

        Returns
        -------
        dict
            In one sentence, with the augmentation.
        """
        about = {name: getattr(self.augmentation, name) for name in FieldAugmentation.__dataclass_fields__}
        return {"pool": "wide fields simulated by astroclassify.simulate.wide_field"} | about

    def batch(self, number, size):
        """
        Give a batch; what it holds depends on what the pool holds now.

        Parameters
        ----------
        number : int
            Counted from the start of the training.
        size : int
            Crops of a batch.

        Returns
        -------
        Batch
            Planes, and as what is allowed rows of class (-1 for none, -2 for unknown) and edges of the boxes.
        """
        wait_for(self.pool, self.minimum)
        rng = np.random.default_rng([self.seed, _FIELDS, number])
        crops = [self._crop(rng) for _ in range(size)]
        most = max(len(boxes) for _, boxes in crops)
        targets = np.full((size, max(most, 1), 5), -1, np.float32)
        for row, (_, boxes) in zip(targets, crops, strict=True):
            row[: len(boxes)] = boxes
        return Batch([planes for planes, _ in crops], targets, tuple(f"field {i}" for i in range(size)))

    def _crop(self, rng):
        side = self.augmentation.side
        if rng.random() >= self.augmentation.mosaic:
            planes, boxes = self._one(rng, side)
        else:
            planes, boxes = _mosaic([self._one(rng, side // 2) for _ in range(4)], side)
        return _turned(planes, boxes, rng)

    def _one(self, rng, side):
        """A square of one field on fewer pixels, with its boxes."""
        slots, field = self.pool.slots(), self.pool.side
        number = int(slots[rng.integers(len(slots))])
        scale = np.exp(rng.uniform(*np.log(self.augmentation.scales)))
        cut = int(np.clip(round(side / scale), side // 2, field))
        top, left = self._place(number, cut, rng)
        planes = self.pool.planes[number, :, top : top + cut, left : left + cut]
        planes = torch.from_numpy(planes).float()[None]
        planes = functional.interpolate(planes, size=(side, side), mode="area" if cut > side else "bilinear")
        varied = _varied(restored(planes[0].numpy()), rng, self.augmentation)
        return varied, _cropped(self.pool.boxes[number], (top, left), cut, side)

    def _place(self, number, cut, rng):
        """Anywhere, or, more often than not, so that a body is in it."""
        free = self.pool.side - cut
        boxes = self.pool.boxes[number]
        boxes = boxes[boxes[:, 0] >= 0]
        if not len(boxes) or rng.random() < 0.3:
            return tuple(int(rng.integers(free + 1)) for _ in range(2))
        _, x_min, x_max, y_min, y_max = boxes[rng.integers(len(boxes))][:5]
        middle = np.array([y_min + y_max, x_min + x_max]) / 2 + cut * rng.uniform(-0.4, 0.4, 2)
        return tuple(int(np.clip(m - cut / 2, 0, free)) for m in middle)


def _cropped(rows, corner, cut, side):
    """Boxes in a crop's pixels; those of which little is left may be anything."""
    rows = rows[rows[:, 0] >= 0][:, :5].copy()
    low = np.array([corner[1], corner[1], corner[0], corner[0]], np.float32) - 0.5
    whole = (rows[:, 1:] - low) * (side / cut)
    clipped = np.clip(whole, 0, side)
    left = np.prod(clipped[:, 1::2] - clipped[:, ::2], axis=1)
    part = left / np.prod(whole[:, 1::2] - whole[:, ::2], axis=1)
    rows[:, 1:] = clipped - 0.5
    rows[part < _KEPT, 0] = -2
    return rows[left > 1]


def _mosaic(four, side):
    planes, half = np.empty((len(four[0][0]), side, side), np.float32), side // 2
    boxes = []
    for (part, rows), top, left in zip(four, (0, 0, half, half), (0, half, 0, half), strict=True):
        planes[:, top : top + half, left : left + half] = part
        boxes.append(rows + np.array([0, left, left, top, top], np.float32))
    return planes, np.concatenate(boxes)


def _turned(planes, boxes, rng):
    """One of the eight ways to lay down a square."""
    side = planes.shape[1]
    if rng.random() < 0.5:
        planes, boxes = planes.transpose(0, 2, 1), boxes[:, [0, 3, 4, 1, 2]]
    for axis, columns in ((1, (4, 3)), (2, (2, 1))):
        if rng.random() < 0.5:
            planes = np.flip(planes, axis)
            boxes = boxes.copy()
            boxes[:, sorted(columns)] = side - 1 - boxes[:, list(columns)]
    return np.ascontiguousarray(planes), boxes


def _varied(planes, rng, augmentation):
    """More noise, other contrast, blur, no colours."""
    if rng.random() < augmentation.blur:
        tensor = torch.from_numpy(np.ascontiguousarray(planes))[None]
        planes = functional.avg_pool2d(tensor, 3, 1, 1, count_include_pad=False)[0].numpy()
    if rng.random() < augmentation.grey:
        planes = np.concatenate([planes[:3], np.zeros_like(planes[3:])])
    gain = np.exp(augmentation.contrast * rng.uniform(-1, 1, (len(planes), 1, 1))).astype(np.float32)
    gain[2] = 1.0  # ranks have no contrast
    planes = planes * gain
    noise = np.float32(rng.uniform(-1, 1) * augmentation.noise)
    if noise > 0:  # in every other crop, and not in the colours: much of a batch's time goes here
        planes[:2] += noise * rng.standard_normal(planes[:2].shape, dtype=np.float32)
    return planes.astype(np.float32)
