"""``astroclassify train``: from labelled frames to weights with a card."""

from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import say
from astroclassify.cli._parsing import add_device, add_frame_dir, add_output_dir, add_progress, add_subparser
from astroclassify.cli._recipe import add_recipe, recipe_of

_EXAMPLES = """
astroclassify train resnet18-resize --data set/manifest.ecsv --preset paper --output run
astroclassify train resnet18-resize --data set/manifest.ecsv --preset paper --output run --resume
astroclassify train patchnet --data LCID.csv --frame-dir raw --preset fine-tune --weights default -o tuned
astroclassify train star-galaxy-lite --data sources --minutes 25 -o stars
astroclassify train hr-celestialnet --data simulated:config.toml --preset paper --max-frames 2000 --output hr
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
        subparsers, "train", run, summary="Train a model, or go on with its training.", examples=_EXAMPLES
    )
    parser.add_argument("model", metavar="MODEL", help="a model's name, or 'default'")
    parser.add_argument(
        "--data",
        required=True,
        metavar="MANIFEST",
        help="a table in the columns of the paper's lists, the folder of a set, simulated or on disk, or "
        "simulated:CONFIG.toml: exposures as needed; for models of sources the folder of a set of sources",
    )
    add_output_dir(parser, "for the weights, the checkpoint and the log", required=True)
    add_frame_dir(parser)
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where small planes of files are kept (default: in the folder)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the training that is in the folder")
    parser.add_argument(
        "--weights", metavar="FILE", help="weights to start from; 'default' for those of the model"
    )
    _add_validation(parser)
    parser.add_argument(
        "--max-frames",
        type=int,
        metavar="N",
        help="use at most N training frames an epoch (of sources: the first whole fields)",
    )
    add_device(parser)
    parser.add_argument("--licence", default="not stated", help="of the weights, for the card")
    parser.add_argument(
        "--half", action="store_true", help="write the weights of convolutions in 16 bits (models of frames)"
    )
    add_progress(parser)
    add_recipe(parser)


def _add_validation(parser):
    parser.add_argument(
        "--validation",
        default="0.2",
        metavar="SHARE",
        help="share of the bodies that is held out, or another manifest (default: %(default)s)",
    )
    parser.add_argument(
        "--split", choices=("body", "frame"), default="body", help="what is kept apart (default: %(default)s)"
    )


def run(arguments):
    """
    Train, and say how good the weights are.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``model``, ``data``, ``folder`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.models import find_spec

    done = (_on_sources if find_spec(arguments.model).task == "source" else _on_frames)(arguments)
    say(f"{done.steps} steps; the log is {done.log}")
    for data, figures in done.card["metrics"].items():
        say(f"{data}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
    print(done.weights)
    return _exit_codes.DONE


def _on_sources(arguments):
    from astroclassify.training import fit_sources

    return fit_sources(
        arguments.model,
        arguments.data,
        folder=arguments.output,
        preset=recipe_of(arguments, default="sources"),
        weights=arguments.weights,
        validation=_validation(arguments.validation),
        max_sources=arguments.max_frames,
        augment=arguments.augment != "none",
        device=arguments.device,
        resume=arguments.resume,
        licence=arguments.licence,
        progress=arguments.progress,
    )


def _on_frames(arguments):
    from astroclassify.training import fit

    return fit(
        arguments.model,
        arguments.data,
        folder=arguments.output,
        preset=recipe_of(arguments),
        weights=arguments.weights,
        validation=_validation(arguments.validation),
        split=arguments.split,
        max_frames=arguments.max_frames,
        frame_dir=arguments.frame_dir,
        cache=arguments.cache,
        device=arguments.device,
        resume=arguments.resume,
        licence=arguments.licence,
        half=arguments.half,
        progress=arguments.progress,
    )


def _validation(text):
    try:
        return float(text)
    except ValueError:
        return text
