"""``astroclassify simulate-sources``: a set of stars, galaxies and quasars, measured, with their truth."""

from astroclassify.cli._parsing import add_output_dir, add_processes, add_progress, add_subparser

_EXAMPLES = """
astroclassify simulate-sources -o sources --count 30000
astroclassify simulate-sources -o sources --count 60000 --processes 2
astroclassify simulate-sources -o unseen --count 5000 --seed 2
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
        "simulate-sources",
        run,
        summary="Simulate fields of a survey and measure their stars, galaxies and quasars; resumes.",
        examples=_EXAMPLES,
    )
    add_output_dir(parser, "folder of the set", required=True)
    parser.add_argument("--count", type=int, required=True, metavar="N", help="number of sources, at least")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="same seed, same sources (default: %(default)s)"
    )
    parser.add_argument(
        "--size",
        type=int,
        default=1024,
        metavar="PX",
        help="side of the fields, 128 or more (default: %(default)s)",
    )
    add_processes(parser)
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
    import numpy as np

    from astroclassify.stargalaxy import simulate_sources

    made = simulate_sources(
        arguments.output,
        count=arguments.count,
        seed=arguments.seed,
        shape=(arguments.size, arguments.size),
        processes=arguments.processes,
        progress=arguments.progress,
    )
    names, numbers = np.unique(np.asarray(made.catalogue["true_class"]), return_counts=True)
    said = ", ".join(f"{n} {name or 'fragments and noise'}" for name, n in zip(names, numbers, strict=True))
    fields = np.unique(np.asarray(made.catalogue["field"])).size
    print(f"{made.folder}: {len(made)} sources in {fields} fields ({said})")
    return 0
