"""``astroclassify train-detector``: a producer of wide fields, the trainers and the release of a detector."""

import argparse
import json
from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._detect import refuse
from astroclassify.cli._parsing import add_subparser

_EXAMPLES = """
astroclassify train-detector produce pools --pictures pictures --limit 4000
astroclassify train-detector produce mine --annotations data.yaml --limit 2000
astroclassify train-detector produce mine --annotations night1.json --images night1/ --rename dso=model
astroclassify train-detector fit pools --pictures pictures --minutes 60
astroclassify train-detector boxes pools --first 1119 --run boxes
astroclassify train-detector release pools --pictures pictures --target fieldnet.safetensors
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
        "train-detector",
        run,
        summary="Train the detector yolo, and the network that looks at boxes again.",
        examples=_EXAMPLES,
    )
    parser.set_defaults(verbose=1)
    parser.add_argument("role", choices=("produce", "fit", "boxes", "release"), help="the part to run")
    parser.add_argument("folder", type=Path, metavar="DIR", help="of the pools and the trainings")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="labelled pictures to learn from as well"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the fields")
    _add_producer(parser.add_argument_group("produce"))
    _add_training(parser.add_argument_group("fit"))
    _add_boxes(parser.add_argument_group("boxes"))
    _add_release(parser.add_argument_group("release"))


def _renamed(text):
    old, equals, new = (part.strip() for part in text.rpartition("="))
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form OLD=NEW, as in dso=galaxy")
    return old, new


def _add_producer(group):
    group.add_argument(
        "--annotations", type=Path, metavar="PATH", help="labelled images to cut fields out of: COCO or YOLO"
    )
    group.add_argument(
        "--images", type=Path, metavar="DIR", help="of these, where the annotations do not say"
    )
    group.add_argument(
        "--rename",
        type=_renamed,
        action="append",
        metavar="OLD=NEW",
        help="what a class of theirs is: galaxy, nebula, star cluster, or model: the default model says",
    )
    group.add_argument("--held", action="store_true", help="make fields of bodies that are held out")
    group.add_argument("--capacity", type=int, default=4000, metavar="N", help="fields in a pool")
    group.add_argument("--producer", type=int, default=0, metavar="I", help="number of this producer")
    group.add_argument("--producers", type=int, default=1, metavar="N", help="how many there are")
    group.add_argument("--limit", type=int, metavar="N", help="fields after which a producer stops")


def _add_training(group):
    group.add_argument("--minutes", type=float, metavar="M", help="length of the training")
    group.add_argument("--preset", choices=("modern", "yolo"), default="modern", help="how to train")
    group.add_argument(
        "--weights", type=Path, metavar="FILE", help="to start from; by default our classifier's trunk"
    )
    group.add_argument("--run", dest="run_name", default="run", metavar="NAME", help="the training's name")
    group.add_argument("--side", type=int, metavar="P", help="rows and columns of what is learnt from")
    group.add_argument("--scales", type=float, nargs=2, metavar="X", help="range of the scales of crops")
    group.add_argument("--mosaic", type=float, metavar="P", help="how often four crops are put together")
    group.add_argument("--noise", type=float, metavar="S", help="largest noise that is added to the planes")
    group.add_argument("--batch-size", type=int, metavar="N", help="crops per step")
    group.add_argument("--learning-rate", type=float, metavar="X", help="its peak")
    group.add_argument("--average", type=float, metavar="X", help="decay of the average of the weights")
    group.add_argument(
        "--trainable", choices=("head", "all"), help="all learns, or what follows maps of 8 pixels a cell"
    )


def _add_boxes(group):
    group.add_argument(
        "--first",
        type=int,
        default=0,
        metavar="N",
        help="first field that the network of yolo that ships does not know",
    )


def _add_release(group):
    group.add_argument(
        "--earlier", nargs="*", default=[], metavar="NAME", help="trainings that it started from"
    )
    group.add_argument(
        "--parent", type=Path, metavar="FILE", help="card of what the first of them started from"
    )
    group.add_argument(
        "--average-with", type=Path, nargs="*", default=[], metavar="FILE", help="release the mean with these"
    )
    group.add_argument("--target", type=Path, metavar="OUT", help="where to, NAME.safetensors")
    group.add_argument("--count", type=int, default=400, metavar="N", help="fields to measure it on")


def run(arguments):
    """
    Run one part.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``role``, ``folder`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.training.detection import run_part

    if arguments.role == "produce" and arguments.annotations is None:
        unused = {"images": "--images", "rename": "--rename"}
        refuse(arguments, unused, "without --annotations there is no use for")
    elif arguments.role == "produce":
        refuse(arguments, {"pictures": "--pictures"}, "with --annotations there is no use for")
    card = run_part(arguments)
    if card is not None:
        print(json.dumps(card["metrics"], indent=2))
    return _exit_codes.DONE
