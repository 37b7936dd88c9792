"""``astroclassify classify``: labels and probabilities of files, a row for each chip."""

from argparse import BooleanOptionalAction
from pathlib import Path

import numpy as np

from astroclassify.cli._output import check_output, format_of, say, tell_errors, write_result
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

_EXAMPLES = """
astroclassify classify j8xi01abc_raw.fits
astroclassify classify j8xi01abc_raw.fits --chip 1 --format json
astroclassify classify night1/ --no-progress -o labels.ecsv
astroclassify classify 'night?/*_raw.fits' --format csv -o labels.csv
astroclassify classify night1/ --prior galaxy=0.9,nsc=0.1
astroclassify classify night1/ --identify
astroclassify classify night1/ --group visit
astroclassify classify *.fits --model hr-celestialnet --weights trained.safetensors
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
        "classify",
        run,
        summary="Say of every frame whether it shows part of a galaxy or of a nebula / star cluster (nsc).",
        examples=_EXAMPLES,
    )
    add_files(parser)
    add_model(parser)
    add_device(parser)
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
    add_reading(parser)
    add_output(parser)
    add_progress(parser)


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

    check_output(arguments.output, arguments.format)
    paths, errors = expand_inputs(arguments.files)
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
        progress=arguments.progress,
    )
    format = format_of(arguments.format, arguments.output)
    errors += [_told(row) for row in table[table["error"] != ""]]
    status = tell_errors(errors)
    if "agrees" in table.colnames:
        table = _disagreements_first(table)
    if len(table) or format != "table":
        result = _for_reading(table) if format == "table" else table
        write_result(result, format=format, output=arguments.output)
    return status


def _disagreements_first(table):
    """Wrong pointings, wrong headers or discoveries: what is to be looked at stands on top."""
    disagrees = np.asarray(table["agrees"] == "no")
    if disagrees.any():
        say(f"{disagrees.sum()} of {len(table)} frames disagree with the catalogue; they come first")
    return table[np.argsort(~disagrees, kind="stable")]


def _told(row):
    """Say what went wrong with one row; the kind of error is for programs."""
    message = row["error"].partition(": ")[2]
    if Path(row["source"]).name in message:
        return message
    chip = f", chip {row['chip']}" if row["chip"] else ""
    return f"{row['source']}{chip}: {message}"


def _for_reading(table):
    """Leave to standard error what is too long for a column, and out what label and probability say."""
    shown = table.copy()
    failed = shown["error"] != ""
    shown["label"] = np.where(failed, "failed", shown["label"])
    shown["chip"] = np.where(shown["chip"] == 0, "", shown["chip"].astype(str))
    columns = ("p_galaxy", "error", "model", "body_note", "frame_in_body")
    shown.remove_columns([name for name in columns if name in shown.colnames])
    return shown
