"""The evaluation of models on labelled frames, from the pixels to the tables."""

import numpy as np
from astropy.table import Table

from astroclassify.core import RunFolder, check_whole
from astroclassify.evaluation._baselines import STATISTICS
from astroclassify.evaluation._evaluation import Evaluation, all_tables, reference_list
from astroclassify.evaluation._frames import evaluated_frames, truth_beside
from astroclassify.evaluation._models import asked_models, warn_of_training_bodies
from astroclassify.evaluation._run import ANSWER_COLUMNS, RunOptions, answer_all

_ABOUT = ("name", "OBSID", "HDU Index", "body", "visit", "Instrument", "Filter", "truth", "path")


def evaluate(
    models,
    data,
    folder,
    *,
    frame_dir=None,
    reference=None,
    max_frames=None,
    device=None,
    precision="auto",
    batch_size=1,
    timing=True,
    draws=2000,
    rng=0,
    progress=None,
):
    """
    Measure models on labelled frames: accuracy, calibration and speed, with intervals.

    A run that was stopped, even killed, goes on where it was: answers are kept in the folder as they are
    given, and the tables are made of what is kept.

    Parameters
    ----------
    models : str, Model, ModelSpec, mapping or sequence of them
        Names, ``"NAME=weights.safetensors"`` or ``"LABEL=NAME=weights.safetensors"``, specs or built models;
        a mapping gives them labels.
    data : path-like, str, `~astropy.table.Table` or sequence of LabelledFrame
        A manifest in the columns of the paper's lists, or its address; the folder of a set that
        `~astroclassify.datasets.build_set` made, or frames.
    folder : path-like
        Where answers and tables are kept. Answers that are there must come from the same weights and
        pixels.
    frame_dir : path-like, optional
        Folder of the manifest's files; by default the manifest's.
    reference : path-like or `~astropy.table.Table`, optional
        A list of other bodies, such as that of training, from which rules on instrument and band are learnt
        that models are to be read against; without one, each body is judged by what the others show.
    max_frames : int, optional
        Take so many frames only, evenly spaced along the list.
    device : str, optional
        Where models run; `None` for ``conf.device``.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        Of the arithmetic; see `~astroclassify.models.build_model`.
    batch_size : int, default 1
        How many views of one frame pass a network at once. Frames always pass alone.
    timing : bool, default True
        Measure times; nothing else is done meanwhile. Without, the next frame is read while a network
        works, and times are NaN.
    draws : int, default 2000
        Bootstrap samples, of bodies and of visits.
    rng : int, default 0
        Their seed.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    Evaluation
        Answers and tables, also written into the folder.

    Raises
    ------
    ParameterError
        If there is no model or frame, two models have one label, or answers that are kept are of other
        weights or pixels, or another process is at work in the folder.
    ReadError
        If the manifest or a file is not there. A file that cannot be read is a row with an error instead.
    MissingWeightsError
        If a model has no weights.

    Warns
    -----
    AstroclassifyWarning
        If the card of a model's weights names bodies that are evaluated: it has learnt from them, or was
        calibrated on them.

    Examples
    --------
    Four simulated frames of four bodies; a list of files would be ``"LCID_test.csv", frame_dir="raw"``:

    >>> from astroclassify.datasets import LabelledFrame
    >>> from astroclassify.evaluation import evaluate
    >>> from astroclassify.simulate import random_frames
    >>> frames = []
    >>> for kind in ("spiral", "elliptical", "globular", "emission"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     frames.append(LabelledFrame(one.array, one.label, body=kind))
    >>> folder = getfixture("tmp_path") / "judged"
    >>> found = evaluate("patchnet", frames, folder, draws=100, progress=False)
    >>> print(found.tables["confusion"]["truth", "failed"])
     truth failed
    ------ ------
    galaxy      0
       nsc      0
    """
    check_whole("batch_size", batch_size)
    asked = asked_models(models)
    listed = evaluated_frames(data, frame_dir=frame_dir, max_frames=max_frames)
    warn_of_training_bodies(asked, listed)
    known = reference_list(reference)
    options = RunOptions(device, precision, batch_size, timing, progress)
    with RunFolder(folder) as run:
        answers, statistics = answer_all(asked, listed, run, options)
        frame_table = _frame_columns(listed)
        answer_table = _answers(frame_table, listed, answers)
        pixels = _with_statistics(frame_table, listed, statistics)
        tables = all_tables(
            answer_table, pixels, reference=known, truth=truth_beside(data), draws=draws, rng=rng
        )
        done = Evaluation(tuple(answers), answer_table, tables, run.folder)
        done.write()
    return done


def _frame_columns(listed):
    columns = {
        "name": [each.name for each in listed],
        "OBSID": [each.obsid for each in listed],
        "HDU Index": [-1 if each.frame.hdu is None else each.frame.hdu for each in listed],
        "body": [each.body for each in listed],
        "visit": [each.visit for each in listed],
        "Instrument": [each.instrument for each in listed],
        "Filter": [each.band for each in listed],
        "truth": [each.truth for each in listed],
        "path": [each.path for each in listed],
    }
    return Table(columns)


def _answers(frame_table, listed, answers):
    """Put the manifest's columns and the logged answers side by side, model by model."""
    logged = [name for name in ANSWER_COLUMNS if name not in ("name", "fingerprint")]
    rows = [rows.of(frame) for rows in answers.values() for frame in listed]
    table = Table({"model": np.repeat(list(answers), len(listed))})
    for name in _ABOUT:
        table[name] = np.tile(frame_table[name].data, len(answers))
    for name in logged:
        table[name] = np.array([row[name] for row in rows])
    for name in ("read_ms", "preprocess_ms", "classify_ms"):
        table[name].unit = "ms"
    return table


def _with_statistics(frame_table, listed, statistics):
    rows = [statistics.of(frame) or {} for frame in listed]
    table = frame_table.copy()
    for name in STATISTICS:
        table[name] = np.array([row.get(name, np.nan) for row in rows])
    return table
