"""From frames in several bands to a catalogue and cut-outs: tile by tile, so that memory does not grow."""

import numpy as np
from astropy import units as u
from astropy.table import QTable
from scipy.spatial import cKDTree

from astroclassify.core import ParameterError, progress_bar, provenance
from astroclassify.stargalaxy._columns import Batch, band_columns, joined_flags, source_columns
from astroclassify.stargalaxy._planes import celestial_wcs, pixel_scale_of, planes_of
from astroclassify.stargalaxy._sample import BAND_COLUMNS, CUTOUT, SOURCE_COLUMNS, SourceSample
from astroclassify.stargalaxy._tile import background_of, make_tile
from astroclassify.stargalaxy._windows import windows_of

_TILE = 1024  # pixels on a side
#: Sides of the windows that sources are measured in: the smallest that holds twice the box of a source's
#: pixels.
_WINDOWS = (32, 64, 128, 256)
_PIXELS_AT_A_TIME = 4_000_000  # of all bands
_ARCSEC = ("a", "b", "fwhm", "half_light_radius", "kron_radius", "neighbour")
_UNITS = dict.fromkeys(_ARCSEC, u.arcsec) | {"theta": u.rad}
_BAND_UNITS = {
    "flux": u.uJy,
    "flux_err": u.uJy,
    "noise": u.uJy,
    "mag": u.mag,
    "mag_err": u.mag,
    "fwhm": u.arcsec,
}


def measure_sources(images, *, catalogue=None, threshold=4.5, cutout=CUTOUT, progress=None):
    """
    Find the sources of a field and measure them in all bands.

    Parameters
    ----------
    images : mapping of str to CCDData, or CCDData
        A frame for each band, on one grid of pixels; the sky may be in them. ``PHOTZP`` (or ``PHOTFLAM`` and
        ``PHOTPLAM``) in ``meta`` is the zero point, ``SATURATE`` the level of full pixels.
    catalogue : astropy.table.Table, optional
        Sources of one's own: columns ``x`` and ``y`` (pixels), or ``sky_centroid``; ``id`` is kept. By
        default sources are detected.
    threshold : float, default 4.5
        Of a pixel of the detection image, in sigma of a Gaussian, 1 to 50.
    cutout : int, default 32
        Side of the cut-outs, even, 8 to 128.
    progress : bool, optional
        Show a progress bar; `None` shows it on a terminal.

    Returns
    -------
    SourceSample
        Catalogue and cut-outs, from the bottom to the top of the field; of a catalogue of one's own in its
        order.

    Raises
    ------
    ParameterError
        If a parameter is out of range, or the catalogue has no positions, or positions outside of the field.
    FrameError
        If the frames have different shapes.
    OptionalDependencyError
        If photutils is not installed.

    Notes
    -----
    Detection is done once, on the chi-square of all bands. Shapes are those of the mean of the bands weighted
    by the inverse variance; the same apertures serve every band. Pixels of other sources are replaced by
    those on the other side of the source.

    Examples
    --------
    >>> from astroclassify.simulate import survey_field
    >>> from astroclassify.stargalaxy import measure_sources
    >>> field = survey_field(1, bands=("g", "i"), shape=(200, 200), latitude=20)
    >>> found = measure_sources(field.images)
    >>> found.bands, found.cutouts.shape[1:]
    (('g', 'i'), (2, 32, 32))
    """
    if not 1 <= threshold <= 50:
        raise ParameterError(f"threshold is {threshold}; expected 1 to 50 sigma")
    if cutout not in range(8, 129, 2):
        raise ParameterError(f"cutout is {cutout}; expected an even number of pixels, 8 to 128")
    field = _Field(images, threshold, cutout)
    places = None if catalogue is None else _places(catalogue, field)
    tiles = progress_bar(list(_tiles(field.shape)), progress=progress, description="measuring")
    parts = [part for core in tiles for part in field.measured(core, places)]
    return field.sample(parts, catalogue)


def _tiles(shape):
    for top in range(0, shape[0], _TILE):
        for left in range(0, shape[1], _TILE):
            yield slice(top, min(top + _TILE, shape[0])), slice(left, min(left + _TILE, shape[1]))


def _places(catalogue, field):
    """Pixels of a user's own sources, ``[source, (y, x)]``."""
    names = set(catalogue.colnames)
    if {"x", "y"} <= names:
        columns = (np.ma.filled(np.ma.asarray(catalogue[name], float), np.nan) for name in ("y", "x"))
        found = np.stack(list(columns), axis=1)
    elif "sky_centroid" in names and field.wcs is not None:
        found = np.stack(field.wcs.world_to_pixel(catalogue["sky_centroid"])[::-1], axis=1)
    else:
        why = f"its columns are {', '.join(catalogue.colnames)}; the frames have "
        why += "no world coordinates" if field.wcs is None else "world coordinates"
        raise ParameterError(f"the catalogue needs columns x and y, or sky_centroid; {why}")
    outside = ~((found >= -0.5) & (found < np.array(field.shape) - 0.5)).all(axis=1)
    if outside.any():
        first = found[outside][0]
        raise ParameterError(
            f"{outside.sum()} sources of the catalogue lie outside of the field, one of them at y, x = "
            f"{first[0]:.1f}, {first[1]:.1f}; expected places within {field.shape}"
        )
    return found


