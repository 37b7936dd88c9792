"""Screening: a model decides which frames of a list show their body; a person can overrule it."""

from contextlib import closing
from pathlib import Path

import numpy as np
from astropy.table import MaskedColumn, Table

from astroclassify.core import (
    AstroclassifyError,
    Journal,
    ParameterError,
    ReadError,
    RunFolder,
    file_stamp,
    is_unchanged,
    prefetch,
    progress_bar,
    write_table,
)
from astroclassify.datasets import listed_frames, read_frame
from astroclassify.inference import checked_planes, interpret, predict_planes
from astroclassify.models import Model, build_model
from astroclassify.preprocess import frame_array

#: Above this probability of ``field`` a frame is dropped, by default: see "Screening" in the documentation.
SCREENED_ABOVE = 0.02
#: What a person may decide of a frame.
DECISIONS = ("keep", "drop")
#: What is kept of a frame that was looked at: the name in the journal, and the column.
_FACTS = {
    "p_galaxy": "p_galaxy",
    "p_class_field": "p_class_field",
    "leaning": "Leaning",
    "novelty": "novelty",
    "exptime": "Exposure",
    "bytes": "Source Bytes",
    "modified": "Source Modified",
}
_UNKNOWN = dict.fromkeys(_FACTS, np.nan) | {"leaning": "", "bytes": -1, "modified": -1}
_KEY = ("OBSID", "HDU Index")


def screen_frames(
    manifest,
    *,
    frame_dir=None,
    model="default",
    weights=None,
    device=None,
    threshold=SCREENED_ABOVE,
    output=None,
    progress=None,
):
    """
    Screen a list with a model: find the frames that do not show a body.

    Parameters
    ----------
    manifest : path-like or astropy.table.Table
        The list, as `labelled_frames` takes it.
    frame_dir : path-like, optional
        Folder of the files; by default the list's.
    model : str, ModelSpec or Model, default "default"
        A model with the class ``field``.
    weights : str, path-like or Weights, optional
        As for `~astroclassify.models.build_model`.
    device : str, optional
        As for `~astroclassify.models.build_model`.
    threshold : float, default 0.02
        A frame is dropped if its probability of ``field`` is larger, 0 to 1. Another threshold takes no
        second look.
    output : path-like, optional
        Where to write the table (ECSV). Answers are kept beside it from the moment they are given, so
        that a screening that was stopped goes on; with the same weights, only frames that are new, that
        changed or that could not be read are looked at again.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    astropy.table.Table
        The list's rows and columns, and ``p_galaxy`` (of galaxy against nsc); ``p_class_field`` (of
        ``field`` among all classes); ``Leaning`` (to galaxy or nsc); ``novelty``; ``Exposure`` (seconds,
        NaN where the file does not say); ``Source Bytes`` and ``Source Modified`` (of the file); ``Keep``
        (bool); and ``Reason``, empty for a frame that is kept. ``meta["screening"]`` says by what.

    Raises
    ------
    ParameterError
        If the model has no class ``field``, or the threshold is out of range.
    ReadError
        If the list cannot be read. A file that cannot be read is a frame that is not kept.
    UnknownNameError, MissingWeightsError, WeightsError, PluginError
        If the model cannot be built.

    See Also
    --------
    contact_sheet : A page on which a person sees the frames, and overrules.

    Notes
    -----
    A frame is dropped if ``p_class_field`` is above the threshold, if its novelty is above that of the
    weights' card, or if it cannot be read. What the model takes the body for never decides: a list without
    the frames that a model gets wrong would flatter it. The default threshold is for the default model: of
    simulated frames it drops four in five of empty sky, one in 50 of bodies that are seen well, and one in
    four of bodies lost in the noise, which is why a person should see the frames.

    Examples
    --------
    A list of two simulated frames:

    >>> from astropy.io import fits
    >>> from astropy.table import Table
    >>> from astroclassify.curation import screen_frames
    >>> from astroclassify.simulate import random_frames
    >>> folder = getfixture("tmp_path")
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     fits.writeto(folder / f"{kind}_raw.fits", one.array)
    >>> listed = Table({"ID": ["a", "b"], "OBSID": ["spiral", "globular"], "Label": ["galaxy", "nsc"]})
    >>> screened = screen_frames(listed, frame_dir=folder, threshold=1.0, progress=False)
    >>> print(screened["OBSID", "Keep"])
     OBSID   Keep
    -------- ----
      spiral True
    globular True
    """
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise ParameterError(f"threshold is {threshold!r}; expected a probability, 0 to 1")
    table, listed = listed_frames(manifest, frame_dir=frame_dir)
    loaded = _loaded(model, weights, device)
    if output is None:
        return _screened(table, listed, loaded, threshold, None, progress)
    output = Path(output)
    with RunFolder(output.parent, name=output.name):
        screened = _screened(table, listed, loaded, threshold, output, progress)
        write_table(screened, output)
        _journal(output).remove()
    return screened


