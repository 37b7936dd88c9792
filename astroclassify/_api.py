"""The facade: from a frame, or a file of frames, to an answer."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import NDData
from astropy.table import QTable

from astroclassify.core import FrameError, ParameterError, package_version, progress_bar, provenance
from astroclassify.inference import interpret, predict
from astroclassify.io import read_frames
from astroclassify.models import Model, build_model, find_spec, locate_weights, resolve_device
from astroclassify.preprocess import frame_array

_ON_ERROR = ("record", "raise")
_MODELS_KEPT = 4


@dataclass(frozen=True, eq=False)
class _Source:
    """One frame, and what is known about where it comes from."""

    frame: Any
    name: str
    chip: int
    instrument: str
    band: str


def classify(frame, *, model="default", weights=None, device=None, chip=None, instrument=None):
    """
    Say whether a frame is part of a galaxy or of a nebula / star cluster.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData`, array, path, bytes, file object or HDUList
        One frame ``[y, x]`` of any real type and unit, 64 x 64 pixels or more (smaller ones
        are tried), NaN or masked where a pixel is unusable; or a FITS file or picture
        (PNG, JPEG, TIFF), read by `~astroclassify.io.read_frames`.
    model : str, ModelSpec or Model, default "default"
        A registered name; ``"default"`` is the one that ``conf.default_model`` names.
    weights : str, path-like or Weights, optional
        A safetensors file instead of the model's own weights.
    device : str, optional
        ``"cpu"``, ``"cuda"``, ``"auto"``, ...; `None` for ``conf.device``.
    chip : int, optional
        Which chip of a file; needed where it has more than one.
    instrument : str, optional
        Name of the instrument of a file whose header does not say.

    Returns
    -------
    Classification
        The label, its probability, the evidence and the provenance.

    Raises
    ------
    FrameError
        If the frame cannot be used, or the file has several chips and ``chip`` is not given.
    ReadError
        If the file cannot be read.
    UnknownNameError
        If no model has the name.
    MissingWeightsError
        If the model has no weights; the message says how to get them.
    WeightsError
        If the weights are damaged or do not fit.
    ParameterError
        If the device does not exist, or the file has no such chip.
    PluginError
        If the model breaks its contract.

    See Also
    --------
    classify_many : Many frames or files, into a table.

    Examples
    --------
    >>> from astroclassify import classify
    >>> answer = classify("jbf301a1q_raw.fits", chip=1)  # doctest: +SKIP
    >>> answer.label, answer.probability  # doctest: +SKIP
    ('galaxy', 0.97)
    """
    loaded = _loaded_model(model, weights, device)
    sources = _sources(frame, chip=chip, instrument=instrument)
    if len(sources) > 1:
        chips = ", ".join(str(source.chip or "without number") for source in sources)
        raise FrameError(
            f"{sources[0].name} holds {len(sources)} frames (chips {chips}); "
            "choose one with chip=, or use classify_many for all of them"
        )
    return _classify_one(sources[0], loaded)


def classify_many(
    frames,
    *,
    model="default",
    weights=None,
    device=None,
    chip=None,
    instrument=None,
    on_error="record",
    progress=None,
):
    """
    Classify many frames or files; a bad one never stops the others.

    Parameters
    ----------
    frames : iterable
        Whatever `classify` takes, mixed at will; every chip of a file is classified, or ``chip``.
    model : str, ModelSpec or Model, default "default"
        As for `classify`.
    weights : str, path-like or Weights, optional
        As for `classify`.
    device : str, optional
        As for `classify`.
    chip : int, optional
        Only this chip of every file; the others are not even read. What has no such chip is in error.
    instrument : str, optional
        As for `classify`, for every file.
    on_error : {"record", "raise"}, default "record"
        Write an error into the table's row, or raise it.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    astropy.table.QTable
        One row per frame: ``source``, ``chip`` (0 where the frame has no chip number),
        ``label``, ``probability``, ``p_<class>`` for each class of the model (``p_star_cluster``
        for ``star cluster``), ``error`` (empty where all went well; else the label is empty and
        the probabilities are NaN) and ``model``. Its ``meta`` holds the provenance.

    Raises
    ------
    ParameterError
        If ``on_error`` or the device is wrong, or ``frames`` is not iterable.
    UnknownNameError
        If no model has the name.
    MissingWeightsError
        If the model has no weights.
    AstroclassifyError
        Whatever is wrong with a frame, with ``on_error="raise"``.

    Examples
    --------
    >>> from astroclassify import classify_many
    >>> table = classify_many(["one_raw.fits", "two_raw.fits"])  # doctest: +SKIP
    >>> table[table["label"] == "nsc"]["source", "chip", "probability"]  # doctest: +SKIP
    """
    if on_error not in _ON_ERROR:
        raise ParameterError(f"on_error is {on_error!r}; expected one of {_ON_ERROR}")
    loaded = _loaded_model(model, weights, device)
    items = [frames] if _is_single(frames) else frames
    if not isinstance(items, Iterable):
        raise ParameterError(f"frames is a {type(frames).__name__}; expected frames or files, or one of them")
    total = len(items) if hasattr(items, "__len__") else None
    rows = []
    for number, item in enumerate(
        progress_bar(items, progress=progress, total=total, description="classify")
    ):
        chosen = {"chip": chip, "instrument": instrument, "number": number}
        rows += _rows_of_item(item, loaded, chosen, recorded=on_error == "record")
    return _table(rows, loaded)


def _loaded_model(model, weights, device):
    if isinstance(model, Model):
        if weights is not None or device is not None:
            raise ParameterError("a built Model has its weights and device; leave weights and device out")
        return model
    spec, device = find_spec(model), resolve_device(device)
    path, _, _ = locate_weights(spec, weights)
    stamps = tuple(_stamp(file) for file in (path, path.with_suffix(".json")))
    weights = os.fspath(weights) if isinstance(weights, os.PathLike) else weights
    return _cached_model(spec, weights, stamps, device)


@lru_cache(maxsize=_MODELS_KEPT)
def _cached_model(spec, weights, stamps, device):
    """Keep built models; ``stamps`` makes a weights file that changed a new one."""
    return build_model(spec, weights=weights, device=device)


def _stamp(path):
    if not path.is_file():
        return None
    status = path.stat()
    return str(path.resolve()), status.st_mtime_ns, status.st_size


def _is_file(item):
    if isinstance(item, NDData | np.ndarray):  # a CCDData has a method `read`
        return False
    files = str | bytes | bytearray | memoryview | os.PathLike | fits.HDUList
    return isinstance(item, files) or hasattr(item, "read")


def _is_single(frames):
    two_axes = isinstance(frames, np.ndarray) and frames.ndim == 2
    return two_axes or isinstance(frames, NDData) or _is_file(frames)


def _sources(item, *, chip=None, instrument=None, number=None):
    if _is_file(item):
        frames, name = read_frames(item, instrument=instrument, chips=chip), _file_name(item)
    else:
        frames, name = [item], ""
    sources = [_described(frame, name, number) for frame in frames]
    if not sources:
        raise FrameError(f"{name or 'the file'} holds no frame")
    if chip is None:
        return sources
    chosen = [source for source in sources if source.chip == chip]
    if not chosen:
        there = ", ".join(str(source.chip) for source in sources if source.chip) or "none with a number"
        raise FrameError(f"{sources[0].name} has no chip {chip}; its chips: {there}")
    return chosen


def _file_name(item):
    if isinstance(item, fits.HDUList):
        return item.filename() or ""
    return os.fspath(item) if isinstance(item, str | os.PathLike) else str(getattr(item, "name", ""))


def _described(frame, name, number):
    cards = getattr(frame, "meta", None)
    cards = cards if hasattr(cards, "get") else {}
    camera = "/".join(str(cards[key]) for key in ("INSTRUME", "DETECTOR") if cards.get(key))
    unnamed = type(frame).__name__ if number is None else f"{type(frame).__name__} {number}"
    return _Source(
        frame=frame,
        name=str(name or cards.get("ACSOURCE") or cards.get("FILENAME") or f"<{unnamed}>"),
        chip=_chip_number(cards.get("ACCHIP", cards.get("CCDCHIP"))),
        instrument=str(cards.get("ACINSTR") or camera),
        band=str(cards.get("ACBAND") or cards.get("FILTER") or ""),
    )


def _chip_number(value):
    """Give a chip's number; 0 where there is none (drizzled HST images say -999)."""
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return 0


def _classify_one(source, model):
    start = perf_counter()
    array = frame_array(source.frame)
    (prediction,) = predict(model, [array])
    answer = interpret(prediction, model)
    answer.meta.update(_provenance(model))
    answer.meta.update(
        source=source.name,
        chip=source.chip or None,
        instrument=source.instrument,
        band=source.band,
        shape=array.shape,
        seconds=perf_counter() - start,
    )
    return answer


def _provenance(model):
    facts = provenance(model=model.spec.name, weights_sha256=model.sha256, device=model.device)
    facts["versions"]["torch"] = package_version("torch")
    return facts


def _rows_of_item(item, model, chosen, *, recorded):
    try:
        sources = _sources(item, **chosen)
    except Exception as error:  # a batch goes on whatever is wrong with one input
        if not recorded:
            raise
        name = _file_name(item) if _is_file(item) else ""
        name = name or f"<{type(item).__name__} {chosen['number']}>"
        return [_error_row(name, chosen["chip"] or 0, error, model)]
    return [_row(source, model, recorded=recorded) for source in sources]


def _row(source, model, *, recorded):
    try:
        answer = _classify_one(source, model)
    except Exception as error:  # a batch goes on whatever is wrong with one frame
        if not recorded:
            raise
        return _error_row(source.name, source.chip, error, model)
    values = tuple(answer.probabilities.values())
    return (source.name, source.chip, answer.label, answer.probability, *values, "", model.spec.name)


def _error_row(name, chip, error, model):
    values = (np.nan,) * (1 + len(model.classes))
    text = " ".join(str(error).split()) or "no message"
    return (name, chip, "", *values, f"{type(error).__name__}: {text}", model.spec.name)


def _table(rows, model):
    classes = [f"p_{name.replace(' ', '_')}" for name in model.classes]
    names = ["source", "chip", "label", "probability", *classes, "error", "model"]
    types = [str, int, str, float, *[float] * len(classes), str, str]
    return QTable(rows=rows or None, names=names, dtype=types, meta=_provenance(model))
