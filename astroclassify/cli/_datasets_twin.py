"""``astroclassify datasets twin``: a simulated exposure for every exposure of a list."""

from pathlib import Path

from astroclassify.cli._parsing import add_output_dir, add_processes, add_progress, add_subparser

_EXAMPLES = """
astroclassify datasets twin LCID_test.csv --output twin --max-per-body 12 --processes 2
astroclassify datasets twin blurry_validation.csv --output blurry --blurry
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
        "twin",
        run,
        summary="Simulate an exposure for every exposure of a list; run it again to complete it.",
        examples=_EXAMPLES,
    )
    parser.add_argument("list", metavar="LIST", help="a list in the paper's columns, CSV or ECSV")
    add_output_dir(parser, "where to", required=True)
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="S",
        help="of what no list says (default: %(default)s)",
    )
    parser.add_argument("--blurry", action="store_true", help="so short that bodies are lost in the noise")
    parser.add_argument("--max-per-body", type=int, metavar="N", help="exposures of one body, at most")
    parser.add_argument("--config", type=Path, metavar="FILE", help="what to draw from (TOML)")
    add_processes(parser)
    add_progress(parser)


def run(arguments):
    """
    Make what is missing of the twin, and say what is there.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``list``, ``folder`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.cli._simulate import tell
    from astroclassify.simulate import SimulationConfig, simulate_twin

    made = simulate_twin(
        arguments.list,
        arguments.output,
        seed=arguments.seed,
        blurry=arguments.blurry,
        max_per_body=arguments.max_per_body,
        config=SimulationConfig.read(arguments.config) if arguments.config else None,
        processes=arguments.processes,
        progress=arguments.progress,
    )
    return tell(made)
