"""Robustness: how accuracy and calibration fall as frames get worse, one quantity at a time."""

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.core import ParameterError, RunFolder, progress_bar, provenance, write_table
from astroclassify.evaluation._frames import evaluated_frames
from astroclassify.evaluation._models import asked_models, settings_of
from astroclassify.evaluation._perturbations import PERTURBATIONS, level_name
from astroclassify.evaluation._perturbed import Job, attempt, perturbed_frames
from astroclassify.evaluation._run import open_answer_log
from astroclassify.inference import interpret, predict
from astroclassify.metrics import ClusterBootstrap, accuracy, calibration_error, leans_to_galaxy

#: What `measure_robustness` changes by default (tuple of str).
QUANTITIES = tuple(PERTURBATIONS)
_FOLDER = "robustness"
_COLUMNS = {"name": str, "fingerprint": str, "p_galaxy": float, "error": str}


def measure_robustness(
    models,
    data,
    folder,
    *,
    frame_dir=None,
    quantities=QUANTITIES,
    levels=None,
    max_frames=None,
    rng=0,
    draws=2000,
    processes=1,
    device=None,
    precision="auto",
    progress=None,
):
    """
    Measure accuracy and calibration on frames that are made worse step by step.

    Parameters
    ----------
    models : str, Model, ModelSpec, mapping or sequence of them
        As for `evaluate`. All of them are held in memory.
    data : path-like, `~astropy.table.Table` or sequence of LabelledFrame
        The frames, as for `evaluate`; those of no body are left out.
    folder : path-like
        Where the table is written, ``robustness.ecsv``, and the answers are kept as they come, in a folder
        ``robustness``: a run that was stopped goes on, and gives the same table.
    frame_dir : path-like, optional
        Folder of the manifest's files, as for `evaluate`.
    quantities : sequence of str, default all
        What is changed: ``"zernike"`` (random aberrations, nm rms of wavefront), ``"exptime"`` (a shorter
        exposure), ``"band"`` (another band, at a quarter of the exposure time), ``"cosmic-rays"`` (hits added
        per second and square centimetre), ``"gain"`` (times as many electrons for each ADU), ``"binning"``
        (pixels a side that are summed) and ``"cut-out"`` (pixels a side of a part of the frame).
    levels : mapping of str to sequence of float or str, optional
        Other levels of a quantity than the default ones. The reference, the frame as it is, is always there;
        for ``"band"`` it is the frame's own band at a quarter of the time.
    max_frames : int, optional
        At most so many frames: of as many bodies as there are, the classes in turn.
    rng : int, default 0
        Seed. What is random about a frame and a quantity is the same for all models and levels.
    draws : int, default 2000
        Bootstrap samples of bodies.
    processes : int, default 1
        How many frames are changed at a time, ahead of the models, in other processes; nothing depends on it.
    device : str, optional
        Where models run; `None` for ``conf.device``.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        Of the arithmetic; see `~astroclassify.models.build_model`.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    Table
        One row for each model, quantity and level, the reference first: ``model``, ``quantity``, ``level``,
        ``meaning``, ``unit``, ``reference`` (whether it is one), ``frames`` and ``bodies`` answered,
        ``refused`` (frames that could not be changed, or not be answered), ``accuracy``, ``low``, ``high``
        (0 to 1; 95% by body), ``ece``, ``ece_low``, ``ece_high`` (expected calibration error), and
        ``change``, ``change_low``, ``change_high``: the accuracy minus that of the same frames at the
        reference.

    Raises
    ------
    ParameterError
        If there is no such quantity, a level is out of range, there is no frame, or the folder holds answers
        of other weights or another seed, or another process is at work in it.
    ReadError
        If the manifest or a file is not there. A file that cannot be read is a refused frame instead.
    MissingWeightsError
        If a model has no weights.

    Notes
    -----
    Every frame is changed once for each level; all models answer the same pixels. One frame and one changed
    copy are held at a time in each process, and as many that wait. A frame that cannot be changed (noise
    cannot be removed, a camera lacks the band) counts as refused. Since refused frames may be the hard ones
    or the easy ones, compare levels by ``change``, which is of the same frames.

    Frames count as galaxies if the probability of galaxy against nsc is 0.5 or more, answered "uncertain" or
    not.

    Examples
    --------
    Two simulated frames, as they are and with 2 x 2 pixels summed:

    >>> from astroclassify.datasets import LabelledFrame
    >>> from astroclassify.evaluation import measure_robustness
    >>> from astroclassify.simulate import random_frames
    >>> frames = []
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     frames.append(LabelledFrame(one.array, one.label, body=kind))
    >>> asked = {"quantities": "binning", "levels": {"binning": [2]}, "draws": 100}
    >>> curves = measure_robustness("patchnet", frames, getfixture("tmp_path"), **asked, progress=False)
    >>> print(curves["quantity", "level", "frames", "refused"])
    quantity level frames refused
    -------- ----- ------ -------
     binning     1      2       0
     binning     2      2       0
    """
    asked, seed = _asked(quantities, levels), int(rng)
    if processes < 1:
        raise ParameterError(f"processes is {processes}; expected 1 or more")
    judged = _judged(data, frame_dir, max_frames, seed)
    chosen = asked_models(models)
    built = {each.label: each.model(device=device, precision=precision) for each in chosen}
    folder = Path(folder)
    steps = {
        _perturbation_name(perturbation, level): (perturbation, level)
        for perturbation, its_levels in asked
        for level in its_levels
    }
    with RunFolder(folder / _FOLDER) as run:
        logs = _AnswerLogs(run, {each.label: each.file_name for each in chosen}, built, {"seed": seed})
        todo = [
            (frame, perturbation, level, missing)
            for frame, (perturbation, level) in product(judged, steps.values())
            if (missing := [name for name in built if logs.of(name, frame, perturbation, level) is None])
        ]
        total = len(judged) * len(steps)
        with progress_bar(progress=progress, total=total, description="robustness") as bar:
            bar.update(total - len(todo))
            _answer(todo, built, logs, seed, processes, bar)
        table = _summary(logs, asked, built, judged, draws, seed)
        write_table(table, folder / "robustness.ecsv")
    return table


