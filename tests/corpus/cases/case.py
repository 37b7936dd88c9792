"""What a case of the corpus is, and how it is checked."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from astropy.nddata import CCDData

from astroclassify.core import AstroclassifyError, FrameWarning
from astroclassify.io import read_frames

#: The picture that most cases are made of: no two pixels alike, no symmetry.
IMAGE = (np.arange(24 * 32, dtype="float32").reshape(24, 32) * 3 + 100).astype("float32")


@dataclass
class Right:
    """The right value of a case; what is None does not matter."""

    pixels: list | np.ndarray | None = None  # of the one frame, or of each
    mask: list | np.ndarray | int | None = 0  # masked pixels, or their number
    unit: str | None = None
    chips: tuple | None = None
    reader: str | None = None
    sky: tuple | None = None  # RA and Dec of the reference pixel; () for no WCS
    sigma: float | None = None
    cards: dict = field(default_factory=dict)
    warns: str = ""  # pattern of the only warning
    refused: str = ""  # pattern of the error
    close: float = 0.0  # how far pixels may be off


@dataclass
class Case:
    """An odd input: its kind and name, how to make it in a folder, options of reading, and what is right."""

    kind: str
    name: str
    make: Callable
    right: Right
    options: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.kind}: {self.name}"


def read(case, folder):
    """Read a case; gives its frames and the texts of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        source = case.make(folder)
        frames = source if type(source) is list else read_frames(source, **case.options)
    return frames, [str(one.message) for one in caught if issubclass(one.category, FrameWarning)]


def check(case, folder):
    """Check that reading a case gives what is right; raises AssertionError where it does not."""
    right = case.right
    if right.refused:
        try:
            frames, _ = read(case, folder)
        except AstroclassifyError as error:
            if not re.search(right.refused, str(error)):
                raise AssertionError(f"refused in other words: {error}") from error
            return
        raise AssertionError(f"read as {[frame.shape for frame in frames]}, not refused")
    frames, told = read(case, folder)
    said = [text for text in told if not (right.warns and re.search(right.warns, text))]
    assert not said, f"warned: {said}"
    assert bool(right.warns) == bool(told), f"did not warn: {right.warns}"
    _check_frames(frames, right)


def _check_frames(frames, right):
    pixels = right.pixels if isinstance(right.pixels, list) else [right.pixels]
    assert right.pixels is None or len(frames) == len(pixels), f"{len(frames)} frames, not {len(pixels)}"
    if right.chips is not None:
        assert tuple(frame.meta.get("ACCHIP") for frame in frames) == right.chips
    masks = right.mask if isinstance(right.mask, list) else [right.mask] * len(frames)
    for number, frame in enumerate(frames):
        assert isinstance(frame, CCDData)
        _check_mask(frame, masks[number])
        if right.pixels is not None:
            _check_pixels(frame, pixels[number], right.close)
        _check_facts(frame, right)


def _check_mask(frame, wanted):
    found = np.zeros(frame.shape, bool) if frame.mask is None else frame.mask
    if isinstance(wanted, np.ndarray):
        assert np.array_equal(found, wanted), f"masked: {found.sum()}, not {wanted.sum()}, or others"
    elif wanted is not None:
        assert found.sum() == wanted, f"masked: {found.sum()}, not {wanted}"


def _check_pixels(frame, wanted, close):
    assert frame.shape == wanted.shape, f"shape {frame.shape}, not {wanted.shape}"
    good = np.ones(frame.shape, bool) if frame.mask is None else ~frame.mask
    off = np.abs(frame.data[good] - wanted.astype(frame.data.dtype)[good]).max(initial=0)
    assert off <= close, f"pixels are off by up to {off}"


def _check_facts(frame, right):
    assert right.unit is None or str(frame.unit) == right.unit, f"unit {frame.unit}, not {right.unit}"
    reader = frame.meta["ACREADER"]
    assert right.reader is None or reader == right.reader, f"reader {reader}, not {right.reader}"
    if right.sky is not None:
        crval = () if frame.wcs is None else tuple(round(float(a), 6) for a in frame.wcs.wcs.crval)
        assert crval == right.sky, f"sky {crval}, not {right.sky}"
    if right.sigma is not None:
        found = float(np.median(frame.uncertainty.array))
        assert abs(found - right.sigma) < 1e-5 * abs(right.sigma), f"sigma {found}, not {right.sigma}"
    for key, value in right.cards.items():
        assert frame.meta[key] == value, f"{key} is {frame.meta[key]!r}, not {value!r}"
