"""From frames in several bands to a catalogue and cut-outs: tile by tile, so that memory does not grow."""

import warnings

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from scipy.spatial import cKDTree

from astroclassify.core import FrameError, FrameWarning, ParameterError, progress_bar, provenance
from astroclassify.stargalaxy._columns import Batch, band_columns, joined_flags, source_columns
from astroclassify.stargalaxy._from_catalogue import source_catalogue, without_mask
from astroclassify.stargalaxy._planes import celestial_wcs, pixel_scale_of, pixels_of, planes_of
from astroclassify.stargalaxy._sample import (
    BAND_COLUMNS,
    BAND_UNITS,
    CUTOUT,
    FLAGS,
    SOURCE_COLUMNS,
    SOURCE_UNITS,
    SourceSample,
)
from astroclassify.stargalaxy._tile import background_of, make_tile
from astroclassify.stargalaxy._windows import windows_of

_TILE = 1024  # pixels on a side
#: Sides of the windows that sources are measured in: the smallest that holds twice the box of a source's
#: pixels.
_WINDOWS = (32, 64, 128, 256)
_PIXELS_AT_A_TIME = 4_000_000  # of all bands
_NAMED = 5  # rows that a warning names


def measure_sources(images, *, catalogue=None, threshold=4.5, cutout=CUTOUT, progress=None):
    """
    Find the sources of a field and measure them in all bands.

    Parameters
    ----------
    images : mapping of str to CCDData, or CCDData
        A frame for each band, on one grid of pixels; the sky may be in them. ``PHOTZP`` (or ``PHOTFLAM`` and
        ``PHOTPLAM``) in ``meta`` is the zero point, ``SATURATE`` the level of full pixels.
    catalogue : astropy.table.Table or path-like, optional
        Sources of one's own, or their file: columns ``x`` and ``y`` (pixels), or ``sky_centroid``, or ``ra``
        and ``dec`` (degrees); ``id`` is kept. By default sources are detected.
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
        order. Its sources outside of the field, or without a place, are kept: their flag is ``missing``.

    Raises
    ------
    ParameterError
        If a parameter is out of range, or the catalogue has no positions.
    FrameError
        If the frames are not on one grid, some have zero points and others not, or no pixel is usable.
    OptionalDependencyError
        If photutils is not installed.

    Warns
    -----
    FrameWarning
        If sources of the catalogue lie outside of the field; the message names their rows.

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
    catalogue = None if catalogue is None else source_catalogue(catalogue)
    places = None if catalogue is None else _places(catalogue, field)
    tiles = progress_bar(list(_tiles(field.shape)), progress=progress, description="measuring")
    parts = [part for core in tiles for part in field.measured(core, places)]
    return field.sample(parts, catalogue, places)


def _tiles(shape):
    for top in range(0, shape[0], _TILE):
        for left in range(0, shape[1], _TILE):
            yield slice(top, min(top + _TILE, shape[0])), slice(left, min(left + _TILE, shape[1]))


def _places(catalogue, field):
    """Pixels of a user's own sources, ``[source, (y, x)]``; NaN where a place is not known."""
    names = set(catalogue.colnames)
    if {"x", "y"} <= names:
        found = np.stack([_numbers(catalogue, name) for name in ("y", "x")], axis=1)
    elif "sky_centroid" in names and field.wcs is not None:
        found = pixels_of(field.wcs, _positions(catalogue))[::-1].T
    else:
        why = f"its columns are {', '.join(catalogue.colnames)}; the frames have "
        why += "no world coordinates" if field.wcs is None else "world coordinates"
        raise ParameterError(f"the catalogue needs columns x and y, or sky_centroid; {why}")
    _warn_of_outside(found, field.shape)
    return found


def _numbers(catalogue, name):
    """A column of places as plain numbers; NaN where it is masked."""
    try:
        column = without_mask(catalogue[name])
    except (TypeError, ValueError) as error:
        raise ParameterError(f"the catalogue's column {name} holds no numbers: {error}") from error
    if column.ndim != 1:
        raise ParameterError(
            f"the catalogue's column {name} has {column.ndim} axes; expected a number for each row"
        )
    return column


