"""Planes of frames, made once: on disk for files, in memory for frames in memory."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from astroclassify.inference import checked_planes

#: Planes larger than this are made again rather than kept: reading them would take as long.
_LARGEST_KEPT = 8 * 2**20  # bytes


class PlaneStore:
    """
    Planes of frames, made once: on disk for files, in memory for frames in memory.

    Parameters
    ----------
    spec : ModelSpec
        Whose preprocessing makes the planes.
    folder : path-like, optional
        Where to keep planes of files; `None` keeps none.
    """

    def __init__(self, spec, folder=None):
        self.spec = spec
        self.folder = None if folder is None else Path(folder)
        self._in_memory = {}

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
            self._in_memory.pop(frame, None)

    def _kept(self, frame):
        if not frame.is_file:
            if frame not in self._in_memory:
                self._in_memory[frame] = checked_planes(self.spec, frame.array())
            return self._in_memory[frame]
        if self.folder is None:
            return checked_planes(self.spec, frame.array())
        path = self.folder / f"{self._key(frame)}.npy"
        if path.is_file():
            return np.load(path)
        planes = checked_planes(self.spec, frame.array())
        if planes.nbytes <= _LARGEST_KEPT:
            _write_array(path, planes)
        return planes

    def _key(self, frame):
        status = os.stat(frame.frame)
        facts = (
            str(Path(frame.frame).resolve()),
            status.st_size,
            status.st_mtime_ns,
            frame.hdu,
            self.spec.preprocessing,
            _plain(self.spec.preprocessing_options),
        )
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _plain(options):
    return {name: list(value) if isinstance(value, tuple) else value for name, value in dict(options).items()}


def _write_array(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as unfinished:
        np.save(unfinished, array)
    os.replace(unfinished.name, path)
