"""The facade: from a frame, or a file of frames, to an answer."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import NDData

from astroclassify.core import (
    FrameError,
    OptionalDependencyError,
    ParameterError,
    check_whole,
    package_version,
    progress_bar,
    provenance,
)
from astroclassify.core import prefetch as prefetched
from astroclassify.identify import CatalogueSource, NamedBody, find_catalogue, name_body, survey_frame
from astroclassify.inference import (
    answer_row,
    answers_table,
    check_grouping,
    checked_planes,
    error_row,
    grouped,
    in_batches,
    interpret,
    predict_planes,
    prior_shift,
    with_bodies,
)
from astroclassify.io import expand_inputs, names_several, read_frames
from astroclassify.models import Model, ready_model
from astroclassify.preprocess import FrameRows

#: Larger frames are taken by rows, where the model can, instead of being held as float32 (pixels).
HELD_PIXELS = 2**24
_HDU = fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU
_ON_ERROR = ("record", "raise")


@dataclass(frozen=True, eq=False)
class _Source:
    """One frame, and what is known about where it comes from."""

    frame: Any
    name: str
    chip: int
    instrument: str
    band: str


@dataclass(frozen=True, eq=False)
class _Asked:
    """A model, and how its answers are to be made."""

    model: Model
    flips: bool
    prior: Mapping[str, float] | str | None
    batch_size: int
    evidence: bool
    catalogue: CatalogueSource | None

    def named(self, frame):
        """Say which catalogued body a frame shows; None if nobody asked (NamedBody or None)."""
        return None if self.catalogue is None else name_body(frame, catalogue=self.catalogue)

    def prior_of(self, named):
        """Give the shares that are expected of one frame (mapping or None)."""
        return named.prior if isinstance(self.prior, str) else self.prior


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A frame as the network takes it, or what went wrong on the way there."""

    name: str
    chip: int
    planes: np.ndarray | None = None
    named: NamedBody | None = None
    error: Exception | None = None

    @property
    def shape(self):
        """The planes' shape; `None` for an error, which joins no batch (tuple of int or None)."""
        return None if self.planes is None else self.planes.shape


