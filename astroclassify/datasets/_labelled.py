"""Frames with a label: from a manifest in the paper's columns, or in memory."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy.table import Table

from astroclassify.core import AstroclassifyError, ParameterError, ReadError, file_stamp
from astroclassify.datasets._cache import CachedPixels, is_set
from astroclassify.datasets._manifest import MANIFEST_FILE, TRUTH_FILE, check_manifest, read_manifest
from astroclassify.io import header_value, read_frames, read_header
from astroclassify.preprocess import frame_array

_COLUMNS = ("ID", "OBSID", "Label")


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """
    A frame with its label and its body.

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

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.datasets import LabelledFrame
    >>> LabelledFrame(np.zeros((64, 64)), "galaxy", "M 51").body
    'M 51'
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
        if isinstance(self.frame, CachedPixels):
            return self.frame.read()
        return frame_array(read_frame(self.frame, self.hdu) if self.is_file else self.frame)

    def identity(self):
        """
        Say which pixels these are, without reading them.

        Returns
        -------
        tuple or None
            Plain values that differ where pixels on disk may; `None` for a frame in memory.

        Raises
        ------
        ReadError
            If what the pixels are read from is not there.
        """
        if isinstance(self.frame, CachedPixels):
            return self.frame.identity()
        if not self.is_file:
            return None
        stamp = file_stamp(self.frame)
        if stamp is None:
            raise ReadError(f"{self.frame}: there is no such file")
        return (*stamp, self.hdu)


def read_frame(path, hdu=None, *, rows="all"):
    """
    Read one frame of a file.

    Parameters
    ----------
    path : path-like
        The file.
    hdu : int, optional
        Number of the HDU that holds the frame; needed where the file has several.
    rows : {"all", "paper"}, default "all"
        As for `~astroclassify.io.read_frames`.

    Returns
    -------
    `~astropy.nddata.CCDData`
        The frame.

    Raises
    ------
    ReadError
        If the file cannot be read, or has several frames and ``hdu`` does not choose one.
    """
    path = Path(path)
    chip = None if hdu is None else _chip(path, hdu)
    try:
        frames = read_frames(path, chip=chip, rows=rows)
    except AstroclassifyError as error:
        error.with_facts(file=path, hdu=hdu)
        raise
    if len(frames) > 1:
        raise ReadError(f"{path} holds {len(frames)} frames; say which by the number of its HDU").with_facts(
            file=path, found=len(frames), expected=1
        )
    return frames[0]


def _chip(path, hdu):
    """The number of the chip that an HDU holds; None where the header does not say."""
    try:
        return header_value(read_header(path, hdu), "CCDCHIP")
    except ReadError as error:
        raise error.with_facts(file=path, hdu=hdu) from None


def labelled_frames(manifest, *, frame_dir=None):
    """
    Read a list of frames in the columns of the paper's released lists.

    Parameters
    ----------
    manifest : path-like, str or astropy.table.Table
        What `read_manifest` reads, a file or an address, or what it gave. Needed are ``ID`` (of the
        body), ``OBSID`` and ``Label``, and ``HDU Index`` where files hold several frames, such as
        `~astroclassify.simulate.simulate_set` writes. Where a file ``truth.ecsv`` lies beside it, the
        label is its finer class. Or the folder of a simulated set, whose ``manifest.ecsv`` is taken, or of
        one that `build_set` made: its frames read their pixels from the set.
    frame_dir : path-like, optional
        Folder of the files, ``<OBSID>_raw.fits`` or ``<OBSID>.fits``; by default the list's.

    Returns
    -------
    list of LabelledFrame
        One for each row.

    Raises
    ------
    ReadError
        If the list or a frame's file is not there, the list lacks a column, or a row is wrong.
    ParameterError
        If the manifest is a table in memory or an address, and ``frame_dir`` is not given.

    Examples
    --------
    A list of two simulated frames:

    >>> from astropy.io import fits
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import labelled_frames
    >>> from astroclassify.simulate import random_frames
    >>> folder = getfixture("tmp_path")
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     fits.writeto(folder / f"{kind}_raw.fits", one.array)
    >>> listed = Table({"ID": ["a", "b"], "OBSID": ["spiral", "globular"], "Label": ["galaxy", "nsc"]})
    >>> [one.label for one in labelled_frames(listed, frame_dir=folder)]
    ['galaxy', 'nsc']
    """
    if _is_local(manifest) and is_set(manifest):
        return _frames_of_set(Path(manifest))
    _, listed = listed_frames(manifest, frame_dir=frame_dir)
    missing = [frame.frame for frame in listed if not frame.frame.is_file()]
    if missing:
        name = "the table" if isinstance(manifest, Table) else manifest
        raise ReadError(
            f"{name}: {len(set(missing))} of its files are not in {missing[0].parent}, for example "
            f"{missing[0].name}; put them there, name their folder, or leave the rows out"
        )
    return listed


