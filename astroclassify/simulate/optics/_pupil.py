"""Pupil of a telescope: obscuration by mirror and vanes, and wavefront errors as Zernike polynomials."""

from functools import lru_cache

import numpy as np
import torch

from astroclassify.core import ParameterError


def pupil(telescope, samples_per_metre, *, device="cpu"):
    """
    Draw the aperture on a grid, with edges as sharp as the grid allows.

    Parameters
    ----------
    telescope : Telescope
        The telescope.
    samples_per_metre : float
        Scale of the grid.
    device : str or torch.device, default "cpu"
        Where to draw.

    Returns
    -------
    amplitude : torch.Tensor
        0 to 1, the share of each cell that is open; float64, square, just large enough.
    rho, theta : torch.Tensor
        Polar coordinates of the cells; rho is 1 at the mirror's edge.
    """
    radius = telescope.diameter / 2 * samples_per_metre
    half = int(np.ceil(radius)) + 1
    x = torch.arange(-half, half + 1, dtype=torch.float64, device=device)
    y, x = torch.meshgrid(x, x, indexing="ij")
    r, theta = torch.hypot(y, x), torch.atan2(y, x)
    amplitude = _inside(radius - r)
    if telescope.obscuration > 0:
        amplitude = amplitude * (1 - _inside(telescope.obscuration * radius - r))
    width = telescope.vane_width * radius
    for angle in telescope.vanes:
        along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        amplitude = amplitude * (1 - _strip(across, width) * (along > 0))
    for distance, angle, size in telescope.pads:
        py, px = distance * radius * np.sin(angle), distance * radius * np.cos(angle)
        amplitude = amplitude * (1 - _inside(size * radius - torch.hypot(y - py, x - px)))
    return amplitude, r / radius, theta


def _inside(depth):
    """The share of a cell within an edge; `depth` is how far its centre is inside, in cells."""
    return (depth + 0.5).clamp(0, 1)


def _strip(across, width):
    """The share of a cell that a strip covers, also if it is narrower than a cell."""
    half = width / 2
    return (across + 0.5).clamp(-half, half) - (across - 0.5).clamp(-half, half)


def noll_order(index):
    """
    Turn Noll's number of a Zernike polynomial into its orders.

    Parameters
    ----------
    index : int
        1 or more; 4 is focus, 5 and 6 astigmatism, 7 and 8 coma, 11 spherical aberration.

    Returns
    -------
    n, m : int
        Radial and azimuthal order; m is negative for sines.

    Raises
    ------
    ParameterError
        If the index is not a positive integer.
    """
    if index != int(index) or index < 1:
        raise ParameterError(f"{index} is no Noll index; expected 1, 2, 3, ...")
    n = int((np.sqrt(8 * index - 7) - 1) // 2)
    rank = int(index) - n * (n + 1) // 2 - 1
    m = 2 * ((rank + 1 - n % 2) // 2) + n % 2
    return n, m if index % 2 == 0 else -m


@lru_cache(maxsize=256)
def _radial_coefficients(n, m, obscuration):
    """Coefficients of rho**m, rho**(m+2), ... rho**n, orthonormal over the open annulus."""
    # Mahajan's annular polynomials: Gram-Schmidt of the powers of rho over obscuration <= rho <= 1, done by a
    # QR decomposition at Gauss-Legendre nodes in u = rho**2, where rho d rho = du / 2. With unit norm a
    # coefficient is the rms of the wavefront over the light that gets through.
    nodes, weights = np.polynomial.legendre.leggauss(32)
    u = obscuration**2 + (nodes + 1) / 2 * (1 - obscuration**2)  # rho squared
    powers = np.stack([u ** (m / 2 + k) for k in range((n - m) // 2 + 1)], axis=1)
    _, triangle = np.linalg.qr(powers * np.sqrt(weights / 2)[:, None])
    column = np.linalg.inv(triangle)[:, -1]
    return column * np.sign(column[-1])


def wavefront(zernikes, rho, theta, *, obscuration=0.0):
    """
    Add up Zernike polynomials, those of the annulus if the pupil is one.

    Parameters
    ----------
    zernikes : iterable of tuple
        Noll index and strength (rms over the pupil, any unit of length).
    rho, theta : torch.Tensor
        Polar coordinates on the pupil.
    obscuration : float, default 0
        Inner radius of the annulus.

    Returns
    -------
    torch.Tensor
        Departure from a sphere, in the unit of the strengths.
    """
    total = torch.zeros_like(rho)
    for index, strength in zernikes:
        n, m = noll_order(index)
        coefficients = _radial_coefficients(n, abs(m), obscuration)
        radial = sum(float(c) * rho ** (abs(m) + 2 * k) for k, c in enumerate(coefficients))
        if m != 0:
            angular = torch.cos(m * theta) if m > 0 else torch.sin(-m * theta)
            radial = radial * np.sqrt(2) * angular
        total += strength * radial
    return total