def classify(
    frame,
    *,
    model="default",
    weights=None,
    device=None,
    precision="auto",
    batch_size=1,
    flips=None,
    prior=None,
    return_evidence=True,
    chip=None,
    instrument=None,
    extension=None,
    mask_bits=None,
    identify=None,
    survey=None,
):
    """
    Say whether a frame is part of a galaxy or of a nebula / star cluster.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData`, array, path, bytes, file object or HDUList
        One frame ``[y, x]`` of any real type and unit, 64 x 64 pixels or more (smaller ones
        are tried), NaN or masked where a pixel is unusable; or a FITS file or picture
        (PNG, JPEG, TIFF), read by `~astroclassify.io.read_frames`; or, with ``survey``, a position
        (`~astropy.coordinates.SkyCoord`).
    model : str, ModelSpec or Model, default "default"
        A registered name; ``"default"`` is the one that ``conf.default_model`` names.
    weights : str, path-like or Weights, optional
        A safetensors file instead of the model's own weights.
    device : str, optional
        ``"cpu"``, ``"cuda"``, ``"auto"``, ...; `None` for ``conf.device``, which is ``"auto"``
        unless you set it: a GPU where there is one.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        Of the network's arithmetic; see `~astroclassify.models.build_model`.
    batch_size : int, default 1
        How many views of the frame pass the network at once: up to 4 where they are averaged.
    flips : bool, optional
        Average over the frame, its two mirror images and the frame turned by 180 degrees. `None` for
        what is best for the model, ``ModelSpec.flips``.
    prior : mapping of str to float or "catalogue", optional
        Expected shares of ``galaxy`` and ``nsc`` among your frames, or of every class of the model,
        summing to 1, for example ``{"galaxy": 0.9, "nsc": 0.1}``; see
        `~astroclassify.inference.prior_shift`. `None` leaves probabilities as calibrated. With
        ``"catalogue"`` a catalogued body that covers the frame says what is expected.
    return_evidence : bool, default True
        Give the map of the evidence, where the model has one.
    chip : int, optional
        Which chip of a file; needed where it has more than one.
    instrument : str, optional
        Name of the instrument of a file whose header does not say.
    extension : int, str, tuple or list of these, optional
        Which extension of a file holds the image, as for `~astroclassify.read_frames`.
    mask_bits : int, str or iterable of str, optional
        Which bits of a file's mask image make a pixel unusable, as for `~astroclassify.read_frames`.
    identify : bool, str, `~astropy.table.QTable` or CatalogueSource, optional
        Name the catalogued body that the frame shows, by its WCS: ``answer.body`` and ``answer.agrees``; True
        for the package's own catalogue, else which (see `~astroclassify.identify.identify`). It never changes
        the label. `None` does so for a position only.
    survey : str, optional
        Name of a HiPS, such as ``"CDS/P/DSS2/red"``, from which the frame about a position is fetched
        (`~astroclassify.identify.survey_frame`).

    Returns
    -------
    Classification
        The label, its probability, the evidence and the provenance. Two answers are equal where all of that
        is, but for time and duration: the ``source`` counts, and so does the evidence.

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
        If the model is not one for frames, the device or precision does not exist, the prior or the
        batch size is not one, or the file has no such chip.
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
    loaded = ready_model(model, weights=weights, device=device, precision=precision)
    named = _catalogue(isinstance(frame, SkyCoord) if identify is None else identify, prior)
    options = {"flips": flips, "prior": prior, "batch_size": batch_size, "catalogue": named}
    asked = _asked(loaded, evidence=return_evidence, **options)
    read = {"instrument": instrument, "extension": extension, "mask_bits": mask_bits}
    sources = _sources(frame, chip=chip, read=read, survey=survey)
    if len(sources) > 1:
        chips = ", ".join(str(source.chip or "without number") for source in sources)
        raise FrameError(
            f"{sources[0].name} holds {len(sources)} frames (chips {chips}); "
            "choose one with chip=, or use classify_many for all of them"
        )
    return _classify_one(sources[0], asked)


def classify_many(
    frames,
    *,
    model="default",
    weights=None,
    device=None,
    precision="auto",
    batch_size=1,
    flips=None,
    prior=None,
    chip=None,
    instrument=None,
    extension=None,
    mask_bits=None,
    identify=None,
    survey=None,
    group_by=None,
    on_error="record",
    prefetch=2,
    progress=None,
):
    """
    Classify many frames or files; a bad one never stops the others.

    Parameters
    ----------
    frames : iterable, path, or one frame
        Whatever `classify` takes, mixed at will; every chip of a file is classified, or ``chip``. A folder
        stands for its files with a known suffix (not deeper), and a pattern such as ``"night1/*_raw.fits"``
        for those that match.
    model : str, ModelSpec or Model, default "default"
        As for `classify`.
    weights : str, path-like or Weights, optional
        As for `classify`.
    device : str, optional
        As for `classify`.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        As for `classify`.
    batch_size : int, default 1
        How many frames and views of frames pass the network at once; only neighbours whose planes
        have one shape do. With 1 the company never changes a result by one bit; more is for GPUs, and
        changes logits by rounding only (about 1e-5 of the largest, in float32).
    flips : bool, optional
        As for `classify`.
    prior : mapping of str to float or "catalogue", optional
        As for `classify`.
    chip : int, optional
        Only this chip of every file; the others are not even read. What has no such chip is in error.
    instrument : str, optional
        As for `classify`, for every file.
    extension : int, str, tuple or list of these, optional
        As for `classify`, for every file.
    mask_bits : int, str or iterable of str, optional
        As for `classify`, for every file.
    identify : bool, str, `~astropy.table.QTable` or CatalogueSource, optional
        As for `classify`; the table has more columns then.
    survey : str, optional
        As for `classify`, for every position.
    group_by : {"visit", "file"}, optional
        Give one answer for all frames of a visit of HST (dithers, bands, both chips), or of a file; see
        `~astroclassify.inference.combine`. Not with ``identify``.
    on_error : {"record", "raise"}, default "record"
        Write an error into the table's row, or raise it.
    prefetch : int, default 2
        How many items are read and prepared ahead, in one other thread, while the network works;
        0 does everything in the calling thread. No more than these and a batch are held in memory.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    astropy.table.QTable
        One row per frame, in order: ``source``, ``chip`` (0 where the frame has no chip number), ``label``,
        ``probability``, ``p_galaxy`` (of galaxy among galaxy and nsc), ``p_class_<name>`` for each class of
        the model (``p_class_star_cluster`` for ``star cluster``), ``novelty``, ``error`` (empty where all
        went well; else the label is empty and the numbers are NaN) and ``model``. Its ``meta`` holds the
        provenance. There are no maps of the evidence. With ``identify`` there are also ``body``,
        ``body_class``, ``frame_in_body`` (share), ``agrees`` (``"yes"``, ``"no"``, or empty where body or
        label is not known) and ``body_note``. With ``group_by`` there is a row for each group, and also
        ``frames`` (how many), ``spread`` (of their log-odds) and ``reason``.

    Raises
    ------
    ParameterError
        If the model is not one for frames; if ``on_error``, ``group_by``, the device, the precision, the
        prior or a number is wrong; or if ``frames`` is not iterable.
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
    check_whole("prefetch", prefetch, least=0)
    check_grouping(group_by, identify, prior)
    loaded = ready_model(model, weights=weights, device=device, precision=precision)
    options = {"flips": flips, "prior": prior, "batch_size": batch_size}
    asked = _asked(
        loaded,
        evidence=False,
        catalogue=_catalogue(False if identify is None else identify, prior),
        **options,
    )
    items = _items(frames)
    if not isinstance(items, Iterable):
        raise ParameterError(f"frames is a {type(frames).__name__}; expected frames or files, or one of them")

    def prepare(number, item):
        read = {"instrument": instrument, "extension": extension, "mask_bits": mask_bits}
        chosen = {"chip": chip, "read": read, "number": number, "survey": survey}
        return _prepared_item(item, asked, chosen, recorded=on_error == "record")

    total = len(items) if hasattr(items, "__len__") else None
    rows, named = [], []
    with closing(prefetched(items, prepare, depth=prefetch)) as ahead:
        groups = progress_bar(ahead, progress=progress, total=total, description="classify")
        entries = (entry for group in groups for entry in group)
        for batch in in_batches(entries, batch_size, key=lambda entry: entry.shape):
            rows += _rows(batch, asked, recorded=on_error == "record")
            named += [entry.named for entry in batch]
    table = answers_table(rows, loaded.classes, meta=_provenance(asked))
    if group_by is not None:
        return grouped(table, group_by, loaded, prior=prior)
    if asked.catalogue is None:
        return table
    return with_bodies(table, [asdict(each or NamedBody()) for each in named])


