"""Results that last: a folder of Parquet files, to which what is done is added at once.

A Parquet file cannot grow. What is done is therefore written to a journal, a line for each file that was
classified, with all its rows; when that has some thousands of rows it becomes a part of the data set, whole
or not at all. A journal and its part have one number: where both are there, the part counts. So whatever is
killed, whenever, no row is lost, and none is there twice.
"""

import json
import os
import string
from base64 import b64decode, b64encode
from pathlib import Path
from urllib.parse import quote

from astropy.table import Table

from astroclassify.core import (
    Journal,
    ParameterError,
    ReadError,
    RunFolder,
    atomic_path,
    file_stamp,
    optional_import,
    printable_value,
)
from astroclassify.io import is_address

_ABOUT = ".run.json"
_PART, _JOURNAL = "part-{:06d}.parquet", ".journal-{:06d}.jsonl"
_KEY = b"astroclassify"
#: Rows of a part: few files for a million frames, and a journal that is read at once.
ROWS_OF_A_PART = 10_000
#: What is kept of each row besides the answer: what tells whether it still holds.
_STAMP = {"key": str, "bytes": int, "modified": int}


class ResultSet:
    """
    A data set of results on disk, for the time of a block.

    Parameters
    ----------
    folder : path-like
        Where it is, usually ``NAME.parquet``; made if it is not there.
    columns : mapping of str to type
        `str`, `int`, `float` or `bytes` of each column; ``source`` (a file) and ``error`` are among them.
    about : dict, optional
        What makes this run what it is, such as the checksum of the weights: plain data.
    provenance : dict, optional
        What is kept with the rows: plain data.

    Raises
    ------
    ParameterError
        If the folder is something else, holds another run, or another process is at work there.
    OptionalDependencyError
        If pyarrow is not installed.

    Examples
    --------
    >>> from astroclassify.scale import ResultSet, read_results
    >>> folder = getfixture("tmp_path") / "results.parquet"
    >>> with ResultSet(folder, {"source": str, "label": str, "error": str}) as results:
    ...     results.add("a.fits", [{"source": "a.fits", "label": "galaxy", "error": ""}])
    ...     results.has("a.fits")
    True
    >>> print(read_results(folder)["label"][0])
    galaxy
    """

    def __init__(self, folder, columns, *, about=None, provenance=None):
        self._arrow = _arrow()
        self.folder = _checked_folder(folder)
        self.columns = dict(columns)
        self._columns = {**columns, **_STAMP}
        self._about, self._provenance = about or {}, provenance or {}
        self._run = RunFolder(self.folder)
        self._parts, self._done, self._renewed = {}, {}, set()
        self._pending = []

    def __enter__(self):
        self._run.__enter__()
        try:
            self._run.same_run(
                _ABOUT, {"columns": sorted(self._columns)} | self._about, kind="set of results"
            )
            self._take_up()
        except BaseException:
            self._run.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None or not issubclass(kind, OSError):  # a full disk holds no part
                self._close_part()
        finally:
            self._run.__exit__(None, None, None)

    def __len__(self):
        return len(self._done)

    def has(self, source):
        """
        Say whether a file is done: classified without an error, and not changed since.

        Parameters
        ----------
        source : str or path-like
            The file, or an address, which counts as unchanged.

        Returns
        -------
        bool
            Whether its rows are here.
        """
        kept = self._done.get(file_key(source))
        if kept is None or kept is _FAILED:
            return False
        stamp = None if is_address(source) else file_stamp(source)
        return stamp is None or (stamp.bytes, stamp.modified) == kept

    def add(self, source, rows, *, stamp=None):
        """
        Keep the rows of a file, at once; they take the place of older ones of the same file.

        Parameters
        ----------
        source : str or path-like
            The file.
        rows : list of dict
            A row for each frame, with a value for each column.
        stamp : FileStamp, optional
            What the file was when it was read.
        """
        key = file_key(source)
        kept = {"bytes": stamp.bytes if stamp else 0, "modified": stamp.modified if stamp else 0}
        rows = [
            {name: printable_value(value) for name, value in row.items()} | {"key": key, **kept}
            for row in rows
        ]
        self._journal.add({"key": key, "rows": [_as_json(row) for row in rows]})
        self._replace(key, rows)
        if len(self._pending) >= ROWS_OF_A_PART:
            self._close_part()

    def _replace(self, key, rows):
        if key in self._done:
            self._renewed.add(key)
            self._pending = [row for row in self._pending if row["key"] != key]
        self._remember(key, rows)
        self._pending += rows

    # What is there ---------------------------------------------------------------------------

    def _take_up(self):
        for path in sorted(self.folder.glob("part-*.parquet")):
            number = int(path.stem.partition("-")[2])
            self._parts[number] = path
            self._remember_part(path)
        self._number = max(self._parts, default=0) + 1
        for path in self.folder.glob(".journal-*.jsonl"):
            if int(path.stem.partition("-")[2]) in self._parts:
                path.unlink()  # its part was written before it was killed
        self._open_journal()
        for line in self._journal.rows():
            self._replace(line["key"], [self._from_json(row) for row in line["rows"]])

    def _remember_part(self, path):
        table = self._arrow.read_table(path, columns=["error", *_STAMP])
        for row in table.to_pylist():
            self._remember(row["key"], [row])

    def _remember(self, key, rows):
        failed = any(row["error"] for row in rows)
        self._done[key] = _FAILED if failed else (rows[0]["bytes"], rows[0]["modified"]) if rows else _FAILED

    def _open_journal(self):
        self._journal = Journal(self.folder / _JOURNAL.format(self._number), ("key", "rows"))

    # Parts -----------------------------------------------------------------------------------

    def _close_part(self):
        """Make a part of the journal; older parts lose the rows that it replaces, before."""
        if not self._pending:
            return
        self._forget_renewed()
        path = self.folder / _PART.format(self._number)
        self._write_part(self._pending, path)
        self._parts[self._number] = path
        self._journal.remove()
        self._number += 1
        self._pending = []
        self._open_journal()

    def _forget_renewed(self):
        for path in self._parts.values() if self._renewed else ():
            rows = self._arrow.read_table(path).to_pylist()
            kept = [row for row in rows if row["key"] not in self._renewed]
            if len(kept) < len(rows):
                self._write_part(kept, path)
        self._renewed.clear()

    def _write_part(self, rows, path):
        schema = _schema(self._columns).with_metadata({_KEY: json.dumps(self._provenance).encode()})
        import pyarrow as pa

        table = pa.Table.from_pylist(rows, schema=schema)
        with atomic_path(path) as unfinished:
            self._arrow.write_table(table, unfinished, compression="zstd")

    def _from_json(self, row):
        return {
            name: b64decode(value) if self._columns.get(name) is bytes else value
            for name, value in row.items()
        }


