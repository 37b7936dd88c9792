"""Files that are right whenever their writer is killed: whole tables, and a journal of what is done."""

import json
import os
from io import StringIO


def write_whole(text, path):
    """
    Write a file so that there is never half of it.

    Parameters
    ----------
    text : str
        What is to be in it.
    path : pathlib.Path
        The file, replaced if it exists; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.partial")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def write_table(table, path):
    """
    Write a table as ECSV, so that there is never half of it.

    Parameters
    ----------
    table : astropy.table.Table
        The table.
    path : pathlib.Path
        The file, replaced if it exists.
    """
    text = StringIO()
    table.write(text, format="ascii.ecsv")
    write_whole(text.getvalue(), path)


class Journal:
    """
    A file of one JSON object a line: what is done of a long work, from the moment that it is done.

    Parameters
    ----------
    path : pathlib.Path
        The file; made when the first line is added.
    """

    def __init__(self, path):
        self.path = path
        self._file = None

    def lines(self):
        """
        Read what is there.

        Returns
        -------
        list of dict
            In the order in which they were added, without a line that a kill cut short.
        """
        text = self.path.read_text(encoding="utf-8") if self.path.is_file() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def __enter__(self):
        if self.path.is_file():
            whole = self.path.read_bytes()
            with self.path.open("r+b") as file:
                file.truncate(whole.rfind(b"\n") + 1)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *_):
        self._file.close()

    def add(self, facts):
        """
        Add a line.

        Parameters
        ----------
        facts : dict
            Plain values.
        """
        self._file.write(f"{json.dumps(facts)}\n")
        self._file.flush()

    def remove(self):
        """Remove the file: all that it says is kept elsewhere now."""
        self.path.unlink(missing_ok=True)
