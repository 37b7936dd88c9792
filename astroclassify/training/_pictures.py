"""Training frames of real bodies: labelled pictures as raw frames, and as photographs in every style.

Sources as those of `_sources`: they take a generator of random numbers and give ``(array, label, body)``.
Pictures are drawn so that the classes are balanced within each source of pictures: whose picture it is
tells nothing. A fifth of the bodies is held out, to calibrate and to measure.
"""

from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from astroclassify.core import ParameterError, fingerprint
from astroclassify.datasets import read_labels
from astroclassify.io import read_colours
from astroclassify.simulate import CLASSES, PicturePlans, SimulationConfig, labelled_pictures, restyle
from astroclassify.training._exposed import exposed_arrays
from astroclassify.training._sources import (
    _EXPOSURES,
    _LEAST_SNR,
    _WINDOWS,
    FRAMES_OF_A_BODY,
    as_products,
    chip_frames,
)

_CHIPS = SimulationConfig(optics="typical", clear_snr=_LEAST_SNR)
#: So many of the scenes are seen by CSST's survey camera.
_BY_CSST = 0.25
#: All frames of a training come from one set, so that a picture is cleaned once for many of them.
_SEED, _COUNT = 20_012, 36**4
#: A piece of a photograph: side relative to the shorter side, and pixels a side at least.
_PIECES, _SMALLEST = (0.4, 1.0), 96
#: How often a piece is the whole picture, and in another style; one body in so many is held out.
_WHOLE, _RESTYLED, _HELD_OUT = 0.35, 0.8, 5
#: The luminance that `~astroclassify.io.read_frames` gives of a colour picture; and how far at most the
#: weights of another one lie from it.
_LUMINANCE, _OTHER_COLOURS = (0.299, 0.587, 0.114), 0.5


