"""``astroclassify datasets build``: the frames of a list in one array on disk."""

from astroclassify.cli._output import report_errors
from astroclassify.cli._parsing import (
    add_frame_dir,
    add_list,
    add_output_dir,
    add_processes,
    add_progress,
    add_subparser,
)

_EXAMPLES = """
astroclassify datasets build LCID_test.csv --frame-dir raw --output lcid --processes 4
astroclassify datasets build LCID_test.csv --frame-dir raw --output small --variant lcid-resize
astroclassify train resnet18-resize --data small --preset paper --output run
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
        "build",
        run,
        summary="Put the frames of a list into one array that reads fast; run it again to complete it.",
        examples=_EXAMPLES,
    )
    add_list(parser)
    add_output_dir(parser, "of the set", required=True)
    add_frame_dir(parser)
    parser.add_argument(
        "--variant",
        choices=("lcid", "lcid-resize"),
        default="lcid",
        help="whole chips, 2048 x 4096, or shrunk to 224 x 448 (default: %(default)s)",
    )
    parser.add_argument(
        "--resampling",
        choices=("area", "bilinear"),
        default="area",
        help="how chips are shrunk (default: %(default)s)",
    )
    add_processes(parser)
    add_progress(parser)


def run(arguments):
    """
    Build what is missing of the set, and say what is in it.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``list``, ``folder`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.datasets import build_set

    cache = build_set(
        arguments.list,
        arguments.output,
        variant=arguments.variant,
        frame_dir=arguments.frame_dir,
        resampling=arguments.resampling,
        processes=arguments.processes,
        progress=arguments.progress,
    )
    status = report_errors(f"row {row['Row']} ({row['OBSID']}): {row['Error']}" for row in cache.failures)
    print(_summary(cache))
    return status


def _summary(cache):
    failed = f", {len(cache.failures)} failed" if len(cache.failures) else ""
    bodies = len(set(cache.manifest["ID"]))
    error = max(cache.manifest["Largest Error"], default=0.0)
    return (
        f"{cache.folder}: {cache.variant}, {len(cache)} frames of {bodies} bodies{failed}; "
        f"pixels differ by at most {error:.3g} from the files'"
    )
