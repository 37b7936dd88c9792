"""Manifests: lists of frames in the columns of the paper's released lists, read, checked and written."""

import os
import re
import urllib.error
import urllib.request
import warnings
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from astropy.table import Table

from astroclassify.core import AstroclassifyWarning, ParameterError, ReadError, fingerprint, write_text
from astroclassify.instruments import INSTRUMENTS

#: Columns of the paper's released lists.
MANIFEST_COLUMNS = ("ID", "Instrument", "OBSID", "Filter", "RA", "DEC", "HDU Index", "Label")
#: Names of the tables of a simulated set: its list of frames, and the truth about its exposures.
MANIFEST_FILE, TRUTH_FILE = "manifest.ecsv", "truth.ecsv"
#: What a label may be: the paper's two, the finer classes, and a frame of no body.
LABELS = ("galaxy", "nsc", "nebula", "star cluster", "field")
_TEXTS = ("ID", "Instrument", "OBSID", "Filter", "Label")
_NUMBERS = {"RA": float, "DEC": float, "HDU Index": int}
#: Names that programs give to a column of row numbers that has none.
_INDEX_NAMES = ("", "col0", "Unnamed: 0", "index")
#: How a rootname begins, by camera; the numbers of the HDUs with pixels in its raw files.
_ROOTNAMES = {"ACS/WFC": "j", "WFC3/UVIS": "i"}
_HDUS = (1, 4)
_TIMEOUT = 60  # seconds without an answer


def read_manifest(source, *, sha256=None, required=MANIFEST_COLUMNS):
    """
    Read a list of frames, and check it.

    Parameters
    ----------
    source : path-like or str
        A CSV or ECSV file, or its address (``http:``, ``https:`` or ``file:``). A first column of row
        numbers, as in the published lists, is left out; columns beyond the paper's are kept.
    sha256 : str, optional
        What the SHA-256 of the file's bytes must be, in hexadecimal.
    required : sequence of str, default MANIFEST_COLUMNS
        Columns that must be there.

    Returns
    -------
    astropy.table.Table
        One row for each frame: ``ID`` (of the body), ``Instrument``, ``OBSID``, ``Filter``, ``RA`` and
        ``DEC`` (degrees), ``HDU Index`` and ``Label`` (lower case). ``meta`` says ``source`` and ``sha256``.

    Raises
    ------
    ReadError
        If the file is not there, is no table, or a row is wrong; the message names the row, counted from 1.
    ParameterError
        If the bytes are not those that `sha256` says.

    Warns
    -----
    AstroclassifyWarning
        If a frame is listed more than once.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from astroclassify.datasets import read_manifest
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "list.csv")
    ...     head = "ID,Instrument,OBSID,Filter,RA,DEC,HDU Index,Label"
    ...     _ = file.write_text(f"{head}\\nM13,ACS/WFC,jaaa01abq,F606W,250.4,36.5,1,NSC")
    ...     print(read_manifest(file)["ID", "Label"])
     ID Label
    --- -----
    M13   nsc
    """
    content, name = _bytes_of(source)
    digest = _checked_digest(content, sha256, source)
    table = check_manifest(_parse(content, source), source=source, required=required)
    table.meta.update(source=name, sha256=digest)
    return table


def _bytes_of(source):
    """The bytes of a file or address, and what to call it without the path on this machine."""
    text = os.fspath(source)
    try:
        if urlsplit(text).scheme in ("http", "https", "file"):
            with urllib.request.urlopen(text, timeout=_TIMEOUT) as answer:
                return answer.read(), text
        return Path(text).read_bytes(), Path(text).name
    except FileNotFoundError as error:
        raise ReadError(f"{source}: there is no such manifest") from error
    except (OSError, urllib.error.URLError) as error:
        raise ReadError(f"{source}: the manifest cannot be read: {error}") from error


def _checked_digest(content, expected, source):
    digest = fingerprint(content)
    if expected is not None and digest != str(expected).strip().lower():
        raise ParameterError(
            f"{source}: its SHA-256 is {digest}, not {expected}: another version, or damaged on its way; "
            "get it again, or give the checksum of this version"
        )
    return digest


def _parse(content, source):
    try:
        text = content.decode("utf-8-sig")
        ecsv = text.lstrip().startswith("# %ECSV")
        options = {} if ecsv else {"converters": dict.fromkeys(_TEXTS, str)}
        table = Table.read(text.splitlines(), format="ascii.ecsv" if ecsv else "ascii.csv", **options)
    except Exception as error:  # astropy's readers fail in many ways
        raise ReadError(f"{source}: expected a CSV or ECSV table: {error}") from error
    first = table.colnames[0]
    if first in _INDEX_NAMES and first not in MANIFEST_COLUMNS:
        table.remove_column(first)
    return table


