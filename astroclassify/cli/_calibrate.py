"""``astroclassify calibrate``: weights that are calibrated to frames of one's own."""

from pathlib import Path

from astroclassify.cli._output import check_writable, render, report_errors, say
from astroclassify.cli._parsing import add_device, add_output_file, add_progress, add_subparser

_EXAMPLES = """
astroclassify calibrate night1/ labels.csv -o mine.safetensors
astroclassify classify night2/ --weights mine.safetensors
astroclassify calibrate night1/ -o mine.safetensors    # no labels: the shares of the classes only
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
        "calibrate",
        run,
        summary="Calibrate a model to frames of your own, by 10 to 100 labels; print what that gains.",
        examples=_EXAMPLES,
    )
    parser.add_argument("frames", metavar="FRAMES", help="folder of the files, or a quoted pattern of them")
    parser.add_argument(
        "labels",
        nargs="?",
        type=Path,
        metavar="LABELS",
        help="CSV table with the columns file, label (galaxy, nsc, nebula, star cluster or field) and body; "
        "or a list in the columns of the paper's. Without it only the shares of the classes are estimated",
    )
    add_output_file(parser, "weights to write, NAME.safetensors", required=True)
    parser.add_argument("--model", default="default", help="name of the model")
    parser.add_argument(
        "--weights",
        metavar="PATH",
        help="a safetensors file to start from, instead of the model's own weights",
    )
    add_device(parser)
    add_progress(parser)


def run(arguments):
    """
    Calibrate, say what it gains, and write the weights.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``frames``, ``labels``, ``output`` and the options.

    Returns
    -------
    int
        The exit status: 1 where a frame could not be used.
    """
    from astroclassify.inference import calibrate, calibrate_shares
    from astroclassify.io import expand_inputs
    from astroclassify.models import build_model, resolve_device

    check_writable(arguments.output, inputs=[path for path in (arguments.labels, arguments.weights) if path])
    model = build_model(arguments.model, weights=arguments.weights, device=resolve_device(arguments.device))
    if arguments.labels is None:
        paths, errors = expand_inputs([arguments.frames])
        found = calibrate_shares(model, paths, progress=arguments.progress)
        say(f"{found.about['frames']} frames without labels: only the shares of the classes are shifted")
    else:
        errors = []
        found = calibrate(model, _labelled(arguments), progress=arguments.progress)
        say(f"{found.about['frames']} labelled frames of {found.about['bodies']} bodies; figures 'after' are")
        say("of each body by a calibration from the others, with 95% intervals by body")
    status = report_errors([*errors, *found.failed])
    _say_change(model.calibration, found.calibration, model.classes)
    say(render(found.figures, "table").rstrip().replace("\n", "\nastroclassify: "))
    print(found.write(arguments.output))
    return status


def _labelled(arguments):
    from astroclassify.datasets import labelled_files

    return labelled_files(arguments.labels, frame_dir=arguments.frames)


def _say_change(before, after, classes):
    offsets = zip(classes, before.bias or (0.0,) * len(classes), after.bias, strict=True)
    changes = ", ".join(f"{name} {old:.2f} -> {new:.2f}" for name, old, new in offsets)
    say(f"temperature {before.temperature:.2f} -> {after.temperature:.2f}; offsets: {changes}")
