"""Sets on disk: the frames of a list in one memory-mapped array, cropped or shrunk as the paper's."""

import json
import shutil
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.core import (
    Journal,
    ParameterError,
    ReadError,
    RunFolder,
    atomic_path,
    check_whole,
    fingerprint,
    is_unchanged,
    package_version,
    progress_bar,
    write_table,
)
from astroclassify.datasets._building import FileJob, built
from astroclassify.datasets._cache import ABOUT, PIXELS, SCALES, mapped
from astroclassify.datasets._labelled import labelled_frames, listed_frames
from astroclassify.datasets._manifest import MANIFEST_FILE
from astroclassify.preprocess import RESAMPLINGS

#: The grids of the paper's sets: rows and columns (dict).
VARIANTS = {"lcid": (2048, 4096), "lcid-resize": (224, 448)}
FAILURES = "failures.ecsv"
#: What is done of a set that is being built: a line for each frame.
_JOURNAL = "done.jsonl"
_FORMAT = 1
#: Left free on the disk beside the set (bytes).
_SPARE = 2**27
#: What is known of a frame in a set: the name in the journal, and the column of the manifest.
_FACTS = {
    "row": "Row",
    "source": "Source",
    "bytes": "Source Bytes",
    "modified": "Source Modified",
    "sha256": "Source SHA256",
    "unit": "Unit",
    "error": "Largest Error",
}


@dataclass(frozen=True, eq=False)
class FrameCache:
    """
    A set on disk.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is.
    manifest : astropy.table.Table
        The rows of the list whose frames are in, with the columns ``Class`` (the finer label, where a
        table ``truth.ecsv`` told it), ``Row`` (place in the arrays), ``Source`` (file), ``Source Bytes``,
        ``Source Modified`` (nanoseconds), ``Source SHA256``, ``Unit`` and ``Largest Error`` (of a pixel
        against the file's, in that unit).
    failures : astropy.table.Table
        The rows whose frames could not be read, and why: ``Row``, ``ID``, ``OBSID``, ``Error``.
    about : dict
        ``variant``, ``shape``, ``rows``, ``resampling`` and what else the set was made with.
    """

    folder: Path
    manifest: Table
    failures: Table
    about: dict

    def __len__(self):
        return len(self.manifest)

    @property
    def variant(self):
        """``"lcid"`` or ``"lcid-resize"`` (str)."""
        return self.about["variant"]

    @property
    def shape(self):
        """Rows and columns of every frame (tuple of int)."""
        return tuple(self.about["shape"][1:])

    def frames(self):
        """
        Give the frames, for training and evaluation.

        Returns
        -------
        list of LabelledFrame
            In the manifest's order. Their pixels are read from the set when asked for, and a pickle
            of them is a path and a number.
        """
        return labelled_frames(self.folder)


