"""``astroclassify train-presence``: a classifier that tells patches with an object from empty ones."""

from astroclassify.cli import _exit_codes
from astroclassify.cli._parsing import add_device, add_output_dir, add_subparser

_EXAMPLES = """
astroclassify train-presence resnet50-presence --patches 20000 -o presence
astroclassify train-presence patchnet --weights default --preset fine-tune --patches 2000 -o presence
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
        "train-presence",
        run,
        summary="Train a model on patches of wide fields, with and without objects, for the method xrai.",
        examples=_EXAMPLES,
    )
    parser.add_argument("model", nargs="?", default="resnet50-presence", metavar="MODEL", help="its name")
    add_output_dir(parser, "for the weights, the checkpoint and the log", required=True)
    parser.add_argument("--patches", type=int, default=8000, metavar="N", help="how many (default: 8000)")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="how often all are seen")
    parser.add_argument("--batch-size", type=int, default=16, metavar="N", help="patches per step")
    parser.add_argument("--preset", default="modern", help="paper, modern or fine-tune (default: modern)")
    parser.add_argument("--weights", metavar="FILE", help="to start from; 'default' for those of the model")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the first field")
    parser.add_argument("--resume", action="store_true", help="go on with the training that is in the folder")
    add_device(parser)


def run(arguments):
    """
    Train, and say where the weights are.

    Parameters
    ----------
    arguments : argparse.Namespace
        The options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.training.presence import fit_presence

    print(fit_presence(arguments).weights)
    return _exit_codes.DONE
