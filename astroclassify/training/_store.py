"""Planes of frames, made once: on disk for frames on disk, in memory for frames in memory."""

from pathlib import Path

import numpy as np

from astroclassify.core import atomic_path, fingerprint
from astroclassify.inference import checked_planes

#: Planes larger than this are made again rather than kept: reading them would take as long.
_LARGEST_KEPT = 8 * 2**20  # bytes
#: Planes of frames in memory are kept up to so much of it: beyond, they are made again (int).
_MEMORY = 2 * 2**30  # bytes


class PlaneStore:
    """
    Planes of frames, made once: on disk for frames on disk, in memory for frames in memory.

    Planes are not kept where making them again costs no more than reading them: those of more than
    8 MiB, and of a frame of a set on disk those that are as large as what the set holds of it. Of frames in
    memory, the planes are kept until they fill 2 GiB.

    Parameters
    ----------
    spec : ModelSpec
        Whose preprocessing makes the planes.
    folder : path-like, optional
        Where to keep planes of frames on disk; `None` keeps none.
    """

    def __init__(self, spec, folder=None):
        self.spec = spec
        self.folder = None if folder is None else Path(folder)
        self._in_memory, self._free = {}, _MEMORY

    def planes(self, frame, *, augmentation=None, rng=None):
        """
        Give a frame's planes, kept or new, changed as an augmentation draws.

        Parameters
        ----------
        frame : LabelledFrame
            The frame.
        augmentation : Augmentation, optional
            By default the frame stays as it is.
        rng : numpy.random.Generator, optional
            Source of the augmentation's randomness.

        Returns
        -------
        numpy.ndarray
            Float32 ``[C, H, W]``.
        """
        changes, axes = augmentation.draw(rng) if augmentation else ([], ())
        if changes:
            array = frame.array()
            for change in changes:
                array = change(array, rng)
            planes = checked_planes(self.spec, array)
        else:
            planes = self._kept(frame)
        return np.ascontiguousarray(np.flip(planes, axes)) if axes else planes

    def forget(self, frames):
        """
        Drop frames that will not come again.

        Parameters
        ----------
        frames : iterable of LabelledFrame
            Frames in memory.
        """
        for frame in frames:
            if frame in self._in_memory:
                self._free += self._in_memory.pop(frame).nbytes

    def _kept(self, frame):
        identity = frame.identity()
        if identity is None:
            return self._kept_in_memory(frame)
        if self.folder is None:
            return checked_planes(self.spec, frame.array())
        path = self.folder / f"{self._key(identity)}.npy"
        if path.is_file():
            return np.load(path)
        planes = checked_planes(self.spec, frame.array())
        if planes.nbytes <= min(_LARGEST_KEPT, getattr(frame.frame, "stored_bytes", _LARGEST_KEPT)):
            with atomic_path(path) as unfinished:
                np.save(unfinished, planes)
        return planes

    def _kept_in_memory(self, frame):
        if frame in self._in_memory:
            return self._in_memory[frame]
        planes = checked_planes(self.spec, frame.array())
        if planes.nbytes <= self._free:
            self._in_memory[frame] = planes
            self._free -= planes.nbytes
        return planes

    def _key(self, identity):
        facts = (*identity, self.spec.preprocessing, _plain(self.spec.preprocessing_options))
        return fingerprint(facts)[:32]


def _plain(options):
    return {name: list(value) if isinstance(value, tuple) else value for name, value in dict(options).items()}
