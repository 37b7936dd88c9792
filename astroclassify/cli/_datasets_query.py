"""``astroclassify datasets query``: which public frames there are of some bodies, and how much they are."""

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import check_writable, render, say
from astroclassify.cli._parsing import add_output_file, add_progress, add_subparser

_EXAMPLES = """
astroclassify datasets query M51 NGC1982 --filter F606W F814W --exptime 100 1000
astroclassify datasets query --paper --max-per-body 30 --output list.ecsv
astroclassify datasets query --class nebula --max-bodies 20 --max-per-body 10 --output nebulae.ecsv
astroclassify datasets fetch list.ecsv --output frames
"""


def add_parser(subparsers):
    """
    Add the nested command.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        Where to add it.
    """
    parser = add_subparser(
        subparsers,
        "query",
        run,
        summary="Ask MAST which public raw frames there are; nothing is fetched.",
        examples=_EXAMPLES,
    )
    parser.add_argument("bodies", nargs="*", metavar="BODY", help="a name, such as M51 or 'NGC 1982'")
    parser.add_argument("--paper", action="store_true", help="as many bodies as the paper has: 48 and 23")
    parser.add_argument("--known", action="store_true", help="all bodies of the table that comes with us")
    parser.add_argument(
        "--class",
        nargs="+",
        dest="classes",
        choices=("galaxy", "nsc", "nebula", "star cluster"),
        metavar="CLASS",
        help="only these: galaxy, nsc, nebula, 'star cluster'; without names every target of the archive",
    )
    parser.add_argument("--instrument", nargs="+", metavar="CAMERA", help="ACS/WFC or WFC3/UVIS")
    parser.add_argument("--filter", nargs="+", dest="filters", metavar="BAND", help="such as F606W")
    parser.add_argument(
        "--exptime", nargs=2, type=float, metavar=("MIN", "MAX"), help="shortest and longest exposure, s"
    )
    parser.add_argument(
        "--radius", type=float, metavar="ARCMIN", help="around the middle (default: of the body)"
    )
    parser.add_argument(
        "--max-per-body", type=int, metavar="N", help="exposures of each body, over its visits"
    )
    parser.add_argument("--max-bodies", type=int, metavar="N", help="with --class: bodies of each class")
    add_output_file(parser, "write the list to this file", metavar="LIST")
    add_progress(parser)


def run(arguments):
    """
    Ask, print what there is, and write the list if it was asked for.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``bodies`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.archive import query_archive, summarise_query
    from astroclassify.datasets import write_manifest

    check_writable(arguments.output)
    options = {"instruments": arguments.instrument} if arguments.instrument else {}
    found = query_archive(
        _names(arguments),
        classes=arguments.classes,
        filters=arguments.filters,
        exptime=arguments.exptime,
        radius=arguments.radius,
        max_per_body=arguments.max_per_body,
        max_bodies=arguments.max_bodies,
        progress=arguments.progress,
        **options,
    )
    summary = summarise_query(found)
    if len(summary):
        print(render(summary, "table"), end="")
    for name, count in found.meta["left_out"].items():
        say(f"{name}: {count} exposures are left out, since nothing says of which class it is")
    print(_total(summary))
    if arguments.output is not None and len(found):
        write_manifest(found, arguments.output)
        print(f"{arguments.output}: written; next: astroclassify datasets fetch {arguments.output}")
    return _exit_codes.DONE


def _names(arguments):
    from astroclassify.archive import paper_bodies
    from astroclassify.datasets import known_bodies

    names = list(arguments.bodies)
    names += [body.name for body in paper_bodies()] if arguments.paper else []
    # Not the Magellanic Clouds, whose frames are nearly all of clusters and nebulae that the table does not
    # have.
    known = [body.name for body in known_bodies() if body.name not in ("LMC", "SMC")]
    return names + (known if arguments.known else [])


def _total(summary):
    if not len(summary):
        return "nothing was found"
    frames, proposed = summary["frames"].sum(), summary["proposed"].sum()
    return (
        f"{summary['exposures'].sum()} exposures, {frames} frames of {len(summary)} bodies, "
        f"{summary['GB'].sum():.1f} GB; the label of {proposed} is proposed or doubtful"
    )