#: What stands for a file that failed: it is tried again.
_FAILED = ()


def file_key(source):
    """
    Name a file so that no other has the same name, and it has no other name.

    Parameters
    ----------
    source : str or path-like
        The file, or an address.

    Returns
    -------
    str
        The absolute path as an address, ``file:///...``, its bytes that are not ASCII escaped; links are
        not followed. An address stays as it is.

    Examples
    --------
    >>> from astroclassify.scale import file_key
    >>> file_key("https://archive.example.org/a.fits")
    'https://archive.example.org/a.fits'
    >>> file_key("night1/../a.fits") == file_key("./a.fits")
    True
    """
    if is_address(source):
        return quote(source, safe=string.punctuation, errors="surrogatepass")
    return Path(os.path.abspath(source)).as_uri()


def _arrow():
    optional_import("pyarrow", needed_for="results as Parquet", extra="scale")
    from pyarrow import parquet

    return parquet


def _schema(columns):
    import pyarrow as pa

    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bytes: pa.binary()}
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


def _as_json(row):
    return {
        name: b64encode(value).decode() if isinstance(value, bytes) else value for name, value in row.items()
    }


def _checked_folder(folder):
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ParameterError(
            f"{folder} is a file; results are added to a folder of Parquet files: name another"
        )
    inside = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if inside and _ABOUT not in inside and inside - {".lock", ".unfinished"}:
        raise ParameterError(f"{folder} holds something else than results; expected an empty folder, or none")
    return folder


def read_results(folder, *, columns=None):
    """
    Read a data set of results, also while it grows.

    Parameters
    ----------
    folder : path-like
        A folder that `ResultSet` made; or a single Parquet file.
    columns : sequence of str, optional
        Only these.

    Returns
    -------
    astropy.table.Table
        The rows, with the provenance in ``meta``; those of a journal that is no part yet come last.

    Raises
    ------
    ReadError
        If it is not there, or holds no results.

    Examples
    --------
    >>> from astroclassify.scale import ResultSet, read_results
    >>> folder = getfixture("tmp_path") / "results.parquet"
    >>> with ResultSet(folder, {"source": str, "label": str, "error": str}) as results:
    ...     results.add("a.fits", [{"source": "a.fits", "label": "galaxy", "error": ""}])
    >>> print(*read_results(folder, columns=["source", "label"])[0])
    a.fits galaxy
    """
    parquet, folder = _arrow(), Path(folder)
    tables, meta = [], {}
    for path in _parts_of(folder):
        part = _read_part(parquet, path, columns)
        meta |= json.loads((part.schema.metadata or {}).get(_KEY, b"{}"))
        tables.append(part.to_pydict())
    tables += _journals_of(folder, columns, {name for part in tables for name in part})
    names = list(dict.fromkeys(name for part in tables for name in part))
    merged = {name: [value for part in tables for value in part.get(name, ())] for name in names}
    return Table({name: _column(values) for name, values in merged.items()}, meta=meta)


def _parts_of(folder):
    if folder.is_file():
        return [folder]
    if not (folder / _ABOUT).is_file() and not any(folder.glob("*.parquet")):
        raise ReadError(f"{folder}: there are no results; expected a folder that classify wrote: -o {folder}")
    return sorted(folder.glob("*.parquet"))


def _read_part(parquet, path, columns):
    import pyarrow as pa

    try:
        return parquet.read_table(path, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise ReadError(f"{path}: expected results as Parquet, which classify -o writes: {error}") from error


def _journals_of(folder, columns, names):
    for path in sorted(folder.glob(".journal-*.jsonl")) if folder.is_dir() else ():
        if (folder / _PART.format(int(path.stem.partition("-")[2]))).exists():
            continue
        lines = {line["key"]: line["rows"] for line in Journal(path, ("key", "rows")).rows()}
        rows = [row for each in lines.values() for row in each]
        wanted = columns or list(rows[0] if rows else names)
        yield {name: [row.get(name) for row in rows] for name in wanted}


def _column(values):
    import numpy as np

    if any(isinstance(value, bytes) for value in values):
        return np.array(values, dtype=object)
    return values
