"""From a frame, or a file of frames, to rows of answers: the work itself, wherever it is done."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
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
    package_version,
    progress_bar,
    provenance,
)
from astroclassify.core import prefetch as prefetched
from astroclassify.identify import CatalogueSource, NamedBody, name_body, survey_frame
from astroclassify.inference import (
    Classification,
    answer_row,
    checked_planes,
    error_row,
    in_batches,
    interpret,
    predict_planes,
)
from astroclassify.io import expand_inputs, is_address, is_stream, names_several, observation, read_frames
from astroclassify.models import Model
from astroclassify.preprocess import FrameRows, thumbnail
from astroclassify.scale import open_remote, within

#: Larger frames are taken by rows, where the model can, instead of being held as float32 (pixels).
HELD_PIXELS = 2**24
_HDU = fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU


@dataclass(frozen=True, eq=False)
class Source:
    """One frame, and what is known about where it comes from."""

    frame: Any
    name: str
    chip: int
    instrument: str
    band: str


@dataclass(frozen=True, eq=False)
class Asked:
    """
    A model, and how its answers are to be made.

    ``recorded``: an error of one frame is kept, not raised. ``facts`` and ``thumbnails``: what else is kept
    of a frame, for data sets of results. ``timeout``: seconds that the reading of a file may take.
    """

    model: Model
    flips: bool
    prior: Mapping[str, float] | str | None
    batch_size: int
    evidence: bool
    catalogue: CatalogueSource | None
    recorded: bool = False
    facts: bool = False
    thumbnails: bool = False
    timeout: float | None = None

    def named(self, frame):
        """Say which catalogued body a frame shows; None if nobody asked (NamedBody or None)."""
        return None if self.catalogue is None else name_body(frame, catalogue=self.catalogue)

    def prior_of(self, named):
        """Give the shares that are expected of one frame (mapping or None)."""
        return named.prior if isinstance(self.prior, str) else self.prior


@dataclass(frozen=True, eq=False)
class Prepared:
    """A frame as the network takes it, or what went wrong on the way there."""

    name: str
    chip: int
    planes: np.ndarray | None = None
    named: NamedBody | None = None
    error: Exception | None = None
    number: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self):
        """The planes' shape; `None` for an error, which joins no batch (tuple of int or None)."""
        return None if self.planes is None else self.planes.shape


@dataclass(frozen=True, eq=False)
class FrameAnswer:
    """What is told of one frame: its row for `answers_table`, and the answer unless there was an error."""

    entry: Prepared
    row: tuple
    answer: Classification | None = None


def is_file(item):
    """Tell a file, by whatever name, from a frame in memory (bool)."""
    files = str | bytes | bytearray | memoryview | os.PathLike | fits.HDUList | _HDU
    return isinstance(item, files) or is_stream(item)


def _is_single(frames):
    two_axes = isinstance(frames, np.ndarray) and frames.ndim == 2
    return two_axes or isinstance(frames, NDData | SkyCoord) or is_file(frames)


def items_of(frames):
    """Give what to classify, one after the other; a folder or a pattern stands for its files."""
    items = [frames] if _is_single(frames) else frames
    if isinstance(items, list | tuple):
        return [each for item in items for each in _files_of(item)]
    return (each for item in items for each in _files_of(item)) if isinstance(items, Iterator) else items


def _files_of(item):
    """Give the files that an item names; itself, where it names none."""
    return (expand_inputs([item])[0] or [item]) if names_several(item) else [item]


def sources_of(item, *, chip=None, read=None, number=None, survey=None, timeout=None):
    """Read the frames of an item, with what is known of them (list of Source)."""
    if isinstance(item, SkyCoord):
        frames, name = [_piece(item, survey)], ""
    elif is_file(item):
        frames, name = within(timeout, _frames_of, item, {"chip": chip, **(read or {})}), file_name(item)
    else:
        frames, name = [item], ""
    sources = [_described(frame, name, number) for frame in frames]
    if not sources:
        raise FrameError(f"{name or 'the file'} holds no frame")
    if chip is None:
        return sources
    chosen = [source for source in sources if source.chip == chip]
    if not chosen:
        there = ", ".join(str(source.chip) for source in sources if source.chip)
        told = f"its chips: {there}" if there else "it has no chip numbers, so leave the chip out"
        raise FrameError(f"{sources[0].name} has no chip {chip}; {told}")
    return chosen


def _frames_of(item, options):
    if not is_address(item):
        return read_frames(item, **options)
    with open_remote(item) as file:
        return read_frames(file, **options)


def _piece(position, survey):
    if survey is None:
        raise ParameterError(
            "a position has no pixels: give survey=, such as 'CDS/P/DSS2/red', to fetch them, "
            "or identify the position by astroclassify.identify.identify"
        )
    return survey_frame(position, survey=survey)


def file_name(item):
    """Name a file; empty where it has no name (str)."""
    if isinstance(item, fits.HDUList):
        return item.filename() or ""
    return os.fspath(item) if isinstance(item, str | os.PathLike) else str(getattr(item, "name", ""))


