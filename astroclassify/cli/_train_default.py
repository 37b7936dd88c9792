"""``astroclassify train-default``: producers of frames, the trainer and the release of the default model."""

import json
from pathlib import Path

from astroclassify.cli._parsing import add_source_shares, add_subparser

_EXAMPLES = """
astroclassify train-default produce pools --source photographs --capacity 12000 --limit 9000
astroclassify train-default start pools --imagenet EFFICIENTNET_LITE0.pth
astroclassify train-default fit pools --pictures pictures --minutes 50 --weights pools/start.safetensors
astroclassify train-default release pools --pictures pictures --target patchnet.safetensors
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
        "train-default",
        run,
        summary="Train the default model: produce frames into pools, start, fit, release.",
        examples=_EXAMPLES,
    )
    parser.set_defaults(verbose=1)
    parser.add_argument("role", choices=("produce", "start", "fit", "release"), help="the part to run")
    parser.add_argument("folder", type=Path, metavar="DIR", help="of the pools and the trainings")
    _add_producer(parser.add_argument_group("produce"))
    _add_training(parser.add_argument_group("start and fit"))
    _add_release(parser.add_argument_group("release"))


def _add_producer(group):
    group.add_argument("--source", metavar="NAME", help="what to make; a wrong name lists what there is")
    group.add_argument("--pictures", type=Path, metavar="DIR", help="labelled pictures to learn from as well")
    group.add_argument("--held", action="store_true", help="make frames that are held out")
    group.add_argument("--capacity", type=int, default=40_000, metavar="N", help="frames in a pool")
    group.add_argument("--producer", type=int, default=0, metavar="I", help="number of this producer")
    group.add_argument("--producers", type=int, default=1, metavar="N", help="how many there are")
    group.add_argument("--seed", type=int, default=1, metavar="S", help="of frames, or of the training")
    group.add_argument("--limit", type=int, metavar="N", help="frames after which a producer stops")
    group.add_argument(
        "--shrunk", type=Path, metavar="DIR", help="of chips, also keep each shrunk to 224 x 448, with a list"
    )


def _add_training(group):
    group.add_argument("--minutes", type=float, default=60.0, metavar="M", help="length of the training")
    group.add_argument("--learning-rate", type=float, default=1.5e-3, metavar="X", help="its peak")
    group.add_argument("--weights", metavar="PATH", help="weights to start from")
    group.add_argument("--imagenet", type=Path, metavar="FILE", help="EfficientNet-Lite0's weights, a file")
    group.add_argument(
        "--also", type=Path, nargs="*", default=[], metavar="DIR", help="more folders of pools"
    )
    add_source_shares(group)
    group.add_argument("--side", type=int, metavar="P", help="shrink planes to P pixels, for a first part")
    group.add_argument(
        "--trainable", choices=("all", "convolutions"), default="all", help="or all but batch normalisation"
    )
    group.add_argument(
        "--consistency", type=float, default=0.0, metavar="X", help="weight of the loss of styles that differ"
    )
    group.add_argument("--vary", action="store_true", help="show other windows and stretches each time")
    group.add_argument("--run", dest="run_name", default="run", metavar="NAME", help="the training's name")


def _add_release(group):
    group.add_argument("--target", type=Path, metavar="OUT", help="where to, NAME.safetensors")
    group.add_argument("--parent", type=Path, metavar="FILE", help="card of what the trainings started from")
    group.add_argument("--earlier", type=Path, nargs="*", default=[], metavar="DIR", help="earlier trainings")
    group.add_argument(
        "--average-with", type=Path, nargs="*", default=[], metavar="FILE", help="release the mean with these"
    )
    group.add_argument(
        "--commit", default="unknown", metavar="ID", help="of the code that trained, for the card"
    )


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
    from astroclassify.training import default

    if arguments.role == "release":
        print(json.dumps(default.release_run(arguments), indent=2))
    else:
        {"produce": default.produce, "start": default.start, "fit": default.train}[arguments.role](arguments)
    return 0
