"""Columns of the catalogue for sources that are measured together, in windows of one size."""

from dataclasses import dataclass

import numpy as np

from astroclassify.stargalaxy._photometry import all_of_it, fluxes, small_circle, widths
from astroclassify.stargalaxy._planes import MICROJANSKY
from astroclassify.stargalaxy._sample import FLAGS
from astroclassify.stargalaxy._shapes import Shapes, growth_radii, shapes_of
from astroclassify.stargalaxy._tile import Tile
from astroclassify.stargalaxy._windows import windows_of, without_neighbours

_DETECTED = 3.0  # S/N in the small aperture
_MAGNITUDE = 2.5 / np.log(10)
_FWHM = 2.3548
#: Flags that hold for a source only if they hold in every band; the others if in any.
_EVERYWHERE = FLAGS["not detected"] | FLAGS["missing"]


@dataclass(frozen=True, eq=False)
class Batch:
    """
    Sources of a tile in windows of one size.

    Parameters
    ----------
    tile : Tile
        Where they are.
    y, x : numpy.ndarray of int
        Middle pixels of the windows in the tile.
    labels : numpy.ndarray of int
        Their segments; 0 for a source that has none.
    stack, light : numpy.ndarray
        Windows ``[source, y, x]`` and ``[source, band, y, x]`` without neighbours.
    shapes : Shapes
        Of the sources.
    """

    tile: Tile
    y: np.ndarray
    x: np.ndarray
    labels: np.ndarray
    stack: np.ndarray
    light: np.ndarray
    shapes: Shapes

    @classmethod
    def of(cls, tile, y, x, labels, size):
        """
        Cut the windows, and measure shapes.

        Parameters
        ----------
        tile, y, x, labels
            As above.
        size : int
            Side of the windows.

        Returns
        -------
        Batch
            Ready for `source_columns` and `band_columns`.
        """
        whose = windows_of(tile.segments.labels, y, x, size)
        stack, light = windows_of(tile.stack, y, x, size), windows_of(tile.light, y, x, size)
        without_neighbours(stack, whose, labels)
        without_neighbours(light, whose, labels)
        return cls(tile, y, x, labels, stack, light, shapes_of(stack))

    @property
    def size(self):
        """Side of the windows (int)."""
        return self.stack.shape[-1]

    def place(self):
        """
        Give the centroids in the field.

        Returns
        -------
        tuple of numpy.ndarray
            y and x, pixels.
        """
        middles = zip((self.shapes.y, self.shapes.x), (self.y, self.x), self.tile.origin, strict=True)
        return tuple(own.astype(float) + window - self.size // 2 + origin for own, window, origin in middles)


def source_columns(batch, pixel_scale):
    """
    Measure what a source has once.

    Parameters
    ----------
    batch : Batch
        The sources.
    pixel_scale : float
        Arcseconds per pixel.

    Returns
    -------
    dict of str to numpy.ndarray
        By names of `SOURCE_COLUMNS`, without units.
    """
    shapes, (y, x) = batch.shapes, batch.place()
    r20, r50, r80 = growth_radii(batch.stack, shapes, (0.2, 0.5, 0.8))
    total = (batch.stack * all_of_it(shapes, batch.size)).sum((1, 2))
    near = slice(batch.size // 2 - 2, batch.size // 2 + 3)
    area, blended = _of_segments(batch)
    return {
        "y": y,
        "x": x,
        "a": shapes.a * pixel_scale,
        "b": shapes.b * pixel_scale,
        "theta": shapes.theta,
        "ellipticity": 1 - shapes.b / shapes.a,
        "fwhm": _FWHM * np.sqrt(shapes.a * shapes.b) * pixel_scale,
        "half_light_radius": r50 * pixel_scale,
        "kron_radius": shapes.kron * pixel_scale,
        "concentration": 5 * np.log10(np.maximum(r80, 0.1) / np.maximum(r20, 0.1)),
        "peak_over_flux": batch.stack[:, near, near].max((1, 2)) / np.where(total > 0, total, np.nan),
        "area": area,
        "flag": np.where(blended, FLAGS["blended"], 0),
    }


def _of_segments(batch):
    """Pixels of each source, and whether it was divided from another."""
    segments, number = batch.tile.segments, batch.labels - 1
    if not len(segments.area):
        return np.zeros(number.size, int), np.zeros(number.size, bool)
    own = number >= 0
    return np.where(own, segments.area[number], 0), own & segments.blended[number]


def band_columns(batch, photon_noise, pixel_scale):
    """
    Measure what a source has for each band.

    Parameters
    ----------
    batch : Batch
        The sources.
    photon_noise : numpy.ndarray
        As for `fluxes`.
    pixel_scale : float
        Arcseconds per pixel.

    Returns
    -------
    dict of str to numpy.ndarray
        By names of `BAND_COLUMNS`, ``[source, band]``, without units.
    """
    noise = _noise(batch)
    ellipse, circle = all_of_it(batch.shapes, batch.size), small_circle(batch.shapes, batch.size)
    flux, error = fluxes(batch.light, ellipse, noise, photon_noise)
    small, small_error = fluxes(batch.light, circle, noise, 0.0)
    positive = np.where(flux > 0, flux, np.nan)
    found = {
        "flux": flux,
        "flux_err": error,
        "mag": MICROJANSKY - 2.5 * np.log10(positive),
        "mag_err": _MAGNITUDE * error / positive,
        "snr": small / small_error,
        "fwhm": widths(batch.light, batch.shapes) * pixel_scale,
        "noise": noise,
    }
    flag = _band_flags(batch, found["snr"], circle, ellipse)
    missing = (flag & FLAGS["missing"]) > 0
    return {name: np.where(missing, np.nan, values) for name, values in found.items()} | {"flag": flag}


def _noise(batch):
    """Rms of a pixel in each band: the median of nine near the source, as its own may be unusable."""
    near = [batch.tile.noise[:, batch.y + dy, batch.x + dx] for dy in (-3, 0, 3) for dx in (-3, 0, 3)]
    return np.median(near, axis=0).T


def _band_flags(batch, snr, circle, ellipse):
    tile, core = batch.tile, circle > 0
    near = core | (ellipse > 0.5)
    empty, full, outside = (
        windows_of(plane, batch.y, batch.x, batch.size) for plane in (tile.empty, tile.full, tile.outside)
    )
    missing = (empty & core[:, None]).sum((2, 3)) > 0.5 * core.sum((1, 2))[:, None]
    at_edge = (outside & near).any((1, 2))[:, None]
    masked = (empty & (near & ~outside)[:, None]).any((2, 3)) & ~missing
    flags = {
        "not detected": ~(snr >= _DETECTED),
        "saturated": (full & near[:, None]).any((2, 3)),
        "masked": masked,
        "edge": np.broadcast_to(at_edge, snr.shape),
        "missing": missing,
    }
    return sum(np.where(there, FLAGS[name], 0) for name, there in flags.items())


def joined_flags(common, of_bands):
    """
    Sum up the flags of the bands.

    Parameters
    ----------
    common : numpy.ndarray
        Flags that a source has once.
    of_bands : numpy.ndarray
        ``[source, band]``.

    Returns
    -------
    numpy.ndarray
        Not detected, and missing, if they hold in every band; the others if in any.
    """
    every = np.bitwise_and.reduce(of_bands, axis=1) & _EVERYWHERE
    some = np.bitwise_or.reduce(of_bands, axis=1) & ~_EVERYWHERE
    return common | every | some
