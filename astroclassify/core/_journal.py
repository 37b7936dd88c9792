"""A journal: what is done of a long work, from the moment that it is done."""

import csv
import json
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from astroclassify.core._errors import ParameterError
from astroclassify.core._files import write_text


class Journal:
    """
    A file that grows by a line for each piece of work that is done.

    A line counts when its end is written. What a killed writer left of a last line is not read, and is cut
    off before the next line is added, so a work that was stopped goes on from here.

    Parameters
    ----------
    path : path-like
        The file; made, with its folder, when the first row is added.
    columns : mapping of str to callable, or sequence of str
        The names in every row. With a mapping the file is CSV with a header, for people to read, and each
        name has the type that makes its value of text again (`str`, `float`, ...). With a sequence each line
        is a JSON object, and values are any plain data.

    Examples
    --------
    >>> from astroclassify.core import Journal
    >>> journal = Journal(getfixture("tmp_path") / "answers.csv", {"name": str, "p_galaxy": float})
    >>> _ = journal.add({"name": "j8xi0xs0q", "p_galaxy": 0.75})
    >>> journal.rows()
    [{'name': 'j8xi0xs0q', 'p_galaxy': 0.75}]
    """

    def __init__(self, path, columns):
        self.path = Path(path)
        self._columns = columns
        self._is_csv = isinstance(columns, Mapping)
        self._begun = False

    def rows(self):
        """
        Read what is there.

        Returns
        -------
        list of dict
            The rows in the order in which they were added.

        Raises
        ------
        ParameterError
            If the rows have other columns than expected: another version of the package wrote them.
        """
        lines = self._whole().decode("utf-8").splitlines()
        if self._is_csv:
            reader = csv.DictReader(lines)
            self._check(reader.fieldnames or self._columns)
            return [{name: kind(row[name]) for name, kind in self._columns.items()} for row in reader]
        rows = [json.loads(line) for line in lines]
        for row in rows:
            self._check(row)
        return rows

    def add(self, row):
        """
        Write a row, at once.

        Parameters
        ----------
        row : mapping of str
            A value for each column; in a CSV file a missing one is empty, and a text of several lines becomes
            one line.

        Returns
        -------
        dict
            The row, as it will be read.
        """
        if not self._begun:
            self._begin()
        row = self._plain(row)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            file.write(self._line(row))
        return row

    def rewrite(self, rows):
        """
        Replace all rows.

        Parameters
        ----------
        rows : iterable of mapping
            What is to be there instead.
        """
        lines = [self._line(self._plain(row)) for row in rows]
        write_text("".join([self._header(), *lines]), self.path)
        self._begun = True

    def remove(self):
        """Remove the file: all that it says is kept elsewhere now."""
        self.path.unlink(missing_ok=True)
        self._begun = False

    def _whole(self):
        """The bytes of all lines that have an end."""
        content = self.path.read_bytes() if self.path.is_file() else b""
        return content[: content.rfind(b"\n") + 1]

    def _begin(self):
        self.rows()  # refuses those of another version
        whole = self._whole()
        if whole:
            os.truncate(self.path, len(whole))
        else:
            self.rewrite([])
        self._begun = True

    def _header(self):
        return self._line({name: name for name in self._columns}) if self._is_csv else ""

    def _plain(self, row):
        """In CSV a row is a line, and texts, such as those of errors, may have several."""
        if not self._is_csv:
            return dict(row)
        return {name: " ".join(v.split()) if isinstance(v, str) else v for name, v in row.items()}

    def _line(self, row):
        if not self._is_csv:
            return f"{json.dumps(row)}\n"
        line = StringIO()
        csv.DictWriter(line, self._columns, lineterminator="\n").writerow(row)
        return line.getvalue()

    def _check(self, names):
        other = list(names) != list(self._columns) if self._is_csv else set(names) != set(self._columns)
        if other:
            raise ParameterError(
                f"{self.path} has the columns {', '.join(names)}; expected {', '.join(self._columns)}: it is "
                "of another version; choose another folder, or remove that file"
            )