def _screened(table, listed, model, threshold, output, progress):
    keys = [_key(row) for row in table]
    files = dict(zip(keys, listed, strict=True))
    known = {
        key: facts
        for key, facts in _known(output, model.sha256).items()
        if key in files and is_unchanged(files[key].frame, facts)
    }
    failures = _answer_missing(files, known, model, output, progress)
    return _judged(table, keys, known, failures, model, threshold)


def _loaded(model, weights, device):
    loaded = model if isinstance(model, Model) else build_model(model, weights=weights, device=device)
    if "field" not in loaded.classes:
        raise ParameterError(
            f"the model {loaded.spec.name!r} has no class 'field', only {', '.join(loaded.classes)}; "
            "screen with one that has, such as 'default'"
        )
    return loaded


# Earlier answers -----------------------------------------------------------------------------


def _journal(output):
    return Journal(output.with_name(f"{output.name}.journal"), ("weights", "key", *_FACTS))


def _known(output, sha256):
    """Facts about frames by the same weights from an earlier run, by file name and HDU."""
    if output is None:
        return {}
    known = {}
    if output.is_file():
        table = _read(output)
        if table.meta.get("screening", {}).get("weights") == sha256 and _has_facts(table):
            for row in table[np.asarray(table["Source Bytes"]) >= 0]:
                known[_key(row)] = {name: _plain(row[column]) for name, column in _FACTS.items()}
    for line in _journal(output).rows():
        if line.pop("weights") == sha256:
            known[tuple(line.pop("key"))] = line
    return known


def _has_facts(table):
    return set(_FACTS.values()) <= set(table.colnames)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _key(row):
    """The key of a row: exposure and HDU, as a file may hold several frames."""
    return str(row["OBSID"]), int(row["HDU Index"]) if "HDU Index" in row.colnames else None


# Answers -------------------------------------------------------------------------------------


def _answer_missing(files, known, model, output, progress):
    """Let the model answer the frames without facts; give the errors of the others."""
    missing = {key: frame for key, frame in files.items() if key not in known}
    failures, journal = {}, None if output is None else _journal(output)
    with (
        closing(_answers(missing, model)) as answers,
        progress_bar(answers, progress=progress, total=len(missing), description="screening") as bar,
    ):
        for key, facts in bar:
            if isinstance(facts, AstroclassifyError):
                failures[key] = str(facts)
                continue
            known[key] = facts
            if journal is not None:
                journal.add({"weights": model.sha256, "key": key, **facts})
    return failures


def _answers(files, model):
    """Give key and facts, or the error, of each frame; the next is read while the model works."""

    def prepared(_, frame):
        try:
            read = read_frame(frame.frame, frame.hdu)
            stamp = file_stamp(frame.frame)
            facts = {"exptime": float(read.meta.get("EXPTIME", np.nan))}
            facts |= {"bytes": stamp.bytes, "modified": stamp.modified}
            return facts, checked_planes(model.spec, frame_array(read))
        except AstroclassifyError as error:
            return None, error

    with closing(prefetch(list(files.values()), prepared, depth=2)) as ahead:
        for key, (facts, planes) in zip(files, ahead, strict=True):
            yield key, planes if facts is None else _answer(planes, facts, model)


def _answer(planes, facts, model):
    try:
        (prediction,) = predict_planes(model, [planes], evidence=False)
    except AstroclassifyError as error:
        return error
    return _model_facts(prediction, model) | facts


def _model_facts(prediction, model):
    answer = interpret(prediction, model)
    return {
        "p_galaxy": answer.p_galaxy,
        "p_class_field": answer.probabilities["field"],
        "leaning": answer.leaning,
        "novelty": answer.novelty,
    }


# Judging -------------------------------------------------------------------------------------


def _judged(table, keys, known, failures, model, threshold):
    screened, highest = table.copy(), model.calibration.novelty_above
    facts = [known.get(key, _UNKNOWN) for key in keys]
    for name, column in _FACTS.items():
        screened[column] = [own[name] for own in facts]
    screened["Exposure"].unit = "s"
    reasons = [
        f"cannot be read: {failures[key]}" if key in failures else _reason(own, threshold, highest)
        for key, own in zip(keys, facts, strict=True)
    ]
    screened["Keep"] = [not reason for reason in reasons]
    screened["Reason"] = reasons
    screened.meta["screening"] = {
        "model": model.spec.name,
        "weights": model.sha256,
        "threshold": float(threshold),
        "novelty_above": float(highest),
    }
    return screened


def _reason(facts, threshold, highest):
    field = facts["p_class_field"]
    if field > threshold:
        return f"perhaps a field without a body: its probability {field:.3f} is above {threshold:g}"
    if facts["novelty"] > highest:
        return f"unlike all that the model has learnt: novelty {facts['novelty']:.4g} is above {highest:.4g}"
    return ""


# A person's decisions ------------------------------------------------------------------------


