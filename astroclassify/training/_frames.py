"""Frames with a label: from a manifest in the paper's columns, or in memory; their planes, kept."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table

from astroclassify.core import ParameterError, ReadError
from astroclassify.inference import checked_planes
from astroclassify.io import read_frames
from astroclassify.preprocess import frame_array

_COLUMNS = ("ID", "OBSID", "Label")
_TRUTH = "truth.ecsv"
#: Planes larger than this are made again rather than kept: reading them would take as long.
_LARGEST_KEPT = 8 * 2**20  # bytes


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """
    A frame, what it shows, and the body it belongs to.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, array or path-like
        The frame ``[y, x]``, as `~astroclassify.preprocess.frame_array` takes it, or a file of it.
    label : str
        ``"galaxy"``, ``"nsc"``, ``"nebula"``, ``"star cluster"`` or ``"field"``.
    body : str
        Name of the body, by which sets are split.
    hdu : int, optional
        Number of the file's HDU that holds the frame; needed where the file has several frames.
    name : str, optional
        For messages; by default the file's name, or the body's.
    """

    frame: Any
    label: str
    body: str
    hdu: int | None = None
    name: str = ""

    def __str__(self):
        hdu = "" if self.hdu is None else f"[{self.hdu}]"
        return self.name or (f"{Path(self.frame).name}{hdu}" if self.is_file else f"a frame of {self.body}")

    @property
    def is_file(self):
        """Whether the frame is read from a file (bool)."""
        return isinstance(self.frame, str | os.PathLike)

    def array(self):
        """
        Give the pixels, as `~astroclassify.classify` would see them.

        Returns
        -------
        numpy.ndarray
            Float32 ``[y, x]``, NaN on unusable pixels.

        Raises
        ------
        ReadError
            If the file cannot be read, or has several frames and ``hdu`` does not choose one.
        FrameError
            If the frame cannot be used.
        """
        return frame_array(_read(Path(self.frame), self.hdu) if self.is_file else self.frame)


def _read(path, hdu):
    chip = None if hdu is None else _chip(path, hdu)
    frames = read_frames(path, chips=chip)
    if len(frames) > 1:
        raise ReadError(f"{path} holds {len(frames)} frames; say which by the number of its HDU")
    return frames[0]


def _chip(path, hdu):
    """The number of the chip that an HDU holds; None where the header does not say."""
    try:
        header = fits.getheader(path, hdu)
    except (OSError, IndexError) as error:
        raise ReadError(f"{path}: its HDU {hdu} cannot be read: {error}") from error
    return header.get("CCDCHIP")


def read_manifest(path, *, frames=None):
    """
    Read a list of frames in the columns of the paper's released lists.

    Parameters
    ----------
    path : path-like
        A CSV or ECSV table with the columns ``ID`` (of the body), ``OBSID`` and ``Label``, and
        ``HDU Index`` where files hold several frames, such as `~astroclassify.simulate.simulate_set`
        writes. Where a table ``truth.ecsv`` lies beside it, the label is its finer class.
    frames : path-like, optional
        Folder of the files, ``<OBSID>_raw.fits`` or ``<OBSID>.fits``; by default the table's.

    Returns
    -------
    list of LabelledFrame
        One for each row.

    Raises
    ------
    ReadError
        If the table or a frame's file is not there, or the table lacks a column.
    """
    path = Path(path)
    folder = path.parent if frames is None else Path(frames)
    table = _table(path)
    missing_columns = [name for name in _COLUMNS if name not in table.colnames]
    if missing_columns:
        raise ReadError(
            f"{path}: there is no column {missing_columns[0]!r}; found {', '.join(table.colnames)}"
        )
    finer = _finer_classes(path.with_name(_TRUTH))
    files = {str(name): _file(folder, str(name)) for name in set(table["OBSID"])}
    _check_files(path, folder, [name for name, file in files.items() if file is None])
    return [
        LabelledFrame(
            frame=files[str(row["OBSID"])],
            label=_label(str(row["Label"]), finer.get(str(row["OBSID"]))),
            body=str(row["ID"]),
            hdu=int(row["HDU Index"]) if "HDU Index" in table.colnames else None,
        )
        for row in table
    ]


def _table(path):
    if not path.is_file():
        raise ReadError(f"{path}: there is no such manifest")
    try:
        return Table.read(path, format="ascii.ecsv" if path.suffix == ".ecsv" else "ascii.csv")
    except Exception as error:  # astropy's readers fail in many ways
        raise ReadError(f"{path}: expected a CSV or ECSV table: {error}") from error


def _finer_classes(path):
    if not path.is_file():
        return {}
    truth = _table(path)
    if not {"OBSID", "class"} <= set(truth.colnames):
        return {}
    return {str(row["OBSID"]): str(row["class"]) for row in truth}


def _label(label, finer):
    """The finer class, unless it contradicts the manifest."""
    label = label.strip().lower()
    return finer if label == "nsc" and finer in ("nebula", "star cluster") else label


def _file(folder, obsid):
    candidates = (folder / f"{obsid}{ending}" for ending in ("_raw.fits", ".fits", "_raw.fits.gz"))
    return next((path for path in candidates if path.is_file()), None)


def _check_files(path, folder, missing):
    if missing:
        raise ReadError(
            f"{path}: {len(missing)} of its files are not in {folder}, for example {missing[0]}_raw.fits; "
            "put them there, name their folder, or leave the rows out"
        )


class PlaneStore:
    """
    Planes of frames, made once: on disk for files, in memory for frames in memory.

    Parameters
    ----------
    spec : ModelSpec
        Whose preprocessing makes the planes.
    folder : path-like, optional
        Where to keep planes of files; `None` keeps none.
    """

    def __init__(self, spec, folder=None):
        self.spec = spec
        self.folder = None if folder is None else Path(folder)
        self._in_memory = {}

    def planes(self, frame, *, augmentation=None, rng=None):
        """
        Give a frame's planes, kept or new, changed as an augmentation draws.

        Parameters
        ----------
        frame : LabelledFrame
            The frame.
        augmentation : Augmentation, optional
            By default the frame stays as it is.
        rng : numpy.random.Generator, optional
            Source of the augmentation's randomness.

        Returns
        -------
        numpy.ndarray
            Float32 ``[C, H, W]``.
        """
        changes, axes = augmentation.draw(rng) if augmentation else ([], ())
        if changes:
            array = frame.array()
            for change in changes:
                array = change(array, rng)
            planes = checked_planes(self.spec, array)
        else:
            planes = self._kept(frame)
        return np.ascontiguousarray(np.flip(planes, axes)) if axes else planes

    def forget(self, frames):
        """
        Drop frames that will not come again.

        Parameters
        ----------
        frames : iterable of LabelledFrame
            Frames in memory.
        """
        for frame in frames:
            self._in_memory.pop(frame, None)

    def _kept(self, frame):
        if not frame.is_file:
            if frame not in self._in_memory:
                self._in_memory[frame] = checked_planes(self.spec, frame.array())
            return self._in_memory[frame]
        if self.folder is None:
            return checked_planes(self.spec, frame.array())
        path = self.folder / f"{self._key(frame)}.npy"
        if path.is_file():
            return np.load(path)
        planes = checked_planes(self.spec, frame.array())
        if planes.nbytes <= _LARGEST_KEPT:
            _write_array(path, planes)
        return planes

    def _key(self, frame):
        status = os.stat(frame.frame)
        facts = (
            str(Path(frame.frame).resolve()),
            status.st_size,
            status.st_mtime_ns,
            frame.hdu,
            self.spec.preprocessing,
            _plain(self.spec.preprocessing_options),
        )
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _plain(options):
    return {name: list(value) if isinstance(value, tuple) else value for name, value in dict(options).items()}


def _write_array(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as unfinished:
        np.save(unfinished, array)
    os.replace(unfinished.name, path)


def checked_frames(frames):
    """
    Check that a sequence holds labelled frames.

    Parameters
    ----------
    frames : sequence of LabelledFrame
        The frames.

    Returns
    -------
    list of LabelledFrame
        The same.

    Raises
    ------
    ParameterError
        If it is empty, or something else is in it.
    """
    frames = list(frames)
    if not frames:
        raise ParameterError("there is no frame to learn from")
    wrong = next((frame for frame in frames if not isinstance(frame, LabelledFrame)), None)
    if wrong is not None:
        raise ParameterError(f"expected LabelledFrame objects; got a {type(wrong).__name__}")
    return frames
