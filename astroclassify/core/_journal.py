"""A journal: what is done of a long work, from the moment that it is done."""

import csv
import json
import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from astroclassify.core._errors import ParameterError
from astroclassify.core._files import write_text

#: What no line of CSV holds as it is: ends of lines and other control characters, and surrogates, by which
#: Python names files that are not in UTF-8; and the backslash that stands for them.
_ESCAPED = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPES = re.compile(r"\\(\\|n|u[0-9a-f]{4})")


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
            If the rows have other columns than expected: another version of the package wrote them; or if a
            line is garbled.
        """
        lines = self._whole().split(b"\n")[:-1]
        if self._is_csv and lines:
            self._check(self._parsed(lines[0], 1, self._cells))
        first = 2 if self._is_csv else 1
        return [self._parsed(line, n, self._row) for n, line in enumerate(lines[first - 1 :], first)]

    def add(self, row):
        """
        Write a row, at once.

        Parameters
        ----------
        row : mapping of str
            A value for each column; in a CSV file a missing one is empty, and ends of lines are escaped.

        Returns
        -------
        dict
            The row, as it will be read.
        """
        if not self._begun:
            self._begin()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            file.write(self._line(row))
        return dict(row)

    def rewrite(self, rows):
        """
        Replace all rows.

        Parameters
        ----------
        rows : iterable of mapping
            What is to be there instead.
        """
        lines = [self._line(row) for row in rows]
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

    def _line(self, row):
        if not self._is_csv:
            return f"{json.dumps(row)}\n"
        line = StringIO()
        csv.DictWriter(line, self._columns, lineterminator="\n").writerow(
            {name: _escaped(value) if isinstance(value, str) else value for name, value in row.items()}
        )
        return line.getvalue()

    def _parsed(self, line, number, parse):
        """Parse a line, or say which one is garbled."""
        try:
            return parse(line.decode("utf-8"))
        except ParameterError:
            raise
        except (ValueError, TypeError, csv.Error) as error:
            raise ParameterError(
                f"{self.path}: line {number} is garbled ({error}); expected what was written there: remove "
                "the line, or choose another folder"
            ) from error

    def _cells(self, line):
        return list(map(_restored, next(csv.reader([line], strict=True))))

    def _row(self, line):
        if not self._is_csv:
            row = json.loads(line)
            self._check(row)
            return row
        cells = self._cells(line)
        return {name: kind(cell) for (name, kind), cell in zip(self._columns.items(), cells, strict=True)}

    def _check(self, names):
        other = list(names) != list(self._columns) if self._is_csv else set(names) != set(self._columns)
        if other:
            raise ParameterError(
                f"{self.path} has the columns {', '.join(names)}; expected {', '.join(self._columns)}: it is "
                "of another version; choose another folder, or remove that file"
            )


def _escaped(text):
    short = {"\\": r"\\", "\n": r"\n"}
    return _ESCAPED.sub(lambda found: short.get(found[0], rf"\u{ord(found[0]):04x}"), text)


def _restored(text):
    short = {"\\": "\\", "n": "\n"}
    return _ESCAPES.sub(lambda found: short.get(found[1]) or chr(int(found[1][1:], 16)), text)
