"""``astroclassify detect --filter``: frames judged, sorted into folders, tagged in their headers."""

import shutil
from collections import Counter
from pathlib import Path

from astroclassify.cli._detect import how_asked
from astroclassify.cli._output import check_apart, report_errors, say, told_of, write_result
from astroclassify.cli._results import check_folder, stems_of
from astroclassify.cli._tag import write_tagged
from astroclassify.core import AstroclassifyError, ReadError, atomic_path, read_table


def run_filter(paths, errors, arguments):
    """
    Judge all frames, and sort or tag them.

    Parameters
    ----------
    paths : sequence of path-like
        The files.
    errors : list
        Inputs that could not be found.
    arguments : argparse.Namespace
        The options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.detect import compared, look_at_frames, verdicts_table

    for folder in (arguments.sort, arguments.tag):
        check_folder(folder)
    if not paths:
        return report_errors(errors)
    known, found = _known(arguments.known_stars), []
    try:
        look_at_frames(paths, found, **how_asked(arguments))
    finally:  # what was seen is kept when it is interrupted
        if found:
            write_result(verdicts_table(compared(found, known)), output=arguments.table)
    unread = [told_of(p, each.note) for p, each in zip(paths, found, strict=True) if _failed(each)]
    errors = [*errors, *unread]
    for path, name, each in zip(paths, _names(paths), found, strict=True):
        for place in (_sorted, _tagged):
            try:
                place(Path(path), name, each, paths, arguments)
            except (AstroclassifyError, OSError) as error:
                errors.append(error)
    _tell_untagged(paths, found, arguments)
    counts = Counter(each.verdict for each in found)
    say(", ".join(f"{number} {verdict}" for verdict, number in counts.most_common()))
    return report_errors(errors)


def _known(path):
    from astroclassify.detect import star_positions

    if path is None:
        return None
    return star_positions(read_table(path, expected="a table of stars, with ra and dec"))


def _failed(verdict):
    return verdict.verdict == "unreadable"


def _tell_untagged(paths, found, arguments):
    """Say how many files have no header that a verdict could be written into."""
    good = [Path(path) for path, each in zip(paths, found, strict=True) if not _failed(each)]
    number = sum(not _is_fits(path) for path in good) if arguments.tag else 0
    if number:
        say(f"note: {number} of {len(good)} files are not FITS, and not copied to {arguments.tag}")


def _names(paths):
    """Names of copies: no two alike, also where folders hold files of the same name."""
    names = [Path(path).name for path in paths]
    return [
        stem + name[len(stems_of([name])[0]) :] for name, stem in zip(names, stems_of(paths), strict=True)
    ]


def _sorted(path, name, verdict, inputs, arguments):
    """Copy a frame into the folder of its verdict."""
    if arguments.sort is None:
        return
    target = arguments.sort / verdict.verdict.replace(" ", "-") / name
    _check(target, inputs, arguments)
    with atomic_path(target) as unfinished:
        shutil.copyfile(path, unfinished)


def _tagged(path, name, verdict, inputs, arguments):
    """Copy a frame with its verdict in the header."""
    if arguments.tag is None or _failed(verdict) or not _is_fits(path):
        return
    target = arguments.tag / name
    _check(target, inputs, arguments)
    write_tagged(path, target, [(None, verdict)])


def _check(target, inputs, arguments):
    check_apart(target, inputs)
    if target.exists() and not arguments.overwrite:
        raise ReadError(f"{target} exists; give --overwrite, or another folder")


def _is_fits(path):
    with path.open("rb") as file:
        return file.read(9) == b"SIMPLE  ="
