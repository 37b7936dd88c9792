"""Photometry of many sources at once, the same apertures in all bands."""

import numpy as np

from astroclassify.stargalaxy._shapes import aperture_weights, elliptical_radius, grids

#: Radius in pixels of the small round aperture that tells whether a source is there: 80% of a star's light.
SMALL = 2.0
#: Weight of the widths of single bands, pixels rms.
_WIDTH = 1.6
_FWHM = 2.3548


def fluxes(windows, weights, noise, photon_noise):
    """
    Add up the light in apertures.

    Parameters
    ----------
    windows : numpy.ndarray
        ``[source, band, y, x]``.
    weights : numpy.ndarray
        How much of each pixel counts, ``[source, y, x]``.
    noise : numpy.ndarray
        Rms of a pixel, ``[source, band]``.
    photon_noise : numpy.ndarray
        Variance of the light itself for one unit of it, ``[band]``; 0 where it is not known.

    Returns
    -------
    tuple of numpy.ndarray
        Fluxes and their errors, ``[source, band]``.
    """
    flat = weights.reshape(len(weights), -1)
    light = np.einsum("nbp,np->nb", windows.reshape(*windows.shape[:2], -1), flat, optimize=True)
    pixels = np.einsum("np,np->n", flat, flat)[:, None]
    variance = noise**2 * pixels + photon_noise * np.maximum(light, 0)
    return light, np.sqrt(variance)


def all_of_it(shapes, size):
    """
    Give the weights of the ellipse that holds all of a source.

    Parameters
    ----------
    shapes : Shapes
        The sources.
    size : int
        Side of the windows.

    Returns
    -------
    numpy.ndarray
        ``[source, y, x]``.
    """
    return aperture_weights(elliptical_radius(shapes, size), shapes.kron)


def small_circle(shapes, size):
    """
    Give the weights of the small round aperture.

    Parameters
    ----------
    shapes : Shapes
        The sources.
    size : int
        Side of the windows.

    Returns
    -------
    numpy.ndarray
        ``[source, y, x]``.
    """
    rows, columns = grids(size)
    radius = np.hypot(rows - shapes.y[:, None, None], columns - shapes.x[:, None, None])
    return aperture_weights(radius, np.full(len(shapes.y), SMALL))


def widths(windows, shapes):
    """
    Measure the width of sources in each band.

    Parameters
    ----------
    windows : numpy.ndarray
        ``[source, band, y, x]``.
    shapes : Shapes
        For the centres, common to all bands.

    Returns
    -------
    numpy.ndarray
        Full widths at half maximum of Gaussians with the same moments, pixels, ``[source, band]``; NaN where
        noise leaves no positive moment.
    """
    rows, columns = grids(windows.shape[-1])
    square = (rows - shapes.y[:, None, None]) ** 2 + (columns - shapes.x[:, None, None]) ** 2
    weight = np.exp(-square / (2 * _WIDTH**2))
    size = (len(windows), -1)
    light = np.einsum("nbp,np->nb", windows.reshape(*windows.shape[:2], -1), weight.reshape(size))
    second = np.einsum(
        "nbp,np->nb", windows.reshape(*windows.shape[:2], -1), (weight * square / 2).reshape(size)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        moment = second / light
        # A Gaussian of variance C under a weight of variance w has C w / (C + w).
        variance = 1 / (1 / moment - 1 / _WIDTH**2)
        usable = (light > 0) & (moment > 0.05) & (moment < 0.97 * _WIDTH**2)
        return np.where(usable, _FWHM * np.sqrt(np.maximum(variance, 0)), np.nan)
