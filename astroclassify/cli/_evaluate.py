"""``astroclassify evaluate``: models side by side on labelled frames."""

from astroclassify.cli._output import report_errors, say
from astroclassify.cli._parsing import add_device, add_frame_dir, add_output_dir, add_progress, add_subparser

_EXAMPLES = """
astroclassify evaluate patchnet --data set/manifest.ecsv --output judged
astroclassify evaluate patchnet hr-celestialnet=hr.safetensors --data LCID_test.csv --frame-dir raw -o out
astroclassify evaluate default tuned=patchnet=tuned.safetensors --data lcid --reference train.csv --output out
astroclassify evaluate patchnet --data set/manifest.ecsv --output judged --robustness zernike gain
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
        "evaluate",
        run,
        summary="Measure how good models are on labelled frames; run it again to go on with it.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="a name, NAME=weights.safetensors, or LABEL=NAME=weights.safetensors",
    )
    parser.add_argument(
        "--data",
        required=True,
        metavar="MANIFEST",
        help="a table in the columns of the paper's lists, its address, or the folder of a set",
    )
    add_output_dir(parser, "for answers, tables, figures and the page", required=True)
    add_frame_dir(parser)
    parser.add_argument(
        "--reference",
        metavar="TRAINLIST",
        help="list of other bodies, to learn rules on instrument and band from",
    )
    parser.add_argument(
        "--max-frames", type=int, metavar="N", help="take N frames only, evenly spaced along the list"
    )
    add_device(parser)
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument(
        "--no-timing", action="store_true", help="read the next frame while a network works: no times"
    )
    parser.add_argument(
        "--tables-only", action="store_true", help="no figures and no page: matplotlib is not needed"
    )
    _add_robustness(parser)
    add_progress(parser)


def _add_robustness(parser):
    group = parser.add_argument_group("robustness", "how answers change as frames are made worse")
    group.add_argument(
        "--robustness",
        nargs="*",
        metavar="QUANTITY",
        help="zernike, exptime, band, cosmic-rays, gain, binning, cut-out (default: all of them)",
    )
    group.add_argument(
        "--robustness-frames",
        type=int,
        default=100,
        metavar="N",
        help="frames that are made worse, at most (default: %(default)s)",
    )
    group.add_argument(
        "--robustness-processes",
        type=int,
        default=1,
        metavar="N",
        help="frames that are made worse at a time (default: %(default)s)",
    )


def run(arguments):
    """
    Evaluate, and print the main table.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``models``, ``data``, ``output`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.evaluation import evaluate, summary_text

    done = evaluate(
        arguments.models,
        arguments.data,
        arguments.output,
        frame_dir=arguments.frame_dir,
        reference=arguments.reference,
        max_frames=arguments.max_frames,
        device=arguments.device,
        precision=arguments.precision,
        timing=not arguments.no_timing,
        progress=arguments.progress,
    )
    if arguments.robustness is not None:
        _robustness(arguments)
    print(summary_text(done))
    if not arguments.tables_only:
        _report(done)
    failed = done.answers[done.answers["error"] != ""]
    return report_errors(f"{row['model']}: {row['name']}: {row['error']}" for row in failed)


def _robustness(arguments):
    from astroclassify.evaluation import QUANTITIES, asked_models, measure_robustness

    asked = asked_models(arguments.models)
    measure_robustness(
        {each.label: each.model(device=arguments.device, precision=arguments.precision) for each in asked},
        arguments.data,
        arguments.output,
        frame_dir=arguments.frame_dir,
        quantities=arguments.robustness or QUANTITIES,
        max_frames=arguments.robustness_frames,
        processes=arguments.robustness_processes,
        progress=arguments.progress,
    )


def _report(done):
    """Answers and tables are there already: without matplotlib only the page is missing."""
    from astroclassify.core import OptionalDependencyError
    from astroclassify.visualization import evaluation_report

    try:
        say(f"the page is {evaluation_report(done, done.folder)}")
    except OptionalDependencyError as error:
        say(f"warning: no figures: {error}")
