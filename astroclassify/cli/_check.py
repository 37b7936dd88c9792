"""``astroclassify check``: whether frames resemble what a model has learnt, and if not, why."""

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import check_output, format_of, report_errors, say, write_result
from astroclassify.cli._parsing import (
    add_device,
    add_files,
    add_model,
    add_output,
    add_progress,
    add_subparser,
)

_EXAMPLES = """
astroclassify check night1/
astroclassify check night1/ --format csv -o check.csv
astroclassify check 'night?/*.fits' --weights mine.safetensors
"""


def add_parser(subparsers):
    """
    Add the subcommand.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    """
    parser = add_subparser(
        subparsers,
        "check",
        run,
        summary="Test whether frames resemble those that the model was trained on (exit status 3 if not).",
        examples=_EXAMPLES,
    )
    add_files(parser)
    add_model(parser)
    add_device(parser)
    add_output(parser)
    add_progress(parser)


def run(arguments):
    """
    Check the frames of the files.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``files`` and the options.

    Returns
    -------
    int
        The exit status: 3 where the frames are unlike what the model has learnt.
    """
    from astroclassify.curation import check_frames
    from astroclassify.io import expand_inputs

    paths, errors = expand_inputs(arguments.files)
    check_output(arguments.output, arguments.format, inputs=paths)
    found = check_frames(
        paths,
        model=arguments.model,
        weights=arguments.weights,
        device=arguments.device,
        progress=arguments.progress,
    )
    status = report_errors([*errors, *found.failed])
    for line in found.lines:
        say(line)
    format = format_of(arguments.format, arguments.output)
    if len(found.table) or format != "table":
        write_result(found.table, format=format, output=arguments.output)
    return status if found.resembles else _exit_codes.UNLIKE
