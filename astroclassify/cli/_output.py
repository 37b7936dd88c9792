"""Writing a result table: plain, JSON, CSV, ECSV, FITS, VOTable or Parquet; to standard output or a file."""

import gzip
import json
import logging
import os
import re
import sys
import warnings
import zlib
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from itertools import islice
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.cli import _exit_codes
from astroclassify.core import (
    AstroclassifyError,
    ParameterError,
    atomic_path,
    optional_import,
    printable,
    printable_value,
    write_text,
)

#: What the command says; `astroclassify.cli._talk` puts it on standard error.
LOGGER = logging.getLogger("astroclassify.cli")

#: What is written as text, also to standard output; and what only files can hold.
TEXTS, BINARIES = ("table", "json", "csv", "ecsv"), ("fits", "votable", "parquet")
FORMATS = (*TEXTS, *BINARIES)
_SUFFIXES = {
    **{"": "table", ".txt": "table", ".json": "json", ".csv": "csv", ".ecsv": "ecsv"},
    **{".fits": "fits", ".fit": "fits", ".vot": "votable", ".xml": "votable", ".votable": "votable"},
    **{".parquet": "parquet", ".pq": "parquet"},
}
_NUMBER_OF_ERROR = re.compile(r"\[Errno -?\d+\] ")  # the system's
#: HDUs of a file to be replaced that are looked at.
_LOOKED_AT = 1000


def say(message):
    """
    Tell the user something that is not a result.

    Parameters
    ----------
    message : str
        One line for standard error; with ``--quiet`` only what begins with ``error:`` is said.
    """
    LOGGER.log(logging.ERROR if message.startswith("error:") else logging.WARNING, "%s", message)


def of_frame(row, message):
    """
    Put the name of a frame before what is said of it.

    Parameters
    ----------
    row : mapping
        With ``source`` and ``chip``, 0 for none.
    message : str
        What is said.

    Returns
    -------
    str
        One line.
    """
    chip = f", chip {row['chip']}" if row["chip"] else ""
    return f"{row['source']}{chip}: {message}"


def report_errors(errors):
    """
    Tell the user what failed.

    Parameters
    ----------
    errors : iterable of str or Exception
        One for each input that could not be worked on.

    Returns
    -------
    int
        The exit status.
    """
    status = _exit_codes.DONE
    for error in errors:
        say(f"error: {printable(plainly(error))}")
        status = _exit_codes.SOME_FAILED
    return status


