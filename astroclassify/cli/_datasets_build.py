"""``astroclassify datasets build``: the frames of a list in one array on disk."""

from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import say
from astroclassify.cli._parsing import add_subparser

_EXAMPLES = """
astroclassify datasets build LCID_test.csv --frames raw --folder lcid --processes 4
astroclassify datasets build LCID_test.csv --frames raw --folder small --variant lcid-resize
astroclassify train resnet18-resize --data small --preset paper --folder run
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
    parser.add_argument("list", type=Path, metavar="LIST", help="a table in the columns of the paper's lists")
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="of the set")
    parser.add_argument(
        "--frames", type=Path, metavar="DIR", help="folder of the files (default: the list's)"
    )
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
    parser.add_argument(
        "--processes", type=int, default=1, metavar="P", help="how many at a time (default: %(default)s)"
    )
    parser.add_argument("--no-progress", action="store_true", help="no progress bar, even on a terminal")


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
        arguments.folder,
        variant=arguments.variant,
        frames=arguments.frames,
        resampling=arguments.resampling,
        processes=arguments.processes,
        progress=False if arguments.no_progress else None,
    )
    for row in cache.failures:
        say(f"error: row {row['Row']} ({row['OBSID']}): {row['Error']}")
    print(_summary(cache))
    return _exit_codes.SOME_FAILED if len(cache.failures) else _exit_codes.DONE


def _summary(cache):
    failed = f", {len(cache.failures)} failed" if len(cache.failures) else ""
    bodies = len(set(cache.manifest["ID"]))
    error = max(cache.manifest["Largest Error"], default=0.0)
    return (
        f"{cache.folder}: {cache.variant}, {len(cache)} frames of {bodies} bodies{failed}; "
        f"pixels differ by at most {error:.3g} from the files'"
    )
