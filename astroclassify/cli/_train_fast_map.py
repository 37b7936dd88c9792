"""``astroclassify train-fast-map``: a network that draws XRAI's map at once."""

import json
from pathlib import Path

from astroclassify.cli._parsing import add_model, add_subparser

_EXAMPLES = """
astroclassify train-fast-map --model default
astroclassify train-fast-map --frames 100 --held 30 --steps 8 --minutes 2 --examples maps.npz
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
        "train-fast-map",
        run,
        summary="Train the network of the method pix2pix to draw XRAI's map for a model, and measure it.",
        examples=_EXAMPLES,
    )
    add_model(parser)
    parser.add_argument("--frames", type=int, default=800, metavar="N", help="to learn from (default: 800)")
    parser.add_argument("--held", type=int, default=100, metavar="N", help="to measure with (default: 100)")
    parser.add_argument("--steps", type=int, default=16, metavar="N", help="of the integral of XRAI")
    parser.add_argument(
        "--minutes", type=float, default=10.0, metavar="M", help="of the processor, length of the training"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the training")
    parser.add_argument("--examples", type=Path, metavar="FILE", help="keep the maps of XRAI there (.npz)")
    parser.add_argument(
        "--target", type=Path, metavar="OUT", help="where to; by default where method='pix2pix' looks"
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
    from astroclassify.explain.fit import fit_fast_map

    print(json.dumps(fit_fast_map(arguments), indent=2))
    return 0