def plainly(error):
    """
    Say what went wrong, without the system's numbers of errors.

    Parameters
    ----------
    error : str or Exception
        What failed.

    Returns
    -------
    str
        Of what the system refused the file and why, of all else the message without such numbers.
    """
    if isinstance(error, OSError) and not isinstance(error, AstroclassifyError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return _NUMBER_OF_ERROR.sub("", str(error))


def told_of(path, error, *, source=None):
    """
    Say what went wrong with a file, and name it.

    Parameters
    ----------
    path : path-like
        The file.
    error : str or Exception
        What failed.
    source : str, optional
        What the file is called in messages; by default its path.

    Returns
    -------
    str
        Begins with that name, unless the message has the file's name already.
    """
    why = plainly(error)
    return why if Path(path).name in why else f"{source or path}: {why}"


def write_result(table, *, format=None, output=None):
    """
    Write a table of results.

    Parameters
    ----------
    table : astropy.table.Table
        The results.
    format : str, optional
        One of ``FORMATS``; by default what the output's suffix says, otherwise ``"table"``.
    output : pathlib.Path, optional
        The file to write; by default standard output.

    Raises
    ------
    ParameterError
        If it cannot be written there, or not so.
    OptionalDependencyError
        If what writes Parquet is not installed.
    """
    chosen = format_of(format, output)
    check_output(output, chosen)
    table = _printable(table)
    if output is None:
        sys.stdout.write(render(table, chosen))
    elif chosen in BINARIES:
        _write_binary(table, chosen, output)
    else:
        write_text(render(table, chosen), output)


def _printable(table):
    """Escape in a table's texts what terminals obey and files cannot hold: names of files may be anything."""
    shown = table.copy(copy_data=False)
    for name in shown.colnames:
        if shown[name].dtype.kind in "UO":
            shown[name] = _printable_column(shown[name])
    return shown


def _printable_column(column):
    escaped = [printable_value(value) for value in column]
    if escaped == list(column):
        return column
    return type(column)(escaped, name=column.name, dtype=object if column.dtype.kind == "O" else str)


def _write_binary(table, format, output):
    plain = Table(table, copy=True)
    plain.meta = {"comments": [f"{name} = {value}" for name, value in _flat(plain.meta)]}
    with atomic_path(output) as unfinished, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that a format spells in its own way
        if format == "votable":
            _write_votable(plain, unfinished)
        else:
            plain.write(unfinished, format=format)


def _write_votable(table, path):
    from astropy.io.votable import from_table

    file = from_table(table)
    file.get_first_table().description = "\n".join(table.meta["comments"])
    file.to_xml(str(path))


def _flat(meta, before=""):
    """Give names and values of provenance, those within others as ``versions.numpy``."""
    for name, value in meta.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif value is not None:
            yield f"{before}{name}", value


def check_output(output, format=None, *, inputs=()):
    """
    Refuse, before the work, a table that could not be written after it.

    Parameters
    ----------
    output : pathlib.Path or None
        The file to write; its folder is made.
    format : str, optional
        What it is to hold; by default what its suffix says.
    inputs : iterable of path-like, optional
        As for `check_writable`.

    Raises
    ------
    ParameterError
        As `check_writable` does, or if the suffix is that of no format.
    OptionalDependencyError
        If what writes the format is not installed.
    """
    if format_of(format, output) == "parquet":
        optional_import("pyarrow", needed_for="writing Parquet", extra="parquet")
    check_writable(output, inputs=inputs)


def check_writable(output, *, inputs=()):
    """
    Refuse, before the work, a place where no file could be written after it, or where one would be lost.

    Parameters
    ----------
    output : pathlib.Path or None
        The file to write; its folder is made.
    inputs : iterable of path-like, optional
        What is worked on: files, also folders, patterns and addresses.

    Raises
    ------
    ParameterError
        If it is a folder, or cannot be written there; if it is one of the inputs, or a FITS file that holds
        an image.
    """
    if output is None:
        return
    check_apart(output, inputs)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(f"the result cannot be written to {output}: {error}") from error
    needed = [output] if output.exists() else []
    if output.is_file() or not needed:  # a new file takes the place of an old one
        needed.append(Path(os.path.realpath(output)).parent)
    if output.is_dir() or not all(os.access(path, os.W_OK) for path in needed):
        raise ParameterError(f"the result cannot be written to {output}: a folder, or not yours to write")
    if _holds_image(output):
        raise ParameterError(
            f"{output} is a FITS file that holds an image; the result would replace it. Choose another name"
        )


def check_apart(output, inputs):
    """
    Refuse to write over what is worked on.

    Parameters
    ----------
    output : pathlib.Path
        The file to write.
    inputs : iterable of path-like
        What is worked on; what is no file here is passed over.

    Raises
    ------
    ParameterError
        If the file to write is one of them, also by another name.
    """
    if output.is_file() and any(_is_file(path) and os.path.samefile(path, output) for path in inputs):
        raise ParameterError(
            f"{output} is one of the inputs; the result would replace it. Choose another name"
        )


def _is_file(path):
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a pattern longer than a name may be, an address
        return False


def _holds_image(path):
    """Tell whether a file is FITS, and one of its HDUs an image (bool); no pixel is read."""
    if not path.is_file():
        return False
    from astroclassify.io import walk_hdus

    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
    with (gzip.open if packed else open)(path, "rb") as file, suppress(EOFError, OSError, zlib.error):
        if file.read(9) != b"SIMPLE  =":
            return False
        hdus = walk_hdus(lambda start, stop: file.read(stop - start) if file.seek(start) == start else b"")
        return any(_is_image(hdu) for hdu in islice(hdus, _LOOKED_AT))
    return False  # what is broken holds nothing


def _is_image(hdu):
    is_table = b"TABLE" in (hdu.card("XTENSION") or b"")
    return hdu.data_size > 0 and (not is_table or hdu.card("ZIMAGE") is not None)


def format_of(format, output):
    """
    Choose a format.

    Parameters
    ----------
    format : str or None
        What the user asked for.
    output : pathlib.Path or None
        The file to write.

    Returns
    -------
    str
        One of ``FORMATS``: what was asked for, else what the file's suffix says, else a table.

    Raises
    ------
    ParameterError
        If the suffix is that of no format, or standard output cannot hold the format.
    """
    if output is None and format in BINARIES:
        raise ParameterError(f"{format} is written to a file only; give one with --output")
    suffix = output.suffix.lower() if output is not None else ""
    if format is None and suffix not in _SUFFIXES:
        known = ", ".join(known for known in _SUFFIXES if known)
        raise ParameterError(
            f"{output}: no table is written as {suffix!r}; end it in one of {known} (commands that have "
            "--format write any name)"
        )
    return format or _SUFFIXES[suffix]


def render(table, format):
    """
    Give a table as text.

    Parameters
    ----------
    table : astropy.table.Table
        The results; a masked value is an empty field (JSON: null).
    format : {"table", "json", "csv", "ecsv"}
        How.

    Returns
    -------
    str
        The text, with a newline at its end.
    """
    if format == "json":
        return json.dumps(records(table), indent=2, ensure_ascii=False) + "\n"
    if format == "table":
        return "\n".join(line.rstrip() for line in _aligned(table).pformat(max_lines=-1, max_width=-1)) + "\n"
    buffer = StringIO()
    table.write(buffer, format=f"ascii.{format}")
    return buffer.getvalue()


def records(table):
    """
    Give a table's rows as plain Python values.

    Parameters
    ----------
    table : astropy.table.Table
        The results.

    Returns
    -------
    list of dict
        One for each row; masked and not finite values are `None`.
    """
    return [{name: _plain(row[name]) for name in table.colnames} for row in table]


def _plain(value):
    value = getattr(value, "value", value)
    if value is np.ma.masked:
        return None
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _aligned(table):
    """Round floats, leave out NaN and align text to the left, in a copy."""
    shown = table.copy()
    for name in shown.colnames:
        column = shown[name]
        if column.dtype.kind == "f":
            column.info.format = _number_or_nothing(column.info.format or ".3f")
        elif column.dtype.kind in "UO":
            column.info.format = "<"
    return shown


def _number_or_nothing(spec):
    return lambda value: "" if value is np.ma.masked or np.isnan(value) else format(value, spec)
