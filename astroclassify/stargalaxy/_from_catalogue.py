"""A sample of sources of which there is a catalogue only."""

import os

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from astroclassify.core import ParameterError, read_table
from astroclassify.stargalaxy._sample import CUTOUT, SourceSample

_MAGNITUDE = "mag_"


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
        Columns ``ra`` and ``dec`` (degrees) have become ``sky_centroid``, unless it has that too.

    Raises
    ------
    ParameterError
        If it is neither.
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
    if {"ra", "dec"} <= set(table.colnames) and "sky_centroid" not in table.colnames:
        ra, dec = (in_degrees(table, name) for name in ("ra", "dec"))
        table["sky_centroid"] = SkyCoord(ra, dec, unit="deg")
        table.remove_columns(["ra", "dec"])
    return table


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
        degrees = u.Quantity(table[name], u.deg, dtype=float).value
    except (TypeError, ValueError, u.UnitsError) as error:
        raise ParameterError(f"the catalogue's column {name} holds no angles: {error}") from error
    return np.ma.filled(np.ma.asarray(degrees), np.nan)


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
        If it is no table, or has no magnitudes.
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
    for band in bands:
        _check_numbers(table, _MAGNITUDE + band)
    for name in ("x", "y", *(f"noise_{band}" for band in bands)):
        if name not in table.colnames:
            table[name] = np.full(len(table), np.nan)
    cutouts = np.full((len(table), len(bands), CUTOUT, CUTOUT), np.nan, np.float32)
    return SourceSample(table, cutouts, bands, pixel_scale)


def _check_numbers(table, name):
    column = table[name]
    if column.dtype.kind not in "iuf" or column.ndim != 1:
        raise ParameterError(
            f"the catalogue's column {name} holds {column.dtype} of the shape {column.shape}; expected a "
            "magnitude for each row"
        )
