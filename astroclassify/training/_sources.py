"""Where the default model's training frames come from: views, exposures, blank frames, what is no body.

A *source* takes a generator of random numbers and gives a list of ``(array, label)``; labels are indices
of ``CLASSES``, and `NOTHING` for frames that show neither a body nor an empty sky: the model should be unsure
of them.
"""

from dataclasses import replace
from functools import partial

import numpy as np
from astropy.nddata import block_reduce
from scipy import ndimage

from astroclassify.simulate import (
    CLASSES,
    KINDS,
    SimulationConfig,
    plan_exposure,
    random_frames,
    restyle,
    simulate_outlier,
)
from astroclassify.training._exposed import exposed_arrays

#: Label of frames that show neither a body nor an empty sky (int).
NOTHING = len(CLASSES)

#: How often a view has so many pixels to a block of the working planes: small frames are quickly made.
_SMALL = {1: 0.8, 2: 0.2}
_LARGE = {3: 0.35, 4: 0.3, 5: 0.2, 6: 0.1, 8: 0.05}
_SIDE = 192
_APERTURES = {
    "acs-wfc": tuple(
        f"WFC{chip}-1K ({amplifier}, before 2016)" for chip, amplifier in ("1A", "1B", "2C", "2D")
    ),
    "wfc3-uvis": ("UVIS2-C1K1C-SUB", "UVIS2-M1K1C-SUB"),
}
_CLASSES = {"galaxy": 0.5, "nebula": 0.25, "star cluster": 0.25}
#: Frames of one body that follow each other (int).
FRAMES_OF_A_BODY = 3
#: A frame that shows nothing of its body would teach that an empty sky is a galaxy, or a nebula.
_LEAST_SNR = 0.5
_EXPOSURES = SimulationConfig(
    apertures=_APERTURES,
    classes=_CLASSES,
    optics="typical",
    frames_per_body=FRAMES_OF_A_BODY,
    clear_snr=_LEAST_SNR,
)
_STEPS = 0.25  # of the exposures have a step
# Kinds of which pieces are often taken for another class are shown more often.
_OFTEN = {"merger": 4.0, "planetary": 5.0, "reflection": 3.0, "remnant": 2.0, "open": 2.5, "young": 2.0}
_KINDS = {kind.name: _OFTEN.get(kind.name, kind.weight) for kind in KINDS.values()}
_CHIPS = {
    "as they come": SimulationConfig(optics="typical", kinds=_KINDS, clear_snr=_LEAST_SNR),
    "clear": SimulationConfig(optics="typical", kinds=_KINDS, clear_snr=1.0),
    "blurry": SimulationConfig(optics="typical", kinds=_KINDS, blurry=True),
}
#: How often whole chips and windows show an empty field: from frames of a camera that always hold a body, a
#: network learns that this camera's frames do.
_EMPTY = 1 / 6
_CUTS = (512, 768, 1024, 1536, 2048)  # pixels a side
#: Windows of CSST's survey camera, a fifth of a chip's side, anywhere on it; exposed as the survey does, in
#: 2027.
_WINDOWS = {
    "instruments": {"csst-msc": 1.0},
    "apertures": {
        "csst-msc": tuple(
            f"2K window (row {row}, column {column})" for row in (0, 3592, 7184) for column in (0, 3584, 7168)
        )
    },
    "exptime": (150.0, 250.0),
    "dates": (61406.0, 61771.0),
}
_CSST = {
    name: replace(config, **_WINDOWS, **({} if config.blurry else {"frames_per_body": FRAMES_OF_A_BODY}))
    for name, config in _CHIPS.items()
}
_FIELDS = {
    True: SimulationConfig(optics="typical", classes={"field": 1.0}),
    False: SimulationConfig(apertures=_APERTURES, optics="typical", classes={"field": 1.0}),
}
_CSST_FIELDS = replace(_FIELDS[True], **_WINDOWS, frames_per_body=FRAMES_OF_A_BODY)
#: How often an empty field is exposed on whole chips, on a subarray, and photographed.
_WAYS_TO_A_FIELD = {"chips": 0.3, "subarray": 0.4, "photograph": 0.3}
#: How often a frame is a reduced product rather than a raw frame's chip, of each kind.
_PRODUCTS = {"binned": 0.05, "drizzled": 0.05, "half": 0.03, "quarter": 0.03, "scattered": 0.04}

# Kinds of ``simulate.OUTLIERS`` that show no sky.
_BLANK = ("bias", "dark", "flat", "noise")
#: Kinds of ``simulate.OUTLIERS`` that a training shows; frames without guiding it never sees (tuple of str).
OUTLIERS_SHOWN = (*_BLANK, "saturated", "planet", "comet", "field")


def views(rng, *, blocks):
    """
    Show a random body to any telescope or photographer, three times.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    blocks : mapping of int to float
        Pixels to a side of a block of the working planes, and how often.

    Returns
    -------
    list of tuple
        Frames, float32, 192 pixels a side or a multiple, and labels.
    """
    block = int(rng.choice(list(blocks), p=list(blocks.values())))
    frames = random_frames(rng, shape=(_SIDE * block, _SIDE * block), renderings=FRAMES_OF_A_BODY)
    return [(frame.array, CLASSES.index(frame.label)) for frame in frames]


