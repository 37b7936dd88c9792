"""A run folder: one long work, by one process at a time, and the same work whenever it goes on."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

from astroclassify.core._errors import ParameterError
from astroclassify.core._files import UNFINISHED, write_text

_LOCK = ".lock"
_ADVICE = "expected the same, or another folder"


class RunFolder:
    """
    A folder in which a work goes on where it was stopped, for as long as it is used as a context manager.

    Nobody else can work in it meanwhile: a file in it is locked, for as long as the process lives at most.
    Files that are being written (see `atomic_path`) lie in a hidden folder of it; what an earlier process was
    writing when it was killed is removed.

    Parameters
    ----------
    folder : path-like
        The folder; made if it is not there.
    name : str, optional
        Of the one file in the folder that is worked on, where works on others may go on side by side.

    Raises
    ------
    ParameterError
        If another process is at work there, or it is a file.

    Examples
    --------
    >>> from astroclassify.core import RunFolder
    >>> with RunFolder(getfixture("tmp_path") / "run") as run:
    ...     run.same_run("about.json", {"seed": 5})
    >>> with RunFolder(getfixture("tmp_path") / "run") as run:
    ...     run.same_run("about.json", {"seed": 6})
    Traceback (most recent call last):
    astroclassify.core...ParameterError: ...about.json: the folder holds another run: its seed is 5, not ...
    """

    def __init__(self, folder, *, name=""):
        self.folder, self._name, self._lock = Path(folder), name, None
        self._scratch = self.folder / UNFINISHED

    def __enter__(self):
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise ParameterError(
                f"{self.folder} is a file; expected a folder, or a new name for one"
            ) from None
        self._lock = FileLock(self.folder / (f".{self._name}{_LOCK}" if self._name else _LOCK))
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ParameterError(
                f"another process is at work on {self.folder / self._name}; wait until it is done, or choose "
                "another folder"
            ) from None
        if not self._name:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_):
        if not self._name:
            with suppress(OSError):  # somebody else writes a file into the folder just now
                self._scratch.rmdir()
        self._lock.release()

    def is_new(self):
        """
        Say whether nothing is in the folder.

        Returns
        -------
        bool
            Whether it holds nothing but what this class puts there.
        """
        there = self.folder.iterdir() if self.folder.exists() else ()
        return {path.name for path in there} <= {_LOCK, UNFINISHED}

    def same_run(self, file, asked, *, kind="run", text=None, read=None, notes=None, advice=_ADVICE):
        """
        Make sure that the folder is, or becomes, that of this very run.

        Parameters
        ----------
        file : str
            Name of the file that says what the run is; written if it is not there.
        asked : dict
            What makes this run what it is: plain data.
        kind : str, default "run"
            What the folder holds, for the message.
        text : str, optional
            What to write, where that is not JSON.
        read : callable, optional
            Reads the file, given its path, where that is not JSON.
        notes : dict, optional
            What is written into a JSON file besides, and not compared.
        advice : str, optional
            The end of the message.

        Raises
        ------
        ParameterError
            If it is the folder of another run; the message says how that differs.
        """
        path = self.folder / file
        if not path.exists():
            write_text(text or f"{json.dumps(asked | (notes or {}), indent=1)}\n", path)
        there = (read or _read_json)(path)
        asked = asked if read else json.loads(json.dumps(asked))
        for key in {**asked, **there}:
            if key not in (notes or {}) and there.get(key) != asked.get(key):
                difference = _difference(there.get(key), asked.get(key), key)
                raise ParameterError(f"{path}: the folder holds another {kind}: {difference}; {advice}")


def _read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ParameterError(f"{path}: expected JSON that says what the folder holds: {error}") from error


def _difference(there, asked, key):
    if isinstance(there, dict) and isinstance(asked, dict):
        inner = next(name for name in {**there, **asked} if there.get(name) != asked.get(name))
        return _difference(there.get(inner), asked.get(inner), f"{key}.{inner}")
    return f"its {key} is {there!r}, not {asked!r}"
