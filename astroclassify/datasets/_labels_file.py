"""Tables of labels, written by hand: a file and its label in each row."""

import csv
from pathlib import Path

from astroclassify.core import ReadError
from astroclassify.datasets._labelled import LabelledFrame, labelled_frames

_NEEDED = {"file", "label"}
_ENCODING = "utf-8-sig"  # spreadsheets may begin a file with a byte-order mark


def read_labels(path):
    """
    Read a table of labels.

    Parameters
    ----------
    path : path-like
        A CSV file with at least the columns ``file`` and ``label``.

    Returns
    -------
    list of dict of str to str
        Its rows.

    Raises
    ------
    ReadError
        If it cannot be read, has no row, or lacks a column, a file or a label.
    """
    columns, rows = _columns_and_rows(path)
    facts = {"file": path, "found": tuple(columns), "expected": ("file", "body", "label")}
    if missing := _NEEDED - set(columns):
        raise ReadError(
            f"{path}: no column {', '.join(sorted(missing))}; expected file, body and label"
        ).with_facts(**facts)
    if not rows:
        raise ReadError(f"{path}: there is no row below the columns; expected one a file").with_facts(**facts)
    for number, row in enumerate(rows, start=1):
        if empty := [name for name in sorted(_NEEDED) if not (row[name] or "").strip()]:
            raise ReadError(f"{path}: row {number} has no {empty[0]}; expected one").with_facts(**facts)
    return rows


def labelled_files(labels, *, frame_dir=None):
    """
    List the frames that a table of labels names.

    Parameters
    ----------
    labels : path-like
        A CSV file with the columns ``file``, relative to the folder of the frames, ``label``, and, if known,
        ``body`` (or ``object``; else each file is one) and ``hdu``; or a list in the columns of the paper's,
        which has ``OBSID``.
    frame_dir : path-like, optional
        Folder of the files; by default that of the table.

    Returns
    -------
    list of LabelledFrame
        One for each row. Without ``hdu`` a row stands for all chips of its file.

    Raises
    ------
    ReadError
        If the table or a file is not there, or the table lacks a column.
    """
    if "OBSID" in _columns(labels):
        return labelled_frames(labels, frame_dir=frame_dir)
    folder = Path(labels).parent if frame_dir is None else Path(frame_dir)
    found = [_labelled(folder, row) for row in read_labels(labels)]
    missing = [frame.frame for frame in found if not frame.frame.is_file()]
    if missing:
        raise ReadError(
            f"{labels}: {len(missing)} of its files are not there, for example {missing[0]}; name the folder "
            "that they lie in, or leave the rows out"
        )
    return found


def _labelled(folder, row):
    hdu = (row.get("hdu") or "").strip()
    if hdu and not hdu.isdecimal():
        raise ReadError(f"{row['file']}: the hdu is {hdu!r}; expected the number of an HDU, or nothing")
    body = row.get("body") or row.get("object") or row["file"]
    return LabelledFrame(folder / row["file"], row["label"].strip(), body, int(hdu) if hdu else None)


def _columns(path):
    """The names of a table's columns, of CSV or ECSV."""
    try:
        with open(path, encoding=_ENCODING) as lines:
            return next((line for line in lines if not line.startswith("#")), "").strip().split(",")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _columns_and_rows(path):
    try:
        with open(path, newline="", encoding=_ENCODING) as lines:
            table = csv.DictReader(lines)
            return list(table.fieldnames or ()), list(table)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path, error):
    return ReadError(
        f"{path}: cannot be read ({error}); expected a table of file, body and label"
    ).with_facts(file=path, expected=("file", "body", "label"))