def build_set(
    manifest, folder, *, variant="lcid", frame_dir=None, resampling="area", processes=1, progress=None
):
    """
    Put the frames of a list into one memory-mapped array.

    A build that was stopped, killed included, is completed by the same call and ends in the same
    bytes. The same call on a set that is there reads again only files that changed and those that failed.

    Parameters
    ----------
    manifest : path-like or astropy.table.Table
        The list, as `labelled_frames` takes it.
    folder : path-like
        Of the set; made if it is not there.
    variant : {"lcid", "lcid-resize"}, default "lcid"
        Whole chips of 2048 x 4096 pixels, or chips shrunk to 224 x 448. LCID-Blurry is the variant
        ``"lcid"`` of its own list.
    frame_dir : path-like, optional
        Folder of the files; by default the list's.
    resampling : {"area", "bilinear"}, default "area"
        How chips are shrunk, as `~astroclassify.preprocess.counts_planes` does. The models of this
        package shrink by area; bilinear is the paper's ``cv2.resize``.
    processes : int, default 1
        How many at a time. A script that asks for more than one must guard its entry by
        ``if __name__ == "__main__"``, as `multiprocessing` says.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    FrameCache
        The set. Frames that could not be read are rows of its ``failures``.

    Raises
    ------
    ParameterError
        If an argument is wrong, the folder holds another set, another process is at work in it, or the disk
        is too full.
    ReadError
        If the list cannot be read.

    Notes
    -----
    Frames are what `~astroclassify.io.read_frames` gives with ``rows="paper"``: science pixels less
    the bias of their row and amplifier, in ADU; of WFC3/UVIS 2048 of 2051 rows. Each half row is kept
    as 16-bit numbers of steps above its smallest value. Raw counts are whole numbers above their
    row's bias, so their step is 1 and LCID holds them exactly. Means of LCID-Resize are rounded to
    1/65534 of what their half row spans; ``Largest Error`` says how much that is at most.

    Examples
    --------
    A list of two simulated frames, shrunk:

    >>> from astropy.io import fits
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import build_set
    >>> from astroclassify.simulate import random_frames
    >>> folder = getfixture("tmp_path")
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     fits.writeto(folder / f"{kind}_raw.fits", one.array)
    >>> listed = Table({"ID": ["a", "b"], "OBSID": ["spiral", "globular"], "Label": ["galaxy", "nsc"]})
    >>> cache = build_set(listed, folder / "set", variant="lcid-resize", frame_dir=folder, progress=False)
    >>> cache.frames()[0].array().shape
    (224, 448)
    """
    _check(variant, resampling, processes)
    table, listed = listed_frames(manifest, frame_dir=frame_dir)
    recipe = _recipe(table, listed, variant, resampling)
    run = RunFolder(folder)
    if _description(run.folder) is None and not run.is_new():
        raise ParameterError(f"{run.folder} holds other files; expected an empty folder, or a set")
    with run:
        _check_same_set(run, recipe)
        _build(run.folder, recipe, table, listed, processes, progress)
        return open_set(run.folder)


def _build(folder, recipe, table, listed, processes, progress):
    """Add the frames that are missing."""
    journal = _journal(folder)
    done = {row: facts for row, facts in _done(folder).items() if is_unchanged(listed[row].frame, facts)}
    _check_space(folder, recipe["shape"], len(listed) - len(done))
    _make_arrays(folder, recipe["shape"])
    failures, jobs = {}, _jobs(folder, listed, done, recipe["resampling"])
    with (
        progress_bar(total=len(listed), progress=progress, description="building") as bar,
        closing(built(jobs, processes)) as results,
    ):
        bar.update(len(done))
        for facts in results:
            kept = failures if "failure" in facts else done
            kept[facts["row"]] = facts
            if kept is done:
                journal.add(facts)
            bar.update()
    _write_tables(folder, table, listed, done, failures)
    journal.remove()


def open_set(folder):
    """
    Open a set on disk.

    Parameters
    ----------
    folder : path-like
        Where `build_set` made it.

    Returns
    -------
    FrameCache
        The set; no pixel is read.

    Raises
    ------
    ReadError
        If there is no set, it was not built to its end, or its files do not belong together.

    Examples
    --------
    A list of two simulated frames, shrunk:

    >>> from astropy.io import fits
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import build_set, open_set
    >>> from astroclassify.simulate import random_frames
    >>> folder = getfixture("tmp_path")
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     fits.writeto(folder / f"{kind}_raw.fits", one.array)
    >>> listed = Table({"ID": ["a", "b"], "OBSID": ["spiral", "globular"], "Label": ["galaxy", "nsc"]})
    >>> done = build_set(listed, folder / "set", variant="lcid-resize", frame_dir=folder, progress=False)
    >>> cache = open_set(folder / "set")
    >>> cache.variant, len(cache)
    ('lcid-resize', 2)
    """
    folder = Path(folder)
    description = _description(folder)
    if description is None:
        raise ReadError(f"{folder}: there is no set here, as it has no {ABOUT}; build one with build_set")
    if not (folder / MANIFEST_FILE).is_file():
        raise ReadError(f"{folder}: the set was not built to its end; build it again to complete it")
    shape = mapped(folder / PIXELS).shape
    if list(shape) != description["shape"] or mapped(folder / SCALES).shape != _scales_shape(shape):
        raise ReadError(
            f"{folder}: {PIXELS} has the shape {shape}, and {ABOUT} says {tuple(description['shape'])}; "
            "build the set in a new folder"
        ).with_facts(file=folder / PIXELS, found=tuple(shape), expected=tuple(description["shape"]))
    failures = folder / FAILURES
    return FrameCache(
        folder,
        Table.read(folder / MANIFEST_FILE),
        Table.read(failures) if failures.is_file() else _failure_table([]),
        description,
    )


