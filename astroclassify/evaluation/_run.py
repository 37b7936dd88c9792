"""Going through the frames: every frame is read once for all models that take the same planes."""

from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter

import numpy as np

from astroclassify.core import FrameError, PluginError, ReadError, prefetch, progress_bar
from astroclassify.evaluation._frames import EvaluatedFrame
from astroclassify.evaluation._kept import KeptRows, kept_answers
from astroclassify.evaluation._models import settings_of
from astroclassify.evaluation._pixels import STATISTICS, frame_statistics
from astroclassify.inference import checked_planes, interpret, predict_planes
from astroclassify.models import Model

#: The folder of the answers.
_ANSWERS = "answers"
_KEY = {"name": str, "fingerprint": str}
#: What is kept of every answer.
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
#: What a frame, or a model with this frame, may be at fault for; anything else is nobody's fault but ours.
_FAULTS = (FrameError, ReadError, PluginError)


@dataclass(frozen=True, eq=False)
class _Answering:
    """A model at work, and its answers so far."""

    model: Model
    kept: KeptRows

    def wants(self, frame):
        """A frame that failed is tried again: its file may have been put right."""
        row = self.kept.of(frame)
        return row is None or bool(row["error"])


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A frame as the networks take it, or what went wrong on the way."""

    frame: EvaluatedFrame
    planes: np.ndarray | None = None
    read_ms: float = np.nan
    preprocess_ms: float = np.nan
    error: str = ""


@dataclass(frozen=True)
class Way:
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


def answer_all(asked, frames, run, way):
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
    way : Way
        How.

    Returns
    -------
    tuple
        Answers (a `KeptRows` for each model, by label) and statistics of the pixels (`KeptRows`).
    """
    statistics = KeptRows(run.folder / "pixels.csv", STATISTIC_COLUMNS)
    unique = list({frame.name: frame for frame in frames}.values())
    answers = {}
    # In the order in which their planes are first asked for.
    planes = list(dict.fromkeys(each.preprocessing for each in asked))
    ordered = sorted(asked, key=lambda each: planes.index(each.preprocessing))
    for _, group in groupby(ordered, key=lambda each: each.preprocessing):
        working = {each.label: _answering(each, run, way) for each in group}
        _answer_group(list(working.values()), unique, statistics, way)
        answers |= {label: answering.kept for label, answering in working.items()}
    return {each.label: answers[each.label] for each in asked}, statistics


def _answering(asked, run, way):
    model = asked.model(device=way.device, precision=way.precision)
    name = f"{_ANSWERS}/{asked.file_name}"
    return _Answering(model, kept_answers(run, name, settings_of(model), ANSWER_COLUMNS))


def _answer_group(group, frames, statistics, way):
    """Read each frame once for models that take the same planes."""
    spec = group[0].model.spec
    wanted = {frame.name: [each for each in group if each.wants(frame)] for frame in frames}
    todo = [frame for frame in frames if wanted[frame.name] or statistics.of(frame) is None]

    def prepare(_, frame):
        return _prepared(frame, spec, statistics)

    warm = not way.timing
    total = sum(max(1, len(wanted[frame.name])) for frame in todo)
    with (
        closing(prefetch(todo, prepare, depth=0 if way.timing else 1)) as ahead,
        progress_bar(progress=way.progress, total=total, description=_names(group)) as bar,
    ):
        for prepared in ahead:
            if not warm:  # libraries choose their kernels, and the disk wakes up, with the first frame
                warm = _warmed(prepared, group, way)
                prepared = prepare(0, prepared.frame)
            for each in wanted[prepared.frame.name]:
                each.kept.add(_row(each.model, prepared, way))
                bar.update()
            bar.update(not wanted[prepared.frame.name])


def _names(group):
    return ", ".join(each.model.spec.name for each in group)


def _warmed(prepared, group, way):
    """Let the models answer once without a record; say whether they did."""
    if prepared.error:
        return False
    for each in group:
        _row(each.model, prepared, way)
    return True


def _prepared(frame, spec, statistics):
    """Read a frame and make its planes; keep what its pixels are like."""
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


def _row(model, prepared, way):
    """Classify one frame, alone: so what else is in the list never changes an answer."""
    import torch

    error, start, told = prepared.error, perf_counter(), {}
    if not error:
        try:
            (prediction,) = predict_planes(
                model, [prepared.planes], evidence=False, batch_size=way.batch_size
            )
            told = _told(prediction, interpret(prediction, model), prepared.planes)
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
        **told,
        **{name: round(ms, 4) if way.timing and not error else np.nan for name, ms in taken.items()},
        "threads": torch.get_num_threads(),
        "error": error,
    }


def _told(prediction, answer, planes):
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
