"""Detections as files: tables, regions, annotations, pictures."""

import os
from pathlib import Path

from astropy.table import Table

from astroclassify.core import FrameError, ParameterError, atomic_path, render_png, write_text
from astroclassify.detect._annotations_written import coco_text, yolo_text

#: Width of a picture, in inches, and its resolution in pixels to the inch.
_WIDTH, _RESOLUTION = 8.0, 120


def knows(path):
    """
    Tell whether the suffix of a file is one of those that detections are written to.

    Parameters
    ----------
    path : object
        A path, perhaps.

    Returns
    -------
    bool
        Whether `write_detections` takes it.
    """
    return isinstance(path, str | os.PathLike) and Path(path).suffix.lower() in _WRITERS


def write_detections(found, path, *, overwrite=False):
    """
    Write detections into a file.

    Parameters
    ----------
    found : Detections
        The detections.
    path : str or path-like
        Its suffix says what.
    overwrite : bool, default False
        Replace a file that exists.

    Raises
    ------
    ParameterError
        If the file exists.
    FrameError
        If it is for CASA and the image has no celestial WCS.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if path.exists() and not overwrite:
        raise ParameterError(f"{path}: the file exists; give overwrite=True to replace it")
    with atomic_path(path) as unfinished:
        _WRITERS[suffix](found, unfinished, suffix[1:])


def plain_table(found):
    """
    Give detections as a table of plain numbers and texts.

    Parameters
    ----------
    found : Detections
        The detections.

    Returns
    -------
    astropy.table.Table
        Positions are two columns of degrees; ``source`` comes first.
    """
    plain = Table({"source": [found.meta.get("source", "")] * len(found)}, dtype=[str])
    for name in found.colnames:
        if name == "centre":
            for axis in ("ra", "dec"):
                plain[axis] = getattr(found[name].icrs, axis).deg
                plain[axis].info.format, plain[axis].unit = ".5f", "deg"
        else:
            values = found[name]
            plain[name] = getattr(values, "value", values)
            plain[name].unit = getattr(values, "unit", None)
            plain[name].info.format = values.info.format
    plain.meta.update({name: found.meta[name] for name in ("method", "versions") if name in found.meta})
    return plain


def _write_table(found, path, kind):
    plain = plain_table(found)
    if kind == "ecsv":  # what is read again can be drawn, and written in another form
        options = {name: _simple(value) for name, value in found.meta.get("options", {}).items()}
        plain.meta = {**found.meta, "options": options}
    plain.write(path, format=f"ascii.{kind}", overwrite=True)


def _simple(value):
    return value if isinstance(value, str | int | float | None) else str(value)


def _write_regions(found, path, kind):
    if kind == "crtf" and found.wcs is None:
        raise FrameError(
            "a file of regions for CASA holds positions on the sky, and the image has no celestial WCS; "
            "write .reg or .ecsv, which hold pixels too"
        )
    found.to_regions().write(path, format={"reg": "ds9"}.get(kind, kind), overwrite=True)


def _write_text(found, path, kind):
    write_text({"json": coco_text, "txt": yolo_text}[kind]([found]), path)


def _write_picture(found, path, kind):
    rows, columns = found.shape
    size = _WIDTH, _WIDTH * min(1.2, rows / columns) + 0.5
    path.write_bytes(render_png("detections", found, size=size, format=kind, resolution=_RESOLUTION))


_WRITERS = {
    **dict.fromkeys((".csv", ".ecsv"), _write_table),
    **dict.fromkeys((".reg", ".crtf"), _write_regions),
    **dict.fromkeys((".json", ".txt"), _write_text),
    **dict.fromkeys((".png", ".pdf", ".svg"), _write_picture),
}
#: Ends of the names of files that detections are written to (tuple of str).
SUFFIXES = tuple(_WRITERS)
