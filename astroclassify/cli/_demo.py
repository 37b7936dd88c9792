"""``astroclassify demo``: the whole way once, from a simulated raw frame to a picture of the answer."""


def add_parser(subparsers):
    """
    Add the subcommand.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    """
