"""Training frames of real bodies: labelled pictures as raw frames, and as the photographs they are.

Sources as those of `_sources`: they take a generator of random numbers and give ``(array, label)``. Pictures
are drawn so that the classes are balanced within each source of pictures, so that whose picture it is tells
nothing. No default training uses them yet; a card of weights that did names every source.
"""

import warnings
from dataclasses import replace
from functools import lru_cache

import numpy as np

from astroclassify.core import FrameWarning, ParameterError
from astroclassify.io import read_frames
from astroclassify.preprocess import frame_array
from astroclassify.simulate import CLASSES, PicturePlans
from astroclassify.training._exposed import exposed_arrays
from astroclassify.training._sources import _EXPOSURES, FRAMES_OF_A_BODY

#: All frames of a training come from one set, so that a picture is cleaned once for many of them.
_SEED, _COUNT = 20_012, 36**4
#: A piece of a photograph: side relative to the shorter side, and pixels a side at least.
_PIECES, _SMALLEST = (0.4, 1.0), 96


def real_scenes(rng, *, pictures, config=_EXPOSURES):
    """
    Expose a real body as scene on subarrays, three times, and read the raw files.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    pictures : tuple of LabelledPicture
        To draw from; see `~astroclassify.simulate.labelled_pictures`.
    config : SimulationConfig, optional
        Cameras, filters, times and apertures to draw from; by default as for drawn bodies.

    Returns
    -------
    list of tuple
        Frames, float32, as the reader gives them, and labels: indices of ``CLASSES``.

    Raises
    ------
    ParameterError
        If a picture's class is not known.
    """
    config = replace(config, frames_per_body=FRAMES_OF_A_BODY)
    plans, frames = PicturePlans(pictures, config, _SEED, _COUNT), []
    first = FRAMES_OF_A_BODY * int(rng.integers(_COUNT // FRAMES_OF_A_BODY))
    for index in range(first, first + FRAMES_OF_A_BODY):
        label = _label(plans.picture(index))
        frames += [(array, label) for array in exposed_arrays(plans.plan(index).expose())]
    return frames


def real_photographs(rng, *, pictures):
    """
    Show a real body as it was photographed: pieces of the picture, turned and mirrored, three of them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    pictures : tuple of LabelledPicture
        To draw from.

    Returns
    -------
    list of tuple
        Luminance, float32, and labels: indices of ``CLASSES``.

    Raises
    ------
    ParameterError
        If a picture's class is not known.
    """
    picture = pictures[int(rng.choice(len(pictures), p=_shares(pictures)))]
    array, label = _luminance(picture.path), _label(picture)
    return [(_piece(array, rng), label) for _ in range(FRAMES_OF_A_BODY)]


@lru_cache(maxsize=4)
def _shares(pictures):
    return PicturePlans(pictures, _EXPOSURES, 0, 1).shares


@lru_cache(maxsize=16)
def _luminance(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FrameWarning)
        (frame, *_) = read_frames(path)
    return frame_array(frame)


def _label(picture):
    if picture.label not in CLASSES:
        raise ParameterError(
            f"{picture.path}: the label is {picture.label!r}; expected a kind, nebula or star cluster"
        )
    return CLASSES.index(picture.label)


def _piece(array, rng):
    least = max(_SMALLEST / min(array.shape), _PIECES[0])
    side = int(min(array.shape) * min(rng.uniform(least, max(_PIECES[1], least)), 1.0))
    top, left = (int(rng.integers(n - side + 1)) for n in array.shape)
    piece = np.rot90(array[top : top + side, left : left + side], int(rng.integers(4)))
    return np.ascontiguousarray(piece[:, ::-1] if rng.random() < 0.5 else piece)
