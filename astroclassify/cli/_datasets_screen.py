"""``astroclassify datasets screen``: which frames show their body, by a model and a person."""

from pathlib import Path

from astroclassify.cli._output import check_writable, report_errors, say
from astroclassify.cli._parsing import (
    add_device,
    add_frame_dir,
    add_list,
    add_output_file,
    add_progress,
    add_subparser,
)

_EXAMPLES = """
astroclassify datasets screen list.csv --frame-dir raw --sheet list.html
astroclassify datasets screen list.csv --frame-dir raw --overrules ~/Downloads/list.overrules.csv
astroclassify datasets screen list.csv --frame-dir raw --threshold 0.9
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
    add_list(parser)
    add_frame_dir(parser)
    parser.add_argument(
        "--model", default="default", help="one with the class 'field' (default: %(default)s)"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="instead of the model's own")
    add_device(parser)
    parser.add_argument(
        "--threshold",
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
    add_output_file(
        parser,
        "the list with scores and reasons (default: LIST.screened.ecsv beside the list)",
        metavar="ECSV",
    )
    parser.add_argument(
        "--kept",
        type=Path,
        metavar="ECSV",
        help="the list of the frames that are kept (default: LIST.kept.ecsv beside the list)",
    )
    add_progress(parser)


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
    from astroclassify.curation import apply_overrules, screen_frames

    output, kept = (
        asked or _beside(arguments.list, ending)
        for asked, ending in ((arguments.output, "screened.ecsv"), (arguments.kept, "kept.ecsv"))
    )
    for path in (output, kept, arguments.sheet):
        check_writable(path, inputs=[arguments.list])
    screened = screen_frames(
        arguments.list,
        frame_dir=arguments.frame_dir,
        model=arguments.model,
        weights=arguments.weights,
        device=arguments.device,
        threshold=arguments.threshold,
        output=output,
        progress=arguments.progress,
    )
    overrules = _overrules(arguments, screened)
    if arguments.sheet:
        _write_sheet(arguments, screened, overrules)
    final = apply_overrules(screened, overrules)
    write_table(final, kept)
    status = report_errors(
        f"{row['OBSID']}: {row['Reason']}" for row in screened if row["Reason"].startswith("cannot be read")
    )
    print(_summary(screened, final, kept))
    return status


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


def _write_sheet(arguments, screened, overrules):
    from astroclassify.curation import contact_sheet

    frame_dir = arguments.frame_dir or arguments.list.parent
    contact_sheet(
        screened, arguments.sheet, frame_dir=frame_dir, overrules=overrules, progress=arguments.progress
    )
    say(f"see {arguments.sheet}; save what you decide there, and pass it on with --overrules")


def _summary(screened, final, kept):
    by_person = int((final["Decided By"] == "person").sum())
    return (
        f"{kept}: {len(final)} of {len(screened)} frames are kept, {by_person} of them by a person; "
        f"the model keeps {int(screened['Keep'].sum())}"
    )
