"""``astroclassify train-starless``: the network that removes stars."""

import json
from pathlib import Path

from astroclassify.cli._parsing import add_subparser

_EXAMPLES = """
astroclassify train-starless --fields 800 --minutes 40 --pairs pairs.npy --target starless.safetensors
astroclassify train-starless --start starless.safetensors --target better.safetensors
astroclassify train-starless --measure-only --held 50
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
        "train-starless",
        run,
        summary="Train the network that removes stars on simulated fields, and measure it.",
        examples=_EXAMPLES,
    )
    parser.add_argument("--fields", type=int, default=600, metavar="N", help="to learn from (default: 600)")
    parser.add_argument("--held", type=int, default=50, metavar="N", help="to measure with (default: 50)")
    parser.add_argument("--minutes", type=float, default=40.0, metavar="M", help="length of the training")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the training")
    parser.add_argument(
        "--pairs", type=Path, default=Path("pairs.npy"), metavar="FILE", help="keep the fields there (.npy)"
    )
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights to go on from")
    parser.add_argument("--target", type=Path, metavar="OUT", help="where to (needed to train)")
    parser.add_argument(
        "--measure-only", action="store_true", help="measure what is there: OUT, or what ships"
    )


def run(arguments):
    """
    Train the network, and print what was measured.

    Parameters
    ----------
    arguments : argparse.Namespace
        The options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.core import ParameterError
    from astroclassify.detect.fit import fit_starless

    if arguments.target is None and not arguments.measure_only:
        raise ParameterError("say where the weights are to be written: --target OUT")
    print(json.dumps(fit_starless(arguments), indent=2))
    return 0