# The folder ----------------------------------------------------------------------------------


def _check(variant, resampling, processes):
    for name, value, known in (("variant", variant, VARIANTS), ("resampling", resampling, RESAMPLINGS)):
        if value not in known:
            raise ParameterError(f"{name} is {value!r}; expected one of {', '.join(known)}")
    check_whole("processes", processes)


def _recipe(table, listed, variant, resampling):
    """The recipe of a set: variant, shape, resampling, and a checksum of the list."""
    text = StringIO()
    table.write(text, format="ascii.csv")
    text.write("\n".join(frame.label for frame in listed))
    return {
        "format": _FORMAT,
        "variant": variant,
        "shape": [len(listed), *VARIANTS[variant]],
        "rows": "paper",
        "resampling": None if variant == "lcid" else resampling,
        "list": fingerprint(text.getvalue()),
    }


def _description(folder):
    path = folder / ABOUT
    if not path.is_file():
        return None
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReadError(f"{path}: expected JSON: {error}").with_facts(file=path, expected="JSON") from error
    if description.get("format") != _FORMAT:
        raise ReadError(
            f"{path}: the set has the format {description.get('format')}; expected {_FORMAT}: build it again"
        ).with_facts(file=path, found=description.get("format"), expected=_FORMAT)
    return description


def _check_same_set(run, recipe):
    """Make sure that the folder is, or becomes, that of this very set."""
    run.same_run(
        ABOUT,
        recipe,
        kind="set",
        notes={"astroclassify": package_version()},
        advice="expected the same list and variant, or another folder",
    )


def _journal(folder):
    """The journal: a line for each frame that was added since the manifest was written."""
    return Journal(folder / _JOURNAL, tuple(_FACTS))


def _done(folder):
    """Facts about the frames of the set, from the manifest and from the journal."""
    done = {}
    if (folder / MANIFEST_FILE).is_file():
        columns = Table.read(folder / MANIFEST_FILE)[list(_FACTS.values())]
        rows = (dict(zip(_FACTS, row, strict=True)) for row in zip(*columns.itercols(), strict=True))
        done = {int(row["row"]): {key: value.item() for key, value in row.items()} for row in rows}
    done.update((facts["row"], facts) for facts in _journal(folder).rows())
    return done


def _scales_shape(shape):
    return (*shape[:2], 2, 2)


def _check_space(folder, shape, missing):
    each = 2 * shape[1] * shape[2] + 16 * shape[1]
    needed, free = missing * each, shutil.disk_usage(folder).free
    if needed and needed + _SPARE > free:
        raise ParameterError(
            f"{folder}: the set needs {needed / 1e9:.1f} GB more, and the disk has {free / 1e9:.1f} GB free; "
            "choose a folder on another disk, a shorter list, or the variant 'lcid-resize'"
        )


def _make_arrays(folder, shape):
    """Make sparse arrays, which take space on the disk only as they are filled."""
    for name, dtype, size in ((PIXELS, "<u2", shape), (SCALES, "<f4", _scales_shape(shape))):
        path = folder / name
        if not path.is_file():
            with atomic_path(path) as unfinished:
                np.lib.format.open_memmap(unfinished, mode="w+", dtype=dtype, shape=tuple(size)).flush()


def _jobs(folder, listed, done, resampling):
    rows = {}
    for row, frame in enumerate(listed):
        if row not in done:
            rows.setdefault(frame.frame, []).append((row, frame.hdu))
    return [FileJob(folder, path, tuple(own), resampling) for path, own in rows.items()]


def _write_tables(folder, table, listed, done, failures):
    """Write the manifest of the set, and the table of failures."""
    rows = sorted(done)
    manifest = table[rows]
    manifest["Class"] = [listed[row].label for row in rows]
    for key, name in _FACTS.items():
        manifest[name] = [done[row][key] for row in rows]
    write_table(manifest, folder / MANIFEST_FILE)
    if failures:
        facts = [(row, *table["ID", "OBSID"][row], failures[row]["failure"]) for row in sorted(failures)]
        write_table(_failure_table(facts), folder / FAILURES)
    else:
        (folder / FAILURES).unlink(missing_ok=True)


def _failure_table(rows):
    return Table(rows=rows or None, names=("Row", "ID", "OBSID", "Error"), dtype=(int, str, str, str))
