"""Rows kept on disk as they are found, so that what was stopped goes on."""

import csv
import json
import os

from astroclassify.core import ParameterError
from astroclassify.core._durable import write_whole


class KeptRows:
    """
    A CSV file that grows by a row at a time; half a line at its end, of a run that was killed, is dropped.

    Parameters
    ----------
    path : pathlib.Path
        The file; it need not be there.
    columns : mapping of str to callable
        Name and type of each column; the first two are the frame's ``name`` and ``fingerprint`` (empty of
        a frame that could not be read).

    Raises
    ------
    ParameterError
        If the file has other columns.
    """

    def __init__(self, path, columns):
        self.path, self._columns = path, columns
        self._rows = {row["name"]: row for row in self._read()}

    def of(self, frame):
        """
        Give the row of a frame.

        Parameters
        ----------
        frame : EvaluatedFrame
            The frame.

        Returns
        -------
        dict or None
            The last row that was added for it.

        Raises
        ------
        ParameterError
            If it was made from other pixels.
        """
        row = self._rows.get(frame.name)
        if row is not None and row["fingerprint"] and row["fingerprint"] != frame.fingerprint:
            raise ParameterError(
                f"{self.path} holds a row of {frame.name} that was made from other pixels "
                f"({row['fingerprint']}, now {frame.fingerprint}); evaluate into another folder, or remove "
                "that file"
            )
        return row

    def add(self, row):
        """
        Append a row, at once.

        Parameters
        ----------
        row : dict
            A value for each column.
        """
        # A line is a row: texts of errors may have several lines.
        row = {name: " ".join(v.split()) if isinstance(v, str) else v for name, v in row.items()}
        new = not self.path.exists() or not self.path.stat().st_size
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns, lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)
        self._rows[row["name"]] = row

    def _read(self):
        if not self.path.exists():
            return []
        content = self.path.read_bytes()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            os.truncate(self.path, end)
        whole = content[:end].decode()
        reader = csv.DictReader(whole.splitlines())
        if whole and reader.fieldnames != list(self._columns):
            raise ParameterError(
                f"{self.path} has the columns {', '.join(reader.fieldnames)}; expected "
                f"{', '.join(self._columns)}: it is of another version; evaluate into another folder"
            )
        return [{name: kind(row[name]) for name, kind in self._columns.items()} for row in reader]


def check_settings(path, settings):
    """
    Write down what answers depend on, or compare it with what was written down.

    Parameters
    ----------
    path : pathlib.Path
        A JSON file beside the answers.
    settings : dict
        Plain data: weights, precision, device, ...

    Raises
    ------
    ParameterError
        If the answers that are there were made otherwise.
    """
    settings = json.loads(json.dumps(settings))
    if not path.exists():
        write_whole(json.dumps(settings, indent=1) + "\n", path)
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    changed = [name for name in settings if before.get(name) != settings[name]]
    if changed:
        what = changed[0]
        raise ParameterError(
            f"the answers in {path.with_suffix('.csv')} were made with other {what}: {before.get(what)!r}, "
            f"now {settings[what]!r}; evaluate into another folder, or remove that file and {path.name}"
        )
