"""``astroclassify demo``: the whole way once, from a simulated raw frame to a picture of the answer."""

from pathlib import Path
from time import perf_counter

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import say
from astroclassify.cli._parsing import add_subparser
from astroclassify.core import OptionalDependencyError

_EXAMPLES = """
astroclassify demo
astroclassify demo -o demo_output --seed 7
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
        "demo",
        run,
        summary="Simulate a raw two-chip ACS/WFC frame, read it back, classify both chips, save a picture.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("astroclassify_demo"),
        metavar="DIR",
        help="folder for the raw frame and the picture (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed, another frame (default: %(default)s)"
    )


def run(arguments):
    """
    Go the whole way once, and say what is done.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``output`` and ``seed``.

    Returns
    -------
    int
        The exit status.
    """
    raise NotImplementedError
