"""``astroclassify datasets fetch``: the raw files of a list, from MAST, the cloud or another server."""

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import report_errors, say
from astroclassify.cli._parsing import add_output_dir, add_progress, add_subparser

_EXAMPLES = """
astroclassify datasets fetch LCID_test.csv --dry-run
astroclassify datasets fetch LCID_test.csv --output frames
astroclassify datasets fetch LCID_test.csv --output frames --source mast --connections 8
astroclassify datasets fetch list.ecsv --source 'https://mirror.example.org/hst/{first4}/{file}'
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
        "fetch",
        run,
        summary="Fetch the raw files of a list; run it again to complete it.",
        examples=_EXAMPLES,
    )
    parser.add_argument("list", metavar="LIST", help="a table with OBSID and HDU Index, or its address")
    add_output_dir(
        parser,
        "where the files go (default: ASTROCLASSIFY_FRAMES, frames_dir of the configuration, the cache)",
    )
    parser.add_argument(
        "--source", default="auto", help="auto, mast, cloud, or an address (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what is there and what is not")
    parser.add_argument(
        "--connections", type=int, default=4, metavar="N", help="files at a time (default: %(default)s)"
    )
    parser.add_argument(
        "--retries", type=int, default=5, metavar="N", help="further attempts (default: %(default)s)"
    )
    parser.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="for each answer (default: %(default)s)"
    )
    parser.add_argument("--whole", action="store_true", help="whole files, not only the images of the list")
    parser.add_argument("--verify", action="store_true", help="compare what is there with its checksums")
    add_progress(parser)


def run(arguments):
    """
    Fetch what is missing, and say what is there.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``list`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.archive import fetch_frames, plan_fetch
    from astroclassify.datasets import read_manifest

    manifest = read_manifest(arguments.list, required=("OBSID",))
    if arguments.dry_run:
        plan = plan_fetch(manifest, arguments.output, whole=arguments.whole, verify=arguments.verify)
        print(_planned(plan))
        return _exit_codes.DONE
    result = fetch_frames(
        manifest,
        arguments.output,
        source=arguments.source,
        connections=arguments.connections,
        retries=arguments.retries,
        timeout=arguments.timeout,
        whole=arguments.whole,
        verify=arguments.verify,
        progress=arguments.progress,
    )
    status = report_errors(f"{row['file']}: {row['error']}" for row in result.failures)
    print(_summary(result))
    if status:
        say("run the same command again: what is there is kept, and what was begun goes on")
    return status


def _planned(plan):
    states = ", ".join(f"{(plan['state'] == state).sum()} {state}" for state in dict.fromkeys(plan["state"]))
    return (
        f"{plan.meta['folder']}: {len(plan)} files ({states or 'none'}); to fetch: "
        f"{plan.meta['bytes'] / 1e9:.1f} GB; the disk has room for {plan.meta['free'] / 1e9:.1f} GB"
    )


def _summary(result):
    repaired = f", {result.repaired} of them for damaged ones" if result.repaired else ""
    failed = f", {len(result.failures)} failed" if len(result.failures) else ""
    return (
        f"{result.folder}: {len(result.paths)} files ({result.made} new{repaired}, {result.kept} kept"
        f"{failed}), {result.size / 1e9:.2f} GB fetched"
    )
