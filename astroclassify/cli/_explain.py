"""``astroclassify explain``: where in frames their answers come from, as pictures, FITS maps and regions."""

from pathlib import Path

from astropy.table import Table

from astroclassify.cli._output import check_apart, tell_errors, write_result
from astroclassify.cli._parsing import add_device, add_files, add_model, add_subparser
from astroclassify.core import AstroclassifyError, OptionalDependencyError, ParameterError

_EXAMPLES = """
astroclassify explain j8xi01abc_raw.fits --chip 1
astroclassify explain j8xi01abc_raw.fits --method xrai -o why/
astroclassify explain night1/ --method integrated-gradients --option baseline=simulated-sky
astroclassify explain j8xi01abc_raw.fits --target nsc --write png
"""
_FILES = ("png", "fits", "reg", "pdf", "svg", "crtf", "ecsv")
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
        type=_option,
        metavar="NAME=VALUE",
        help="of the method, as in baseline=black or steps=36; may be repeated",
    )
    parser.add_argument(
        "--target", choices=("galaxy", "nsc"), help="what to explain (default: what the answer leans to)"
    )
    add_model(parser)
    add_device(parser)
    parser.add_argument("--chip", type=int, metavar="N", help="only this chip of each file")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder to write to (default: this one)",
    )
    parser.add_argument(
        "--write",
        dest="kinds",
        type=_kinds,
        default=_FILES[:3],
        metavar="KINDS",
        help=f"which of {', '.join(_FILES)} to write (default: png,fits,reg)",
    )


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

    arguments.output.mkdir(parents=True, exist_ok=True)
    paths, errors = expand_inputs(arguments.files)
    rows = []
    for path in paths:
        try:
            frames = read_frames(path, chips=arguments.chip)
            for frame in frames:
                for target in _targets(frame, path, arguments).values():
                    check_apart(target, paths)
            rows.extend(_explained(frame, path, arguments) for frame in frames)
        except (ParameterError, OptionalDependencyError):  # what was asked for is wrong, of every file
            raise
        except (AstroclassifyError, OSError) as error:
            errors.append(error if path.name in str(error) else f"{path.name}: {error}")
    status = tell_errors(errors)
    if rows:
        write_result(Table(rows=rows, names=_COLUMNS))
    return status


def _explained(frame, path, arguments):
    """Explain a frame, write its files, and give a row of the table."""
    from astroclassify.explain import explain

    asked = {"method": arguments.method, "target": arguments.target, "model": arguments.model}
    asked |= {"weights": arguments.weights, "device": arguments.device}
    found = explain(frame, **asked, **dict(arguments.option))
    for target in _targets(frame, path, arguments).values():
        found.write(target, overwrite=True)
    answer, regions = found.answer, found.regions
    held = (float(sum(regions[name])) for name in ("area", "share"))
    names = f"{_stem(frame, path, arguments)}.{{{','.join(arguments.kinds)}}}"
    return (
        path.name,
        str(frame.meta.get("ACCHIP", "")),
        answer.label,
        answer.probability,
        found.target,
        len(regions),
        *held,
        names,
    )


def _targets(frame, path, arguments):
    """Give the files to write for a frame, by kind."""
    stem = _stem(frame, path, arguments)
    return {kind: arguments.output / f"{stem}.{kind}" for kind in arguments.kinds}


def _stem(frame, path, arguments):
    chip = frame.meta.get("ACCHIP", "")
    return f"{path.name.split('.')[0]}{f'_chip{chip}' if chip else ''}_{arguments.method}"


def _option(text):
    """Read NAME=VALUE: a number, true or false, or text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(text)
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, {"true": True, "false": False}.get(value.lower(), value)


def _kinds(text):
    kinds = tuple(part.strip().lower() for part in text.split(","))
    if unknown := [kind for kind in kinds if kind not in _FILES]:
        raise ValueError(unknown)
    return kinds
