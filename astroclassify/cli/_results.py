"""Result files of commands that write some for each frame: their names, their kinds, options of methods."""

import os
from argparse import ArgumentTypeError
from collections import Counter
from pathlib import Path

from astroclassify.cli._output import check_apart
from astroclassify.core import ParameterError, ReadError


def stems_of(paths):
    """
    Name the results of each input: no two alike, also where folders hold files of the same name.

    Parameters
    ----------
    paths : sequence of path-like
        The inputs.

    Returns
    -------
    list of str
        Names without suffix.
    """
    plain = [_without_suffix(Path(path).name) for path in paths]
    number = Counter(stem.casefold() for stem in plain)
    taken = set()
    return [
        free_name(
            f"{Path(path).absolute().parent.name}_{stem}" if number[stem.casefold()] > 1 else stem, taken
        )
        for path, stem in zip(paths, plain, strict=True)
    ]


def _without_suffix(name):
    """Leave out what says only that a file is FITS or a picture, and how it is packed; M51.F814W stays."""
    from astroclassify.io import FRAME_SUFFIXES

    for suffix in sorted(FRAME_SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)] or name
    return name


def free_name(name, taken):
    """
    Number a name that is taken; discs that do not tell capitals apart are thought of.

    Parameters
    ----------
    name : str
        What is wanted.
    taken : set of str
        What is taken, in lower case; the name is added.

    Returns
    -------
    str
        The name, or the name with a number.
    """
    numbered = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    free = next(each for each in numbered if each.casefold() not in taken)
    taken.add(free.casefold())
    return free


def check_free(targets, inputs, overwrite):
    """
    Refuse, before the work, to write over an input, or over a file that was not to be replaced.

    Parameters
    ----------
    targets : iterable of pathlib.Path
        Files to write.
    inputs : iterable of path-like
        What is worked on.
    overwrite : bool
        Whether files may be replaced.

    Raises
    ------
    ParameterError
        If one is an input.
    ReadError
        If one is there.
    """
    for target in targets:
        check_apart(target, inputs)
        if target.exists() and not overwrite:
            raise ReadError(f"{target} exists; give --overwrite, or another --output")


def check_folder(folder):
    """
    Refuse, before the work, a folder that nothing could be written into after it; make it.

    Parameters
    ----------
    folder : pathlib.Path or None
        The folder.

    Raises
    ------
    ParameterError
        If it is no folder, cannot be made, or is not yours to write into.
    """
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(f"{folder} cannot be a folder for results: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ParameterError(f"the folder {folder} is not yours to write into; choose another one")


def option_type(own):
    """
    Give the reader of NAME=VALUE, an option of a method.

    Parameters
    ----------
    own : mapping of str to str
        Names that have an argument of their own, and that argument.

    Returns
    -------
    callable
        Of a text it gives name and value: a number, true or false, or text.
    """

    def read(text):
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name.isidentifier() and equals):
            raise ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE, as in baseline=black")
        if name in own:
            raise ArgumentTypeError(f"{name!r} is no option of a method; give {own[name]}")
        for kind in (int, float):
            try:
                return name, kind(value)
            except ValueError:
                continue
        return name, {"true": True, "false": False}.get(value.lower(), value)

    return read


def kinds_type(known):
    """
    Give the reader of kinds of files, separated by commas.

    Parameters
    ----------
    known : sequence of str
        Suffixes.

    Returns
    -------
    callable
        Of a text it gives a tuple of them.
    """

    def read(text):
        kinds = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",")))
        if unknown := [kind for kind in kinds if kind not in known]:
            raise ArgumentTypeError(f"{unknown[0]!r} is no kind of file; choose of {', '.join(known)}")
        return kinds

    return read
