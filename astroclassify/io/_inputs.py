"""From what names files to paths: files, folders, and patterns that no shell expanded."""

import logging
import os
import re
from glob import glob, has_magic
from pathlib import Path

from astroclassify.core import ReadError
from astroclassify.io._beside import companion_kind
from astroclassify.io._open import NO_NAME, why_missing

logger = logging.getLogger(__name__)

_COMPRESSED = ("", ".gz", ".bz2", ".xz", ".fz", ".zip")
#: Ends of the names of files that may hold frames.
FRAME_SUFFIXES = (
    *(f"{kind}{packed}" for kind in (".fits", ".fit", ".fts") for packed in _COMPRESSED),
    *(".fz", ".asdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".avif"),
)


_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://|mast:", re.IGNORECASE)


def is_address(source):
    """
    Tell whether a text is the address of a file elsewhere, rather than a path.

    Parameters
    ----------
    source : object
        Anything.

    Returns
    -------
    bool
        Whether it begins with a scheme, as ``https://`` does, or with ``mast:``.

    Examples
    --------
    >>> from astroclassify.io import is_address
    >>> is_address("s3://bucket/a.fits"), is_address("mast:HST/product/a.fits"), is_address("C:/a.fits")
    (True, True, False)
    """
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def expand_inputs(arguments):
    """
    Find the files that arguments name.

    Parameters
    ----------
    arguments : iterable of str or path-like
        Files, addresses of files, folders (their files with a known suffix, not deeper, and without weight
        maps and masks, which go with the images beside them), or patterns.

    Returns
    -------
    paths : list of pathlib.Path or str
        In the arguments' order, folders and patterns sorted, each file once; an address stays text.
    errors : list of ReadError
        One for each folder or pattern without any file.

    Examples
    --------
    >>> from astroclassify.io import expand_inputs
    >>> expand_inputs(["one_raw.fits", "nowhere/*.fits"])
    ([PosixPath('one_raw.fits')], [ReadError('nowhere/*.fits: no file matches this pattern')])
    """
    paths, errors = [], []
    for argument in arguments:
        try:
            paths += _expand(os.fspath(argument))
        except ReadError as error:
            errors.append(error)
    return list(dict.fromkeys(paths)), errors


def names_several(source):
    """
    Tell whether text or a path names a folder or a pattern, rather than a file.

    Parameters
    ----------
    source : object
        Anything.

    Returns
    -------
    bool
        Whether `expand_inputs` finds the files that it stands for.
    """
    if not isinstance(source, str | os.PathLike) or source == "" or is_address(source):
        return False
    path = Path(source).expanduser()
    return path.is_dir() or (has_magic(os.fspath(source)) and not path.exists())


def _expand(argument):
    if is_address(argument):
        return [argument]
    if argument == "":
        raise ReadError(NO_NAME)
    path = Path(argument).expanduser()
    if path.is_dir():
        return _in_folder(path)
    if has_magic(argument) and not path.exists():
        found = sorted(
            Path(p) for p in glob(os.path.expanduser(argument), recursive=True) if Path(p).is_file()
        )
        if not found:
            raise ReadError(f"{argument}: {why_missing(argument)}")
        return found
    return [Path(argument)]


def _in_folder(path):
    # macOS puts a file of notes, ._NAME, beside every file that it copies to another disk.
    files = [p for p in path.iterdir() if p.is_file() and not p.name.startswith("._")]
    frames = sorted(p for p in files if p.name.lower().endswith(FRAME_SUFFIXES))
    found = [p for p in frames if not companion_kind(p.name)]
    if not found:
        raise ReadError(f"the folder {path} holds no file ending in {', '.join(FRAME_SUFFIXES)}")
    if len(frames) < len(files):
        logger.info("%s: %d files are left out, whose names are no frames'", path, len(files) - len(frames))
    if len(found) < len(frames):
        logger.info("%s: %d weight maps and masks go with the images", path, len(frames) - len(found))
    return found


def told_apart(paths):
    """
    Name files so that no two have one name.

    Parameters
    ----------
    paths : sequence of path-like
        The files.

    Returns
    -------
    list of str
        Their names; where two are alike, for all of them the paths from the folder that holds them all, with
        ``/`` between folders.

    Examples
    --------
    >>> from astroclassify.io import told_apart
    >>> told_apart(["night1/m31.png", "night2/m51.png"])
    ['m31.png', 'm51.png']
    >>> told_apart(["night1/m31.png", "night2/m31.png"])
    ['night1/m31.png', 'night2/m31.png']
    """
    paths = [os.fspath(path) for path in paths]
    names = [os.path.basename(path) for path in paths]
    if len(set(names)) == len(set(paths)):
        return names
    absolute = [path if is_address(path) else os.path.abspath(path) for path in paths]
    try:
        common = os.path.commonpath([os.path.dirname(path) for path in absolute])
    except ValueError:  # addresses and files, or several discs
        return absolute
    return [Path(os.path.relpath(path, common)).as_posix() for path in absolute]