def exposures(rng, *, instruments=("acs-wfc", "wfc3-uvis")):
    """
    Expose a random body physically on subarrays of 1024 x 1024 pixels, three times, and read the raw files.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    instruments : tuple of str, default ("acs-wfc", "wfc3-uvis")
        Cameras to draw from.

    Returns
    -------
    list of tuple
        Frames, float32, as the reader gives them, some with a step in the middle, and labels.
    """
    config = replace(_EXPOSURES, instruments=dict.fromkeys(instruments, 1.0))
    seed, first = int(rng.integers(2**40)), FRAMES_OF_A_BODY * int(rng.integers(2**19))
    frames = []
    for index in range(first, first + FRAMES_OF_A_BODY):
        plan = plan_exposure(config, seed, index)
        label = CLASSES.index(plan.body.label)
        arrays = exposed_arrays(plan.expose())
        frames += [(as_products(_with_a_step(array, rng), rng), label) for array in arrays]
    return frames


def styled(rng):
    """
    Show a random body as a photograph in three styles.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of tuple
        Pictures, float32, and labels.
    """
    return _styled(rng, None)


def _styled(rng, label):
    side = _SIDE * int(
        rng.choice(list(_LARGE), p=list(_LARGE.values())) if rng.random() < 0.4 else rng.integers(1, 3)
    )
    frames = random_frames(
        rng, shape=(side, side), label=label, renderings=FRAMES_OF_A_BODY, shown="photograph"
    )
    return [(restyle(frame.array, rng), CLASSES.index(frame.label)) for frame in frames]


def empty_fields(rng):
    """
    Show a sky without a body: on whole chips, subarrays, or as a photograph.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of tuple
        Frames, float32, and the label of ``field``.
    """
    way = str(rng.choice(list(_WAYS_TO_A_FIELD), p=list(_WAYS_TO_A_FIELD.values())))
    if way == "photograph":
        return _styled(rng, "field")
    arrays, label = _exposed(_FIELDS[way == "chips"], rng)
    if way == "chips":
        return chip_frames(arrays, label, rng)
    return [(as_products(_with_a_step(array, rng), rng), label) for array in arrays]


def chips(rng, *, shrunk=None):
    """
    Expose a random body physically on whole chips, faintly, clearly or as it comes, and read the raw file.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shrunk : ShrunkChips, optional
        Where both chips are kept small as well.

    Returns
    -------
    list of tuple
        Both chips and a square cut out of one, float32, and labels.
    """
    arrays, label = _exposed(_CHIPS[str(rng.choice(list(_CHIPS)))], rng, shrunk)
    return chip_frames(arrays, label, rng)


def whole_chips(rng, *, shrunk=None, instruments=("acs-wfc", "wfc3-uvis")):
    """
    Expose a random body, or one time in six an empty field, on whole chips, and read the raw file.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shrunk : ShrunkChips, optional
        Where chips that show a body are kept small as well.
    instruments : tuple of str, default ("acs-wfc", "wfc3-uvis")
        Cameras to draw from.

    Returns
    -------
    list of tuple
        Both chips, float32, and labels.
    """
    is_empty = rng.random() < _EMPTY
    config = _FIELDS[True] if is_empty else _CHIPS[str(rng.choice(list(_CHIPS)))]
    config = replace(config, instruments=dict.fromkeys(instruments, 1.0))
    arrays, label = _exposed(config, rng, None if is_empty else shrunk)
    return [(as_products(array, rng), label) for array in arrays]


def _exposed(config, rng, shrunk=None):
    """Expose a random body; give its chips, as the reader does, and its class."""
    seed, index = int(rng.integers(2**40)), int(rng.integers(2**19))
    plan = plan_exposure(config, seed, index)
    arrays = exposed_arrays(plan.expose())
    if shrunk is not None:
        shrunk.keep(arrays, plan.body.label, body=f"s{seed}-{index}")
    return arrays, CLASSES.index(plan.body.label)


def chip_frames(arrays, label, rng):
    """
    Give both chips of an exposure, and a square cut out of one.

    Parameters
    ----------
    arrays : sequence of numpy.ndarray
        Frames, ``[y, x]``, as many as there are chips: two.
    label : int
        Their class.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of tuple
        Frames and labels, three of them.
    """
    chosen, side = arrays[int(rng.integers(len(arrays)))], int(rng.choice(_CUTS))
    square = _with_a_step(_square(chosen, side, rng), rng)
    return [(as_products(array, rng), label) for array in (*arrays, square)]


