"""The result of an evaluation: answers of models to frames, and the tables made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from astropy.table import Table

from astroclassify.core import ReadError, write_table

ANSWERS, TABLES = "answers.ecsv", "tables"


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """
    The answers of models to labelled frames, and the tables made of them.

    Parameters
    ----------
    models : tuple of str
        Labels of the models, in the order in which they were asked for.
    answers : `~astropy.table.Table`
        A row for each model and frame, model by model, frames in the order of the list; the columns are
        told in the documentation (:doc:`/evaluation`).
    tables : mapping of str to `~astropy.table.Table`
        ``"performance"`` and the others, by name.
    folder : pathlib.Path
        Where all of it is kept.
    """

    models: tuple[str, ...]
    answers: Table
    tables: Mapping[str, Table] = field(default_factory=dict)
    folder: Path = Path()

    def __repr__(self):
        frames = len(self.answers) // max(1, len(self.models))
        return f"<Evaluation of {', '.join(self.models)} on {frames} frames, in {self.folder}>"

    def of(self, model):
        """
        Give the answers of one model.

        Parameters
        ----------
        model : str
            One of `models`.

        Returns
        -------
        `~astropy.table.Table`
            Its rows, in the order of the list of frames.
        """
        return self.answers[self.answers["model"] == model]

    def write(self):
        """
        Write ``answers.ecsv`` and ``tables/NAME.ecsv`` into the folder.

        Returns
        -------
        list of pathlib.Path
            The files.
        """
        files = {self.folder / ANSWERS: self.answers}
        files |= {self.folder / TABLES / f"{name}.ecsv": table for name, table in self.tables.items()}
        for path, table in files.items():
            write_table(table, path)
        return list(files)


def read_evaluation(folder):
    """
    Read an evaluation from the folder it was written to.

    Parameters
    ----------
    folder : path-like
        The folder that `evaluate` was given.

    Returns
    -------
    Evaluation
        As `evaluate` gave it.

    Raises
    ------
    ReadError
        If no finished evaluation is there.
    """
    folder = Path(folder)
    if not (folder / ANSWERS).is_file():
        raise ReadError(
            f"{folder} holds no finished evaluation (there is no {ANSWERS}); run `astroclassify evaluate`, "
            "again if it was stopped: it goes on where it was"
        ).with_facts(file=folder, expected=ANSWERS)
    answers = _read(folder / ANSWERS)
    tables = {path.stem: _read(path) for path in sorted((folder / TABLES).glob("*.ecsv"))}
    return Evaluation(tuple(dict.fromkeys(map(str, answers["model"]))), answers, tables, folder)


def _read(path):
    """Read a table; what is empty is a text without letters, not a masked one."""
    table = Table.read(path, format="ascii.ecsv")
    for name in table.colnames:
        if table[name].dtype.kind == "U" and hasattr(table[name], "filled"):
            table[name] = table[name].filled("")
    return table
