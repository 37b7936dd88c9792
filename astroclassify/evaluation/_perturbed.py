"""Perturbed frames, one after the other, in this process or ahead in others."""

import warnings
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData

from astroclassify.core import AstroclassifyError, prefetch
from astroclassify.datasets import LabelledFrame, read_frame
from astroclassify.evaluation._perturbations import PERTURBATIONS
from astroclassify.preprocess import frame_array
from astroclassify.simulate import one_thread


@dataclass(frozen=True, eq=False)
class Job:
    """
    A frame to be perturbed.

    Parameters
    ----------
    frame : LabelledFrame
        The frame.
    name : str
        Its name; what is random about it depends on this, the seed and the quantity.
    quantity : str
        Key of ``PERTURBATIONS``.
    level : float or str
        How much.
    seed : int
        Of all that is random.
    """

    frame: LabelledFrame
    name: str
    quantity: str
    level: float | str
    seed: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """
    A result, or the error that there is instead.

    Parameters
    ----------
    value : object
        The result.
    error : str
        Class and text of the error; else empty.
    """

    value: object = None
    error: str = ""


def attempt(function, *arguments):
    """
    Call a function; an error of this package is an outcome, not an exception.

    Parameters
    ----------
    function : callable
        The function.
    *arguments
        Its arguments.

    Returns
    -------
    Outcome
        Its result, or the error.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the same about every level of a frame
            return Outcome(function(*arguments))
    except AstroclassifyError as error:
        return Outcome(error=f"{type(error).__name__}: {error}")


def perturbed_frames(jobs, processes):
    """
    Perturb frames.

    Parameters
    ----------
    jobs : sequence of Job
        The frames; those of one frame are neighbours.
    processes : int
        In how many other processes, ahead; 1 does it here, when it is asked for.

    Yields
    ------
    Outcome
        In the order of the jobs: the pixels, float32 ``[y, x]``, NaN where unusable.
    """
    workers = min(processes, len(jobs))
    if workers < 2:
        yield from map(one_thread()(_Perturber()), jobs)
        return
    with closing(prefetch(jobs, _work, depth=processes, workers=workers, executor=None)) as ahead:
        yield from ahead


class _Perturber:
    """Perturbs frames, and keeps the last one that was read."""

    def __init__(self):
        self._read = (None, None)

    def __call__(self, job):
        if self._read[0] != job.name:
            self._read = (job.name, attempt(_read, job.frame))
        frame = self._read[1]
        return frame if frame.error else attempt(_perturbed, frame.value, job)


def _read(labelled):
    """Read a frame with its header, as perturbations need exposure time, instrument and gain."""
    frame = read_frame(labelled.frame, labelled.hdu) if labelled.is_file else labelled.frame
    if isinstance(frame, CCDData):
        return frame
    array = labelled.array()
    unit = getattr(frame, "unit", None) or u.adu
    return CCDData(array, unit=unit, mask=~np.isfinite(array), meta=fits.Header())


def _perturbed(frame, job):
    perturbation = PERTURBATIONS[job.quantity]
    if perturbation.plain and job.level == perturbation.reference:
        return frame_array(frame)
    rng = np.random.default_rng([job.seed, crc32(job.name.encode()), crc32(job.quantity.encode())])
    return frame_array(perturbation.apply(frame, job.level, rng))


@lru_cache(maxsize=1)
def _perturber_of_worker():
    return _Perturber()


@one_thread()
def _work(_, job):
    return _perturber_of_worker()(job)