def windows(rng):
    """
    Expose a random body, or one time in six an empty field, on windows of CSST's survey camera.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of tuple
        Three windows of 2048 x 2048 pixels, one where the body is too faint, and a square cut out of the
        last; float32, as the reader gives them, and labels. A body is shown faintly, clearly or as it comes.
    """
    config = _CSST_FIELDS if rng.random() < _EMPTY else _CSST[str(rng.choice(list(_CSST)))]
    seed = int(rng.integers(2**40))
    first, frames = config.frames_per_body * int(rng.integers(2**19)), []
    for index in range(first, first + (1 if config.blurry else config.frames_per_body)):
        plan = plan_exposure(config, seed, index)
        frames += [(array, CLASSES.index(plan.body.label)) for array in exposed_arrays(plan.expose())]
    last, label = frames[-1]
    frames.append((_square(last, int(rng.choice(_CUTS)), rng), label))
    return [(as_products(_with_a_step(array, rng), rng), label) for array, label in frames]


def _with_a_step(array, rng):
    """One time in four shift one half, as two amplifiers do whose bias is left in."""
    if rng.random() > _STEPS:
        return array
    array = array.copy()
    array[:, : array.shape[1] // 2] += np.float32(rng.normal(0, 10 ** rng.uniform(0, 2)))
    return array


def as_products(array, rng):
    """
    Leave a chip as it is, mostly; else show it binned, turned on a drizzled grid, or with parts lost.

    Parameters
    ----------
    array : numpy.ndarray
        Frame, ``[y, x]``.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Frame, float32, NaN where nothing is known.
    """
    drawn = rng.random()
    for name, chance in _PRODUCTS.items():
        if drawn < chance:
            return _AS_PRODUCT[name](array, rng)
        drawn -= chance
    return array


def _binned(array, rng):
    return block_reduce(array, int(rng.choice([2, 3, 4])), func=np.mean).astype(np.float32)


def _drizzled(array, rng):
    """Turned on the sky: a footprint within a frame, neighbouring pixels correlated."""
    turned = ndimage.rotate(array, rng.uniform(5, 85), order=1, mode="constant", cval=np.nan, prefilter=False)
    if rng.random() < 0.5:  # a cut-out that the footprint fills in part
        turned = _square(turned, int(rng.uniform(0.4, 0.8) * min(turned.shape)), rng)
    return turned if np.isfinite(turned).mean() > _LEAST_FOOTPRINT else array


def _half(array, rng):
    lost, (y, x) = array.copy(), np.mgrid[-1 : 1 : array.shape[0] * 1j, -1 : 1 : array.shape[1] * 1j]
    angle = float(rng.choice([0, np.pi / 2, rng.uniform(0, 2 * np.pi)]))
    lost[np.cos(angle) * x + np.sin(angle) * y > rng.uniform(-0.1, 0.6)] = np.nan
    return lost


def _quarter(array, rng):
    lost, (rows, columns) = array.copy(), (side // 2 for side in array.shape)
    top, left = int(rng.integers(2)) * rows, int(rng.integers(2)) * columns
    lost[top : top + rows, left : left + columns] = np.nan
    return lost


def _scattered(array, rng):
    return np.where(
        rng.random(array.shape, dtype=np.float32) < rng.uniform(0.01, 0.4), np.float32(np.nan), array
    )


_LEAST_FOOTPRINT = 0.3
_AS_PRODUCT = {
    "binned": _binned,
    "drizzled": _drizzled,
    "half": _half,
    "quarter": _quarter,
    "scattered": _scattered,
}


def outliers(rng):
    """
    Expose what is no body: calibrations, saturation, planets and comets, and empty sky.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of tuple
        One frame, float32, as the reader gives it, and its label: `NOTHING`, or that of ``field``.
    """
    kind = str(rng.choice(OUTLIERS_SHOWN))
    label = CLASSES.index("field") if kind == "field" else NOTHING
    return [(array, label) for array in _outlier(kind, rng)]


def blank_frames(rng):
    """
    Give a square cut out of a frame without a sky: bias, dark, flat field, or noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of tuple
        One frame, float32, and the label `NOTHING`.
    """
    side = _SIDE * int(rng.choice([1, 2, 3, 4, 5], p=[0.4, 0.2, 0.2, 0.1, 0.1]))
    (array,) = _outlier(str(rng.choice(_BLANK)), rng)
    return [(_square(array, side, rng), NOTHING)]


def _outlier(kind, rng):
    camera = str(rng.choice(list(_APERTURES)))
    aperture = str(rng.choice(_APERTURES[camera]))
    return exposed_arrays(simulate_outlier(kind, camera, rng=rng, aperture=aperture))


def _square(array, side, rng):
    top, left = (int(rng.integers(0, n - side + 1)) for n in array.shape)
    return array[top : top + side, left : left + side]


#: The sources of the default model's training that need no pictures, and their shares of each batch (dict).
SOURCES = {
    "small": (partial(views, blocks=_SMALL), 0.10),
    "large": (partial(views, blocks=_LARGE), 0.06),
    "styled": (styled, 0.14),
    "acs": (partial(exposures, instruments=("acs-wfc",)), 0.05),
    "uvis": (partial(exposures, instruments=("wfc3-uvis",)), 0.05),
    "chips": (chips, 0.20),
    "whole chips": (whole_chips, 0.12),
    "csst": (windows, 0.13),
    "fields": (empty_fields, 0.09),
    "blank": (blank_frames, 0.02),
    "outliers": (outliers, 0.04),
}
