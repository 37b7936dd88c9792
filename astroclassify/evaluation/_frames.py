"""The frames of an evaluation: label, body, visit, instrument, band, and a fingerprint of the pixels."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from astropy.table import Table

from astroclassify.core import ParameterError, fingerprint
from astroclassify.datasets import (
    TRUTH_FILE,
    CachedPixels,
    LabelledFrame,
    canonical_bodies,
    checked_frames,
    is_set,
    labelled_frames,
    manifest_of,
    open_set,
    read_manifest,
    visit_of,
)
from astroclassify.models import FINE_CLASSES, NSC_CLASSES


@dataclass(frozen=True, eq=False)
class EvaluatedFrame:
    """
    A labelled frame with its row of the manifest.

    Parameters
    ----------
    frame : LabelledFrame
        The frame.
    name : str
        Unlike that of every other frame of other pixels.
    body : str
        The body that it shows, by one name for all of its names.
    obsid, instrument, band : str
        From the manifest; empty where it does not say.
    visit : str
        The visit in which the body was observed; of frames without OBSID, the body.
    """

    frame: LabelledFrame
    name: str
    body: str
    obsid: str = ""
    instrument: str = ""
    band: str = ""
    visit: str = ""

    @property
    def truth(self):
        """Whether it shows a galaxy, an nsc or a field without a body (str)."""
        return "nsc" if self.frame.label in NSC_CLASSES else self.frame.label

    @property
    def path(self):
        """The file, or the folder of a set, ``#`` and the place in it, or empty (str)."""
        pixels = self.frame.frame
        if isinstance(pixels, CachedPixels):
            return f"{pixels.folder}#{pixels.row}"
        return os.fspath(pixels) if self.frame.is_file else ""

    @cached_property
    def fingerprint(self):
        """A fingerprint of the pixels (str)."""
        pixels = self.frame.frame
        if isinstance(pixels, CachedPixels):
            _, *identity = pixels.identity()  # wherever the set is
            return fingerprint(repr(identity))[:16]
        return fingerprint(Path(pixels) if self.frame.is_file else self.frame.array(), sampled=True)[:16]


def evaluated_frames(data, *, frame_dir=None, max_frames=None):
    """
    List the frames of an evaluation.

    Parameters
    ----------
    data : path-like, str, `~astropy.table.Table` or sequence of LabelledFrame
        A manifest or its address, the folder of a set, simulated or on disk, or frames.
    frame_dir : path-like, optional
        Folder of the manifest's files.
    max_frames : int, optional
        Take so many frames only, evenly spaced along the list.

    Returns
    -------
    list of EvaluatedFrame
        In the order of the list.

    Raises
    ------
    ReadError
        If the manifest or a file cannot be read.
    ParameterError
        If there is no frame, a label is none, two frames of other pixels have one name, or ``max_frames`` is
        not a positive number.
    """
    if isinstance(data, str) and "://" in data:
        data = read_manifest(data, required=("ID", "OBSID", "Label"))
    if isinstance(data, str | os.PathLike | Table):
        found = _of_manifest(data, frame_dir)
    elif isinstance(data, Iterable):
        found = [_of_frame(number, frame) for number, frame in enumerate(checked_frames(data))]
    else:
        raise ParameterError(
            f"expected a manifest (a file or a table) or LabelledFrame objects; got a {type(data).__name__}"
        )
    found = _limited(found, max_frames)
    _check_labels(found)
    _check_names(found)
    return found


def _of_manifest(data, folder):
    data = manifest_of(data)
    listed = labelled_frames(data, frame_dir=folder)
    table = data if isinstance(data, Table) else _table(Path(data))
    bodies = canonical_bodies(table).tolist()
    return [_of_row(*each) for each in zip(table, listed, bodies, strict=True)]


def _table(path):
    if is_set(path):
        return open_set(path).manifest
    return Table.read(path, format="ascii.ecsv" if path.suffix == ".ecsv" else "ascii.csv")


def _of_row(row, frame, body):
    words = {name: str(row[name]) if name in row.colnames else "" for name in ("Instrument", "Filter")}
    obsid = str(row["OBSID"])
    hdu = "" if frame.hdu is None else f"[{frame.hdu}]"
    return EvaluatedFrame(
        frame,
        f"{obsid}{hdu}",
        body,
        obsid,
        words["Instrument"],
        words["Filter"],
        f"{body} {_visit(obsid)}",  # other bodies are other visits, should simulated names be alike
    )


def _visit(obsid):
    try:
        return visit_of(obsid)
    except ParameterError:  # not a name of HST's
        return obsid


def _of_frame(number, frame):
    name = str(frame) if frame.is_file or frame.name else f"frame {number} of {frame.body}"
    return EvaluatedFrame(frame, name, frame.body, visit=frame.body)


def _limited(found, max_frames):
    if max_frames is None or max_frames >= len(found):
        return found
    if max_frames < 1:
        raise ParameterError(f"max_frames is {max_frames}; expected at least 1 frame")
    return [found[number * len(found) // max_frames] for number in range(max_frames)]


def _check_labels(found):
    wrong = next((each for each in found if each.frame.label not in FINE_CLASSES), None)
    if wrong is not None:
        raise ParameterError(
            f"{wrong.name} has the label {wrong.frame.label!r}; expected one of {', '.join(FINE_CLASSES)}"
        )


def _check_names(found):
    """Refuse two different files of one name; the same row may be listed twice."""
    first = {}
    for each in found:
        other = first.setdefault(each.name, each)
        same_file = each.path and (each.path, each.frame.hdu) == (other.path, other.frame.hdu)
        if other is not each and not same_file:
            raise ParameterError(
                f"two frames have the name {each.name!r} ({other.path or 'in memory'} and "
                f"{each.path or 'in memory'}); give them names of their own"
            )


def truth_beside(data):
    """
    Read the truth table of a simulated set.

    Parameters
    ----------
    data : object
        What `evaluated_frames` was given; a table ``truth.ecsv`` may lie beside a manifest.

    Returns
    -------
    dict of str to mapping
        By OBSID; empty where there is none.
    """
    path = Path(data).with_name(TRUTH_FILE) if isinstance(data, str | os.PathLike) else None
    if path is None or not path.is_file():
        return {}
    table = Table.read(path, format="ascii.ecsv")
    return {str(row["OBSID"]): row for row in table} if "OBSID" in table.colnames else {}