def read_overrules(path, screened):
    """
    Read what a person decided on a contact sheet.

    Parameters
    ----------
    path : path-like
        A CSV file with the columns ``OBSID``, ``HDU Index`` (where the list has it) and ``Decision``:
        ``keep`` or ``drop``. Others are ignored.
    screened : astropy.table.Table
        The list that was decided on, from `screen_frames`.

    Returns
    -------
    dict
        For rows of the list, by number from 0: whether the frame is kept (bool).

    Raises
    ------
    ReadError
        If the file is not there or is no such table; if a row of it has another decision, is of no
        frame of the list, or contradicts an earlier one. The message names the row, counted from 1.
    """
    path = Path(path)
    table = _decisions(path, screened)
    rows, decided = {}, {}
    for number, row in enumerate(screened):
        rows.setdefault(_key(row), []).append(number)
    for number, row in enumerate(table, start=1):
        key, decision = _checked_key(path, number, row), str(row["Decision"]).strip().lower()
        name = key[0] if key[1] is None else f"{key[0]}[{key[1]}]"
        if decision not in DECISIONS:
            raise ReadError(
                f"{path}, row {number}: the decision on {name} is {decision!r}; expected keep or drop"
            ).with_facts(file=path, found=decision, expected=DECISIONS)
        if key not in rows:
            raise ReadError(
                f"{path}, row {number}: {name} is not in the list; expected decisions on its frames"
            ).with_facts(file=path, found=name)
        kept = decision == "keep"
        if decided.setdefault(rows[key][0], kept) != kept:
            raise ReadError(
                f"{path}, row {number}: {name} was decided otherwise before; leave one row out"
            ).with_facts(file=path, found=name)
        decided.update(dict.fromkeys(rows[key], kept))
    return decided


def _decisions(path, screened):
    if not path.is_file():
        raise ReadError(f"{path}: there are no decisions here; save them on the contact sheet").with_facts(
            file=path
        )
    try:
        table = Table.read(path, format="ascii.csv", converters={"OBSID": str, "Decision": str})
    except Exception as error:  # astropy's readers fail in many ways
        raise ReadError(f"{path}: expected a CSV table of decisions: {error}").with_facts(
            file=path, expected="a CSV table of decisions"
        ) from error
    wanted = [*(name for name in _KEY if name in screened.colnames), "Decision"]
    missing = next((name for name in wanted if name not in table.colnames), None)
    if missing:
        raise ReadError(
            f"{path}: there is no column {missing!r}; expected {', '.join(wanted)}; "
            f"found {', '.join(table.colnames)}"
        ).with_facts(file=path, found=tuple(table.colnames), expected=tuple(wanted))
    return table


def _checked_key(path, number, row):
    try:
        return _key(row)
    except (TypeError, ValueError) as error:
        raise ReadError(
            f"{path}, row {number}: the HDU Index is {str(row['HDU Index'])!r}; expected a whole number"
        ).with_facts(file=path, found=str(row["HDU Index"]), expected="a whole number") from error


def apply_overrules(screened, path=None):
    """
    Apply a person's decisions to a screening, and give the frames that are kept.

    Parameters
    ----------
    screened : astropy.table.Table
        From `screen_frames`.
    path : path-like, optional
        Decisions that were saved on a `contact_sheet`; without one the model's stand.

    Returns
    -------
    astropy.table.Table
        The rows that are kept, in order, with the column ``Decided By``: ``model`` or ``person``.

    Raises
    ------
    ReadError
        If the decisions cannot be read, or are not on this list; see `read_overrules`.
    ParameterError
        If the table does not come from `screen_frames`.

    Examples
    --------
    `screen_frames` gives such a table. Without decisions of a person, those of the model stand:

    >>> from astropy.table import Table
    >>> from astroclassify.curation import apply_overrules
    >>> screened = Table({"OBSID": ["j8xi0001q", "j8xi0002q"], "Keep": [True, False]})
    >>> print(apply_overrules(screened))
      OBSID   Keep Decided By
    --------- ---- ----------
    j8xi0001q True      model
    """
    if "Keep" not in screened.colnames:
        raise ParameterError("the table has no column 'Keep'; expected one that screen_frames() gave")
    decided = {} if path is None else read_overrules(path, screened)
    final = screened.copy()
    final["Keep"] = [decided.get(number, bool(kept)) for number, kept in enumerate(screened["Keep"])]
    final["Decided By"] = ["person" if number in decided else "model" for number in range(len(screened))]
    return final[np.asarray(final["Keep"])]


def read_screened(path):
    """
    Read a table that `screen_frames` wrote.

    Parameters
    ----------
    path : path-like
        The ECSV file.

    Returns
    -------
    astropy.table.Table
        As `screen_frames` gave it.

    Raises
    ------
    ReadError
        If it is not there, or is something else.
    """
    table = _read(Path(path))
    if "screening" not in table.meta:
        raise ReadError(f"{path}: the table is not of a screening; expected one that screen_frames() wrote")
    return table


def _read(path):
    try:
        table = Table.read(path, format="ascii.ecsv")
    except Exception as error:  # astropy's readers fail in many ways
        raise ReadError(f"{path}: expected a table that screen_frames() wrote: {error}") from error
    for name in ("Reason", "Leaning"):
        if name in table.colnames and isinstance(table[name], MaskedColumn):
            table[name] = table[name].filled("")
    return table