def real_scenes(rng, *, pictures, config=None):
    """
    Expose a real body as scene on subarrays, or on windows of CSST's, three times, and read the raw files.

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
        Frames, float32, as the reader gives them, labels: indices of ``CLASSES``, and numbers of bodies.

    Raises
    ------
    ParameterError
        If a picture's class is not known.
    """
    if config is None:
        config = replace(_EXPOSURES, **_WINDOWS) if rng.random() < _BY_CSST else _EXPOSURES
    config = replace(config, frames_per_body=FRAMES_OF_A_BODY)
    plans, frames = PicturePlans(pictures, config, _SEED, _COUNT), []
    while not frames:
        first = FRAMES_OF_A_BODY * int(rng.integers(_COUNT // FRAMES_OF_A_BODY))
        for index in range(first, first + FRAMES_OF_A_BODY):
            arrays, label, body = _clearly_exposed(plans, index)
            frames += [(as_products(array, rng), label, body) for array in arrays]
    return frames


def _clearly_exposed(plans, index):
    """Chips of one exposure, label and body; no chips where the body would be too faint in every view."""
    picture = plans.picture(index)
    label, body = _label(picture), _number(picture)
    try:
        return exposed_arrays(plans.plan(index).expose()), label, body
    except ParameterError:
        return [], label, body


def _number(picture):
    return int(fingerprint(picture.body)[:8], 16)


def real_chips(rng, *, pictures):
    """
    Expose a real body as scene on whole chips, and read the raw file.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    pictures : tuple of LabelledPicture
        To draw from.

    Returns
    -------
    list of tuple
        Both chips and a square cut out of one, float32, labels, and numbers of bodies.

    Raises
    ------
    ParameterError
        If a picture's class is not known.
    """
    arrays, label, body = _real_exposure(rng, pictures)
    return [(array, label, body) for array, label in chip_frames(arrays, label, rng)]


def real_whole_chips(rng, *, pictures):
    """
    Expose a real body as scene on whole chips, and read the raw file.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    pictures : tuple of LabelledPicture
        To draw from.

    Returns
    -------
    list of tuple
        Both chips, float32, labels, and numbers of bodies.

    Raises
    ------
    ParameterError
        If a picture's class is not known.
    """
    arrays, label, body = _real_exposure(rng, pictures)
    return [(as_products(array, rng), label, body) for array in arrays]


def _real_exposure(rng, pictures):
    plans, arrays = PicturePlans(pictures, _CHIPS, _SEED, _COUNT), []
    while not arrays:
        arrays, label, body = _clearly_exposed(plans, int(rng.integers(_COUNT)))
    return arrays, label, body


def real_photographs(rng, *, pictures, style=None):
    """
    Show a real body as it was photographed: pieces of the picture, turned and mirrored, in three styles.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    pictures : tuple of LabelledPicture
        To draw from.
    style : str, optional
        One of `~astroclassify.simulate.STYLES`; by default random, or the picture's own.

    Returns
    -------
    list of tuple
        Luminance, float32, labels: indices of ``CLASSES``, and numbers of bodies.

    Raises
    ------
    ParameterError
        If a picture's class is not known.
    """
    picture = pictures[int(rng.choice(len(pictures), p=_shares(pictures)))]
    label, body, frames = _label(picture), _number(picture), []
    for _ in range(FRAMES_OF_A_BODY):
        piece = _piece(_in_grey(_planes(picture.path), rng), rng)
        if style is not None or rng.random() < _RESTYLED:
            piece = restyle(piece, rng, style=style)
        frames.append((piece, label, body))
    return frames


@lru_cache(maxsize=4)
def _shares(pictures):
    return PicturePlans(pictures, _EXPOSURES, 0, 1).shares


@lru_cache(maxsize=160)
def _planes(path):
    """The picture's colours, or its one plane, 8 bits ``[n, y, x]``."""
    planes, _, _ = read_colours(path)
    return np.round(255 * planes[:, ::-1]).astype(np.uint8)


def _in_grey(planes, rng):
    """Luminance, or another mixture of the colours: another filter would have seen that."""
    if len(planes) == 1:
        return planes[0].astype(np.float32)
    part = _OTHER_COLOURS * rng.random() if rng.random() < _OTHER_COLOURS else 0.0
    weights = (1 - part) * np.array(_LUMINANCE) + part * rng.dirichlet((1, 1, 1))
    return np.tensordot(weights.astype(np.float32), planes.astype(np.float32), axes=1)


def _label(picture):
    if picture.label not in CLASSES:
        raise ParameterError(
            f"{picture.path}: the label is {picture.label!r}; expected a kind, nebula or star cluster"
        )
    return CLASSES.index(picture.label)


def _piece(array, rng):
    least = max(_SMALLEST / min(array.shape), _PIECES[0])
    whole = rng.random() < _WHOLE
    side = int(min(array.shape) * (1.0 if whole else min(rng.uniform(least, max(_PIECES[1], least)), 1.0)))
    top, left = (int(rng.integers(n - side + 1)) for n in array.shape)
    piece = np.rot90(array[top : top + side, left : left + side], int(rng.integers(4)))
    return np.ascontiguousarray(piece[:, ::-1] if rng.random() < 0.5 else piece)


# All sources of a training -----------------------------------------------------------------------


def held_out(pictures):
    """
    Choose the bodies that are kept out of training, to calibrate and to measure.

    Parameters
    ----------
    pictures : sequence of LabelledPicture
        All there are.

    Returns
    -------
    set of str
        A fifth of each class's bodies, by a checksum of the name.
    """
    chosen = set()
    for label in CLASSES:
        bodies = {picture.body for picture in pictures if picture.label == label}
        in_order = sorted(bodies, key=fingerprint)
        chosen.update(in_order[: -(-len(in_order) // _HELD_OUT)])
    return chosen


def real_sources(folder, *, held):
    """
    List the sources of real bodies.

    Parameters
    ----------
    folder : path-like
        Pictures and ``labels.csv``; see `~astroclassify.simulate.labelled_pictures`. Pictures that are known
        as ``nsc`` only are left out.
    held : bool
        Those held out, or all others.

    Returns
    -------
    dict
        By name: a source and its share of a batch.
    """
    pictures = _chosen(folder, held)
    return {
        name: (partial(source, pictures=pictures), share) for name, (source, share) in _REAL_SOURCES.items()
    }


def credits_of(folder, *, held=False):
    """
    List the pictures that a training learns from, with whom they are by.

    Parameters
    ----------
    folder : path-like
        As of `real_sources`.
    held : bool, default False
        Those held out instead.

    Returns
    -------
    list of dict
        ``file``, ``body``, ``source``, ``licence`` and ``verified`` (whether the source states the licence)
        of each picture, as far as ``labels.csv`` has them.
    """
    shown = {picture.path for picture in _chosen(folder, held)}
    rows = [
        row for row in read_labels(Path(folder) / "labels.csv") if str(Path(folder) / row["file"]) in shown
    ]
    return [{name: row[name] for name in _CREDITS if name in row} for row in rows]


def _chosen(folder, held):
    known = [picture for picture in labelled_pictures(folder) if picture.label in CLASSES]
    out = held_out(known)
    return tuple(picture for picture in known if (picture.body in out) is held)


_CREDITS = ("file", "body", "source", "licence", "verified")
_REAL_SOURCES = {
    "photographs": (real_photographs, 0.16),
    "scenes": (real_scenes, 0.08),
    "real chips": (real_chips, 0.055),
    "real whole chips": (real_whole_chips, 0.005),
}
