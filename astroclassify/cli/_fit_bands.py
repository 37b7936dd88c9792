"""``astroclassify fit-bands``: the tables of bands, sky and Vega, fitted to published curves."""

from pathlib import Path

from astroclassify.cli._parsing import add_output_dir, add_subparser

_EXAMPLES = """
astroclassify fit-bands curves -o tables
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
        "fit-bands",
        run,
        summary="Fit the tables of bands, sky and Vega, which come with the package, to published curves.",
        examples=_EXAMPLES,
    )
    parser.set_defaults(verbose=1)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="of published curves")
    add_output_dir(parser, "folder for the tables (default: the package)")


def run(arguments):
    """
    Write the tables.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``folders`` and ``output``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.photometry.fit import DATA, fit_tables

    fit_tables(arguments.folders, arguments.output or DATA)
    return 0
