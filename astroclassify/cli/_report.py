"""``astroclassify report``: one page of many answers."""

from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import check_writable, say
from astroclassify.cli._parsing import add_output_file, add_subparser
from astroclassify.core import read_table

_EXAMPLES = """
astroclassify classify night1/ --thumbnails --evidence --identify -o results.parquet
astroclassify report results.parquet -o report.html
astroclassify report labels.ecsv -o report.html --title 'Night 1'
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
        "report",
        run,
        summary="Make a page of answers: a table to sort and search, pictures, a map of the sky, counts.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "results", type=Path, metavar="RESULTS", help="what classify wrote: Parquet, ECSV or CSV"
    )
    add_output_file(parser, "page to write, NAME.html", required=True)
    parser.add_argument("--title", default="Galaxies, nebulae and star clusters", help="its heading")


def run(arguments):
    """
    Write the page.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``results``, ``output`` and ``title``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.visualization import results_page

    check_writable(arguments.output, inputs=[arguments.results])
    rows = results_page(_table(arguments.results), arguments.output, title=arguments.title)
    say(f"{rows} frames are in {arguments.output}")
    return _exit_codes.DONE


def _table(path):
    if path.suffix.lower() in (".csv", ".ecsv") and path.is_file():
        return read_table(path, expected="a table of answers")
    from astroclassify.scale import read_results

    return read_results(path)
