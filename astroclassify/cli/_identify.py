"""``astroclassify identify``: the catalogued bodies that files show, or that lie about a position."""

from astropy.table import QTable, Table, vstack

from astroclassify.cli._output import check_output, report_errors, say, told_of, write_result
from astroclassify.cli._parsing import add_files, add_output, add_subparser
from astroclassify.core import AstroclassifyError, ParameterError

_EXAMPLES = """
astroclassify identify j8xi01abc_raw.fits
astroclassify identify night1/ --likeliest --format csv -o names.csv
astroclassify identify j8xi01abc_raw.fits --catalogue openngc --margin 5
astroclassify identify --at "M 13" --radius 3
astroclassify identify --at "01:33:50.9 +30:39:37"
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
        "identify",
        run,
        summary="Name the catalogued bodies that frames show, by where they lie on the sky.",
        examples=_EXAMPLES,
    )
    add_files(parser, needed=False)
    parser.add_argument(
        "--at",
        metavar="PLACE",
        help="instead of files: RA and Dec (ICRS, degrees or sexagesimal), or a name",
    )
    parser.add_argument(
        "--radius", type=float, metavar="ARCMIN", help="with --at: of the field (default: 1.35)"
    )
    parser.add_argument(
        "--catalogue",
        default="builtin",
        metavar="NAME",
        help="builtin, openngc, combined, simbad, ned, vizier, or a plug-in's; also asked first for the name "
        "given by --at (default: builtin)",
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=1.0,
        metavar="ARCMIN",
        help="how far beyond the frame a body may lie (default: 1)",
    )
    parser.add_argument(
        "--likeliest", action="store_true", help="only the body that each frame is labelled by"
    )
    add_output(parser)


def run(arguments):
    """
    Name the bodies of every frame of the files, or about a position.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``files`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    check_output(arguments.output, arguments.format, inputs=_inputs(arguments.files))
    if bool(arguments.files) == bool(arguments.at):
        raise ParameterError("say what to identify: files, or --at with a position or a name")
    if arguments.at:
        found, errors = [_around_position(arguments)], []
    else:
        found, errors = _of_files(arguments)
    status = report_errors(errors)
    if found:
        result = vstack(found, metadata_conflicts="silent")
        if len(result) or arguments.format not in (None, "table"):
            write_result(result, format=arguments.format, output=arguments.output)
        else:
            say(f"the catalogue {arguments.catalogue!r} has no body there")
    return status


def _inputs(files):
    from astroclassify.io import expand_inputs

    return expand_inputs(files)[0]


def _around_position(arguments):
    from astroclassify.identify import find_position, identify

    position = find_position(arguments.at, catalogue=arguments.catalogue)
    radius = {} if arguments.radius is None else {"radius": arguments.radius}
    bodies = identify(position, catalogue=arguments.catalogue, margin=arguments.margin, **radius)
    return _flat(bodies, arguments.likeliest, {"file": position.to_string(precision=5), "chip": ""})


def _of_files(arguments):
    from astroclassify.identify import identify
    from astroclassify.io import expand_inputs, read_frames

    paths, errors = expand_inputs(arguments.files)
    found = []
    for path in paths:
        try:
            for frame in read_frames(path):
                bodies = identify(frame, catalogue=arguments.catalogue, margin=arguments.margin)
                named = {"file": path.name, "chip": str(frame.meta.get("ACCHIP", ""))}
                found.append(_flat(bodies, arguments.likeliest, named))
                if not len(found[-1]) and len(paths) > 1:
                    _say_empty(named, arguments)
        except (AstroclassifyError, OSError) as error:
            errors.append(told_of(path, error, source=path.name))
    return found, errors


def _say_empty(named, arguments):
    chip = f" chip {named['chip']}" if named["chip"] else ""
    body = "body to label it by" if arguments.likeliest else "body"
    say(f"note: {named['file']}{chip}: the catalogue {arguments.catalogue!r} has no {body} there")


def _flat(bodies, likeliest, named):
    """Plain columns: numbers with units, positions as two of them, where the row is from first."""
    bodies = QTable(bodies, copy=False)
    bodies = bodies[bodies["likeliest"]] if likeliest else bodies
    table = Table({name: [value] * len(bodies) for name, value in named.items()}, dtype=[str, str])
    for name in ("name", "type", "class"):
        table[name] = bodies[name].astype(str)
    table["ra"], table["dec"] = bodies["position"].ra.deg, bodies["position"].dec.deg
    for name in ("ra", "dec"):
        table[name].info.format, table[name].unit = ".5f", "deg"
    for name in ("separation", "major_axis", "minor_axis", "position_angle"):
        table[name], table[name].unit = bodies[name].value, bodies[name].unit
    for name in ("body_in_frame", "frame_in_body", "x", "y", "likeliest"):
        table[name] = bodies[name]
    for name in table.colnames:
        if name in bodies.colnames and bodies[name].info.format:
            table[name].info.format = bodies[name].info.format
    return table
