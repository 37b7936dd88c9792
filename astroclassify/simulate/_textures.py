"""Random fields: the turbulence of gas, the patchiness of star formation, dust."""

import numpy as np
from scipy import fft, ndimage

_LARGEST_FFT = 1100


def fractal(shape, rng, *, slope=3.0, outer_scale=None, stretch=1.0, angle=0.0):
    """
    Draw a Gaussian random field with a power-law spectrum.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    rng : numpy.random.Generator
        Source of randomness.
    slope : float, default 3
        The power spectrum falls as k**-slope (2.5 to 3.7 for projected turbulence).
    outer_scale : float, optional
        Largest scale in pixels; by default the larger side.
    stretch : float, default 1
        Elongation of the structures.
    angle : float, default 0
        Direction of the elongation, radians.

    Returns
    -------
    numpy.ndarray
        Field of zero mean and unit variance, float32.
    """
    factor = int(np.ceil(max(shape) / _LARGEST_FFT))
    small = tuple(-(-n // factor) for n in shape)
    field = _spectral_field(small, rng, slope, (outer_scale or max(shape)) / factor, stretch, angle)
    return field if factor == 1 else enlarge(field, shape)


def _spectral_field(shape, rng, slope, outer_scale, stretch, angle):
    # A larger periodic box than the window, so that opposite edges do not match.
    rows, columns = (fft.next_fast_len(int(n * 1.25), real=True) for n in shape)
    ky = fft.fftfreq(rows)[:, None].astype(np.float32)
    kx = fft.rfftfreq(columns)[None, :].astype(np.float32)
    along, across = np.cos(angle) * kx + np.sin(angle) * ky, -np.sin(angle) * kx + np.cos(angle) * ky
    k2 = along**2 * stretch + across**2 / stretch + np.float32(outer_scale) ** -2
    noise = rng.standard_normal((rows, kx.size, 2), dtype=np.float32).view(np.complex64)[..., 0]
    field = fft.irfft2(noise * k2 ** (-slope / 4), s=(rows, columns))[: shape[0], : shape[1]]
    field -= field.mean()
    return (field / (field.std() + 1e-12)).astype(np.float32)


def enlarge(image, shape):
    """
    Enlarge an image by linear interpolation.

    Parameters
    ----------
    image : numpy.ndarray
        Two-dimensional image.
    shape : tuple of int
        Rows and columns wanted; not smaller than the image.

    Returns
    -------
    numpy.ndarray
        Enlarged image, float32.
    """
    zoom = [n / m for n, m in zip(shape, image.shape, strict=True)]
    return ndimage.zoom(image.astype(np.float32), zoom, order=1, mode="nearest", grid_mode=True)


def ridges(field, width):
    """
    Turn a Gaussian field into filaments along its zero crossings.

    Parameters
    ----------
    field : numpy.ndarray
        Field of unit variance.
    width : float
        Width of a filament in units of the field's standard deviation.

    Returns
    -------
    numpy.ndarray
        Values in (0, 1], one on the crossings.
    """
    return np.exp(-np.abs(field) / width)


def sigmoid(x):
    """
    Map to (0, 1) by the logistic function.

    Parameters
    ----------
    x : numpy.ndarray
        Any values.

    Returns
    -------
    numpy.ndarray
        ``1 / (1 + exp(-x))``, clipped against overflow.
    """
    return 1.0 / (1.0 + np.exp(-np.clip(x, -30, 30)))


def log_uniform(rng, low, high, size=None):
    """
    Draw numbers whose logarithm is uniform.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    low, high : float
        Positive bounds.
    size : int, optional
        How many.

    Returns
    -------
    float or numpy.ndarray
        The draws.
    """
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


def power_law(rng, size, index, *, ratio=1e4):
    """
    Draw fluxes from dN/dF proportional to F**-index, from 1 to `ratio`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    size : int
        How many.
    index : float
        Slope of the luminosity function, not 1.
    ratio : float, default 1e4
        Largest flux over smallest.

    Returns
    -------
    numpy.ndarray
        Fluxes, float32.
    """
    p = 1.0 - index
    return ((1 + rng.random(size) * (ratio**p - 1)) ** (1 / p)).astype(np.float32)
