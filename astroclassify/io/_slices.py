"""Which amplifier read which pixels, also of a slice of a frame: by its noise, or by cards and WCS."""

import numpy as np

from astroclassify.core import FrameError
from astroclassify.io._headers import header_number, header_text
from astroclassify.io._noise import AmplifierNoise, sliced_amplifiers

_EXACT = 0.01  # of a pixel


def amplifier_cards(amplifiers):
    """
    Give the cards by which a slice of a frame finds its amplifiers.

    Parameters
    ----------
    amplifiers : sequence of AmplifierNoise
        Of the frame as it is read.

    Returns
    -------
    dict
        ``ACAMP1``, ``ACAMP2``, ...: first and last pixel (0-based, half-open) in y and in x, gain, read noise
        and pedestal.
    """
    return {
        f"ACAMP{number}": (
            f"{y.start} {y.stop} {x.start} {x.stop} {float(gain):.9g} {float(read):.9g} {float(level):.9g}",
            "y, x, e/adu, e, adu",
        )
        for number, ((y, x), gain, read, level) in enumerate(amplifiers, start=1)
    }


def amplifiers_of(frame):
    """
    Tell which amplifier read which pixels of a raw frame, or of a slice of one.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`
        A frame in ADU as `read_frames` gives it from a raw file, a slice ``frame[y0:y1, x0:x1]`` of it, or a
        CCDData of its pixels and cards and of the WCS that belongs to them, such as that of a
        `~astropy.nddata.Cutout2D`.

    Returns
    -------
    tuple of AmplifierNoise
        Regions of this frame; empty where nothing is known of amplifiers.

    Raises
    ------
    FrameError
        If the cards tell of amplifiers, but not where on the chip these pixels lie.

    Notes
    -----
    A slice of a CCDData has its noise sliced. Where that is lost, the cards ``ACAMP1``, ... are those of the
    frame as it was read, and so is CRPIX in them, while the WCS is that of the slice: their difference is
    where it begins.

    Examples
    --------
    >>> from astroclassify.io import amplifiers_of
    >>> from astroclassify.simulate import simulate_exposure
    >>> exposure = simulate_exposure("spiral", "acs-wfc", "F606W", 500.0, aperture="WFC1A-512", rng=1)
    >>> (frame,) = exposure.frames()
    >>> [one.gain for one in amplifiers_of(frame[100:300, 200:300])]
    [2.02]
    """
    own = getattr(getattr(frame, "uncertainty", None), "amplifiers", ())
    if own:
        return own
    read = _from_cards(getattr(frame, "meta", None) or {})
    if not read:
        return ()
    size = tuple(max(one.region[axis].stop for one in read) for axis in (0, 1))
    start = _start(frame, size)
    here = tuple(slice(first, first + number) for first, number in zip(start, frame.shape, strict=True))
    return sliced_amplifiers(read, here, size)


def _from_cards(cards):
    found = []
    while text := header_text(cards, f"ACAMP{len(found) + 1}"):
        *edges, gain, read_noise, pedestal = map(float, text.split())
        top, bottom, left, right = map(int, edges)
        region = slice(top, bottom), slice(left, right)
        found.append(AmplifierNoise(region, gain, read_noise, pedestal))
    return found


def _start(frame, size):
    """Give row and column of the frame as read where this one begins."""
    if frame.shape == size:
        return 0, 0
    shift = slice_start(frame)
    fits = shift is not None and all(
        first >= 0 and first + number <= whole
        for first, number, whole in zip(shift, frame.shape, size, strict=True)
    )
    if not fits:
        raise FrameError(
            f"where on its chip this frame of the shape {frame.shape} lies is not known: it was read with "
            f"the shape {size}, and its WCS does not say which part is left. Cut it as "
            "frame[y0:y1, x0:x1], or keep the WCS of the cut-out, "
            "CCDData(cut.data, unit='adu', meta=frame.meta, wcs=cut.wcs)"
        )
    return shift


def slice_start(frame):
    """
    Tell where a slice begins in the frame that was read, by its WCS.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`
        Slicing moves the reference pixel of its ``wcs``; CRPIX in its ``meta`` stays.

    Returns
    -------
    tuple of int or None
        Row and column, 0 and 0 for a frame that was not cut; `None` where cards or WCS do not say, or the
        pixels are no longer those that were read (turned, binned, resampled), or the WCS is of an image of
        another shape.
    """
    world = getattr(frame, "wcs", None)
    if getattr(world, "array_shape", None) not in (None, frame.shape):
        return None
    pixels = [header_number(frame.meta, f"CRPIX{axis}") for axis in (2, 1)]
    if world is None or None in pixels or not _same_pixels(frame.meta, world):
        return None
    shift = np.subtract(pixels, world.wcs.crpix[::-1])
    whole = np.rint(shift)
    return tuple(int(n) for n in whole) if np.abs(shift - whole).max() < _EXACT else None


def _same_pixels(cards, world):
    matrix = [[header_number(cards, f"CD{i}_{j}") for j in (1, 2)] for i in (1, 2)]
    if None in matrix[0] + matrix[1]:
        return True
    found = world.pixel_scale_matrix
    return np.allclose(found, matrix, rtol=1e-3, atol=1e-3 * np.abs(found).max())
