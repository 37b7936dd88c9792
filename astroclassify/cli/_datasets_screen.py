"""``astroclassify datasets screen``: which frames show their body, by a model and a person."""

from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import check_output, say
from astroclassify.cli._parsing import add_subparser

_EXAMPLES = """
astroclassify datasets screen list.csv --frames raw --sheet list.html
astroclassify datasets screen list.csv --frames raw --overrules ~/Downloads/list.overrules.csv
astroclassify datasets screen list.csv --frames raw --limit 0.9
"""


def add_parser(subparsers):
    """
    Add the nested command.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    """
    parser = add_subparser(
        subparsers,
        "screen",
        run,
        summary="Drop frames that do not show their body, as a model says and a person decides.",
        examples=_EXAMPLES,
    )
    parser.add_argument("list", type=Path, metavar="LIST", help="a table in the columns of the paper's lists")
    parser.add_argument(
        "--frames", type=Path, metavar="DIR", help="folder of the files (default: the list's)"
    )
    parser.add_argument(
        "--model", default="default", help="one with the class 'field' (default: %(default)s)"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="instead of the model's own")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default: %(default)s)")
    parser.add_argument(
        "--limit",
        type=float,
        default=0.02,
        metavar="P",
        help="drop what has a larger probability of 'field' (default: %(default)s)",
    )
    parser.add_argument(
        "--sheet", type=Path, metavar="HTML", help="write a page of all frames, to overrule the model on"
    )
    parser.add_argument(
        "--overrules",
        type=Path,
        metavar="CSV",
        help="decisions that were saved on the page; kept as LIST.overrules.csv beside the list, and used "
        "from there when this is left out",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="ECSV",
        help="the list with scores and reasons (default: LIST.screened.ecsv beside the list)",
    )
    parser.add_argument(
        "--kept",
        type=Path,
        metavar="ECSV",
        help="the list of the frames that are kept (default: LIST.kept.ecsv beside the list)",
    )
    parser.add_argument("--no-progress", action="store_true", help="no progress bar, even on a terminal")


def run(arguments):
    """
    Screen what was not screened yet, and write the list of what is kept.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``list`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.core import write_table
    from astroclassify.curation import apply_overrules, screen

    output, kept = (
        asked or _beside(arguments.list, ending)
        for asked, ending in ((arguments.output, "screened.ecsv"), (arguments.kept, "kept.ecsv"))
    )
    for path in (output, kept, arguments.sheet):
        check_output(path)
    progress = False if arguments.no_progress else None
    screened = screen(
        arguments.list,
        frames=arguments.frames,
        model=arguments.model,
        weights=arguments.weights,
        device=arguments.device,
        limit=arguments.limit,
        output=output,
        progress=progress,
    )
    overrules = _overrules(arguments, screened)
    if arguments.sheet:
        _write_sheet(arguments, screened, overrules, progress)
    final = apply_overrules(screened, overrules)
    write_table(final, kept)
    for row in screened:
        if row["Reason"].startswith("cannot be read"):
            say(f"error: {row['OBSID']}: {row['Reason']}")
    print(_summary(screened, final, kept))
    unread = any(reason.startswith("cannot be read") for reason in screened["Reason"])
    return _exit_codes.SOME_FAILED if unread else _exit_codes.DONE


def _beside(path, ending):
    return path.with_name(f"{path.stem}.{ending}")


def _overrules(arguments, screened):
    """Where the decisions are, checked and brought beside the list; None if there are none."""
    from astroclassify.core import write_text
    from astroclassify.curation import read_overrules

    home = _beside(arguments.list, "overrules.csv")
    if arguments.overrules is None:
        return home if home.is_file() else None
    read_overrules(arguments.overrules, screened)
    if arguments.overrules.resolve() != home.resolve():
        write_text(arguments.overrules.read_text(encoding="utf-8"), home)
        say(f"the decisions are kept in {home}")
    return home


def _write_sheet(arguments, screened, overrules, progress):
    from astroclassify.curation import contact_sheet

    frames = arguments.frames or arguments.list.parent
    contact_sheet(screened, arguments.sheet, frames=frames, overrules=overrules, progress=progress)
    say(f"see {arguments.sheet}; save what you decide there, and pass it on with --overrules")


def _summary(screened, final, kept):
    by_person = int((final["Decided By"] == "person").sum())
    return (
        f"{kept}: {len(final)} of {len(screened)} frames are kept, {by_person} of them by a person; "
        f"the model keeps {int(screened['Keep'].sum())}"
    )