def _described(frame, name, number):
    cards = getattr(frame, "meta", None)
    cards = cards if hasattr(cards, "get") else {}
    camera = "/".join(str(cards[key]) for key in ("INSTRUME", "DETECTOR") if cards.get(key))
    unnamed = type(frame).__name__ if number is None else f"{type(frame).__name__} {number}"
    return Source(
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


def classify_one(source, asked):
    """Answer one frame (Classification)."""
    start = perf_counter()
    array = pixels_of(source.frame, asked.model.spec)
    (prediction,) = predicted([checked_planes(asked.model.spec, array)], asked)
    meta = provenance_of(asked) | {
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


def pixels_of(frame, spec):
    """Give a frame as float32: whole, or by rows if it is large and the model can take it so."""
    rows = FrameRows(frame)
    return rows if spec.by_rows and rows.size > HELD_PIXELS else rows[:]


def predicted(planes, asked):
    """Run the network (list of Prediction)."""
    options = {"flips": asked.flips, "evidence": asked.evidence, "batch_size": asked.batch_size}
    return list(predict_planes(asked.model, planes, **options))


def provenance_of(asked):
    """Say what answers depend on besides the frames (dict)."""
    model = asked.model
    facts = provenance(model=model.spec.name, weights_sha256=model.sha256, device=model.device)
    facts["versions"]["torch"] = package_version("torch")
    facts["precision"] = getattr(model, "precision", "float32")
    facts["flips"] = asked.flips
    facts["prior"] = asked.prior if asked.prior is None or isinstance(asked.prior, str) else dict(asked.prior)
    return facts


def classified(items, asked, chosen, *, depth, progress=False, total=None):
    """
    Classify items one after the other, reading the next ones ahead.

    Parameters
    ----------
    items : iterable
        Files and frames.
    asked : Asked
        The model, and what to tell.
    chosen : dict
        ``chip``, ``read`` and ``survey``, of every item.
    depth : int
        How many items are read and prepared ahead.
    progress : bool or None
        Show a progress bar.
    total : int, optional
        How many items there are.

    Yields
    ------
    FrameAnswer
        Of each frame, in order.
    """

    def prepare(number, item):
        return _prepared_item(item, asked, {**chosen, "number": number, "timeout": asked.timeout})

    with closing(prefetched(items, prepare, depth=depth)) as ahead:
        groups = progress_bar(ahead, progress=progress, total=total, description="classify")
        entries = (entry for group in groups for entry in group)
        for batch in in_batches(entries, asked.batch_size, key=lambda entry: entry.shape):
            yield from _answers(batch, asked)


def _prepared_item(item, asked, chosen):
    """Read and preprocess all frames of an item: what is done ahead, in the other thread."""
    try:
        sources = sources_of(item, **chosen)
    except Exception as error:  # a batch goes on whatever is wrong with one input
        if not asked.recorded:
            raise
        name = file_name(item) if is_file(item) else ""
        name = name or f"<{type(item).__name__} {chosen['number']}>"
        return [Prepared(name, chosen["chip"] or 0, error=error, number=chosen["number"])]
    return [_prepared(source, asked, chosen["number"]) for source in sources]


def _prepared(source, asked, number):
    named = _named(source.frame, asked)
    known = {"named": named, "number": number, "facts": _facts(source, asked)}
    try:
        array = pixels_of(source.frame, asked.model.spec)
        planes = checked_planes(asked.model.spec, array)
        if isinstance(array, np.ndarray) and np.may_share_memory(planes, array):
            planes = planes.copy()  # the caller may overwrite the frame before the network sees it
    except Exception as error:  # a batch goes on whatever is wrong with one frame
        if not asked.recorded:
            raise
        return Prepared(source.name, source.chip, error=error, **known)
    return Prepared(source.name, source.chip, planes, **known)


def _facts(source, asked):
    """Say what is kept of a frame besides the answer: where and when it was taken, and a small picture."""
    facts = {}
    if asked.facts and hasattr(source.frame, "meta"):
        facts = observation(source.frame) if hasattr(source.frame.meta, "cards") else {}
        facts |= {"instrument": source.instrument, "band": source.band}
    if asked.thumbnails:
        with suppress(FrameError):  # it is told when the frame is classified
            facts["thumbnail"] = thumbnail(source.frame)
    return facts


def _named(frame, asked):
    """Say which body a frame shows, or in a list of many why that is not known."""
    try:
        return asked.named(frame)
    except (ParameterError, OptionalDependencyError):  # what was asked for is wrong, of every frame
        raise
    except Exception as error:  # a batch goes on whatever is wrong with one frame
        if not asked.recorded:
            raise
        return NamedBody(body_note=str(error))


def _answers(batch, asked):
    """Answers of frames that pass the network together; if that fails, of each on its own."""
    if batch[0].error is not None:
        return [_of_error(batch[0], batch[0].error, asked.model)]
    try:
        predictions = predicted([entry.planes for entry in batch], asked)
        return [
            _of_answer(entry, prediction, asked) for entry, prediction in zip(batch, predictions, strict=True)
        ]
    except Exception as error:  # a batch goes on whatever is wrong with one frame
        if not asked.recorded:
            raise
        if len(batch) == 1:
            return [_of_error(batch[0], error, asked.model)]
        return [answer for entry in batch for answer in _answers([entry], asked)]


def _of_answer(entry, prediction, asked):
    meta = {"source": entry.name, "chip": entry.chip, "model": asked.model.spec.name}
    answer = interpret(prediction, asked.model, prior=asked.prior_of(entry.named), meta=meta)
    return FrameAnswer(entry, answer_row(answer), answer)


def _of_error(entry, error, model):
    row = error_row(error, model.classes, source=entry.name, chip=entry.chip, model=model.spec.name)
    return FrameAnswer(entry, row)