class _Field:
    """The frames of a field and how they are measured."""

    def __init__(self, images, threshold, cutout):
        self.planes = planes_of(images)
        self.bands = tuple(plane.band for plane in self.planes)
        self.shape = self.planes[0].data.shape
        self.wcs, self.pixel_scale = celestial_wcs(images), pixel_scale_of(images)
        self.threshold, self.cutout = threshold, cutout
        self.backgrounds = [background_of(plane) for plane in self.planes]
        # Variance of one microjansky of light, from the electrons that it is.
        self.photon_noise = np.array([p.scale / p.gain if p.gain > 0 else 0.0 for p in self.planes])

    def measured(self, core, places):
        """Measure the sources of a tile: for each batch columns, those of bands, and cut-outs."""
        tile = make_tile(self.planes, self.backgrounds, core, self.threshold)
        centres = tile.centres() if places is None else places - tile.origin
        first, last = (
            np.array([getattr(part, end) for part in core]) - tile.origin for end in ("start", "stop")
        )
        rows = np.flatnonzero(((centres >= first - 0.5) & (centres < last - 0.5)).all(axis=1))
        middles = np.round(centres[rows]).astype(int)
        labels = rows + 1 if places is None else tile.segments.labels[middles[:, 0], middles[:, 1]]
        for size, chosen in _by_window(tile.segments, labels):
            at_once = max(1, _PIXELS_AT_A_TIME // (size * size * len(self.planes)))
            for some in np.split(chosen, range(at_once, chosen.size, at_once)):
                batch = Batch.of(tile, *middles[some].T, labels[some], size)
                yield self._of_batch(batch, rows[some])

    def _of_batch(self, batch, rows):
        columns = source_columns(batch, self.pixel_scale) | {"row": rows}
        of_bands = band_columns(batch, self.photon_noise, self.pixel_scale)
        columns["snr"] = np.sqrt(np.nansum(np.square(np.maximum(of_bands["snr"], 0)), axis=1))
        columns["flag"] = joined_flags(columns["flag"], of_bands["flag"])
        return columns, of_bands, self._cutouts(batch.tile, columns)

    def _cutouts(self, tile, columns):
        y, x = (np.round(columns[name] - o).astype(int) for name, o in zip("yx", tile.origin, strict=True))
        found = windows_of(tile.light, y, x, self.cutout)
        found[windows_of(tile.empty, y, x, self.cutout)] = np.nan
        return found

    def sample(self, parts, catalogue):
        """Join batches: from the bottom to the top, or in the order of the user's catalogue."""
        if not parts:
            parts = [self._nothing()]
        columns, of_bands = (
            {n: np.concatenate([p[i][n] for p in parts]) for n in parts[0][i]} for i in (0, 1)
        )
        order = np.argsort(columns["y" if catalogue is None else "row"], kind="stable")
        named = catalogue is not None and "id" in catalogue.colnames
        columns["id"] = np.asarray(catalogue["id"])[columns["row"]] if named else np.argsort(order) + 1
        columns["neighbour"] = _nearest(columns["y"], columns["x"]) * self.pixel_scale
        found = QTable({name: _with_unit(columns[name][order], name, _UNITS) for name in SOURCE_COLUMNS})
        for number, band in enumerate(self.bands):
            for name in BAND_COLUMNS:
                found[f"{name}_{band}"] = _with_unit(of_bands[name][order, number], name, _BAND_UNITS)
        if self.wcs is not None:
            found["sky_centroid"] = self.wcs.pixel_to_world(found["x"], found["y"])
        cutouts = np.concatenate([part[2] for part in parts])[order]
        return SourceSample(
            found, cutouts, self.bands, self.pixel_scale, provenance(threshold=self.threshold)
        )

    def _nothing(self):
        """Make a batch without sources, so that an empty catalogue has its columns."""
        bands = len(self.bands)
        once = {
            name: np.zeros(0, int if name in ("flag", "area", "row") else float) for name in SOURCE_COLUMNS
        }
        each = {name: np.zeros((0, bands), int if name == "flag" else float) for name in BAND_COLUMNS}
        return (
            once | {"row": np.zeros(0, int)},
            each,
            np.zeros((0, bands, self.cutout, self.cutout), np.float32),
        )


def _by_window(segments, labels):
    """Group sources by the size of their windows."""
    side = np.zeros(labels.size)
    own = labels > 0
    boxes = segments.boxes[labels[own] - 1]
    side[own] = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]) + 1 if own.any() else 0
    group = np.minimum(np.searchsorted(_WINDOWS, 2 * side), len(_WINDOWS) - 1)
    for number in np.unique(group):
        yield _WINDOWS[number], np.flatnonzero(group == number)


def _nearest(y, x):
    """Distance of the nearest other source, pixels; infinite if there is none."""
    places = np.stack([y, x], axis=1)
    if len(places) < 2:
        return np.full(len(places), np.inf)
    return cKDTree(places).query(places, k=2)[0][:, 1]


def _with_unit(values, name, units):
    if name in ("id", "flag", "x", "y"):
        return values
    values = values.astype(np.int32 if name == "area" else np.float32)
    return u.Quantity(values, units[name], copy=False, dtype=values.dtype) if name in units else values
