"""A set of measured sources on disk: for each field a Parquet table and an array of cut-outs.

Cut-outs are kept in units of the noise of a pixel, as 16-bit floats: three digits of every value, in half of
the space, and the brightest star (some 10,000 times the noise) is still in range.
"""

import json
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.table import QTable, vstack

from astroclassify.core import ReadError, atomic_path, optional_import, read_table
from astroclassify.stargalaxy._sample import SourceSample

#: The file that says what a set is.
ABOUT = "sources.json"
_PREFIX = "field-"
#: The largest 16-bit float, a little rounded down.
_LARGEST = 65_000.0


class SourceSet:
    """
    A set of sources on disk; cut-outs are read when they are asked for.

    Made by `SourceSet.open`.

    Parameters
    ----------
    folder : path-like
        The folder.
    about : dict
        What its file ``sources.json`` says: ``bands``, ``size``, ``pixel_scale``, how it was made.

    Attributes
    ----------
    bands : tuple of str
        In the order of the cut-outs.
    pixel_scale : float
        Arcseconds per pixel.

    Examples
    --------
    >>> from astroclassify.stargalaxy import SourceSet, simulate_sources
    >>> folder = getfixture("tmp_path") / "sources"
    >>> field = {"shape": (128, 128), "bands": ("i",), "limit": 22.0}
    >>> done = simulate_sources(folder, count=1, **field, progress=False)
    >>> made = SourceSet.open(folder)
    >>> made.catalogue["true_class", "true_mag_i", "snr_i"].colnames
    ['true_class', 'true_mag_i', 'snr_i']
    """

    def __init__(self, folder, about):
        self.folder, self.about = Path(folder), dict(about)
        self.bands, self.pixel_scale = tuple(about["bands"]), float(about["pixel_scale"])
        self._names = [path.stem for path in sorted(self.folder.glob(f"{_PREFIX}*.parquet"))]

    @classmethod
    def open(cls, folder):
        """
        Open a set, also one that still grows.

        Parameters
        ----------
        folder : path-like
            The folder.

        Returns
        -------
        SourceSet
            What is there now.

        Raises
        ------
        ReadError
            If it is the folder of no set.
        """
        path = Path(folder) / ABOUT
        if not path.is_file():
            raise ReadError(f"{path} is not there; expected the folder of a set of sources")
        return cls(folder, json.loads(path.read_text(encoding="utf-8")))

    def __len__(self):
        return int(self._starts[-1])

    @cached_property
    def catalogue(self):
        """Every source's row: what was measured and what is true (astropy.table.QTable)."""
        return vstack([_read_table(self._table(name)) for name in self._names], metadata_conflicts="silent")

    @cached_property
    def _starts(self):
        sizes = [np.load(self._array(name), mmap_mode="r").shape[0] for name in self._names]
        return np.append(0, np.cumsum(sizes, dtype=int))

    def _table(self, name):
        return self.folder / f"{name}.parquet"

    def _array(self, name):
        return self.folder / f"{name}.npy"

    def scaled_cutouts(self, rows=None):
        """
        Read cut-outs in units of the noise of a pixel.

        Parameters
        ----------
        rows : array of int, optional
            Which sources; by default all.

        Returns
        -------
        numpy.ndarray
            float16 ``[source, band, y, x]``; NaN as in `SourceSample`.
        """
        rows = np.arange(len(self)) if rows is None else np.asarray(rows, int)
        size = int(self.about["size"])
        cutouts = np.empty((rows.size, len(self.bands), size, size), np.float16)
        part = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(part):
            here = np.flatnonzero(part == number)
            stored = np.load(self._array(self._names[number]), mmap_mode="r")
            cutouts[here] = stored[rows[here] - self._starts[number]]
        return cutouts

    def sample(self, rows=None):
        """
        Read sources into memory.

        Parameters
        ----------
        rows : array of int, optional
            Which sources; by default all.

        Returns
        -------
        SourceSample
            As `measure_sources` gave them.
        """
        rows = np.arange(len(self)) if rows is None else np.asarray(rows, int)
        scaled = self.scaled_cutouts(rows).astype(np.float32)
        without = SourceSample(self.catalogue[rows], scaled, self.bands, self.pixel_scale, dict(self.about))
        scaled *= np.nan_to_num(without.noise, nan=1.0)[:, :, None, None]
        return without


def write_field(folder, number, sample):
    """
    Write the sources of one field, the table last: a field counts when it is there.

    Parameters
    ----------
    folder : path-like
        The set's folder.
    number : int
        The field's number.
    sample : SourceSample
        Its sources.
    """
    name = Path(folder) / f"{_PREFIX}{number:05d}"
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = sample.cutouts / sample.noise[:, :, None, None]
    with atomic_path(name.with_suffix(".npy")) as unfinished, open(unfinished, "wb") as file:
        np.save(file, np.clip(scaled, -_LARGEST, _LARGEST).astype(np.float16))
    with atomic_path(name.with_suffix(".parquet")) as unfinished:
        _write_table(sample.catalogue, unfinished)


def fields_there(folder):
    """
    Find the fields of a set that are done.

    Parameters
    ----------
    folder : path-like
        The set's folder.

    Returns
    -------
    dict of int to int
        For each number the sources of that field.
    """
    paths = Path(folder).glob(f"{_PREFIX}*.parquet")
    return {int(path.stem.removeprefix(_PREFIX)): _rows(path) for path in sorted(paths)}


def _parquet():
    return optional_import("pyarrow.parquet", needed_for="sets of sources on disk", extra="parquet")


def _rows(path):
    return _parquet().read_metadata(path).num_rows


def _write_table(catalogue, path):
    """Write plain columns; units go to the fields' metadata, positions on the sky as two columns."""
    import pyarrow as pa

    parquet, columns, fields = _parquet(), [], []
    for name, unit, values in _plain_columns(catalogue):
        columns.append(pa.array(values))
        fields.append(pa.field(name, columns[-1].type, metadata={"unit": unit}))
    parquet.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)), path)


def _plain_columns(catalogue):
    for name in catalogue.colnames:
        column = catalogue[name]
        if name == "sky_centroid":
            yield "ra", "deg", column.icrs.ra.deg
            yield "dec", "deg", column.icrs.dec.deg
        else:
            values = np.asarray(getattr(column, "value", column))
            yield name, str(getattr(column, "unit", None) or ""), _of_plain_type(values)


def _of_plain_type(values):
    return values.tolist() if values.dtype.kind in "US" else values


def _read_table(path):
    return _with_positions(QTable(read_table(path, expected="a table of a set of sources")))


def _with_positions(table):
    from astropy.coordinates import SkyCoord

    if {"ra", "dec"} <= set(table.colnames):
        table["sky_centroid"] = SkyCoord(table["ra"], table["dec"])
        table.remove_columns(["ra", "dec"])
    return table
