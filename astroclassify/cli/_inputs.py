"""From FILE arguments to paths: files, folders, and patterns that no shell expanded."""

from glob import glob, has_magic
from pathlib import Path

from astroclassify.core import ReadError

FRAME_SUFFIXES = (
    ".fits",
    ".fit",
    ".fts",
    ".fits.gz",
    ".fits.fz",
    ".fz",
    ".png",
    ".jpg",
    ".jpeg",
    ".tif",
    ".tiff",
)


def expand_inputs(arguments):
    """
    Find the files that arguments name.

    Parameters
    ----------
    arguments : iterable of str
        Files, folders (their files with a known suffix, not deeper), or patterns.

    Returns
    -------
    paths : list of pathlib.Path
        In the arguments' order, folders and patterns sorted, each file once.
    errors : list of ReadError
        One for each folder or pattern without any file.
    """
    paths, errors = [], []
    for argument in arguments:
        try:
            paths += _expand(argument)
        except ReadError as error:
            errors.append(error)
    return list(dict.fromkeys(paths)), errors


def _expand(argument):
    path = Path(argument)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and p.name.lower().endswith(FRAME_SUFFIXES))
        if not found:
            raise ReadError(f"the folder {argument} holds no file ending in {', '.join(FRAME_SUFFIXES)}")
        return found
    if has_magic(argument) and not path.exists():
        found = sorted(Path(p) for p in glob(argument, recursive=True) if Path(p).is_file())
        if not found:
            raise ReadError(f"no file matches the pattern {argument!r}")
        return found
    return [path]
