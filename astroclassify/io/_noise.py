"""The uncertainty of a raw frame: photon and read noise, computed when it is asked for."""

from typing import NamedTuple

import numpy as np
from astropy.nddata import StdDevUncertainty


class AmplifierNoise(NamedTuple):
    """
    What one amplifier's region of a frame needs for its noise.

    Parameters
    ----------
    region : tuple of slice
        Rows and columns of the frame.
    gain : float
        Electrons per ADU.
    read_noise : float
        Electrons.
    pedestal : float
        ADU that are in the pixels and are no light, such as a bias left in.

    Examples
    --------
    >>> from astroclassify.io import AmplifierNoise
    >>> AmplifierNoise((slice(0, 2048), slice(0, 2048)), gain=2.0, read_noise=4.0, pedestal=0.0).gain
    2.0
    """

    region: tuple[slice, slice]
    gain: float
    read_noise: float
    pedestal: float


class ReadoutNoise(StdDevUncertainty):
    """
    Standard deviation of a raw frame from gain and read noise.

    The array of a full frame is as large as the frame, and most frames are never asked for it:
    it is computed from the frame's pixels when ``array`` is first used, and kept from then on.
    Everywhere else it passes for a plain `~astropy.nddata.StdDevUncertainty`: slices, copies and
    pickles are one, and ``CCDData.write`` takes it for one.

    Parameters
    ----------
    array : array-like, optional
        The values, where they are known already.
    copy : bool, default True
        Whether to copy ``array``.
    unit : unit-like, optional
        Unit of the values; default: that of the frame.
    pixels : numpy.ndarray, optional
        The frame's pixels in ADU, to compute the values from; kept until that is done.
    amplifiers : sequence of AmplifierNoise
        The regions of the frame and their amplifiers.

    Notes
    -----
    ``sigma = sqrt(max(I - pedestal, 0) / gain + (read_noise / gain)**2)`` in ADU, the noise model of
    calwf3 (``donoise.c``).

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.io import AmplifierNoise, ReadoutNoise
    >>> half = AmplifierNoise((slice(0, 1), slice(0, 2)), gain=2.0, read_noise=6.0, pedestal=0.0)
    >>> ReadoutNoise(pixels=np.array([[0.0, 32.0]]), amplifiers=[half]).array
    array([[3., 5.]])
    """

    def __init__(self, array=None, copy=True, unit=None, *, pixels=None, amplifiers=()):
        self._pixels, self._amplifiers = pixels, tuple(amplifiers)
        super().__init__(array, copy=copy, unit=unit)

    @property
    def array(self):
        """The standard deviation of every pixel (numpy.ndarray)."""
        if self._array is None and self._pixels is not None:
            self._array, self._pixels = _sigma(self._pixels, self._amplifiers), None
        return self._array

    @array.setter
    def array(self, value):
        self._array = value if value is None else np.asarray(value)

    @property
    def amplifiers(self):
        """The regions of the frame and their amplifiers (tuple of AmplifierNoise)."""
        return self._amplifiers

    def __getitem__(self, item):
        # numpy's way of slicing is the frame's; anything but slices forwards gives plain numbers.
        cut = _as_slices(item)
        if cut is None or not self._amplifiers or (self._array is None and self._pixels is None):
            return StdDevUncertainty(self.array[item], copy=False, unit=self._unit)
        shape = (self._array if self._pixels is None else self._pixels).shape
        array = None if self._array is None else self._array[item]
        pixels = None if self._pixels is None else self._pixels[item]
        amplifiers = sliced_amplifiers(self._amplifiers, cut, shape)
        return ReadoutNoise(array, copy=False, unit=self._unit, pixels=pixels, amplifiers=amplifiers)

    @property
    def __class__(self):
        """The class that astropy knows how to save and to copy (type)."""
        return StdDevUncertainty

    def __deepcopy__(self, memo):
        return StdDevUncertainty(self.array, copy=True, unit=self._unit)

    def __reduce__(self):
        # Read `array` first: a pickle cannot compute it later.
        return StdDevUncertainty, (), (self.array, *super().__getstate__()[1:])


def sliced_amplifiers(amplifiers, item, shape):
    """
    Give the regions of amplifiers in a slice.

    Parameters
    ----------
    amplifiers : sequence of AmplifierNoise
        Of a frame.
    item : tuple of slice
        Rows and columns of the frame, in steps of 1 or more.
    shape : tuple of int
        The frame's.

    Returns
    -------
    tuple of AmplifierNoise
        Those that read a pixel of the slice.
    """
    cuts = [range(*one.indices(number)) for one, number in zip(item, shape, strict=True)]
    moved = [
        one._replace(region=tuple(_within(part, cut) for part, cut in zip(one.region, cuts, strict=True)))
        for one in amplifiers
    ]
    return tuple(one for one in moved if all(part.stop > part.start for part in one.region))


def _within(part, cut):
    """Where, counted in the steps of a cut, a region begins and ends."""
    first, last = (min(max(-((cut.start - end) // cut.step), 0), len(cut)) for end in (part.start, part.stop))
    return slice(first, last)


def _as_slices(item):
    """Give two slices forwards, or `None` for any other index."""
    cut = item if isinstance(item, tuple) else (item,)
    cut += (slice(None),) * (2 - len(cut))
    forwards = all(isinstance(one, slice) and (one.step is None or one.step > 0) for one in cut)
    return cut if forwards and len(cut) == 2 else None


def _sigma(data, amplifiers):
    sigma = np.empty_like(data)
    for amplifier in amplifiers:
        pixels = data[amplifier.region]
        variance = np.maximum(pixels - pixels.dtype.type(amplifier.pedestal), 0)
        variance /= amplifier.gain
        variance += (amplifier.read_noise / amplifier.gain) ** 2
        np.sqrt(variance, out=sigma[amplifier.region])
    return sigma