def _catalogue(identify, prior):
    """The catalogue that is asked for names, or None."""
    if isinstance(identify, bool):
        return find_catalogue("builtin") if identify or isinstance(prior, str) else None
    return find_catalogue(identify)


def _asked(model, *, flips, prior, batch_size, evidence, catalogue):
    check_whole("batch_size", batch_size)
    if prior != "catalogue":
        prior_shift(prior, model)
    flips = model.spec.flips if flips is None else bool(flips)
    return _Asked(model, flips, prior, batch_size, evidence, catalogue)


def _is_file(item):
    if isinstance(item, NDData | np.ndarray):  # a CCDData has a method `read`
        return False
    files = str | bytes | bytearray | memoryview | os.PathLike | fits.HDUList | _HDU
    return isinstance(item, files) or hasattr(item, "read")


def _is_single(frames):
    two_axes = isinstance(frames, np.ndarray) and frames.ndim == 2
    return two_axes or isinstance(frames, NDData | SkyCoord) or _is_file(frames)


def _items(frames):
    """Give what to classify, one after the other; a folder or a pattern stands for its files."""
    items = [frames] if _is_single(frames) else frames
    if isinstance(items, list | tuple):
        return [each for item in items for each in _files_of(item)]
    return (each for item in items for each in _files_of(item)) if isinstance(items, Iterator) else items


def _files_of(item):
    """Give the files that an item names; itself, where it names none."""
    return (expand_inputs([item])[0] or [item]) if names_several(item) else [item]


def _sources(item, *, chip=None, read=None, number=None, survey=None):
    if isinstance(item, SkyCoord):
        frames, name = [_piece(item, survey)], ""
    elif _is_file(item):
        frames, name = read_frames(item, chips=chip, **(read or {})), _file_name(item)
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


