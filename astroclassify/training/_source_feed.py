"""Sources to learn from: batches in a new order in each epoch, turned, noisier, in fewer bands."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from astroclassify.stargalaxy import (
    PIXEL_MEASURES,
    SOURCE_MEASURES,
    SourceInputs,
)
from astroclassify.training._data import shuffled

#: Columns of the measures of the source that an augmentation changes.
_OFFSETS = [SOURCE_MEASURES.index("offset_x"), SOURCE_MEASURES.index("offset_y")]
_SPREAD = SOURCE_MEASURES.index("spread")
_SIGNAL = SOURCE_MEASURES.index("signal")
_BAND_SIGNAL = 3  # of BAND_MEASURES
#: Noise of SPREAD_MODEL times the signal-to-noise: of points of S/N 5 to 50 of a simulated set (float).
_SPREAD_NOISE = 0.045
#: Share of the sources, in training, of which only some bands are shown (float).
_FEWER_BANDS = 0.35
#: Share of the sources, in training, that have no pixels, and of those that have no catalogue (float).
_ONE_MODE = 0.2
#: The most noise, in units of the sky's, that is added in training (float).
_MOST_NOISE = 0.6
#: The stream of random numbers of augmentation; that of orders is `_data.shuffled`.
_CHANGES = 1


@dataclass(frozen=True, eq=False)
class SourceBatch:
    """
    Sources for one step.

    Parameters
    ----------
    inputs : SourceInputs
        What the network sees.
    allowed : numpy.ndarray of bool
        ``[N, K]``: which class is right.
    names : tuple of str
        What the sources are called in messages.
    """

    inputs: SourceInputs
    allowed: np.ndarray
    names: tuple[str, ...]

    def parts(self, largest=None):
        """
        Cut the batch into smaller ones.

        Parameters
        ----------
        largest : int, optional
            Sources of a part at most.

        Yields
        ------
        tuple
            Inputs, and what is allowed.
        """
        step = largest or len(self.allowed)
        for first in range(0, len(self.allowed), step):
            part = slice(first, first + step)
            yield self.inputs[part], self.allowed[part]


class SourceFeed:
    """
    Sources to learn from, in a new order in each epoch.

    Parameters
    ----------
    inputs : SourceInputs
        Of all of them; the cut-outs may be float16.
    labels : numpy.ndarray of str
        Their true classes.
    fields : numpy.ndarray of int
        The field of each.
    classes : tuple of str
        Of the model.
    bins : numpy.ndarray of int
        Their bins of magnitude.
    augmented : bool, default False
        Whether sources are turned and mirrored, get more noise, and some are shown in fewer bands.
    both_modes : bool, default False
        Whether, where augmented, some are shown without pixels, and some without catalogue.
    seed : int, default 1
        Of order and augmentation.
    """

    def __init__(self, inputs, labels, fields, classes, bins, *, augmented=False, both_modes=False, seed=1):
        self.inputs, self.labels, self.fields, self.bins = inputs, labels, fields, bins
        self.allowed = labels[:, None] == np.array(classes)
        self.augmented, self.both_modes, self.seed = augmented, both_modes, seed

    def __len__(self):
        return len(self.labels)

    def batches(self, size):
        """
        Count the batches of an epoch.

        Parameters
        ----------
        size : int
            Sources of a batch.

        Returns
        -------
        int
            At least one.
        """
        return max(1, len(self) // size)

    def batch(self, number, size):
        """
        Give a batch.

        Parameters
        ----------
        number : int
            Counted from the start of the training.
        size : int
            Sources of a batch.

        Returns
        -------
        SourceBatch
            The same for the same numbers, whatever came before.
        """
        _, chosen = shuffled(len(self), number, size, seed=self.seed)
        chosen = np.sort(chosen)
        inputs = SourceInputs(*(np.asarray(one[chosen], np.float32) for one in tuple(self.inputs)))
        if self.augmented:
            rng = np.random.default_rng([self.seed, _CHANGES, number])
            inputs = with_fewer_bands(with_noise(turned(inputs, rng), rng), rng)
            inputs = with_one_mode(inputs, rng) if self.both_modes else inputs
        return SourceBatch(inputs, self.allowed[chosen], tuple(f"source {i}" for i in chosen))

    def described(self):
        """
        Say what is there.

        Returns
        -------
        dict
            Numbers of sources, of fields, and of sources of each class.
        """
        labels = dict(sorted(Counter(self.labels.tolist()).items()))
        return {"sources": len(self), "fields": len(np.unique(self.fields)), "labels": labels}


def turned(inputs, rng):
    """
    Mirror and turn all sources of a batch by one of the eight symmetries of a square.

    Parameters
    ----------
    inputs : SourceInputs
        A batch; changed in place.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    SourceInputs
        With cut-outs whose sources are still at ``[S // 2, S // 2]``.
    """
    cutouts, _, source = tuple(inputs)
    for axis, offset in ((3, _OFFSETS[0]), (2, _OFFSETS[1])):
        if rng.random() < 0.5:
            # Mirrored, an even side has its centre one pixel before: the roll brings it back.
            cutouts = np.roll(np.flip(cutouts, axis), 1 - cutouts.shape[axis] % 2, axis)
            source[:, offset] *= -1
    if rng.random() < 0.5:
        cutouts = np.swapaxes(cutouts, 2, 3)
        source[:, _OFFSETS] = source[:, _OFFSETS[::-1]]
    return SourceInputs(np.ascontiguousarray(cutouts), inputs.bands, source)


def with_noise(inputs, rng, *, most=_MOST_NOISE):
    """
    Add noise to the cut-outs of a batch, so that their own noise is not learnt by heart.

    Parameters
    ----------
    inputs : SourceInputs
        A batch; changed in place.
    rng : numpy.random.Generator
        Source of randomness.
    most : float
        Each source gets noise of 0 to so many times that of the sky; the measures stay as they are.

    Returns
    -------
    SourceInputs
        With nothing in bands that are not there.
    """
    cutouts, bands, _ = tuple(inputs)
    amount = rng.uniform(0, most, (len(cutouts), 1)) * (bands[:, :, 0] > 0)
    cutouts += amount.astype(np.float32)[:, :, None, None] * rng.standard_normal(cutouts.shape, np.float32)
    return inputs


def with_fewer_bands(inputs, rng, *, share=_FEWER_BANDS):
    """
    Take bands away from some sources of a batch.

    Parameters
    ----------
    inputs : SourceInputs
        A batch; changed in place.
    rng : numpy.random.Generator
        Source of randomness.
    share : float
        Share of the sources of which only some bands stay: any number of those that are there, one at least.

    Returns
    -------
    SourceInputs
        The signal of detection falls with that of the bands.
    """
    cutouts, bands, source = tuple(inputs)
    number, there = bands.shape[0], bands[:, :, 0] > 0
    rank = np.where(there, rng.random(there.shape), 2).argsort(axis=1).argsort(axis=1)
    wanted = 1 + (rng.random(number) * np.maximum(there.sum(axis=1), 1)).astype(int)
    gone = (rank >= wanted[:, None]) & (rng.random(number) < share)[:, None]
    power = np.sinh(3 * bands[:, :, _BAND_SIGNAL]) ** 2
    left = np.where(gone, 0, power).sum(axis=1) / np.maximum(power.sum(axis=1), 1e-9)
    before = np.maximum(np.sinh(3 * source[:, _SIGNAL]), 1e-3)
    after = before * np.sqrt(left)
    # The noise of SPREAD_MODEL falls with the signal; what it would have been of these bands is added to it.
    more = _SPREAD_NOISE * np.sqrt(
        np.maximum(np.maximum(after, 1.0) ** -2.0 - np.maximum(before, 1.0) ** -2.0, 0)
    )
    source[:, _SPREAD] += 30 * more * rng.standard_normal(number, np.float32)
    source[:, _SIGNAL] = np.arcsinh(after) / 3
    cutouts[gone], bands[gone] = 0, 0
    return inputs


def with_one_mode(inputs, rng, *, share=_ONE_MODE):
    """
    Take the pixels from some sources of a batch, and the catalogue from as many others.

    Neither encoder can then rely on the other, and the network answers where one has nothing to look at.

    Parameters
    ----------
    inputs : SourceInputs
        A batch; changed in place.
    rng : numpy.random.Generator
        Source of randomness.
    share : float
        Share of each.

    Returns
    -------
    SourceInputs
        Bands are there as before.
    """
    cutouts, bands, source = tuple(inputs)
    drawn = rng.random(len(cutouts))
    cutouts[drawn < share] = 0
    source[drawn < share, : len(PIXEL_MEASURES)] = 0
    without = drawn > 1 - share
    bands[without, :, 1:] = 0
    source[without, len(PIXEL_MEASURES) :] = 0
    return inputs
