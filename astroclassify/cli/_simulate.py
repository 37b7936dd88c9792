"""``astroclassify simulate``: a folder of simulated raw frames, with a manifest and the truth."""

from pathlib import Path

from astroclassify.cli._output import report_errors
from astroclassify.cli._parsing import add_output_dir, add_processes, add_progress, add_subparser

_EXAMPLES = """
astroclassify simulate -o simulated --count 20 --seed 7
astroclassify simulate -o simulated --count 40 --seed 7 --processes 2
astroclassify simulate -o blurry --count 20 --seed 7 --blurry --preview
astroclassify simulate -o real --count 20 --seed 7 --pictures pictures
astroclassify simulate -o other --count 20 --seed 8 --config simulated/config.toml
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
        "simulate",
        run,
        summary="Simulate raw frames whose truth is known; run it again to complete an interrupted set.",
        examples=_EXAMPLES,
    )
    add_output_dir(parser, "folder for the frames and their tables", required=True)
    parser.add_argument("--count", type=int, required=True, metavar="N", help="number of exposures")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="same seed, same bytes (default: %(default)s)"
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="what to draw from (TOML); every set keeps its own"
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="expose this folder's labelled pictures (labels.csv: file, body, label), not drawn bodies",
    )
    add_processes(parser)
    parser.add_argument(
        "--blurry", action="store_true", help="frames whose signal is low, each for a known cause"
    )
    parser.add_argument("--preview", action="store_true", help="save a picture beside each frame")
    add_progress(parser)


def run(arguments):
    """
    Make what is missing of the set, and say what is there.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``output`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from functools import partial

    from astroclassify.simulate import simulate_pictures, simulate_set

    make = partial(simulate_pictures, arguments.pictures) if arguments.pictures else simulate_set
    made = make(
        arguments.output,
        count=arguments.count,
        seed=arguments.seed,
        config=_configuration(arguments),
        processes=arguments.processes,
        progress=arguments.progress,
        previews=arguments.preview,
    )
    return tell(made)


def _configuration(arguments):
    from dataclasses import replace

    from astroclassify.simulate import SimulationConfig

    config = SimulationConfig.read(arguments.config) if arguments.config else SimulationConfig()
    return replace(config, blurry=True) if arguments.blurry else config


def tell(made):
    """
    Say what a folder of simulated frames holds, and what failed.

    Parameters
    ----------
    made : SimulatedSet
        The set.

    Returns
    -------
    int
        The exit status.
    """
    status = report_errors(
        f"exposure {row['index']} ({row['OBSID']}): {row['error']}" for row in made.failures
    )
    labels = sorted(set(made.manifest["Label"]))
    frames = ", ".join(f"{(made.manifest['Label'] == label).sum()} {label}" for label in labels)
    failed = f", {len(made.failures)} failed" if len(made.failures) else ""
    print(
        f"{made.folder}: {len(made.truth)} exposures ({made.made} new, {made.kept} kept{failed}), "
        f"{len(made.manifest)} frames ({frames or 'none'}) of {len(set(made.manifest['ID']))} bodies"
    )
    return status
