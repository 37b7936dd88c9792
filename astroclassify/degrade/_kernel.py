"""Blur kernels as transfer functions, and the noise that keeps blurred frames white."""

from dataclasses import replace

import numpy as np
from scipy import fft

from astroclassify.simulate import Optics, point_spread

_FWHM = 2.354820045  # 2 sqrt(2 log(2)): a Gaussian is half of its peak at sqrt(2 log(2)) sigma on both sides
#: A nominal transfer function below this is not divided by: at its cut-off frequency, diameter / wavelength,
#: it reaches 0, and the frame holds nothing but noise.
_REGULARISATION = 0.01
_NOLL = tuple(range(4, 12))  # Noll's numbers: focus, two of astigmatism, coma and trefoil each, spherical
_WORKERS = 2


class Blur:
    """
    A convolution of frames of one shape, by FFT.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    sigma : float, default 0
        RMS width of a Gaussian, pixels.
    kernel : numpy.ndarray, optional
        Another kernel, of pixels, unit sum, its centre at [0, 0].
    texture : float, default 0
        RMS width, pixels, of the smoothing that the noise of the frame has seen already; 0 is white.

    Notes
    -----
    Nothing is sharpened: transfer functions above 1 are cut to 1.
    """

    def __init__(self, shape, *, sigma=0.0, kernel=None, texture=0.0):
        size = 0 if kernel is None else kernel.shape[0]
        self._shape = shape
        self._reach = int(np.ceil(max(5 * sigma, 5 * texture, min(size // 2, 40), 2)))
        self._box = tuple(fft.next_fast_len(max(n + 2 * self._reach, size), real=True) for n in shape)
        self._transfer = _gaussian(self._box, sigma)
        if kernel is not None:
            self._transfer = self._transfer * _at_most_1(fft.rfft2(_in_box(kernel, self._box)))
        # The spectrum of the noise before the blur: flat, or that of white noise smoothed by a Gaussian.
        self._grain = _gaussian(self._box, texture) ** 2
        self._grain /= _mean_of_spectrum(self._grain, self._box)
        # A blur multiplies the spectrum of noise by |W|**2. By Parseval's theorem the variance of a pixel is
        # the mean of the spectrum over all frequencies: sum(kernel**2) for white noise.
        power = np.abs(self._transfer) ** 2
        #: Variance of the frame's noise once it is blurred, for a variance of 1 before (float).
        self.kept = _mean_of_spectrum(self._grain * power, self._box)
        self._lost = np.sqrt(self._grain * np.clip(1 - power, 0, None)).astype(np.float32)

    def image(self, image):
        """Blur an image; its edges are mirrored."""
        return self._filtered(self._padded(image), self._transfer)

    def variance(self, variance):
        """Give the variance of the noise of a blurred image, from what it was before."""
        # Independent pixels: the variance of sum(k x) is sum(k**2 variance), a convolution with the squared
        # kernel.
        weights = fft.irfft2(self._transfer, s=self._box, workers=_WORKERS) ** 2
        transfer = fft.rfft2(weights / weights.sum(), workers=_WORKERS)
        return self.kept * np.maximum(self._filtered(self._padded(variance), transfer), 0)

    def share(self, bad):
        """The share of each pixel's light that comes from bad pixels."""
        weights = np.abs(fft.irfft2(self._transfer, s=self._box, workers=_WORKERS))
        transfer = fft.rfft2(weights / weights.sum(), workers=_WORKERS)
        return self._filtered(self._padded(bad.astype(np.float32)), transfer)

    def complement(self, rng):
        """
        Draw the complement of blurred noise: what makes its spectrum flat again.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        numpy.ndarray
            Noise of variance ``1 - kept``: added to blurred noise of variance 1 before the blur, it has the
            spectrum of noise that never was blurred.
        """
        return self._filtered(rng.standard_normal(self._box, dtype=np.float32), self._lost)

    def _padded(self, image):
        padding = [(self._reach, b - n - self._reach) for n, b in zip(self._shape, self._box, strict=True)]
        return np.pad(np.asarray(image, np.float32), padding, mode="symmetric")

    def _filtered(self, box, transfer):
        spectrum = fft.rfft2(box, workers=_WORKERS)
        spectrum *= transfer
        image = fft.irfft2(spectrum, s=self._box, workers=_WORKERS)
        cut = tuple(slice(self._reach, self._reach + n) for n in self._shape)
        return np.ascontiguousarray(image[cut], np.float32)


def textured_noise(shape, texture, rng):
    """
    Draw noise of unit variance with the correlation of a frame's noise.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    texture : float
        RMS width of the smoothing in pixels; 0 is white.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        float32 noise of variance 1.
    """
    noise = rng.standard_normal(shape, dtype=np.float32)
    if not texture:
        return noise
    # The sum over frequencies, not over the kernel: sampled Gaussians this narrow differ in their norm.
    transfer = _gaussian(shape, texture)
    transfer /= np.sqrt(_mean_of_spectrum(transfer**2, shape))
    return fft.irfft2(fft.rfft2(noise, workers=_WORKERS) * transfer, s=shape, workers=_WORKERS)


def sigma_of(fwhm):
    """Give the RMS width of a Gaussian from its full width at half maximum."""
    return fwhm / _FWHM


def random_zernikes(rms, rng):
    """
    Draw aberrations.

    Parameters
    ----------
    rms : float
        Of the wavefront, nm, all together.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    tuple of tuple
        Noll index and strength in nm, from focus to spherical aberration.
    """
    # Noll's polynomials have unit rms and are orthogonal over the pupil, so that rms adds in quadrature. A
    # normal vector of a given length has a direction that is uniform: no aberration is preferred.
    strengths = rng.standard_normal(len(_NOLL))
    strengths *= rms / np.sqrt(np.sum(strengths**2))
    return tuple((index, float(strength)) for index, strength in zip(_NOLL, strengths, strict=True))


def optics_kernel(old, new, scale, *, zernikes=(), smear=False):
    """
    Give the kernel that turns one point-spread function into another.

    Parameters
    ----------
    old, new : tuple
        Instrument and band (name or `Bandpass`), of the frame and wanted.
    scale : float
        Arcseconds per pixel of the frame.
    zernikes : tuple of tuple, default empty
        Aberrations on top of the usual ones of the wanted camera, see `random_zernikes`.
    smear : bool, default False
        Whether the result will be put on other pixels by shares of area, which blurs by an old pixel more.

    Returns
    -------
    numpy.ndarray
        Kernel on pixels of the frame, centre at [0, 0].

    Raises
    ------
    UnknownNameError
        If a telescope or a band is not known.
    """
    usual = Optics.of(new[0])
    aberrated = replace(usual, zernikes=_added(usual.zernikes, zernikes)) if zernikes else usual
    # The frame was blurred by the nominal transfer function N, and should have been by the wanted one, V: the
    # kernel is V / N, a Wiener filter V N* / (|N|**2 + r**2) where N is small, and 1 at most, so that nothing
    # is sharpened.
    nominal = _transfer(point_spread(replace(old[0], pixel_scale=scale), old[1]))
    wanted = _transfer(point_spread(replace(new[0], pixel_scale=scale), new[1], optics=aberrated))
    if smear:
        # Resampling by shares of area averages over a pixel: its transfer function is divided out beforehand.
        across = np.sinc(fft.fftfreq(wanted.shape[0]))
        wanted = wanted / (across[:, None] * across)
    ratio = wanted * np.conj(nominal) / (np.abs(nominal) ** 2 + _REGULARISATION**2)
    ratio = _at_most_1(ratio / ratio[0, 0])
    return fft.ifft2(ratio).real


def _transfer(spread):
    """Transfer function on the frequencies of whole detector pixels."""
    n, spectrum = spread.pixels, fft.fft2(spread.array.double().cpu().numpy())
    index = (fft.fftfreq(n) * n).astype(int)
    return spectrum[np.ix_(index, index)] / spectrum[0, 0].real


def _gaussian(box, sigma):
    """Transfer function of a Gaussian, as a real transform orders it."""
    # The transform of exp(-r**2 / (2 sigma**2)) of unit sum, at frequencies in cycles per pixel.
    y, x = (
        np.exp(-2 * (np.pi * sigma * f) ** 2).astype(np.float32)
        for f in (fft.fftfreq(box[0]), fft.rfftfreq(box[1]))
    )
    return y[:, None] * x


def _added(first, second):
    total = dict(first)
    for index, strength in second:
        total[index] = total.get(index, 0.0) + strength
    return tuple(sorted(total.items()))


def _at_most_1(transfer):
    return (transfer / np.maximum(np.abs(transfer), 1)).astype(np.complex64)


def _in_box(kernel, box):
    """Put a kernel with its centre at [0, 0] into a larger box."""
    image = np.zeros(box, np.float32)
    n = kernel.shape[0]
    image[:n, :n] = fft.fftshift(kernel)
    return np.roll(image, (-(n // 2), -(n // 2)), axis=(0, 1))


def _mean_of_spectrum(values, box):
    """Mean over all frequencies, of which a real transform keeps half."""
    weight = np.full(values.shape[1], 2.0)
    weight[0] = 1
    if box[1] % 2 == 0:
        weight[-1] = 1
    return float(values.sum(axis=0, dtype=float) @ weight / (box[0] * box[1]))