def _asked(quantities, levels):
    levels = dict(levels or {})
    quantities = [quantities] if isinstance(quantities, str) else list(quantities)
    for name in [*quantities, *levels]:
        if name not in PERTURBATIONS:
            raise ParameterError(
                f"frames cannot be changed in {name!r}; expected of {', '.join(PERTURBATIONS)}"
            )
    return [
        (PERTURBATIONS[name], PERTURBATIONS[name].checked(levels.get(name)))
        for name in dict.fromkeys(quantities)
    ]


# Frames ------------------------------------------------------------------------------------------


def _judged(data, frame_dir, max_frames, seed):
    """Give frames of bodies, each once; of a limited number the classes in turn, and in each its bodies."""
    listed = evaluated_frames(data, frame_dir=frame_dir)
    found = {each.name: each for each in listed if each.truth != "field"}
    if not found:
        raise ParameterError(f"none of the {len(listed)} frames shows a galaxy or an nsc")
    if max_frames is None or max_frames >= len(found):
        return list(found.values())
    if max_frames < 1:
        raise ParameterError(f"max_frames is {max_frames}; expected 1 or more")
    rng, turns = np.random.default_rng(seed), defaultdict(lambda: defaultdict(list))
    for name in rng.permutation(sorted(found)):
        turns[found[name].truth][found[name].frame.body].append(name)
    queues = [_in_turn(list(turns[truth].values())) for truth in sorted(turns)]
    chosen = set(_in_turn(queues)[:max_frames])
    return [each for name, each in found.items() if name in chosen]


def _in_turn(queues):
    """The first of every queue, then the second of every one that has a second, and so on."""
    longest = max(map(len, queues))
    return [queue[turn] for turn, queue in product(range(longest), queues) if turn < len(queue)]


# Answers -----------------------------------------------------------------------------------------


class _AnswerLogs:
    """The answers of all models, on disk as soon as they are given: a file for each model."""

    def __init__(self, run, names, models, settings):
        self._logs = {
            label: open_answer_log(run, name, settings_of(models[label]) | settings, _COLUMNS)
            for label, name in names.items()
        }

    def of(self, model, frame, perturbation, level):
        """Give an answer, or `None` if it is not known yet."""
        return self._logs[model].of(_RowKey(_row_name(frame, perturbation, level), frame.fingerprint))

    def add(self, model, frame, perturbation, level, outcome):
        """Write an answer."""
        row = {
            "name": _row_name(frame, perturbation, level),
            "fingerprint": frame.fingerprint,
            "error": outcome.error,
        }
        self._logs[model].add(row | {"p_galaxy": float("nan") if outcome.error else outcome.value})


