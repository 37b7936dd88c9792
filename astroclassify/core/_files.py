"""Files that are written whole or not at all."""

import os
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from uuid import uuid4

#: How the name of a file that is being written begins; in a run folder, the folder where it lies.
UNFINISHED = ".unfinished"


@contextmanager
def atomic_path(path):
    """
    Write a file so that nobody ever sees half of it.

    Parameters
    ----------
    path : path-like
        The file, replaced if it exists; its folder is made. A link stays, and what it points to is replaced.
        What is no regular file, such as ``/dev/stdout``, is written to as it is.

    Yields
    ------
    pathlib.Path
        Where to write: a new, hidden name in the same folder (in a `RunFolder`, in a hidden folder of it) and
        with the same suffix, which no other writer has. It gets the file's name when the block ends, and its
        permissions, or those that any new file has. If the block raises, it is removed, and the file that was
        there before is as it was.

    Examples
    --------
    >>> from astroclassify.core import atomic_path
    >>> folder = getfixture("tmp_path")
    >>> with atomic_path(folder / "answer.txt") as unfinished:
    ...     _ = unfinished.write_text("galaxy")
    >>> [(file.name, file.read_text()) for file in folder.iterdir()]
    [('answer.txt', 'galaxy')]
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        yield path
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _unfinished(target.parent, f"{uuid4().hex[:12]}-{_end_of(target.name)}")
    try:
        mode = _usual_mode(unfinished)
        yield unfinished
        unfinished.chmod(target.stat().st_mode if target.exists() else mode)
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _usual_mode(path):
    """Permissions of a new file there: some writers (safetensors 0.8) leave theirs to the owner alone."""
    path.touch()
    mode = path.stat().st_mode
    path.unlink()
    return mode


def _end_of(name):
    """The last 180 bytes of a name, of which file systems take 255."""
    return os.fsencode(name)[-180:].decode("utf-8", "ignore")


def _unfinished(folder, name):
    scratch = folder / UNFINISHED
    return scratch / name if scratch.is_dir() else folder / f"{UNFINISHED}-{name}"


def write_text(text, path):
    """
    Write a text file so that there is never half of it.

    Parameters
    ----------
    text : str
        What is to be in it, in UTF-8; of what that does not have (parts of names of files), an escape.
    path : path-like
        The file, as for `atomic_path`.

    Examples
    --------
    >>> from astroclassify.core import write_text
    >>> write_text("nebula", getfixture("tmp_path") / "label.txt")
    """
    with atomic_path(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_table(table, path):
    """
    Write a table as ECSV so that there is never half of it.

    Parameters
    ----------
    table : astropy.table.Table
        The table.
    path : path-like
        The file, as for `atomic_path`.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.core import write_table
    >>> write_table(Table({"label": ["galaxy"]}), getfixture("tmp_path") / "labels.ecsv")
    """
    text = StringIO()
    table.write(text, format="ascii.ecsv")
    write_text(text.getvalue(), path)