def _piece(position, survey):
    if survey is None:
        raise ParameterError(
            "a position has no pixels: give survey=, such as 'CDS/P/DSS2/red', to fetch them, "
            "or identify the position by astroclassify.identify.identify"
        )
    return survey_frame(position, survey=survey)


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


def _classify_one(source, asked):
    start = perf_counter()
    array = _pixels(source.frame, asked.model.spec)
    (prediction,) = _predicted([checked_planes(asked.model.spec, array)], asked)
    meta = _provenance(asked) | {
        "source": source.name,
        "chip": source.chip or None,
        "instrument": source.instrument,
        "band": source.band,
        "shape": array.shape,
        "seconds": perf_counter() - start,
    }
    named = asked.named(source.frame)
    meta |= {} if named is None else asdict(named)
    return interpret(prediction, asked.model, prior=asked.prior_of(named), meta=meta, frame=source.frame)


def _pixels(frame, spec):
    """Give a frame as float32: whole, or by rows if it is large and the model can take it so."""
    rows = FrameRows(frame)
    return rows if spec.by_rows and rows.size > HELD_PIXELS else rows[:]


def _predicted(planes, asked):
    options = {"flips": asked.flips, "evidence": asked.evidence, "batch_size": asked.batch_size}
    return list(predict_planes(asked.model, planes, **options))


def _provenance(asked):
    model = asked.model
    facts = provenance(model=model.spec.name, weights_sha256=model.sha256, device=model.device)
    facts["versions"]["torch"] = package_version("torch")
    facts["precision"] = getattr(model, "precision", "float32")
    facts["flips"] = asked.flips
    facts["prior"] = asked.prior if asked.prior is None or isinstance(asked.prior, str) else dict(asked.prior)
    return facts


def _prepared_item(item, asked, chosen, *, recorded):
    """Read and preprocess all frames of an item: what is done ahead, in the other thread."""
    try:
        sources = _sources(item, **chosen)
    except Exception as error:  # a batch goes on whatever is wrong with one input
        if not recorded:
            raise
        name = _file_name(item) if _is_file(item) else ""
        name = name or f"<{type(item).__name__} {chosen['number']}>"
        return [_Prepared(name, chosen["chip"] or 0, error=error)]
    return [_prepared(source, asked, recorded=recorded) for source in sources]


def _prepared(source, asked, *, recorded):
    named = _named(source.frame, asked, recorded=recorded)
    try:
        array = _pixels(source.frame, asked.model.spec)
        planes = checked_planes(asked.model.spec, array)
        if isinstance(array, np.ndarray) and np.may_share_memory(planes, array):
            planes = planes.copy()  # the caller may overwrite the frame before the network sees it
    except Exception as error:  # a batch goes on whatever is wrong with one frame
        if not recorded:
            raise
        return _Prepared(source.name, source.chip, named=named, error=error)
    return _Prepared(source.name, source.chip, planes, named)


def _named(frame, asked, *, recorded):
    """Say which body a frame shows, or in a list of many why that is not known."""
    try:
        return asked.named(frame)
    except (ParameterError, OptionalDependencyError):  # what was asked for is wrong, of every frame
        raise
    except Exception as error:  # a batch goes on whatever is wrong with one frame
        if not recorded:
            raise
        return NamedBody(body_note=str(error))


def _rows(batch, asked, *, recorded):
    """Give the rows of frames that pass the network together; if they fail, of each on its own."""
    if batch[0].error is not None:
        return [_error_row(batch[0], batch[0].error, asked.model)]
    try:
        predictions = _predicted([entry.planes for entry in batch], asked)
        return [_row(entry, told, asked) for entry, told in zip(batch, predictions, strict=True)]
    except Exception as error:  # a batch goes on whatever is wrong with one frame
        if not recorded:
            raise
        if len(batch) == 1:
            return [_error_row(batch[0], error, asked.model)]
        return [row for entry in batch for row in _rows([entry], asked, recorded=recorded)]


def _row(entry, prediction, asked):
    meta = {"source": entry.name, "chip": entry.chip, "model": asked.model.spec.name}
    return answer_row(interpret(prediction, asked.model, prior=asked.prior_of(entry.named), meta=meta))


def _error_row(entry, error, model):
    return error_row(error, model.classes, source=entry.name, chip=entry.chip, model=model.spec.name)
