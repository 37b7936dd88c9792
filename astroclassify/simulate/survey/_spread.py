"""Point-spread functions that vary over the focal plane, as transfer functions of stamps.

They are computed at nine places of the focal plane and interpolated between them: a weighted mean of images
of a point is an image of a point.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import fft

from astroclassify.simulate.optics import Optics, point_spread
from astroclassify.simulate.survey._magnitudes import CAMERA

#: Rms of wavefront in nm that aberrations reach at the edge of the focal plane (off the axis by 1): defocus
#: and spherical aberration with the square of the distance, astigmatism (two) and coma (two) along x and y.
#: Chosen so that widths vary by some 10%, as those of off-axis telescopes do.
_DEFOCUS, _SPHERICAL, _ASTIGMATISM, _COMA = 22.0, 8.0, 24.0, 14.0
_NODES = (-1.0, 0.0, 1.0)
#: Samples per pixel of the spectra that images are drawn from. The optics pass nothing beyond D / lambda, 2.9
#: periods per pixel in NUV and 1.3 in g; pixel and diffusion leave less than 0.002 beyond 1.5 and 1.
OVERSAMPLING = {"NUV": 3}
USUAL_OVERSAMPLING = 2


@lru_cache(maxsize=9 * 7)
def _at_node(band, row, column):
    """The point-spread function at a node, its peak in the middle, with as few samples as it needs."""
    y, x = _NODES[row], _NODES[column]
    square = (x * x + y * y) / 2
    terms = (
        (4, _DEFOCUS * (square - 0.4)),
        (5, _ASTIGMATISM * x * y),
        (6, _ASTIGMATISM * (x * x - y * y) / 2),
    )
    terms += ((7, _COMA * y), (8, _COMA * x), (11, _SPHERICAL * square))
    usual = Optics.of(CAMERA)
    spread = point_spread(CAMERA, band, optics=replace(usual, zernikes=(*usual.zernikes, *terms)))
    return _thinned(spread.array.cpu().numpy(), spread.oversampling, _oversampling(band))


def _oversampling(band):
    return OVERSAMPLING.get(band, USUAL_OVERSAMPLING)


def _thinned(array, before, after):
    """Keep the frequencies that ``after`` samples per pixel can have, of an array with its peak at [0, 0]."""
    size = array.shape[0] // before * after
    half = size // 2
    spectrum = np.fft.fftshift(np.fft.fft2(array))
    middle = array.shape[0] // 2
    inner = slice(middle - half, middle + half)
    kept = np.fft.ifftshift(spectrum[inner, inner])
    # The values are shares of a pixel's light at a place: their mean over samples stays.
    return np.fft.fftshift(np.fft.ifft2(kept).real * (after / before) ** 2).astype(np.float32)


def _weights(place):
    """Weights of the nodes for bilinear interpolation: pairs (row, column) and numbers above 0."""
    y, x = (np.interp(np.clip(p, -1, 1), _NODES, (0, 1, 2)) for p in place)
    found = {}
    for row in (0, 1, 2):
        for column in (0, 1, 2):
            weight = max(0.0, 1 - abs(y - row)) * max(0.0, 1 - abs(x - column))
            if weight > 0:
                found[row, column] = weight
    return found


class FieldSpread:
    """
    The point-spread function of a band at a place of the focal plane.

    Parameters
    ----------
    band : str
        A band of the camera.
    place : tuple of float
        y and x on the focal plane, -1 to 1.
    blur : float, default 0
        Rms of a further Gaussian blur, pixels.

    Attributes
    ----------
    oversampling : int
        Samples per pixel of `transfer`.
    """

    def __init__(self, band, place, *, blur=0.0):
        self.oversampling = _oversampling(band)
        self._blur, self._transfers = blur, {}
        self._array = sum(weight * _at_node(band, *node) for node, weight in _weights(place).items())

    def transfer(self, size):
        """
        Give the transfer function for stamps.

        Parameters
        ----------
        size : int
            Side of the stamps, pixels; even.

        Returns
        -------
        numpy.ndarray
            complex64 ``[ky, kx]``, half a plane as of `numpy.fft.rfft2` of ``oversampling`` times the size.
        """
        if size not in self._transfers:
            self._transfers[size] = self._made(size)
        return self._transfers[size]

    def _made(self, size):
        step = self.oversampling
        half, middle = self._array.shape[0] // 2, size * step // 2
        reach = min(half, middle)
        wide = np.zeros((size * step, size * step), np.float32)
        outer, inner = slice(middle - reach, middle + reach), slice(half - reach, half + reach)
        wide[outer, outer] = self._array[inner, inner]
        # The array holds the share of a pixel at each sample: step**2 samples for one pixel's worth of light.
        return fft.rfft2(fft.ifftshift(wide)) / np.float32(step**2) * self._gaussian(size)

    def _gaussian(self, size):
        fy, fx = frequencies(size, self.oversampling)
        return np.exp(-2 * (np.pi * self._blur) ** 2 * (fy[:, None] ** 2 + fx**2)).astype(np.float32)

    def image(self, size):
        """
        Draw a point in the middle of a pixel.

        Parameters
        ----------
        size : int
            Side, pixels; even.

        Returns
        -------
        numpy.ndarray
            float32, its peak at ``[size // 2, size // 2]``.
        """
        return np.fft.fftshift(folded(self.transfer(size), size, self.oversampling))

    def profile(self):
        """
        Give the light per pixel by distance, for how far a star can be seen.

        Returns
        -------
        numpy.ndarray
            Of distances 0, 1, 2 ... pixels.
        """
        half = self._array.shape[0] // 2
        return self._array[half, half :: self.oversampling]


def frequencies(size, oversampling):
    """
    Give the frequencies of `FieldSpread.transfer`.

    Parameters
    ----------
    size, oversampling : int
        Side of the stamps in pixels, samples per pixel.

    Returns
    -------
    tuple of numpy.ndarray
        Periods per pixel along y and x.
    """
    n = size * oversampling
    return np.fft.fftfreq(n, 1 / oversampling), np.fft.rfftfreq(n, 1 / oversampling)


def folded(spectrum, size, oversampling):
    """
    Sample what a spectrum describes at the centres of the pixels.

    Parameters
    ----------
    spectrum : numpy.ndarray
        ``[..., ky, kx]`` as of `FieldSpread.transfer`.
    size, oversampling : int
        Side of the stamps in pixels, samples per pixel.

    Returns
    -------
    numpy.ndarray
        float32 ``[..., y, x]``.
    """
    # Every oversampling-th sample of a row of the inverse transform is the inverse transform of the sum of
    # the frequencies that look alike there. Along y these are summed before, along x left out after.
    *batch, _, columns = spectrum.shape
    alike = spectrum.reshape(*batch, oversampling, size, columns).sum(axis=-3)
    rows = fft.ifft(alike, axis=-2)
    along = fft.irfft(rows, n=size * oversampling, axis=-1)[..., ::oversampling]
    return along * oversampling