def manifest_of(data):
    """
    Find the list of a folder.

    Parameters
    ----------
    data : object
        A manifest as `labelled_frames` takes it, or the folder of a simulated set.

    Returns
    -------
    object
        The folder's ``manifest.ecsv``, where there is one; everything else as it is.
    """
    if not _is_local(data) or is_set(data):
        return data
    inside = Path(data) / MANIFEST_FILE
    return inside if inside.is_file() else data


def listed_frames(manifest, *, frame_dir=None):
    """
    Read a list of frames whose files may not be there.

    Parameters
    ----------
    manifest : path-like, str or astropy.table.Table
        As for `labelled_frames`, but not a set of `build_set`.
    frame_dir : path-like, optional
        Folder of the files; by default the list's.

    Returns
    -------
    table : astropy.table.Table
        The list.
    frames : list of LabelledFrame
        One for each row; ``frame`` is the path where its file is, or would be.

    Raises
    ------
    ReadError
        If the list is not there, lacks a column, or a row is wrong.
    ParameterError
        If the manifest is a table in memory or an address, and ``frame_dir`` is not given.
    """
    if frame_dir is None and not _is_local(manifest):
        raise ParameterError(
            "a table in memory or an address does not say where its files are; give their folder: frame_dir="
        )
    manifest = manifest_of(manifest)
    folder = Path(manifest).parent if frame_dir is None else Path(frame_dir)
    table = (check_manifest if isinstance(manifest, Table) else read_manifest)(manifest, required=_COLUMNS)
    finer = _finer_classes(Path(manifest).with_name(TRUTH_FILE)) if _is_local(manifest) else {}
    files = {str(obsid): _file(folder, str(obsid)) for obsid in set(table["OBSID"])}
    return table, [
        LabelledFrame(
            frame=files[str(row["OBSID"])],
            label=_label(str(row["Label"]), finer.get(str(row["OBSID"]))),
            body=str(row["ID"]),
            hdu=int(row["HDU Index"]) if "HDU Index" in table.colnames else None,
        )
        for row in table
    ]


def _is_local(manifest):
    """Whether a manifest is a file on this machine, rather than a table or an address."""
    return not isinstance(manifest, Table) and not (isinstance(manifest, str) and "://" in manifest)


def _frames_of_set(folder):
    if not (folder / MANIFEST_FILE).is_file():
        raise ReadError(f"{folder}: the set was not built to its end; build it again to complete it")
    table = _table(folder / MANIFEST_FILE)
    hdus = table["HDU Index"] if "HDU Index" in table.colnames else [None] * len(table)
    return [
        LabelledFrame(
            frame=CachedPixels(str(folder), int(row["Row"]), str(row["Source SHA256"])),
            label=str(row["Class"]),
            body=str(row["ID"]),
            hdu=None if hdu is None else int(hdu),
            name=str(row["Source"]) if hdu is None else f"{row['Source']}[{hdu}]",
        )
        for row, hdu in zip(table, hdus, strict=True)
    ]


def _table(path):
    try:
        return Table.read(path, format="ascii.ecsv")
    except Exception as error:  # astropy's readers fail in many ways
        raise ReadError(f"{path}: expected an ECSV table: {error}").with_facts(
            file=path, expected="an ECSV table"
        ) from error


def _finer_classes(path):
    if not path.is_file():
        return {}
    truth = _table(path)
    if not {"OBSID", "class"} <= set(truth.colnames):
        return {}
    return {str(row["OBSID"]): str(row["class"]) for row in truth}


def _label(label, finer):
    """The finer class, unless it contradicts the manifest."""
    return finer if label == "nsc" and finer in ("nebula", "star cluster") else label


def _file(folder, obsid):
    """The path of an observation's file, whether it is there or not."""
    candidates = [folder / f"{obsid}{ending}" for ending in ("_raw.fits", ".fits", "_raw.fits.gz")]
    return next((path for path in candidates if path.is_file()), candidates[0])


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
