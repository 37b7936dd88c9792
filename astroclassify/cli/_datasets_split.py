"""``astroclassify datasets split``: a list in training and test frames, or in folds, that share no body."""

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import render
from astroclassify.cli._parsing import add_output_dir, add_subparser

_EXAMPLES = """
astroclassify datasets split lcid.ecsv --output parts
astroclassify datasets split lcid.ecsv --by paper --output parts
astroclassify datasets split lcid.ecsv --by body --folds 5 --seed 0 --output folds
"""
_WAYS = ("body", "paper", "visit", "instrument", "frame")


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
        "split",
        run,
        summary="Part a list into training and test frames, or into folds, that share no body.",
        examples=_EXAMPLES,
    )
    parser.add_argument("list", metavar="LIST", help="a list in the paper's columns, a file or an address")
    add_output_dir(
        parser, "where train.ecsv and test.ecsv go; with folds, to fold1, fold2, ... in it", required=True
    )
    parser.add_argument(
        "--by", choices=_WAYS, default="body", help="what is kept apart (default: %(default)s)"
    )
    parser.add_argument(
        "--fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share of frames to test on (default: %(default)s)",
    )
    parser.add_argument(
        "--folds", type=int, metavar="K", help="make K folds instead; by instrument, one for each camera"
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="of the draws; by default that of the paper-like split"
    )
    parser.add_argument(
        "--allow-leakage", action="store_true", help="for --by frame, whose parts share bodies and visits"
    )


def run(arguments):
    """
    Write the parts, and say what is in them.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``list``, ``output`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.datasets import PAPER_SEED, kfold, read_manifest, split_manifest

    table = read_manifest(arguments.list)
    seed = PAPER_SEED if arguments.seed is None else arguments.seed
    asked = {"by": arguments.by, "seed": seed, "allow_leakage": arguments.allow_leakage}
    if arguments.folds is None:
        _write(split_manifest(table, fraction=arguments.fraction, **asked), arguments.output)
    else:
        for number, part in enumerate(kfold(table, arguments.folds, **asked), start=1):
            _write(part, arguments.output / f"fold{number}")
    return _exit_codes.DONE


def _write(part, folder):
    from astroclassify.datasets import write_manifest

    for name in ("train", "test"):
        write_manifest(getattr(part, name), folder / f"{name}.ecsv")
    left_out = f", {part.left_out} in neither" if part.left_out else ""
    print(f"{folder}: {len(part.train)} frames to learn from, {len(part.test)} to test on{left_out}")
    print(f"shared: {part.leakage}")
    print(render(part.counts, "table"))
