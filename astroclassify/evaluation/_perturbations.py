"""Perturbations of frames, one quantity at a time: what robustness is measured with."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from astropy import units as u
from astropy.nddata import CCDData

from astroclassify.core import FrameError, ParameterError
from astroclassify.degrade import camera_of, count_electrons, degrade, number_card
from astroclassify.instruments import INSTRUMENTS
from astroclassify.photometry import BANDS
from astroclassify.preprocess import frame_array
from astroclassify.simulate import RandomStreams, add_cosmic_rays, pixel_size

#: Part of the exposure time that frames of another band are given, so that wider bands can be made too.
BAND_EXPOSURE = 0.25
#: A camera's band stands for another's if their pivot wavelengths differ by less than this (part).
_SAME_BAND = 0.05
#: Brightest number of a 16-bit converter.
_FULL_SCALE = 65535
#: Cosmic rays are added so many at a time: their points take memory (hits).
_HITS_AT_ONCE = 20_000
#: Pixels that are summed are usable if at least this part of them is.
_USABLE = 0.5


@dataclass(frozen=True)
class Perturbation:
    """
    A perturbation of frames: one quantity that is made worse, and its levels.

    Parameters
    ----------
    quantity : str
        Its name.
    meaning : str
        Description, for the title of a figure.
    unit : str
        Unit of its levels, or what they count.
    reference : float or str
        The level that the others are compared with.
    levels : tuple
        Default levels without the reference, from little change to much.
    allowed : tuple of float or None
        Smallest and largest level; `None` where levels are names.
    apply : callable
        ``apply(frame, level, rng) -> CCDData or array``; the frame is not changed.
    whole : bool
        Whether levels are whole numbers.
    plain : bool
        Whether the reference level is the frame as it is.
    """

    quantity: str
    meaning: str
    unit: str
    reference: float | str
    levels: tuple
    allowed: tuple[float, float] | None
    apply: Callable
    whole: bool = False
    plain: bool = True

    def checked(self, levels):
        """
        Check levels, and put the reference first.

        Parameters
        ----------
        levels : sequence of float or str, or None
            The levels asked for; `None` for the default ones.

        Returns
        -------
        tuple
            The levels, each once.

        Raises
        ------
        ParameterError
            If a level is out of range.
        """
        levels = self.levels if levels is None else levels
        if isinstance(levels, str) or not np.iterable(levels):
            raise ParameterError(f"the levels of {self.quantity} are {levels!r}; expected a list of them")
        chosen = [self.reference, *(self._checked_level(level) for level in levels)]
        return tuple(dict.fromkeys(chosen))

    def _checked_level(self, level):
        if level == self.reference:
            return self.reference
        if self.allowed is None:
            if isinstance(level, str):
                return level
            raise ParameterError(f"a level of {self.quantity} is {level!r}; expected the name of a band")
        low, high = self.allowed
        if isinstance(level, str | bool) or not low <= level <= high:
            raise ParameterError(
                f"a level of {self.quantity} is {level!r}; expected {low:g} to {high:g} {self.unit}"
            )
        if self.whole and level != int(level):
            raise ParameterError(f"a level of {self.quantity} is {level!r}; expected a whole number")
        return level


def level_name(level):
    """
    Write a level as tables do.

    Parameters
    ----------
    level : float or str
        The level.

    Returns
    -------
    str
        Its name.
    """
    return level if isinstance(level, str) else f"{level:g}"


# The perturbations ------------------------------------------------------------------------------


def _aberrated(frame, level, rng):
    return degrade(frame, zernike_rms=level, rng=rng)


def _shorter(frame, level, rng):
    return degrade(frame, exptime_factor=level, rng=rng)


def _other_band(frame, level, rng):
    """Another band at a part of the time; ``own`` is the frame's, at that part of the time too."""
    band = None if level == "own" else _band_like(frame, level)
    return degrade(frame, band=band, exptime_factor=BAND_EXPOSURE, rng=rng)


def _band_like(frame, name):
    """The camera's band of that name, or the one nearest in wavelength to another camera's."""

    camera = camera_of(frame)
    if camera is None:
        raise ParameterError("another band needs a frame whose instrument is known (card ACINSTR)")
    own = BANDS.of(camera)
    if name in own:
        return name
    elsewhere = [BANDS[other, name] for other in INSTRUMENTS if name in BANDS.of(INSTRUMENTS[other])]
    if not elsewhere:
        raise ParameterError(f"there is no band {name!r}; those of {camera.name}: {', '.join(own)}")
    pivot = elsewhere[0].pivot
    distance = {
        b: abs(float(np.log(BANDS[camera.name, b].pivot / pivot))) for b in own if _kind(b) == _kind(name)
    }
    nearest = min(distance, key=distance.get, default=None)
    if nearest is None or distance[nearest] > _SAME_BAND:
        raise ParameterError(f"{camera.name} has no band like {name}")
    return nearest


