"""Where batches come from: a set of frames, frames simulated as they are needed, or a pool of them.

A source gives batch number n as a pure function of n, so a training that is resumed at a step sees
what it would have seen. Planes of one batch need not have one size.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy.nddata import CCDData

from astroclassify.core import ParameterError, fingerprint
from astroclassify.datasets import LabelledFrame
from astroclassify.instruments import INSTRUMENTS
from astroclassify.models import allowed_classes
from astroclassify.simulate import CLASSES, plan_exposure
from astroclassify.training._exposed import exposed_frames
from astroclassify.training._pool import restored, wait_for

#: What each stream of random numbers is for.
_ORDER, _CHANGES, _POOL = range(3)
#: Frames of an epoch where they never end and nobody says how many.
EPOCH_OF_SIMULATIONS, EPOCH_OF_A_POOL = 1024, 100_000
_FULL = "full"


def shuffled(count, number, size, *, seed):
    """
    Choose what is in a batch: all once in an epoch, in a new order each time.

    Parameters
    ----------
    count : int
        How many there are to learn from.
    number : int
        The batch's, counted from the start of the training.
    size : int
        Of a batch; what does not fill one waits for another epoch's order.
    seed : int
        Of the orders.

    Returns
    -------
    epoch : int
        The batch's.
    chosen : numpy.ndarray of int
        Positions; the same for the same numbers, whatever came before.
    """
    epoch, batch = divmod(number, max(1, count // size))
    order = np.random.default_rng([seed, _ORDER, epoch]).permutation(count)
    return epoch, order[batch * size : (batch + 1) * size]


@dataclass(frozen=True, eq=False)
class Batch:
    """
    Frames for one step.

    Parameters
    ----------
    planes : sequence of numpy.ndarray
        Float32 ``[C, H, W]`` each.
    allowed : numpy.ndarray of bool
        Shape (N, K): which classes are right.
    names : tuple of str
        What the frames are called in messages.
    bodies : numpy.ndarray, optional
        Shape (N,): equal numbers where frames show one body.
    """

    planes: Sequence
    allowed: np.ndarray
    names: tuple[str, ...]
    bodies: np.ndarray | None = None

    def parts(self, largest=None):
        """
        Cut the batch into stacks of planes of one size.

        Parameters
        ----------
        largest : int, optional
            Frames of a part at most.

        Yields
        ------
        tuple of numpy.ndarray
            Planes ``[n, C, H, W]``, what is allowed ``[n, K]`` and, if they are known, the bodies ``[n]``.
        """
        known = () if self.bodies is None else (self.bodies,)
        by_shape = {}
        for number, planes in enumerate(self.planes):
            by_shape.setdefault(planes.shape, []).append(number)
        for members in by_shape.values():
            step = largest or len(members)
            for start in range(0, len(members), step):
                chosen = members[start : start + step]
                stack = np.stack([self.planes[i] for i in chosen])
                yield stack, self.allowed[chosen], *(bodies[chosen] for bodies in known)


class FrameSet:
    """
    A fixed set of frames, in a new order in each epoch.

    Frames whose label the model has no class for are left out.

    Parameters
    ----------
    frames : sequence of LabelledFrame
        The frames.
    store : PlaneStore
        What makes their planes.
    augmentation : Augmentation, optional
        By default none.
    seed : int, default 1
        Of order and augmentation.
    """

    def __init__(self, frames, store, *, augmentation=None, seed=1):
        allowed = [allowed_classes(frame.label, store.spec.classes) for frame in frames]
        self.left_out = sum(not one.any() for one in allowed)
        self.frames = [frame for frame, one in zip(frames, allowed, strict=True) if one.any()]
        if not self.frames:
            raise ParameterError(
                f"no frame has a label that {store.spec.name!r} has a class for; "
                f"its classes are {', '.join(store.spec.classes)}"
            )
        self.allowed = np.array([one for one in allowed if one.any()])
        self.store, self.augmentation, self.seed = store, augmentation, seed

    def __len__(self):
        return len(self.frames)

    @property
    def bodies(self):
        """The body of each frame (list of str)."""
        return [frame.body for frame in self.frames]

    def batches(self, size):
        """
        Count the batches of an epoch.

        Parameters
        ----------
        size : int
            Frames of a batch.

        Returns
        -------
        int
            At least one; frames that do not fill a batch wait for another epoch's order.
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
            Frames of a batch.

        Returns
        -------
        Batch
            The same for the same numbers, whatever came before.
        """
        epoch, chosen = shuffled(len(self), number, size, seed=self.seed)
        planes = [self._planes(epoch, int(i)) for i in chosen]
        return Batch(planes, self.allowed[chosen], tuple(str(self.frames[i]) for i in chosen))

    def _planes(self, epoch, index):
        rng = np.random.default_rng([self.seed, _CHANGES, epoch, index])
        return self.store.planes(self.frames[index], augmentation=self.augmentation, rng=rng)

    def in_order(self, size):
        """
        Give all frames once, in order and as they are.

        Parameters
        ----------
        size : int
            Frames of a batch.

        Yields
        ------
        Batch
            One after the other.
        """
        for start in range(0, len(self), size):
            frames = self.frames[start : start + size]
            planes = [self.store.planes(frame) for frame in frames]
            yield Batch(planes, self.allowed[start : start + size], tuple(map(str, frames)))

    def described(self):
        """
        Say what is in the set.

        Returns
        -------
        dict
            Numbers of frames, bodies, and frames of each label; and ``sha256``, which differs where names,
            labels, bodies or pixels in memory do: a training goes on with the frames that it began with.
        """
        labels = Counter(frame.label for frame in self.frames)
        facts = {"frames": len(self), "bodies": len(set(self.bodies)), "labels": dict(sorted(labels.items()))}
        facts["sha256"] = fingerprint([_about(frame) for frame in self.frames])
        return facts | ({"left_out": self.left_out} if self.left_out else {})


def _about(frame):
    """What a frame is, as plain values: wherever its file lies."""
    pixels = frame.frame.data if isinstance(frame.frame, CCDData) else frame.frame
    kept = fingerprint(pixels, sampled=True) if isinstance(pixels, np.ndarray) else None
    return [str(frame), frame.label, frame.body, kept]


class SimulatedStream:
    """
    Frames of simulated exposures, made as they are needed, each seen once.

    Every exposure shows a body of its own; all its chips are used. What the network sees is what
    the reader gives of the exposure's raw file.

    Parameters
    ----------
    config : SimulationConfig
        What exposures are drawn from; a class that the model does not have is passed over.
    store : PlaneStore
        What makes planes.
    augmentation : Augmentation, optional
        By default none.
    seed : int, default 1
        Of everything. Streams of different seeds share no body.
    device : str, default "cpu"
        Where to simulate.
    epoch : int, default 1024
        Frames that count as one epoch.
    """

    def __init__(self, config, store, *, augmentation=None, seed=1, device="cpu", epoch=EPOCH_OF_SIMULATIONS):
        impossible = [name for name in config.classes if not allowed_classes(name, store.spec.classes).any()]
        if impossible:
            raise ParameterError(
                f"the simulations are to show {impossible[0]!r}, which {store.spec.name!r} has no class for; "
                f"its classes are {', '.join(store.spec.classes)}: leave it out of [classes]"
            )
        self.config, self.store, self.augmentation = config, store, augmentation
        self.seed, self.device, self.epoch = seed, device, epoch
        self.chips = _chips_of_every_exposure(config)
        self._expose = lru_cache(maxsize=2)(self._exposed)

    def batches(self, size):
        """
        Count the batches of an epoch.

        Parameters
        ----------
        size : int
            Frames of a batch.

        Returns
        -------
        int
            At least one.
        """
        return max(1, self.epoch // size)

    def batch(self, number, size):
        """
        Give a batch.

        Parameters
        ----------
        number : int
            Counted from the start of the training.
        size : int
            Frames of a batch.

        Returns
        -------
        Batch
            The same for the same numbers, whatever came before.
        """
        numbers = range(number * size, (number + 1) * size)
        frames = [self.frame(n) for n in numbers]
        rngs = [np.random.default_rng([self.seed, _CHANGES, n]) for n in numbers]
        planes = [
            self.store.planes(frame, augmentation=self.augmentation, rng=rng)
            for frame, rng in zip(frames, rngs, strict=True)
        ]
        self.store.forget(frames)
        allowed = np.array([allowed_classes(frame.label, self.store.spec.classes) for frame in frames])
        return Batch(planes, allowed, tuple(map(str, frames)))

    def frame(self, number):
        """
        Give a frame.

        Parameters
        ----------
        number : int
            Any, zero or more.

        Returns
        -------
        LabelledFrame
            The same for the same number.
        """
        exposure, chip = divmod(number, self.chips)
        label, frames = self._expose(exposure)
        # Of a camera with more chips than the others, every exposure gives another one.
        shown = frames[(chip + exposure) % len(frames)]
        name = f"exposure {exposure} of seed {self.seed}, chip {chip}"
        return LabelledFrame(shown, label, body=f"{self.seed}/{exposure}", name=name)

    def _exposed(self, index):
        plan = plan_exposure(self.config, self.seed, index * self.config.frames_per_body)
        return exposed_frames(plan, device=self.device)

    def described(self):
        """
        Say what the stream is.

        Returns
        -------
        dict
            Seed and configuration.
        """
        return {
            "simulated": "a new body in every exposure",
            "seed": self.seed,
            "config": self.config.values(),
        }


def _chips_of_every_exposure(config):
    """The fewest chips that an exposure of the configuration has."""
    fewest = []
    for camera in config.instruments:
        for aperture in config.apertures[camera]:
            layouts = INSTRUMENTS[camera].layouts
            full = {layout.chip for layout in layouts if layout.shape == max(one.shape for one in layouts)}
            fewest.append(len(full) if aperture == _FULL else 1)
    return min(fewest)


class PoolStream:
    """
    Frames of a pool that producers may still be filling.

    Parameters
    ----------
    pool : FramePool or Mixture
        The pool, or several.
    spec : ModelSpec
        The model; it takes the pool's planes and has its classes.
    seed : int, default 1
        Of the draws.
    minimum : int, default 4000
        Frames that the pool must hold before the first draw.
    together : bool, default False
        Draw frames of one body together, as they were made.
    """

    def __init__(self, pool, spec, *, seed=1, minimum=4000, together=False):
        if tuple(spec.classes) != tuple(CLASSES):
            raise ParameterError(
                f"a pool has the classes {', '.join(CLASSES)}; {spec.name!r} has {', '.join(spec.classes)}"
            )
        self.pool, self.seed, self.minimum, self.together = pool, seed, minimum, together
        # The label after the last class is that of frames that show nothing: no class is right.
        self._allowed = np.eye(len(CLASSES) + 1, len(CLASSES), dtype=bool)

    def batches(self, size):
        """
        Count the batches of an epoch.

        Parameters
        ----------
        size : int
            Frames of a batch.

        Returns
        -------
        int
            As many as draw 100,000 frames.
        """
        return max(1, EPOCH_OF_A_POOL // size)

    def batch(self, number, size):
        """
        Give a batch; what it holds depends on what the pool holds now.

        Parameters
        ----------
        number : int
            Counted from the start of the training.
        size : int
            Frames of a batch.

        Returns
        -------
        Batch
            Drawn at random.
        """
        wait_for(self.pool, self.minimum)
        rng = np.random.default_rng([self.seed, _POOL, number])
        asked = {"together": True} if self.together else {}
        planes, labels, *bodies = self.pool.draw(rng, size, **asked)
        shown = [restored(one.astype(np.float32)) for one in planes]
        return Batch(shown, self._allowed[labels], ("frames drawn from a pool",), *bodies)

    def described(self):
        """
        Say what the stream is.

        Returns
        -------
        dict
            What its pool says of itself.
        """
        return self.pool.described()
