"""``astroclassify classify``: labels and probabilities of files, a row for each chip."""

from argparse import BooleanOptionalAction
from pathlib import Path

import numpy as np

from astroclassify.cli._output import (
    check_apart,
    check_output,
    format_of,
    of_frame,
    report_errors,
    say,
    write_result,
)
from astroclassify.cli._parsing import (
    add_device,
    add_files,
    add_model,
    add_output,
    add_progress,
    add_reading,
    add_subparser,
    prior,
    reading,
)
from astroclassify.core import printable

_EXAMPLES = """
astroclassify classify j8xi01abc_raw.fits
astroclassify classify j8xi01abc_raw.fits --chip 1 --format json
astroclassify classify night1/ --no-progress -o labels.ecsv
astroclassify classify 'night?/*_raw.fits' --format csv -o labels.csv
astroclassify classify night1/ --prior galaxy=0.9,nsc=0.1
astroclassify classify night1/ --identify
astroclassify classify night1/ --group visit
astroclassify classify *.fits --model hr-celestialnet --weights trained.safetensors
astroclassify classify archive/ --workers 8 -o results.parquet       # goes on where it was stopped
astroclassify classify LCID_test.csv --scheduler tcp://10.0.0.1:8786 -o results.parquet
astroclassify classify https://server/j8xi01abc_raw.fits mast:HST/product/jbf301a1q_raw.fits
"""


#: Of so many uncertain frames the terminal is told why (int).
_REASONS = 10
#: Ends of the names of lists of frames.
_LISTS = (".csv", ".ecsv")


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
        "classify",
        run,
        summary="Classify every frame: part of a galaxy, or of a nebula / star cluster (nsc).",
        examples=_EXAMPLES,
    )
    add_files(parser)
    add_model(parser)
    add_device(parser)
    _add_network(parser)
    parser.add_argument("--chip", type=int, metavar="N", help="only this chip of each file")
    parser.add_argument(
        "--identify",
        nargs="?",
        const="builtin",
        metavar="CATALOGUE",
        help="name the catalogued body that each frame shows, disagreements first (default: builtin)",
    )
    parser.add_argument(
        "--group",
        choices=("visit", "file"),
        help="one answer for all frames of a visit of HST (dithers, bands, both chips), or of a file",
    )
    _add_workers(parser)
    add_reading(parser)
    add_output(parser)
    add_progress(parser)


def _add_network(parser):
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the arithmetic; by default the fastest that leaves answers as they are",
    )
    parser.add_argument(
        "--batch-size",
        type=int,
        default=1,
        metavar="N",
        help="how many frames pass the network at once; more than 1 is for GPUs",
    )
    parser.add_argument(
        "--flips",
        action=BooleanOptionalAction,
        help="average over mirror images and the frame turned by 180 degrees; by default what is best for "
        "the model",
    )
    parser.add_argument(
        "--prior",
        type=prior,
        metavar="SHARES",
        help="expected shares among your frames, as in galaxy=0.9,nsc=0.1, or 'catalogue': what each frame's "
        "catalogued body suggests",
    )


def _add_workers(parser):
    parser.add_argument("--workers", type=int, metavar="N", help="how many processes (default: this one)")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster that does the work, such as tcp://10.0.0.1:8786",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        metavar="S",
        help="seconds that the reading of a file may take (default: any)",
    )
    parser.add_argument(
        "--thumbnails", action="store_true", help="keep a small picture of each frame (Parquet)"
    )
    parser.add_argument("--evidence", action="store_true", help="keep the map of the evidence (Parquet)")


def run(arguments):
    """
    Classify every frame of the files.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``files`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify import classify_many
    from astroclassify.io import expand_inputs

    format = format_of(arguments.format, arguments.output)
    lasting = format == "parquet"
    paths, errors = expand_inputs(_listed(arguments.files))
    inputs = [*arguments.files, *paths]
    if lasting:
        check_apart(arguments.output, inputs)
    else:
        check_output(arguments.output, arguments.format, inputs=inputs)
    table = classify_many(
        paths,
        model=arguments.model,
        weights=arguments.weights,
        device=arguments.device,
        precision=arguments.precision,
        batch_size=arguments.batch_size,
        flips=arguments.flips,
        prior=arguments.prior,
        chip=arguments.chip,
        identify=arguments.identify,
        group_by=arguments.group,
        **reading(arguments),
        executor=arguments.scheduler,
        workers=arguments.workers,
        output=arguments.output if lasting else None,
        evidence=arguments.evidence and lasting,
        thumbnails=arguments.thumbnails and lasting,
        timeout=arguments.timeout,
        progress=arguments.progress,
    )
    failures = table[table["error"] != ""]
    if lasting and len(failures):
        failures = _failures(arguments.output, paths)
    errors += [_error_message(row) for row in failures]
    status = report_errors(errors)
    if "agrees" in table.colnames:
        table = _disagreements_first(table)
    if lasting:
        say(f"{len(table)} rows are in {arguments.output}")
    elif len(table) or format != "table":
        if format == "table":
            _say_why_uncertain(table)
            table = _for_reading(table)
        write_result(table, format=format, output=arguments.output)
    return status


def _failures(output, paths):
    """Give the rows of the files that were asked for now and failed; of others say how many there are."""
    from astroclassify.scale import file_key, read_results

    rows = read_results(output, columns=["key", "source", "chip", "error"])
    failed, asked = rows[np.asarray(rows["error"]) != ""], {file_key(path) for path in paths}
    now = np.array([row["key"] in asked for row in failed], dtype=bool)
    if not now.all():
        say(f"{(~now).sum()} rows of files that were asked for before have errors; see the column error")
    return failed[now]


def _listed(files):
    """Put the files that a list in the paper's columns names in the place of its name."""
    from astroclassify.datasets import labelled_frames

    for name in files:
        if Path(name).suffix.lower() in _LISTS and Path(name).is_file():
            yield from dict.fromkeys(frame.frame for frame in labelled_frames(name))
        else:
            yield name


def _disagreements_first(table):
    """Wrong pointings, wrong headers or discoveries: what is to be looked at stands on top."""
    disagrees = np.asarray(table["agrees"] == "no")
    if disagrees.any():
        say(f"{disagrees.sum()} of {len(table)} frames disagree with the catalogue; they come first")
    return table[np.argsort(~disagrees, kind="stable")]


def _error_message(row):
    """Say what went wrong with one row; the kind of error is for programs."""
    message = row["error"].partition(": ")[2]
    return message if Path(row["source"]).name in message else of_frame(row, message)


def _say_why_uncertain(table):
    """Say why labels are uncertain, of the first frames: the reasons are too long for a column."""
    uncertain = table[np.asarray(table["label"]) == "uncertain"]
    for row in uncertain[:_REASONS]:
        say(printable(of_frame(row, f"uncertain: {row['reason']}")))
    if (more := len(uncertain) - _REASONS) > 0:
        say(f"{more} more are uncertain; an output file (-o) has the column 'reason'")


def _for_reading(table):
    """Leave to standard error what is too long for a column, and out what label and probability say."""
    shown = table.copy()
    failed = shown["error"] != ""
    shown["label"] = np.where(failed, "failed", shown["label"])
    shown["chip"] = np.where(shown["chip"] == 0, "", shown["chip"].astype(str))
    columns = ("p_galaxy", "reason", "error", "model", "body_note", "frame_in_body")
    shown.remove_columns([name for name in columns if name in shown.colnames])
    return shown