def check_manifest(table, *, source="the manifest", required=MANIFEST_COLUMNS):
    """
    Check a list of frames, and convert it to the standard columns and types.

    Parameters
    ----------
    table : astropy.table.Table
        The list.
    source : str or path-like, optional
        Name of the list in messages.
    required : sequence of str, default MANIFEST_COLUMNS
        Columns that must be there.

    Returns
    -------
    astropy.table.Table
        A copy whose columns have the types that `read_manifest` tells of, with labels in lower case.

    Raises
    ------
    ReadError
        If a column is missing, or a row is wrong: a value that is missing or of the wrong type; a label that
        is not one of ``LABELS``; an unknown instrument; an ``OBSID`` that is no rootname of its camera; a
        position that is none; an HDU that holds no frame; a frame listed with two labels. The message names
        the first such row, counted from 1, its value, and how many more there are.

    Warns
    -----
    AstroclassifyWarning
        If a frame is listed more than once.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import MANIFEST_COLUMNS, check_manifest
    >>> row = ("M13", "ACS/WFC", "jaaa01abq", "F606W", 250.42, 36.46, 1, "NSC")
    >>> print(check_manifest(Table(rows=[row], names=MANIFEST_COLUMNS))["ID", "Label"])
     ID Label
    --- -----
    M13   nsc
    """
    missing = [name for name in required if name not in table.colnames]
    if missing:
        raise ReadError(
            f"{source}: there is no column {missing[0]!r}; found {', '.join(table.colnames)}; "
            f"expected {', '.join(required)}"
        )
    checked = table.copy()
    for name in checked.colnames:
        if name in _TEXTS:
            checked[name] = _texts(table[name], name, source)
        elif name in _NUMBERS:
            checked[name] = _numbers(table[name], name, source)
    if "Label" in checked.colnames:
        checked["Label"] = np.char.lower(checked["Label"].data.astype(str))
    for check in _CHECKS:
        check(checked, source)
    return checked


def _refuse(source, wrong, what, values=None):
    """Raise if any row is wrong, naming the first and, at ``{}``, its value."""
    rows = np.flatnonzero(wrong)
    if rows.size:
        value = "" if values is None else repr(str(values[rows[0]]))
        more = f" (and so in {rows.size - 1} more rows)" if rows.size > 1 else ""
        raise ReadError(f"{source}, row {rows[0] + 1}: {what.format(value)}{more}").with_facts(
            file=source, found=None if values is None else str(values[rows[0]])
        )


def _texts(column, name, source):
    values = np.array([str(value).strip() for value in column], dtype=str)
    empty = _masked(column) | (values == "")
    _refuse(source, empty, f"there is no {name}; fill it in, or leave the row out")
    return values


def _numbers(column, name, source):
    number = _NUMBERS[name]
    _refuse(source, _masked(column), f"there is no {name}; fill it in, or leave the row out")
    wrong = [not _is_number(value, number) for value in column]
    kind = "a whole number" if number is int else "a number"
    _refuse(source, wrong, f"{name} is {{}}; expected {kind}", column)
    return np.array([number(float(value)) for value in column], dtype=number)


def _masked(column):
    return np.broadcast_to(np.asarray(getattr(column, "mask", False)), len(column))


def _is_number(value, number):
    try:
        value = float(value)
        return bool(np.isfinite(value)) and (number is float or value.is_integer())
    except (TypeError, ValueError):
        return False


def _check_labels(table, source):
    if "Label" in table.colnames:
        wrong = ~np.isin(table["Label"], LABELS)
        _refuse(source, wrong, f"the label is {{}}; expected one of {', '.join(LABELS)}", table["Label"])


def _check_instruments(table, source):
    if "Instrument" in table.colnames:
        known, found = instrument_names(), table["Instrument"]
        expected = ", ".join(known)
        _refuse(source, ~np.isin(found, known), f"the instrument is {{}}; expected one of {expected}", found)


def instrument_names():
    """
    List the cameras as manifests name them.

    Returns
    -------
    tuple of str
        ``"ACS/WFC"``, ``"WFC3/UVIS"``, ``"CSST/MSC"``, and those of plug-ins.
    """
    entries = (INSTRUMENTS[name] for name in INSTRUMENTS)
    return tuple(
        f"{entry.instrume}/{entry.detector}" if entry.detector else f"{entry.telescope}/{entry.instrume}"
        for entry in entries
        if entry.instrume
    )


