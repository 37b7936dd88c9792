"""Augmentation: what else a frame could have looked like."""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy import ndimage

from astroclassify.core import ParameterError
from astroclassify.preprocess import MINIMUM_SIDE, pixel_noise

_SMALLEST_CROP = 0.5
_BLUR_SIGMA = (0.5, 3.0)  # pixels
_NOISE = (0.3, 3.0)  # of the frame's own pixel noise
_BRIGHTNESS = (0.5, 2.0)
_RAYS_PER_PIXEL = (1e-5, 3e-3)
_RAY_HEIGHT = (5.0, 500.0)  # of the frame's own pixel noise
_LONGEST_RAY = 12  # pixels
_SAMPLE_STEP = 7
#: Probability of each kind where a name stands for it (`Augmentation.of`).
_USUAL = 0.3


@dataclass(frozen=True)
class Augmentation:
    """
    Probabilities of the random changes to a frame in training.

    Flips act on the planes; all others on the frame's array, before the preprocessing, so they
    are what a detector or a telescope would have done, and are seen by it.

    Parameters
    ----------
    flips : float, default 0.5
        Reversal of each axis; both together turn the frame by 180 degrees.
    crop : float, default 0
        A window of half to all of each side.
    blur : float, default 0
        A Gaussian of 0.5 to 3 pixels rms.
    noise : float, default 0
        White noise of 0.3 to 3 times the frame's own.
    brightness : float, default 0
        All counts times 0.5 to 2.
    dropped_amplifier : float, default 0
        A half or a quarter of the frame is NaN.
    cosmic_rays : float, default 0
        Straight tracks, on 1e-5 to 3e-3 of the pixels as starts.

    Raises
    ------
    ParameterError
        If a probability is not 0 to 1.

    Examples
    --------
    >>> from astroclassify.training import Augmentation
    >>> Augmentation.of("flips,blur").blur
    0.3
    """

    flips: float = 0.5
    crop: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    brightness: float = 0.0
    dropped_amplifier: float = 0.0
    cosmic_rays: float = 0.0

    def __post_init__(self):
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= 1:
                raise ParameterError(
                    f"the probability of {field.name} is {getattr(self, field.name)}; expected 0 to 1"
                )

    @classmethod
    def of(cls, names):
        """
        Make the augmentation that names stand for.

        Parameters
        ----------
        names : str
            ``"none"``, ``"all"``, or some of the parameters' names, joined by commas; flips have
            the probability 0.5, the others 0.3 each.

        Returns
        -------
        Augmentation
            The augmentation.

        Raises
        ------
        ParameterError
            If a name is unknown.
        """
        known = [field.name for field in fields(cls)]
        chosen = {"none": [], "all": known}.get(names, [name.strip() for name in names.split(",")])
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise ParameterError(
                f"there is no augmentation {unknown[0]!r}; "
                f"expected 'none', 'all', or some of {', '.join(known)}"
            )
        return replace(cls(flips=0.0), **{name: 0.5 if name == "flips" else _USUAL for name in chosen})

    def draw(self, rng):
        """
        Draw what happens to one frame.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness; it is also that of the changes themselves.

        Returns
        -------
        changes : list of callable
            ``change(array, rng) -> array``, in order; empty where the array stays as it is.
        axes : tuple of int
            Axes ``[C, y, x]`` of the planes to be reversed.
        """
        numbers = rng.random(2 + len(_CHANGES))
        changes = [
            change
            for (name, change), u in zip(_CHANGES.items(), numbers[2:], strict=True)
            if u < getattr(self, name)
        ]
        return changes, tuple(axis for axis, u in zip((1, 2), numbers[:2], strict=True) if u < self.flips)


def _crop(array, rng):
    rows, columns = (max(MINIMUM_SIDE, round(side * rng.uniform(_SMALLEST_CROP, 1))) for side in array.shape)
    rows, columns = min(rows, array.shape[0]), min(columns, array.shape[1])
    top = int(rng.integers(array.shape[0] - rows + 1))
    left = int(rng.integers(array.shape[1] - columns + 1))
    window = array[top : top + rows, left : left + columns]
    return window if np.isfinite(window).any() else array


def _blur(array, rng):
    sigma, bad = _log_uniform(rng, _BLUR_SIGMA), np.isnan(array)
    blurred = ndimage.gaussian_filter(np.where(bad, _level(array), array), sigma, truncate=3.0)
    return np.where(bad, np.float32(np.nan), blurred.astype(np.float32))


def _add_noise(array, rng):
    sigma = np.float32(_log_uniform(rng, _NOISE) * pixel_noise(array[::_SAMPLE_STEP]))
    return array + sigma * rng.standard_normal(array.shape, dtype=np.float32)


def _brighten(array, rng):
    return array * np.float32(_log_uniform(rng, _BRIGHTNESS))


def _drop_amplifier(array, rng):
    """A half or a quarter is lost, never all that is left."""
    lost, (rows, columns) = array.copy(), array.shape
    half = rows // 2, columns // 2
    top, left = int(rng.integers(2)) * half[0], int(rng.integers(2)) * half[1]
    if rng.random() < 0.5:
        lost[:, left : left + half[1]] = np.nan
    else:
        lost[top : top + half[0], left : left + half[1]] = np.nan
    return lost if np.isfinite(lost).any() else array


def _add_rays(array, rng):
    number = 1 + int(_log_uniform(rng, _RAYS_PER_PIXEL) * array.size)
    start = rng.random((2, number)) * np.array(array.shape)[:, None]
    angle, length = rng.uniform(0, 2 * np.pi, number), rng.geometric(0.3, number).clip(max=_LONGEST_RAY)
    height = np.exp(rng.uniform(*np.log(_RAY_HEIGHT), number)) * pixel_noise(array[::_SAMPLE_STEP])
    track = np.repeat(np.arange(number), length)
    along = np.arange(track.size) - np.repeat(np.cumsum(length) - length, length)
    y = (start[0, track] + along * np.sin(angle[track])).astype(int)
    x = (start[1, track] + along * np.cos(angle[track])).astype(int)
    inside = (y >= 0) & (y < array.shape[0]) & (x >= 0) & (x < array.shape[1])
    hit = array.copy()
    np.add.at(hit, (y[inside], x[inside]), height[track][inside].astype(np.float32))
    return hit


#: The changes of a frame's array by name, in the order in which they happen to it.
_CHANGES = {
    "crop": _crop,
    "blur": _blur,
    "brightness": _brighten,
    "noise": _add_noise,
    "cosmic_rays": _add_rays,
    "dropped_amplifier": _drop_amplifier,
}


def _level(array):
    sample = array[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    sample = sample[np.isfinite(sample)]
    return np.float32(np.median(sample)) if sample.size else np.float32(0)


def _log_uniform(rng, limits):
    return float(np.exp(rng.uniform(*np.log(limits))))
