"""A pool of simulated frames on disk that producers fill and a trainer draws from.

The pool is a ring: when it is full, new frames replace the oldest, so that a long training
never sees a fixed set. Planes are kept as 8-bit integers (their range is bounded).
"""

import json
import logging
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from astroclassify.core import ParameterError, check_whole, write_text
from astroclassify.models import PATCHNET
from astroclassify.training._vary import varied

logger = logging.getLogger(__name__)

PLANES = PATCHNET.builder_options["planes"]
_PLANES_BEFORE = 5  # of pools that do not say how many there are
_LOW, _HIGH = -0.5, 3.0


def quantised(planes):
    """
    Map planes to 8 bits.

    Parameters
    ----------
    planes : numpy.ndarray
        Float planes.

    Returns
    -------
    numpy.ndarray
        The same, uint8.
    """
    return np.round(np.clip((planes - _LOW) / (_HIGH - _LOW), 0, 1) * 255).astype(np.uint8)


def restored(planes):
    """
    Undo `quantised`, to its rounding.

    Parameters
    ----------
    planes : numpy.ndarray or torch.Tensor
        8-bit planes.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        Planes in their original range; float.
    """
    return planes * ((_HIGH - _LOW) / 255) + _LOW


def _fitted(planes, shape, rng):
    """Cut planes at random, or surround them with nothing, to a rectangle."""
    top, left = (
        int(rng.integers(max(0, n - wanted) + 1)) for n, wanted in zip(planes.shape[1:], shape, strict=True)
    )
    part = planes[:, top : top + shape[0], left : left + shape[1]]
    missing = [(0, wanted - n) for n, wanted in zip(part.shape[1:], shape, strict=True)]
    return np.pad(part, [(0, 0), *missing])


def wait_for(pool, number):
    """
    Wait until producers have written so many entries, and say what is waited for.

    Parameters
    ----------
    pool : Ring or Mixture
        What they write to.
    number : int
        Entries.
    """
    if pool.filled < number:
        logger.warning(
            "the pool holds %d entries; waiting until there are %d, from a producer that runs beside this",
            *(pool.filled, number),
        )
    while pool.filled < number:
        time.sleep(1)


class Ring:
    """
    A ring of memory-mapped entries that producers fill.

    A subclass opens its arrays, says what a source's answer becomes (``_entries``) and writes it (``_keep``).

    Parameters
    ----------
    folder : path-like
        Where the ring is kept.
    capacity : int or None
        Entries in the ring; needed to make a new one.
    side : int
        Height, and by itself width, of their planes, of a new one.
    **more
        What else ``pool.json`` is to say of a new one.
    """

    def __init__(self, folder, *, capacity, side, **more):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "pool.json"
        if capacity is not None and not settings.exists():
            check_whole("capacity", capacity)
            write_text(json.dumps({"capacity": capacity, "side": side, **more}), settings)
        self.settings = json.loads(settings.read_text())
        self.capacity, self.side = self.settings["capacity"], self.settings["side"]

    def _open(self, name, shape, dtype=np.uint8):
        path = self.folder / name
        if not path.exists():
            np.memmap(path, dtype, "w+", shape=shape).flush()
        return np.memmap(path, dtype, "r+", shape=shape)

    @property
    def filled(self):
        """Number of entries written so far, over all producers (int)."""
        return sum(done for _, done, _ in self._counts())

    def slots(self):
        """
        Say where entries lie; producers may not have come equally far.

        Returns
        -------
        numpy.ndarray
            Places in the ring, int64.
        """
        parts = [np.arange(first, self.capacity, step)[:done] for first, done, step in self._counts()]
        return np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype=int)

    def _counts(self):
        """Give each producer's number, how many entries it wrote, and how many producers it knew of."""
        files = list(self.folder.glob("count-*.txt"))
        for path in files:
            done, *producers = path.read_text().split()
            yield int(path.stem.removeprefix("count-")), int(done), int(*producers or [len(files)])

    def produce(self, source, *, seed, producer=0, producers=1, limit=None):
        """
        Draw entries into the ring until the limit, or until ``stop`` lies in the folder.

        Parameters
        ----------
        source : callable
            ``source(rng)`` gives what the pool takes; see there.
        seed : int
            Seed of the whole pool.
        producer, producers : int
            Which of how many processes this is: each fills its own slots.
        limit : int, optional
            Entries after which to stop.

        Raises
        ------
        ParameterError
            If there is no such producer, or the ring has no entry for it.
        """
        check_whole("producers", producers, most=self.capacity)
        check_whole("producer", producer, least=0, most=producers - 1)
        slots = np.arange(producer, self.capacity, producers)
        counter = self.folder / f"count-{producer}.txt"
        done = int(counter.read_text().split()[0]) if counter.exists() else 0
        while (limit is None or done < limit) and not (self.folder / "stop").exists():
            rng, call = np.random.default_rng([seed, producer, done]), done * producers + producer
            for entry in self._entries(source, rng, call):
                self._keep(slots[done % slots.size], *entry)
                done += 1
            write_text(f"{done} {producers}", counter)


