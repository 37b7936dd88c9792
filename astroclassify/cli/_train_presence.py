"""``astroclassify train-presence``: a classifier that tells patches with an object from empty ones."""

from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._parsing import add_device, add_output_dir, add_subparser
from astroclassify.cli._recipe import add_recipe, recipe_of

_EXAMPLES = """
astroclassify train-presence resnet50-presence --patches 20000 --epochs 10 -o presence
astroclassify train-presence patchnet --weights default --preset fine-tune --trainable convolutions -o tuned
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
    parser.add_argument(
        "--patches",
        type=int,
        default=8000,
        metavar="N",
        help="how many at most, 8 of a field (default: 8000)",
    )
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="labelled pictures to show as well")
    parser.add_argument("--weights", metavar="FILE", help="to start from; 'default' for those of the model")
    parser.add_argument("--half", action="store_true", help="write the weights of convolutions in 16 bits")
    parser.add_argument("--resume", action="store_true", help="go on with the training that is in the folder")
    add_device(parser)
    add_recipe(parser)


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

    print(fit_presence(arguments, recipe_of(arguments)).weights)
    return _exit_codes.DONE
