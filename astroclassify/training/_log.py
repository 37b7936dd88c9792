"""The log of a training: a CSV file, and TensorBoard where it is installed."""

from importlib.util import find_spec
from pathlib import Path

from astroclassify.core import Journal

#: Columns of ``log.csv``; empty where there is nothing to say.
LOG_COLUMNS = (
    "step",
    "epoch",
    "samples",
    "loss",
    "rate",
    "validation_loss",
    "validation_accuracy",
    "seconds",
)


class TrainingLog:
    """
    Rows of ``log.csv``, and the same figures for TensorBoard.

    Parameters
    ----------
    folder : path-like
        Of the training; TensorBoard's files go to ``tensorboard`` in it.
    step : int, default 0
        Where the training goes on; later rows, of a training that was interrupted after its
        last checkpoint, are dropped.
    """

    def __init__(self, folder, *, step=0):
        self._journal = _journal(Path(folder) / "log.csv")
        self._journal.rewrite(row for row in self._journal.rows() if int(row["step"]) <= step)
        self._board = _tensorboard(Path(folder) / "tensorboard", step)

    def write(self, **figures):
        """
        Add a row.

        Parameters
        ----------
        **figures
            Values of some of ``LOG_COLUMNS``, with ``step``.
        """
        self._journal.add({name: _plain(value) for name, value in figures.items() if value is not None})
        for name in ("loss", "rate", "validation_loss", "validation_accuracy"):
            if self._board is not None and figures.get(name) is not None:
                self._board.add_scalar(name, figures[name], figures["step"])

    def close(self):
        """Close TensorBoard's file."""
        if self._board is not None:
            self._board.close()


def _tensorboard(folder, step):
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=step + 1)


def _plain(value):
    return f"{value:.6g}" if isinstance(value, float) else value


def read_log(path):
    """
    Read the log of a training.

    Parameters
    ----------
    path : path-like
        ``log.csv`` of its folder.

    Returns
    -------
    list of dict
        Its rows, values as text; empty where there is no log.

    Examples
    --------
    There is no training in this folder:

    >>> from astroclassify.training import read_log
    >>> read_log(getfixture("tmp_path") / "log.csv")
    []
    """
    return _journal(path).rows()


def _journal(path):
    return Journal(path, dict.fromkeys(LOG_COLUMNS, str))
