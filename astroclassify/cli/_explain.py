"""``astroclassify explain``: where in frames their answers come from, as pictures, FITS maps and regions."""

from importlib.util import find_spec
from pathlib import Path

from astropy.table import Table

from astroclassify.cli._output import report_errors, say, told_of, write_result
from astroclassify.cli._parsing import add_device, add_files, add_model, add_output_dir, add_subparser
from astroclassify.cli._results import check_folder, check_free, free_name, kinds_type, option_type, stems_of
from astroclassify.core import AstroclassifyError, OptionalDependencyError, ParameterError

_EXAMPLES = """
astroclassify explain j8xi01abc_raw.fits --chip 1
astroclassify explain j8xi01abc_raw.fits --method xrai -o why/
astroclassify explain night1/ --method integrated-gradients --option baseline=simulated-sky
astroclassify explain j8xi01abc_raw.fits --target nsc --write png
"""
_FILES = ("png", "fits", "reg", "pdf", "svg", "crtf", "ecsv")
#: What has an argument of its own, and is not given by --option.
_OWN = {name: f"--{name}" for name in ("method", "target", "model", "weights", "device", "chip")}
_OWN |= {"frame": "FILE", "instrument": "files whose headers name it", "self": "NAME=VALUE"}
_COLUMNS = ("source", "chip", "label", "probability", "target", "regions", "area", "share", "files")


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
        "explain",
        run,
        summary="Show where in each frame its answer comes from: a picture, a FITS map, regions for DS9.",
        examples=_EXAMPLES,
    )
    add_files(parser)
    parser.add_argument(
        "--method",
        default="evidence",
        metavar="NAME",
        help="evidence, xrai, integrated-gradients, occlusion, grad-cam++, pix2pix, or a plug-in's (default: "
        "evidence)",
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        type=option_type(_OWN),
        metavar="NAME=VALUE",
        help="of the method, as in baseline=black or steps=36; may be repeated",
    )
    parser.add_argument(
        "--target",
        choices=("galaxy", "nsc", "object"),
        help="what to explain (default: what the answer leans to)",
    )
    add_model(parser)
    add_device(parser)
    parser.add_argument("--chip", type=int, metavar="N", help="only this chip of each file")
    add_output_dir(parser, "folder to write to (default: this one)", default=Path())
    parser.add_argument(
        "--write",
        dest="kinds",
        type=kinds_type(_FILES),
        metavar="KINDS",
        help=f"which of {', '.join(_FILES)} to write (default: png,fits,reg; reg only where it can be made)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")


def run(arguments):
    """
    Explain the answers of all frames of the files.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``files`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.io import expand_inputs, read_frames

    check_folder(arguments.output)
    paths, errors = expand_inputs(arguments.files)
    arguments.kinds = arguments.kinds or _usual_kinds()
    rows, taken = [], set()
    for path, stem in zip(paths, stems_of(paths), strict=True):
        try:
            for frame in read_frames(path, chip=arguments.chip):
                chip = frame.meta.get("ACCHIP", "")
                name = free_name(f"{stem}_chip{chip}" if chip else stem, taken)
                rows.append(_explained(frame, path, name, paths, arguments))
        except (ParameterError, OptionalDependencyError):  # what was asked for is wrong, of every file
            raise
        except (AstroclassifyError, OSError) as error:
            errors.append(told_of(path, error, source=Path(path).name))
    status = report_errors(errors)
    if rows:
        write_result(Table(rows=rows, names=_COLUMNS))
    return status


def _usual_kinds():
    """Give a picture and a map; regions as well, if the package that makes them is installed."""
    if find_spec("regions"):
        return _FILES[:3]
    say("no regions for DS9 are written: they need pip install 'astroclassify[explain]'")
    return _FILES[:2]


def _explained(frame, path, stem, inputs, arguments):
    """Explain a frame, write its files, and give a row of the table."""
    from astroclassify.explain import explain

    stem = f"{stem}_{arguments.method}"
    targets = [arguments.output / f"{stem}.{kind}" for kind in arguments.kinds]
    check_free(targets, inputs, arguments.overwrite)
    asked = {"method": arguments.method, "target": arguments.target, "model": arguments.model}
    asked |= {"weights": arguments.weights, "device": arguments.device}
    found = explain(frame, **asked, **dict(arguments.option))
    for target in targets:
        found.write(target, overwrite=arguments.overwrite)
    answer, regions = found.answer, found.regions
    held = (float(sum(regions[name])) for name in ("area", "share"))
    names = f"{stem}.{{{','.join(arguments.kinds)}}}"
    chip = str(frame.meta.get("ACCHIP", ""))
    return (Path(path).name, chip, answer.label, answer.probability, found.target, len(regions), *held, names)