def _check_names(table, source):
    """An OBSID becomes a file's name: nothing else may be in it."""
    if "OBSID" not in table.colnames:
        return
    names = table["OBSID"]
    wrong = [not re.fullmatch(r"\w[\w.-]{5,}", name) for name in names]
    _refuse(source, wrong, "the OBSID is {}; expected six or more letters and digits", names)
    cameras = table["Instrument"] if "Instrument" in table.colnames else [""] * len(names)
    for camera, letter in _ROOTNAMES.items():
        pattern = re.compile(rf"{letter}[a-z0-9]{{8}}", re.IGNORECASE)
        wrong = [
            own == camera and not pattern.fullmatch(name) for own, name in zip(cameras, names, strict=True)
        ]
        expected = f"a rootname of {camera}: {letter!r} and eight more letters and digits"
        _refuse(source, wrong, f"the OBSID is {{}}; expected {expected}", names)


def _check_positions(table, source):
    for name, low, high in (("RA", 0, 360), ("DEC", -90, 90)):
        if name in table.colnames:
            found = table[name]
            _refuse(
                source,
                (found < low) | (found > high),
                f"{name} is {{}}; expected {low} to {high} degrees",
                found,
            )


def _check_hdus(table, source):
    if "HDU Index" not in table.colnames:
        return
    hdus = table["HDU Index"]
    _refuse(source, hdus < 0, "the HDU Index is {}; expected 0 or more", hdus)
    if "Instrument" in table.colnames:
        wrong = np.isin(table["Instrument"], list(_ROOTNAMES)) & ~np.isin(hdus, _HDUS)
        _refuse(source, wrong, "the HDU Index is {}; the frames of a raw file of Hubble are in 1 and 4", hdus)


def _check_repeats(table, source):
    if not {"OBSID", "HDU Index", "Label"} <= set(table.colnames) or not len(table):
        return
    first, again = {}, []
    for row, (obsid, hdu, label) in enumerate(table["OBSID", "HDU Index", "Label"]):
        earlier = first.setdefault((obsid.lower(), hdu), row)
        if earlier != row:
            again.append((row, earlier))
            if label != table["Label"][earlier]:
                raise ReadError(
                    f"{source}, row {row + 1}: {obsid} HDU {hdu} is '{label}', "
                    f"but '{table['Label'][earlier]}' in row {earlier + 1}; leave one out"
                )
    if again:
        row, earlier = again[0]
        warnings.warn(
            f"{source}: {len(again)} rows list a frame again: row {row + 1} first, as row {earlier + 1}",
            AstroclassifyWarning,
            stacklevel=4,
        )


_CHECKS = (_check_labels, _check_instruments, _check_names, _check_positions, _check_hdus, _check_repeats)


def write_manifest(table, path, *, checksum=False):
    """
    Write a list of frames to a file, completely or not at all.

    Parameters
    ----------
    table : astropy.table.Table
        The list; it is checked first, as by `check_manifest`.
    path : path-like
        The file, replaced if it exists. CSV if its suffix is ``.csv``, otherwise ECSV, which keeps
        types, units and ``meta`` too.
    checksum : bool, default False
        Write its SHA-256 beside it, in ``<path>.sha256``, as ``sha256sum --check`` reads it.

    Returns
    -------
    str
        The SHA-256 of the file's bytes, in hexadecimal.

    Raises
    ------
    ReadError
        If a row is wrong.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import MANIFEST_COLUMNS, read_manifest, write_manifest
    >>> row = ("M13", "ACS/WFC", "jaaa01abq", "F606W", 250.42, 36.46, 1, "NSC")
    >>> with TemporaryDirectory() as folder:
    ...     _ = write_manifest(Table(rows=[row], names=MANIFEST_COLUMNS), Path(folder, "list.ecsv"))
    ...     print(read_manifest(Path(folder, "list.ecsv"))["ID", "Label"])
     ID Label
    --- -----
    M13   nsc
    """
    path = Path(path)
    checked = check_manifest(table)
    text = StringIO()
    checked.write(text, format="ascii.csv" if path.suffix == ".csv" else "ascii.ecsv")
    write_text(text.getvalue(), path)
    digest = fingerprint(path)
    if checksum:
        write_text(f"{digest}  {path.name}\n", path.with_name(f"{path.name}.sha256"))
    return digest
