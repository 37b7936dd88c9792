"""The run over the frames: each is read once for all models with the same preprocessing."""

from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter

import numpy as np

from astroclassify.core import (
    FrameError,
    Journal,
    ParameterError,
    PluginError,
    ReadError,
    prefetch,
    progress_bar,
)
from astroclassify.evaluation._baselines import STATISTICS, frame_statistics
from astroclassify.evaluation._frames import EvaluatedFrame
from astroclassify.evaluation._models import settings_of
from astroclassify.inference import checked_planes, interpret, predict_planes
from astroclassify.models import Model


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


#: The folder of the answers.
_ANSWERS = "answers"
_KEY = {"name": str, "fingerprint": str}
#: Columns of the log of answers.
ANSWER_COLUMNS = {
    **_KEY,
    **dict.fromkeys(("label", "leaning"), str),
    **dict.fromkeys(("p_galaxy", "probability", "novelty"), float),
    **dict.fromkeys(("logits", "probabilities", "reason", "planes"), str),
    **dict.fromkeys(("read_ms", "preprocess_ms", "classify_ms"), float),
    "threads": int,
    "error": str,
}
STATISTIC_COLUMNS = {**_KEY, **dict.fromkeys(STATISTICS, float)}
#: Errors that a frame, or a plugged-in model, may cause; any other one is a defect of this package.
_FAULTS = (FrameError, ReadError, PluginError)


@dataclass(frozen=True, eq=False)
class _Answering:
    """A model at work, and its answers so far."""

    model: Model
    log: AnswerLog

    def wants(self, frame):
        """A frame that failed is tried again: its file may have been put right."""
        row = self.log.of(frame)
        return row is None or bool(row["error"])


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The planes of a frame, or the error that there is instead."""

    frame: EvaluatedFrame
    planes: np.ndarray | None = None
    read_ms: float = np.nan
    preprocess_ms: float = np.nan
    error: str = ""


@dataclass(frozen=True)
class RunOptions:
    """
    How models are run.

    Parameters
    ----------
    device : str or None
        Where.
    precision : str
        Of the arithmetic.
    batch_size : int
        How many views of a frame pass at once.
    timing : bool
        Measure times, and do nothing else meanwhile.
    progress : bool or None
        Show a progress bar.
    """

    device: str | None
    precision: str
    batch_size: int
    timing: bool
    progress: bool | None


def answer_all(asked, frames, run, options):
    """
    Let every model answer every frame that it has not answered yet.

    Parameters
    ----------
    asked : list of AskedModel
        The models.
    frames : list of EvaluatedFrame
        The frames.
    run : RunFolder
        For ``pixels.csv``, and the answers in a folder ``answers``.
    options : RunOptions
        How models are run.

    Returns
    -------
    tuple
        Answers (an `AnswerLog` for each model, by label) and statistics of the pixels (`AnswerLog`).
    """
    statistics = AnswerLog(run.folder / "pixels.csv", STATISTIC_COLUMNS)
    unique = list({frame.name: frame for frame in frames}.values())
    answers = {}
    # In the order in which their planes are first asked for.
    planes = list(dict.fromkeys(each.preprocessing for each in asked))
    ordered = sorted(asked, key=lambda each: planes.index(each.preprocessing))
    for _, group in groupby(ordered, key=lambda each: each.preprocessing):
        working = {each.label: _answering(each, run, options) for each in group}
        _answer_group(list(working.values()), unique, statistics, options)
        answers |= {label: answering.log for label, answering in working.items()}
    return {each.label: answers[each.label] for each in asked}, statistics


def _answering(asked, run, options):
    model = asked.model(device=options.device, precision=options.precision)
    name = f"{_ANSWERS}/{asked.file_name}"
    return _Answering(model, open_answer_log(run, name, settings_of(model), ANSWER_COLUMNS))


def _answer_group(group, frames, statistics, options):
    """Read each frame once for models that take the same planes."""
    spec = group[0].model.spec
    wanted = {frame.name: [each for each in group if each.wants(frame)] for frame in frames}
    todo = [frame for frame in frames if wanted[frame.name] or statistics.of(frame) is None]

    def prepare(_, frame):
        return _prepared(frame, spec, statistics)

    warm = not options.timing
    total = sum(max(1, len(wanted[frame.name])) for frame in todo)
    with (
        closing(prefetch(todo, prepare, depth=0 if options.timing else 1)) as ahead,
        progress_bar(progress=options.progress, total=total, description=_names(group)) as bar,
    ):
        for prepared in ahead:
            if not warm:  # libraries choose their kernels, and the disk wakes up, with the first frame
                warm = _warmed(prepared, group, options)
                prepared = prepare(0, prepared.frame)
            for each in wanted[prepared.frame.name]:
                each.log.add(_row(each.model, prepared, options))
                bar.update()
            bar.update(not wanted[prepared.frame.name])


def _names(group):
    return ", ".join(each.model.spec.name for each in group)


def _warmed(prepared, group, options):
    """Let the models answer once without a record; say whether they did."""
    if prepared.error:
        return False
    for each in group:
        _row(each.model, prepared, options)
    return True


def _prepared(frame, spec, statistics):
    """Read a frame and make its planes; log the statistics of its pixels."""
    clock = [perf_counter()]
    try:
        array = frame.frame.array()
        clock.append(perf_counter())
        planes = checked_planes(spec, array)
        clock.append(perf_counter())
    except _FAULTS as error:
        return _Prepared(frame, error=f"{type(error).__name__}: {error}")
    if statistics.of(frame) is None:
        statistics.add({"name": frame.name, "fingerprint": frame.fingerprint, **frame_statistics(array)})
    return _Prepared(frame, planes, *(1e3 * np.diff(clock)).tolist())


def _row(model, prepared, options):
    """Classify one frame in a batch of its own, so that no other frame changes an answer."""
    import torch

    error, start, columns = prepared.error, perf_counter(), {}
    if not error:
        try:
            (prediction,) = predict_planes(
                model, [prepared.planes], evidence=False, batch_size=options.batch_size
            )
            columns = _answer_columns(prediction, interpret(prediction, model), prepared.planes)
        except _FAULTS as fault:
            error = f"{type(fault).__name__}: {fault}"
    taken = {
        "read_ms": prepared.read_ms,
        "preprocess_ms": prepared.preprocess_ms,
        "classify_ms": 1e3 * (perf_counter() - start),
    }
    return {
        **{name: "" if kind is str else np.nan for name, kind in ANSWER_COLUMNS.items()},
        "name": prepared.frame.name,
        "fingerprint": "" if prepared.error else prepared.frame.fingerprint,
        **columns,
        **{name: round(ms, 4) if options.timing and not error else np.nan for name, ms in taken.items()},
        "threads": torch.get_num_threads(),
        "error": error,
    }


def _answer_columns(prediction, answer, planes):
    return {
        "label": answer.label,
        "leaning": answer.leaning,
        "p_galaxy": answer.p_galaxy,
        "probability": answer.probability,
        "novelty": answer.novelty,
        "logits": " ".join(map(repr, prediction.logits.tolist())),
        "probabilities": " ".join(map(repr, map(float, answer.probabilities.values()))),
        "reason": answer.meta["reason"],
        "planes": "x".join(map(str, planes.shape)),
    }
