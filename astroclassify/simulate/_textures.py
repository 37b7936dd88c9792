"""Random fields: the turbulence of gas, the patchiness of star formation, dust."""

import numpy as np
import torch
from scipy.fft import next_fast_len

#: Fields with more pixels on a side than this are drawn smaller and enlarged.
LARGEST_FIELD = 2200


def fractal(shape, streams, *, slope=3.0, outer_scale=None, stretch=1.0, angle=0.0):
    """
    Draw a Gaussian random field with a power-law spectrum.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    streams : RandomStreams
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
    torch.Tensor
        Field of zero mean and unit variance, float32.
    """
    factor = int(np.ceil(max(shape) / LARGEST_FIELD))
    small = tuple(-(-n // factor) for n in shape)
    field = _spectral_field(small, streams, slope, (outer_scale or max(shape)) / factor, stretch, angle)
    return field if factor == 1 else enlarge(field, shape)


def _spectral_field(shape, streams, slope, outer_scale, stretch, angle):
    # A larger periodic box than the window, so that opposite edges do not match.
    rows, columns = (next_fast_len(int(n * 1.25), real=True) for n in shape)
    ky = torch.fft.fftfreq(rows, device=streams.device)[:, None]
    kx = torch.fft.rfftfreq(columns, device=streams.device)[None, :]
    along, across = np.cos(angle) * kx + np.sin(angle) * ky, -np.sin(angle) * kx + np.cos(angle) * ky
    # Power k**-slope is an amplitude k**(-slope / 2) = (k**2)**(-slope / 4). Beyond the outer scale it
    # levels off, as turbulence has no structure larger than what drives it. Stretched along one axis the
    # field keeps its area.
    k2 = along**2 * stretch + across**2 / stretch + float(outer_scale) ** -2
    noise = torch.view_as_complex(streams.normal((rows, kx.shape[1], 2)))
    field = torch.fft.irfft2(noise * k2 ** (-slope / 4), s=(rows, columns))[: shape[0], : shape[1]]
    field = field - field.mean()
    return field / (field.std(correction=0) + 1e-12)


def enlarge(image, shape):
    """
    Enlarge an image by linear interpolation; pixel edges of both grids coincide.

    Parameters
    ----------
    image : torch.Tensor
        Two-dimensional image.
    shape : tuple of int
        Rows and columns wanted; not smaller than the image.

    Returns
    -------
    torch.Tensor
        Enlarged image, float32: brightness, not flux, is kept.
    """
    return torch.nn.functional.interpolate(
        image[None, None], size=tuple(shape), mode="bilinear", align_corners=False
    )[0, 0]


def ridges(field, width):
    """
    Turn a Gaussian field into filaments along its zero crossings.

    Parameters
    ----------
    field : torch.Tensor
        Field of unit variance.
    width : float
        Width of a filament in units of the field's standard deviation.

    Returns
    -------
    torch.Tensor
        Values in (0, 1], one on the crossings.
    """
    # Projected sheets are brightest where the line of sight runs along them: about lines, as the zeros of
    # a smooth random field are. exp has a cusp on them, and wide wings.
    return torch.exp(-field.abs() / width)


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
        Fluxes, float64.
    """
    # Inverse sampling: the part of the sources below F is (F**p - 1) / (ratio**p - 1) with p = 1 - index.
    # Equal it to a uniform number, and solve for F.
    p = 1.0 - index
    return (1 + rng.random(size) * (ratio**p - 1)) ** (1 / p)
