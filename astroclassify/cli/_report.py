"""``astroclassify report``: one page of many answers, or of what is found in many images."""

from pathlib import Path

from astroclassify.cli import _exit_codes
from astroclassify.cli._detect import add_method, frames_of, one_found, refuse
from astroclassify.cli._output import check_writable, plainly, report_errors, say, told_of
from astroclassify.cli._parsing import add_output_file, add_progress, add_subparser
from astroclassify.core import USAGE_ERRORS, AstroclassifyError, ParameterError, progress_bar, read_table

_EXAMPLES = """
astroclassify classify night1/ --thumbnails --evidence --identify -o results.parquet
astroclassify report results.parquet -o report.html
astroclassify report labels.ecsv -o report.html --title 'Night 1'
astroclassify report night1/ --detect -o found.html
"""

_OF_DETECT = {"method": "--method", "option": "--option", "least_score": "--least-score"}
_OF_DETECT |= {"catalogue": "--catalogue"}


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
        summary="Make a page of answers, to sort and search, or of the objects found in images.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "results",
        type=Path,
        nargs="+",
        metavar="RESULTS",
        help="what classify wrote: Parquet, ECSV or CSV; with --detect images: files, folders, patterns",
    )
    add_output_file(parser, "page to write, NAME.html", required=True)
    parser.add_argument("--title", help="its heading")
    group = parser.add_argument_group("objects", "every image, with the objects that are found in it")
    group.add_argument("--detect", action="store_true", help="look for objects, as 'astroclassify detect'")
    add_method(group)
    add_progress(parser)


def run(arguments):
    """
    Write the page.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``results``, ``output``, ``title``, ``detect`` and how to do that.

    Returns
    -------
    int
        The exit status.
    """
    check_writable(arguments.output, inputs=arguments.results)
    if arguments.detect:
        return _run_detect(arguments)
    from astroclassify.visualization import results_page

    refuse(arguments, _OF_DETECT, "without --detect there is no use for")
    if len(arguments.results) > 1:
        raise ParameterError(
            f"got {len(arguments.results)} files of results; expected one (with --detect, images)"
        )
    title = arguments.title or "Galaxies, nebulae and star clusters"
    rows = results_page(_table(arguments.results[0]), arguments.output, title=title)
    say(f"{rows} frames are in {arguments.output}")
    return _exit_codes.DONE


def _run_detect(arguments):
    from astroclassify.io import expand_inputs
    from astroclassify.visualization import detections_page

    paths, errors = expand_inputs(arguments.results)
    if not paths:
        return report_errors(errors)
    check_writable(arguments.output, inputs=paths)
    found = _found(paths, errors, arguments)
    counts = detections_page(found, arguments.output, title=arguments.title or "Deep-sky objects")
    say(f"{counts['objects']} objects in {counts['images']} images are in {arguments.output}")
    return report_errors(errors)


def _found(paths, errors, arguments):
    """Give the detections of every image, one by one; of a file that cannot be searched its name, and why."""
    from astroclassify.io import told_apart

    files = progress_bar(paths, progress=arguments.progress, description="images")
    for path, source in zip(files, told_apart(paths), strict=True):
        try:
            for frame, chip in frames_of(path, None):
                yield one_found(frame, f"{source}, chip {chip}" if chip else source, arguments)
        except USAGE_ERRORS:  # what was asked for is wrong, of every file
            raise
        except (AstroclassifyError, OSError) as error:
            errors.append(told_of(path, error, source=source))
            yield source, plainly(error)


def _table(path):
    if path.suffix.lower() in (".csv", ".ecsv") and path.is_file():
        return read_table(path, expected="a table of answers")
    from astroclassify.scale import read_results

    return read_results(path)