@dataclass(frozen=True)
class _RowKey:
    """Name and fingerprint of a row of a log."""

    name: str
    fingerprint: str


def _row_name(frame, perturbation, level):
    """Name a row."""
    return f"{frame.name} {_perturbation_name(perturbation, level)}".strip()


def _perturbation_name(perturbation, level):
    """Name a perturbation: the frame as it is, the reference of most, is one for all of them."""
    as_it_is = perturbation.plain and level == perturbation.reference
    return "" if as_it_is else f"{perturbation.quantity} {level_name(level)}"


def _answer(todo, models, logs, seed, processes, bar):
    """Classify what is missing: a frame, a perturbation, a level, and the models without an answer."""
    jobs = [
        Job(frame.frame, frame.name, perturbation.quantity, level, seed)
        for frame, perturbation, level, _ in todo
    ]
    with closing(perturbed_frames(jobs, processes)) as outcomes:
        for (frame, perturbation, level, missing), perturbed in zip(todo, outcomes, strict=True):
            for model in missing:
                outcome = perturbed if perturbed.error else attempt(_p_galaxy, models[model], perturbed.value)
                logs.add(model, frame, perturbation, level, outcome)
            bar.update()


def _p_galaxy(model, array):
    """The probability of galaxy against nsc."""
    (prediction,) = predict(model, [array], evidence=False)
    return interpret(prediction, model).p_galaxy


# The table ---------------------------------------------------------------------------------------


def _summary(logs, asked, models, frames, draws, seed):
    """One row for each model, quantity and level."""
    bodies = [each.frame.body for each in frames]
    figures_of = _Figures(ClusterBootstrap(bodies, draws=draws, rng=seed), frames)
    rows = []
    for model, (perturbation, levels) in product(models, asked):
        reference = None
        for level in levels:
            p_galaxy = np.array([logs.of(model, each, perturbation, level)["p_galaxy"] for each in frames])
            reference = p_galaxy if reference is None else reference
            columns = {"model": model, "quantity": perturbation.quantity, "level": level_name(level)}
            columns |= {
                "meaning": perturbation.meaning,
                "unit": perturbation.unit,
                "reference": level == perturbation.reference,
            }
            rows.append(columns | figures_of.row(p_galaxy, reference))
    weights = {name: model.sha256 for name, model in models.items()}
    return Table(rows, meta=provenance(weights_sha256=weights, seed=seed, frames=len(frames), draws=draws))


class _Figures:
    """Figures with 95% intervals by body."""

    def __init__(self, bootstrap, frames):
        self._bootstrap = bootstrap
        self._bodies = np.array([each.frame.body for each in frames])
        self._is_galaxy = np.array([each.truth == "galaxy" for each in frames])

    def row(self, p_galaxy, reference):
        """Give the columns of a level from the probabilities at it and at the reference (NaN: refused)."""
        answered, known = np.isfinite(p_galaxy), np.isfinite(reference)
        right, before = ((leans_to_galaxy(p) == self._is_galaxy).astype(float) for p in (p_galaxy, reference))
        changed = np.where(answered & known, right - before, np.nan)
        figures = {
            ("accuracy", "low", "high"): self._score(accuracy, p_galaxy, answered),
            ("ece", "ece_low", "ece_high"): self._score(calibration_error, p_galaxy, answered),
            ("change", "change_low", "change_high"): self._bootstrap.mean(changed, bounds=(-1, 1)),
        }
        counts = {"frames": answered.sum(), "bodies": np.unique(self._bodies[answered]).size}
        columns = {name: int(number) for name, number in counts.items()} | {"refused": int((~answered).sum())}
        for names, found in figures.items():
            columns |= dict(zip(names, (found.value, found.low, found.high), strict=True))
        return columns

    def _score(self, metric, p_galaxy, answered):
        return self._bootstrap.estimate(metric, p_galaxy, self._is_galaxy, where=answered)
