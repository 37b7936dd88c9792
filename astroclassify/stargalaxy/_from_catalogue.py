"""A sample of sources of which there is a catalogue only."""

import os

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from astroclassify.core import ParameterError, read_table
from astroclassify.stargalaxy._sample import BAND_UNITS, CUTOUT, SOURCE_UNITS, SourceSample

_MAGNITUDE = "mag_"
#: Columns that the networks see, and those that say where a source is.
_SEEN = ("x", "y", "a", "b", "fwhm", "half_light_radius", "kron_radius", "ellipticity", "concentration")
_SEEN += ("peak_over_flux", "snr", "neighbour", "flag", "field")
_SEEN_OF_BANDS = ("mag", "snr", "fwhm", "point_fwhm", "noise", "flag")
#: Catalogues write 99 or -99 where there is no magnitude.
_NO_MAGNITUDE = 90.0
_POINT = {"point_fwhm": u.arcsec}


def source_catalogue(catalogue):
    """
    Give a catalogue of sources as a table.

    Parameters
    ----------
    catalogue : astropy.table.Table or path-like
        A table, or the file of one (FITS, ECSV, CSV, VOTable, Parquet).

    Returns
    -------
    astropy.table.QTable
        Columns ``ra`` and ``dec`` (degrees; also in capitals) have become ``sky_centroid``, unless
        it has that too.

    Raises
    ------
    ParameterError
        If it is neither, or its ``ra`` and ``dec`` are no positions.
    ReadError
        If the file cannot be read.
    """
    if isinstance(catalogue, str | os.PathLike):
        catalogue = read_table(catalogue, expected="a catalogue of sources")
    if not isinstance(catalogue, Table):
        raise ParameterError(
            f"the catalogue is a {type(catalogue).__name__}; expected a table of astropy, or the file of one"
        )
    table = QTable(catalogue, copy=False)
    named = {name.lower(): name for name in reversed(table.colnames)}
    columns = [named[axis] for axis in ("ra", "dec") if axis in named]
    if len(columns) == 2 and "sky_centroid" not in table.colnames:
        ra, dec = (in_degrees(table, name) for name in columns)
        try:
            table["sky_centroid"] = SkyCoord(ra, dec, unit="deg")
        except ValueError as error:  # a latitude beyond a pole
            raise ParameterError(f"the catalogue's columns ra and dec are no positions: {error}") from error
        table.remove_columns(columns)
    return table


def without_mask(column):
    """
    Give a column of numbers without unit and mask.

    Parameters
    ----------
    column : astropy.table.Column or astropy.units.Quantity
        The column.

    Returns
    -------
    numpy.ndarray
        Float64, NaN where it is masked.
    """
    return np.ma.filled(np.ma.asarray(getattr(column, "value", column), float), np.nan)


def in_degrees(table, name):
    """
    Give a column of angles.

    Parameters
    ----------
    table : astropy.table.QTable
        The catalogue.
    name : str
        The column; without a unit it is in degrees.

    Returns
    -------
    numpy.ndarray
        Degrees, NaN where it is masked.

    Raises
    ------
    ParameterError
        If it holds no angles.
    """
    try:
        degrees = u.Quantity(table[name], u.deg, dtype=float)
    except (TypeError, ValueError, u.UnitsError) as error:
        raise ParameterError(f"the catalogue's column {name} holds no angles: {error}") from error
    return without_mask(degrees)


def sample_of_catalogue(catalogue, *, pixel_scale=0.074):
    """
    Make a sample of a catalogue without images.

    Parameters
    ----------
    catalogue : astropy.table.Table or path-like
        A table, or its file: a row for each source; ``mag_B`` for each band *B*, and as many as there are of
        the other columns of a `SourceSample`.
    pixel_scale : float, default 0.074
        Arcseconds per pixel of the images that it was measured on.

    Returns
    -------
    SourceSample
        Whose cut-outs are empty.

    Raises
    ------
    ParameterError
        If it is no table, or has no magnitudes; if a column holds no numbers, or has another kind of unit.
    ReadError
        If the file cannot be read.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astroclassify.stargalaxy import sample_of_catalogue
    >>> sample_of_catalogue(QTable({"mag_g": [22.0], "mag_i": [21.0]})).bands
    ('g', 'i')
    """
    table = source_catalogue(catalogue).copy()
    bands = tuple(name.removeprefix(_MAGNITUDE) for name in table.colnames if name.startswith(_MAGNITUDE))
    bands = tuple(band for band in bands if not band.startswith("err_"))
    if not bands:
        raise ParameterError(
            f"the catalogue has the columns {', '.join(table.colnames)}; expected magnitudes such as mag_i"
        )
    units = SOURCE_UNITS | {
        f"{name}_{band}": unit for band in bands for name, unit in (BAND_UNITS | _POINT).items()
    }
    for name in (*_SEEN, *(f"{name}_{band}" for band in bands for name in _SEEN_OF_BANDS)):
        if name in table.colnames:
            _check_numbers(table, name)
            _convert(table, name, units.get(name))
    for band in bands:
        magnitudes = table[_MAGNITUDE + band]
        numbers = without_mask(magnitudes)
        table[_MAGNITUDE + band] = np.where(np.abs(numbers) < _NO_MAGNITUDE, numbers, np.nan) * u.mag
    for name in ("x", "y", *(f"noise_{band}" for band in bands)):
        if name not in table.colnames:
            table[name] = np.full(len(table), np.nan)
    cutouts = np.full((len(table), len(bands), CUTOUT, CUTOUT), np.nan, np.float32)
    return SourceSample(table, cutouts, bands, pixel_scale)


def _check_numbers(table, name):
    column = table[name]
    kind = getattr(column, "dtype", None)
    if kind is None or kind.kind not in "iuf" or column.ndim != 1:
        raise ParameterError(
            f"the catalogue's column {name} holds {kind or type(column).__name__} of the shape "
            f"{column.shape}; expected a number for each row"
        )


def _convert(table, name, unit):
    """Give a column in our unit; one without a unit is in it."""
    found = getattr(table[name], "unit", None)
    if unit is None or found is None or found in (unit, u.ABmag):
        return
    try:
        table[name] = table[name].to(unit)
    except (u.UnitsError, AttributeError) as error:
        expected = "AB magnitudes" if unit == u.mag else f"a unit like {unit}"
        raise ParameterError(
            f"the catalogue's column {name} has the unit {found}; expected {expected}"
        ) from error
