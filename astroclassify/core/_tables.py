"""Tables that users give, in whatever form."""

from pathlib import Path

from astroclassify.core._errors import OptionalDependencyError, ReadError
from astroclassify.core._imports import optional_import

_PARQUET = (".parquet", ".pq")


def read_table(path, *, expected="a table"):
    """
    Read a table from a file.

    Parameters
    ----------
    path : path-like
        FITS, ECSV, CSV, VOTable, Parquet, or another form that astropy knows by its name or content.
    expected : str, default "a table"
        What the file should hold, for the message.

    Returns
    -------
    astropy.table.Table
        With units where the file has them.

    Raises
    ------
    ReadError
        If it cannot be read.
    OptionalDependencyError
        If it is Parquet, and pyarrow is not installed.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.core import read_table
    >>> path = getfixture("tmp_path") / "stars.ecsv"
    >>> Table({"ra": [1.5], "dec": [2.5]}).write(path)
    >>> read_table(path).colnames
    ['ra', 'dec']
    """
    from astropy.table import Table

    try:
        return _from_parquet(path) if Path(path).suffix.lower() in _PARQUET else Table.read(path)
    except OptionalDependencyError:
        raise
    except Exception as error:  # astropy's readers, and pyarrow, fail in many ways
        raise ReadError(f"{path}: expected {expected}: {_first_line(error)}").with_facts(
            file=path, expected=expected
        ) from error


def _first_line(error):
    """The first line of what a reader said; astropy goes on with a list of all its forms."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def _from_parquet(path):
    """Read plain columns; astropy's own reader wants pandas besides pyarrow."""
    from astropy.table import Table

    parquet = optional_import("pyarrow.parquet", needed_for="reading Parquet", extra="parquet")
    found = parquet.read_table(path)
    table = Table({name: _plain(found[name].to_numpy()) for name in found.column_names})
    for name, unit in _units(found.schema).items():
        table[name].unit = unit
    return table


def _plain(values):
    """Texts as texts, with nothing where there is none."""
    if values.dtype.kind != "O":
        return values
    texts = ["" if value is None else value for value in values]
    return texts if all(isinstance(text, str) for text in texts) else values


def _units(schema):
    """Units by column, as astropy writes them: in the table's metadata; or as sets of sources have them."""
    from astropy.table import meta

    units = {field.name: (field.metadata or {}).get(b"unit", b"").decode() for field in schema}
    header = (schema.metadata or {}).get(b"table_meta_yaml")
    if header is not None:
        columns = meta.get_header_from_yaml(header.decode().split("\n"))["datatype"]
        units |= {column["name"]: column.get("unit") for column in columns}
    return {name: unit for name, unit in units.items() if unit and name in schema.names}