def _kind(band):
    """Wide, narrow, medium: the letter that ends the name of a band."""
    return band[-1]


def _with_cosmic_rays(frame, level, rng):
    """Add hits, ``level`` per second of exposure and square centimetre."""

    exptime = number_card(frame, "EXPTIME")
    if exptime is None:
        raise ParameterError("cosmic rays need a frame whose exposure time is known (card EXPTIME)")
    camera = camera_of(frame)
    if camera is None:
        raise ParameterError("cosmic rays need a frame whose instrument is known (card ACINSTR)")
    per_electron, size = count_electrons(frame).per_electron, pixel_size(camera)
    hits = torch.zeros(frame.shape)
    parts = max(1, int(np.ceil(level * exptime * hits.numel() * (size * 1e-4) ** 2 / _HITS_AT_ONCE)))
    streams = RandomStreams(rng)
    for _ in range(parts):
        add_cosmic_rays(hits, exptime / parts, rate=level, size=size, streams=streams)
    return _like(frame, frame.data + hits.numpy() * per_electron)


def _with_gain(frame, level, rng):
    """Count ``level`` times as many electrons for each ADU: fewer, coarser numbers in 16 bits."""
    if frame.unit != u.adu:
        raise FrameError(f"a gain changes frames in ADU; this one is in {frame.unit}")
    data = np.asarray(frame.data, np.float32)
    if level < 1:
        # Numbers that a finer converter would have told apart.
        data = data + rng.uniform(-0.5, 0.5, data.shape).astype(np.float32)
    return _like(frame, np.clip(np.round(data / np.float32(level)), -_FULL_SCALE, _FULL_SCALE))


def _binned(frame, level, rng):
    """Sum ``level`` x ``level`` pixels, after they were read; what is left over at the edges is cut off."""
    array, size = frame_array(frame), int(level)
    rows, columns = (side // size for side in array.shape)
    blocks = array[: rows * size, : columns * size].reshape(rows, size, columns, size)
    good = np.isfinite(blocks)
    usable = good.mean(axis=(1, 3), dtype=np.float32)
    total = np.where(good, blocks, 0).sum(axis=(1, 3), dtype=np.float32) * size**2
    usable[usable < _USABLE] = np.nan
    return (total / (usable * size**2)).astype(np.float32)


def _cut_out(frame, level, rng):
    """A square around a random position in the frame, wholly inside it: the smaller lie in the larger."""
    array, position = frame_array(frame), rng.random(2)
    if level == "whole":
        return array
    if min(array.shape) < level:
        raise FrameError(
            f"a frame of {array.shape[0]} x {array.shape[1]} pixels has no part of {level} x {level}"
        )
    first = [
        int(np.clip(share * side - level / 2, 0, side - level))
        for share, side in zip(position, array.shape, strict=True)
    ]
    return array[tuple(slice(start, start + int(level)) for start in first)]


def _like(frame, data):
    return CCDData(np.asarray(data, np.float32), unit=frame.unit, mask=frame.mask)


#: The perturbations by quantity (dict of str to Perturbation).
PERTURBATIONS = {
    each.quantity: each
    for each in (
        Perturbation(
            "zernike",
            "aberrations added",
            "nm rms",
            0,
            (25, 50, 100, 200, 400),
            (0, 500),
            _aberrated,
        ),
        Perturbation(
            "exptime",
            "exposure time",
            "of the frame's",
            1,
            (0.5, 0.2, 0.1, 0.05, 0.02, 0.01),
            (1e-6, 1),
            _shorter,
        ),
        Perturbation(
            "band",
            "another band",
            f"{BAND_EXPOSURE:g} of the time",
            "own",
            ("F336W", "F435W", "F555W", "F606W", "F814W", "F658N"),
            None,
            _other_band,
            plain=False,
        ),
        Perturbation(
            "cosmic-rays",
            "cosmic rays added",
            "hits / s / cm2",
            0,
            (1, 3, 10, 30),
            (0, 100),
            _with_cosmic_rays,
        ),
        Perturbation(
            "gain",
            "electrons for each ADU",
            "of the frame's",
            1,
            (0.25, 0.5, 2, 4, 8, 16),
            (0.01, 1000),
            _with_gain,
        ),
        Perturbation(
            "binning", "pixels summed", "pixels a side", 1, (2, 4, 8, 16), (1, 128), _binned, whole=True
        ),
        Perturbation(
            "cut-out",
            "part of the frame",
            "pixels a side",
            "whole",
            (1024, 512, 256, 128, 64),
            (16, 100_000),
            _cut_out,
            whole=True,
        ),
    )
}
