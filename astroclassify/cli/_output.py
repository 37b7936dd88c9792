"""Writing a result table: plain, JSON, CSV or ECSV; to standard output or a file."""

import json
import os
import sys
from io import StringIO
from pathlib import Path

import numpy as np

from astroclassify.cli import _exit_codes
from astroclassify.core import ParameterError, write_text

FORMATS = ("table", "json", "csv", "ecsv")


def say(message):
    """
    Tell the user something that is not a result.

    Parameters
    ----------
    message : str
        One line for standard error.
    """
    print(f"astroclassify: {message}", file=sys.stderr)


def tell_errors(errors):
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
        say(f"error: {error}")
        status = _exit_codes.SOME_FAILED
    return status


def write_result(table, *, format=None, output=None):
    """
    Write a table of results.

    Parameters
    ----------
    table : astropy.table.Table
        The results.
    format : {"table", "json", "csv", "ecsv"}, optional
        By default what the output's suffix says, otherwise ``"table"``.
    output : pathlib.Path, optional
        The file to write; by default standard output.
    """
    text = render(table, format_of(format, output))
    if output is None:
        sys.stdout.write(text)
    else:
        check_output(output)
        write_text(text, output)


def check_output(output):
    """
    Refuse, before the work, a file that could not be written after it.

    Parameters
    ----------
    output : pathlib.Path or None
        The file to write; its folder is made.

    Raises
    ------
    ParameterError
        If it is a folder, or cannot be written there.
    """
    if output is None:
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(f"the result cannot be written to {output}: {error}") from error
    needed = [output] if output.exists() else []
    if output.is_file() or not needed:  # a new file takes the place of an old one
        needed.append(Path(os.path.realpath(output)).parent)
    if output.is_dir() or not all(os.access(path, os.W_OK) for path in needed):
        raise ParameterError(f"the result cannot be written to {output}: a folder, or not yours to write")


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
    """
    suffix = output.suffix.lstrip(".").lower() if output is not None else ""
    return format or (suffix if suffix in FORMATS else "table")


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
