"""A log of answers on disk: each is written as it is given, so that a stopped run goes on."""

from astroclassify.core import Journal, ParameterError


class AnswerLog:
    """
    A journal (CSV) of frames: the last row of each counts.

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
        self._journal = Journal(path, columns)
        self._rows = {row["name"]: row for row in self._journal.rows()}

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
                f"{self._journal.path} holds a row of {frame.name} that was made from other pixels "
                f"({row['fingerprint']}, now {frame.fingerprint}); evaluate into another folder, or remove "
                "that file"
            ).with_facts(file=self._journal.path, found=frame.fingerprint, expected=row["fingerprint"])
        return row

    def add(self, row):
        """
        Append a row, at once.

        Parameters
        ----------
        row : dict
            A value for each column; an ``error`` of several lines becomes one line, for tables.
        """
        if "error" in row:
            row = row | {"error": " ".join(row["error"].split())}
        self._rows[row["name"]] = self._journal.add(row)


def open_answer_log(run, name, settings, columns):
    """
    Open the answers of a model.

    Parameters
    ----------
    run : RunFolder
        Where the log is.
    name : str
        Of the file of answers, and of the one that says what they depend on, without a suffix.
    settings : dict
        Plain data: weights, precision, device, ...
    columns : mapping of str to callable
        As for `AnswerLog`.

    Returns
    -------
    AnswerLog
        The answers.

    Raises
    ------
    ParameterError
        If the answers that are there were made otherwise.
    """
    advice = f"evaluate into another folder, or remove {name}.csv and {name}.json"
    run.same_run(f"{name}.json", settings, kind="set of answers", advice=advice)
    return AnswerLog(run.folder / f"{name}.csv", columns)