def _positions(catalogue):
    found = catalogue["sky_centroid"]
    if not isinstance(found, SkyCoord):
        raise ParameterError(
            f"the catalogue's column sky_centroid is a {type(found).__name__}; expected a SkyCoord"
        )
    return found


def _inside(places, shape):
    return ((places >= -0.5) & (places < np.array(shape) - 0.5)).all(axis=1)


def _warn_of_outside(places, shape):
    rows = np.flatnonzero(~_inside(places, shape))
    if rows.size:
        named = ", ".join(map(str, rows[:_NAMED])) + (", ..." if rows.size > _NAMED else "")
        warnings.warn(
            f"{rows.size} of {len(places)} sources of the catalogue lie outside of the field of {shape} "
            f"pixels, or have no place (rows {named}, from 0): they are kept, flagged 'missing'",
            FrameWarning,
            stacklevel=4,
        )


class _Field:
    """The frames of a field and how they are measured."""

    def __init__(self, images, threshold, cutout):
        self.planes = planes_of(images)
        self.bands = tuple(plane.band for plane in self.planes)
        self.shape = self.planes[0].data.shape
        self.wcs, self.pixel_scale = celestial_wcs(images), pixel_scale_of(images)
        self.threshold, self.cutout = threshold, cutout
        self.backgrounds = [background_of(plane) for plane in self.planes]
        if not any((background.rms > 0).any() for background in self.backgrounds):
            raise FrameError(
                f"no pixel of the bands {', '.join(self.bands)} is usable: all are masked or not finite, or "
                "have one value; expected an image with noise"
            )
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

    def sample(self, parts, catalogue, places):
        """Join batches: from the bottom to the top, or in the order of the user's catalogue."""
        parts = [*parts, self._unobserved(places)]
        columns, of_bands = (
            {n: np.concatenate([p[i][n] for p in parts]) for n in parts[0][i]} for i in (0, 1)
        )
        order = np.argsort(columns["y" if catalogue is None else "row"], kind="stable")
        named = catalogue is not None and "id" in catalogue.colnames
        columns["id"] = np.asarray(catalogue["id"])[columns["row"]] if named else np.argsort(order) + 1
        columns["neighbour"] = _nearest(columns["y"], columns["x"]) * self.pixel_scale
        found = QTable(
            {name: _with_unit(columns[name][order], name, SOURCE_UNITS) for name in SOURCE_COLUMNS}
        )
        for number, band in enumerate(self.bands):
            for name in BAND_COLUMNS:
                found[f"{name}_{band}"] = _with_unit(of_bands[name][order, number], name, BAND_UNITS)
        if self.wcs is not None:
            found["sky_centroid"] = self.wcs.pixel_to_world(found["x"], found["y"])
        cutouts = np.concatenate([part[2] for part in parts])[order]
        return SourceSample(
            found, cutouts, self.bands, self.pixel_scale, provenance(threshold=self.threshold)
        )

    def _unobserved(self, places):
        """Make a batch of sources outside of the field; an empty one gives an empty catalogue its columns."""
        rows = np.flatnonzero(~_inside(places, self.shape)) if places is not None else np.zeros(0, int)
        number, bands = len(rows), len(self.bands)
        flag = FLAGS["missing"] | FLAGS["not detected"]
        once = {name: np.full(number, np.nan) for name in SOURCE_COLUMNS}
        once |= {"row": rows, "area": np.zeros(number, int), "flag": np.full(number, flag)}
        if number:
            once |= {"y": places[rows, 0], "x": places[rows, 1]}
        each = {name: np.full((number, bands), np.nan) for name in BAND_COLUMNS}
        each["flag"] = np.full((number, bands), flag)
        return once, each, np.full((number, bands, self.cutout, self.cutout), np.nan, np.float32)


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
    """Distance of the nearest other source, pixels; infinite if there is none, NaN without a place."""
    places = np.stack([y, x], axis=1)
    known = np.isfinite(places).all(axis=1)
    found = np.where(known, np.inf, np.nan)
    if known.sum() > 1:
        found[known] = cKDTree(places[known]).query(places[known], k=2)[0][:, 1]
    return found


def _with_unit(values, name, units):
    if name in ("id", "flag", "x", "y"):
        return values
    values = values.astype(np.int32 if name == "area" else np.float32)
    return u.Quantity(values, units[name], copy=False, dtype=values.dtype) if name in units else values
