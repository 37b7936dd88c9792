"""A first model of the optics: a Moffat core with wings and diffraction spikes."""

import numpy as np
from scipy import fft

from astroclassify.simulate._galaxies import splat


def moffat_kernel(shape, fwhm, *, beta=3.0, spikes=0.0, spike_angle=np.pi / 4):
    """
    Make a point-spread function, centred on pixel (0, 0) with wrap-around.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the periodic box.
    fwhm : float
        Full width at half maximum, pixels.
    beta : float, default 3
        Moffat exponent.
    spikes : float, default 0
        Fraction of the flux in four diffraction spikes, 0 to 1.
    spike_angle : float, default pi/4
        Direction of the first spike, radians.

    Returns
    -------
    numpy.ndarray
        Kernel of unit sum, float32.
    """
    y = (fft.fftfreq(shape[0]) * shape[0]).astype(np.float32)[:, None]
    x = (fft.fftfreq(shape[1]) * shape[1]).astype(np.float32)[None, :]
    alpha2 = (fwhm / 2) ** 2 / (2 ** (1 / beta) - 1)
    r2 = x * x + y * y
    kernel = (1 + r2 / alpha2) ** -beta
    kernel /= kernel.sum()
    if spikes > 0:
        c, s = np.cos(spike_angle), np.sin(spike_angle)
        along, across = c * x + s * y, -s * x + c * y
        cross = np.exp(-((across / fwhm * 2) ** 2)) + np.exp(-((along / fwhm * 2) ** 2))
        cross = cross * np.exp(-np.sqrt(r2) / (8 * fwhm))
        kernel = (1 - spikes) * kernel + spikes * cross / cross.sum()
    return kernel.astype(np.float32)


def observe(scene, kernel_of, *, pad=16):
    """
    Blur a scene and its point sources by a point-spread function.

    Parameters
    ----------
    scene : Scene
        Sky truth.
    kernel_of : callable
        ``kernel_of(shape)`` gives the wrap-around kernel of that shape.
    pad : int, default 16
        Pixels added on each side against wrap-around.

    Returns
    -------
    numpy.ndarray
        Image, float32, of the scene's shape.
    """
    rows, columns = scene.diffuse.shape
    box = tuple(fft.next_fast_len(n + 2 * pad, real=True) for n in (rows, columns))
    padding = [(pad, b - n - pad) for n, b in zip((rows, columns), box, strict=True)]
    image = np.pad(scene.diffuse, padding, mode="edge")
    image += splat(scene.points + np.float32([[pad], [pad], [0]]), box)
    blurred = fft.irfft2(fft.rfft2(image) * fft.rfft2(kernel_of(box)), s=box)
    return np.clip(blurred[pad : pad + rows, pad : pad + columns], 0, None).astype(np.float32)