class FramePool(Ring):
    """
    A ring of simulated planes, memory-mapped.

    Its sources give a list of ``(array, label)``, all of one body, for example `views`; or of ``(array,
    label, body)``, where one body may come again: a number for each.

    Parameters
    ----------
    folder : path-like
        Where the ring is kept.
    capacity : int, optional
        Frames in the ring; needed to make a new one.
    side : int, default 192
        Height of the frames' planes.
    width : int, optional
        Their width; by default the height.
    detail : int, default 192
        The ``side`` of `~astroclassify.preprocess.working_planes` with which a new pool's planes are made.

    Raises
    ------
    ParameterError
        If the pool was filled for a default model that sees other planes.
    """

    def __init__(self, folder, *, capacity=None, side=192, width=None, detail=192):
        settings = {"width": width or side, "detail": detail, "planes": PLANES}
        super().__init__(folder, capacity=capacity, side=side, **settings)
        if (held := self.settings.get("planes", _PLANES_BEFORE)) != PLANES:
            raise ParameterError(
                f"{self.folder} holds frames of {held} planes, but {PATCHNET.name} sees {PLANES}; draw them "
                "again"
            )
        self.shape = (self.side, self.settings.get("width", self.side))
        self._working = replace(
            PATCHNET,
            preprocessing_options={
                **PATCHNET.preprocessing_options,
                "side": self.settings.get("detail", 192),
            },
        ).planes
        self.planes = self._open("planes.u8", (self.capacity, PLANES, *self.shape))
        self.labels = self._open("labels.u8", (self.capacity, 1))
        self.bodies = self._open("bodies.u32", (self.capacity,), np.uint32)

    def _entries(self, source, rng, call):
        for array, label, *body in source(rng):
            yield quantised(_fitted(self._working(array), self.shape, rng)), label, *(body or [call])

    def _keep(self, slot, planes, label, body):
        self.planes[slot], self.labels[slot], self.bodies[slot] = planes, label, body

    def draw(self, rng, size, *, together=False):
        """
        Draw a random batch, each frame flipped and turned at random; by 180 degrees if it is not a square.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int
            Batch size.
        together : bool, default False
            Draw the frames that were made of a body at once together, rather than each alone.

        Returns
        -------
        tuple of numpy.ndarray
            Planes, uint8, shape (size, planes, side, width); labels, and the numbers of the bodies, int64,
            shape (size,).
        """
        slots = self.slots()
        chosen = slots[self._together(slots, rng, size) if together else rng.integers(0, len(slots), size)]
        chosen = np.sort(chosen)
        planes = self.planes[chosen]
        for i, (flip, turns) in enumerate(
            zip(rng.integers(0, 2, size), rng.integers(0, 4, size), strict=True)
        ):
            turns = turns if self.shape[0] == self.shape[1] else 2 * (turns // 2)
            turned = np.rot90(planes[i], turns, axes=(1, 2))
            planes[i] = turned[:, ::-1] if flip else turned
        return planes, self.labels[chosen, 0].astype(np.int64), self.bodies[chosen].astype(np.int64)

    def _together(self, slots, rng, size):
        """Give places of whole runs of frames of one body, each run drawn at random, the last cut short."""
        bodies = self.bodies[slots]
        starts = np.flatnonzero(np.append(True, bodies[1:] != bodies[:-1]))
        ends = np.append(starts[1:], len(slots))
        drawn = rng.integers(0, len(starts), size)
        return np.concatenate([np.arange(starts[i], ends[i]) for i in drawn])[:size]

    def described(self):
        """
        Say what the pool is.

        Returns
        -------
        dict
            In one sentence.
        """
        return {"pool": "frames simulated by astroclassify.simulate, no observed frame"}

    def in_order(self, size, *, most=None):
        """
        Give the frames once, as they lie.

        Parameters
        ----------
        size : int
            Frames of a batch.
        most : int, optional
            Frames in all, at most.

        Yields
        ------
        tuple of numpy.ndarray
            Planes, float32, shape (n, planes, side, width), labels, int64, shape (n,), and numbers of the
            bodies, int64, shape (n,).
        """
        slots = self.slots()[:most]
        for start in range(0, len(slots), size):
            batch = slots[start : start + size]
            planes = restored(self.planes[batch].astype(np.float32))
            yield planes, self.labels[batch, 0].astype(np.int64), self.bodies[batch].astype(np.int64)


class Mixture:
    """
    Several pools to draw from at once, each for its share of every batch.

    Parameters
    ----------
    pools : sequence of FramePool
        Where frames come from.
    shares : sequence of float
        How much of a batch each pool gives, on average; they sum to 1.
    pictures : sequence of dict, default ()
        The pictures of real bodies that the pools show: file, body, source, licence of each.
    side : int, optional
        Give planes that are shrunk to so many pixels a side, for a quick first part of a training; by default
        as they are.
    vary : bool, default False
        Cut, stretch and scale planes at random, so that no frame is seen twice alike.
    """

    def __init__(self, pools, shares, *, pictures=(), side=None, vary=False):
        self.pools, self.shares, self.pictures = list(pools), list(shares), list(pictures)
        self.side, self.vary = side, vary

    @property
    def filled(self):
        """Number of frames written so far, over all pools; 0 while one is empty (int)."""
        filled = [pool.filled for pool in self.pools]
        return sum(filled) if all(filled) else 0

    def draw(self, rng, size, *, together=False):
        """
        Draw a random batch.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int
            Batch size.
        together : bool, default False
            As for `FramePool.draw`.

        Returns
        -------
        planes : list of numpy.ndarray
            Uint8 ``[planes, h, w]`` each, of the size of its pool's.
        labels, bodies : numpy.ndarray
            Int64, one for each; the same body in two pools has two numbers.
        """
        counts = rng.multinomial(size, self.shares)
        drawn = [
            (number, *pool.draw(rng, count, together=together))
            for number, (pool, count) in enumerate(zip(self.pools, counts, strict=True))
            if count
        ]
        planes = [one for _, stack, _, _ in drawn for one in self._shown(stack, rng)]
        labels = np.concatenate([labels for _, _, labels, _ in drawn])
        return planes, labels, np.concatenate([bodies * len(self.pools) + i for i, _, _, bodies in drawn])

    def _shown(self, planes, rng):
        if self.vary:
            planes = quantised(varied(restored(planes.astype(np.float32)), rng))
        return planes if self.side is None else _shrunk(planes, self.side)

    def described(self):
        """
        Say what the pools are.

        Returns
        -------
        dict
            The share of each source, and the pictures.
        """
        shares = {pool.folder.name: 0.0 for pool in self.pools}
        for pool, share in zip(self.pools, self.shares, strict=True):
            shares[pool.folder.name] += share
        what = "frames simulated by astroclassify.simulate"
        if self.pictures:
            what += "; photographs, and raw frames simulated from them, of the pictures listed"
        description = {"pool": what, "shares": shares}
        if self.side is not None:
            description["side"] = self.side
        if self.vary:
            description["varied"] = "windows, stretches and noise of each frame, drawn anew"
        return description | ({"pictures": self.pictures} if self.pictures else {})


def _shrunk(planes, side):
    """Planes of fewer pixels: means over areas."""
    small = functional.interpolate(torch.from_numpy(planes).float(), size=(side, side), mode="area")
    return small.round().to(torch.uint8).numpy()
