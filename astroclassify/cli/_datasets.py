"""``astroclassify datasets``: lists of labelled frames, from a query to a set on disk."""

from astroclassify.cli import (
    _datasets_build,
    _datasets_fetch,
    _datasets_query,
    _datasets_report,
    _datasets_screen,
    _datasets_split,
    _datasets_twin,
)
from astroclassify.cli._parsing import add_subparser

#: Modules of the nested commands, in the order of the work.
_NESTED = (
    _datasets_query,
    _datasets_fetch,
    _datasets_report,
    _datasets_split,
    _datasets_twin,
    _datasets_screen,
    _datasets_build,
)

_EXAMPLES = """
astroclassify datasets report LCID_test.csv blurry_validation.csv
astroclassify datasets split lcid.ecsv --by body --folds 5 --output folds
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
        "datasets",
        None,  # one of the nested commands is required
        summary="Lists of labelled frames, their files and sets.",
        examples=_EXAMPLES,
    )
    nested = parser.add_subparsers(title="more", metavar="COMMAND", required=True)
    for command in _NESTED:
        command.add_parser(nested)
