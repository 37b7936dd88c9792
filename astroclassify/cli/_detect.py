"""``astroclassify detect``: the deep-sky objects of images, as pictures, tables, regions and annotations."""

from pathlib import Path

from astropy.table import vstack

from astroclassify.cli._output import check_output, check_writable, report_errors, say, told_of, write_result
from astroclassify.cli._parsing import add_files, add_output_dir, add_subparser
from astroclassify.cli._results import check_folder, check_free, free_name, kinds_type, option_type, stems_of
from astroclassify.core import USAGE_ERRORS, AstroclassifyError, FrameError, ParameterError, write_text

_EXAMPLES = """
astroclassify detect m31_stack.png
astroclassify detect night1/ --method starless -o found/ --write png,reg,txt
astroclassify detect survey.fits --least-score 0.5 --table objects.csv
astroclassify detect night1/ --write none --coco night1.json
astroclassify detect night1/ --filter
astroclassify detect night1/ --filter --table verdicts.csv --sort sorted/ --tag tagged/
"""
_FILES = ("png", "ecsv", "csv", "reg", "crtf", "json", "txt", "pdf", "svg", "none")
#: What has an argument of its own, and is not given by --option.
_OWN = {"method": "--method", "least_score": "--least-score", "identify": "--catalogue", "chip": "--chip"}
_OWN |= {"image": "FILE", "instrument": "files whose headers name it"}
#: What is about boxes, and has no use where verdicts are asked for; the method that is taken by default.
_OF_BOXES = {"output": "--output", "kinds": "--write", "coco": "--coco", "chip": "--chip"}
_OF_BOXES |= {"catalogue": "--catalogue"}
_METHOD = "yolo"


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
        "detect",
        run,
        summary="Find the deep-sky objects of images: boxes in pictures, tables, regions and annotations.",
        examples=_EXAMPLES,
    )
    add_files(parser)
    add_method(parser)
    parser.add_argument("--chip", type=int, metavar="N", help="only this chip of each file")
    _add_outputs(parser)


def add_method(parser):
    """
    Add what says how objects are looked for.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Where to add it.
    """
    parser.add_argument(
        "--method",
        metavar="NAME",
        help="yolo, starless, xrai, heatmap, segmentation, or a plug-in's (default: yolo)",
    )
    parser.add_argument(
        "--option",
        action="append",
        type=option_type(_OWN),
        metavar="NAME=VALUE",
        help="of the method, as in sigma=3; may be repeated",
    )
    parser.add_argument(
        "--least-score",
        type=float,
        metavar="S",
        help="leave out objects with a lower score, 0 to 1 (default: what the method leaves out)",
    )
    parser.add_argument(
        "--catalogue",
        metavar="NAME",
        help="that names objects where the sky is known, as for 'astroclassify identify'; none: no names "
        "(default: builtin)",
    )


def how_asked(arguments):
    """
    Give what was asked for of the search, with what is usual where nothing was.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of `add_method`.

    Returns
    -------
    dict of str to object
        Method, least score and options, as `~astroclassify.detect.detect` takes them.
    """
    method = arguments.method or _METHOD
    return {"method": method, "least_score": arguments.least_score, **dict(arguments.option or ())}


def refuse(arguments, options, why):
    """
    Refuse options that would be passed over.

    Parameters
    ----------
    arguments : argparse.Namespace
        What was given; `None` for what was not.
    options : mapping of str to str
        Names in the arguments, and options.
    why : str
        What has no use for them.

    Raises
    ------
    ParameterError
        If one was given.
    """
    given = [option for name, option in options.items() if getattr(arguments, name) is not None]
    if given:
        raise ParameterError(f"{why} {', '.join(given)}; leave it out")


def _add_outputs(parser):
    add_output_dir(parser, "folder to write to (default: this one)")
    parser.add_argument(
        "--write",
        dest="kinds",
        type=kinds_type(_FILES),
        metavar="KINDS",
        help=f"which files to write for each image, of {', '.join(_FILES)}; json is COCO's, txt YOLO's form "
        "(default: png)",
    )
    parser.add_argument(
        "--table",
        type=Path,
        metavar="OUT",
        help="also one table of the objects of all images (replaced)",
    )
    parser.add_argument(
        "--coco", type=Path, metavar="OUT", help="also one file of COCO for all images (replaced)"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files of images, and copies, that are there"
    )
    group = parser.add_argument_group("filter", "a verdict on each frame of a night, instead of boxes")
    group.add_argument(
        "--filter",
        action="store_true",
        help="say of each frame: has object, empty, trailed, clouded, satellite, moving; --table writes it",
    )
    group.add_argument(
        "--sort", type=Path, metavar="DIR", help="copy the frames into a folder for each verdict"
    )
    group.add_argument(
        "--tag", type=Path, metavar="DIR", help="copies of FITS files with verdicts in headers"
    )
    group.add_argument(
        "--known-stars", type=Path, metavar="TABLE", help="with ra and dec, degrees: other stars are new"
    )


def run(arguments):
    """
    Find the objects of all frames of the files.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``files`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.io import expand_inputs

    paths, errors = expand_inputs(arguments.files)
    if arguments.table is not None:
        known = [] if arguments.known_stars is None else [arguments.known_stars]
        check_output(arguments.table, inputs=[*paths, *known])
    if arguments.coco is not None and arguments.coco.suffix.lower() != ".json":
        raise ParameterError(f"{arguments.coco}: COCO is JSON; end the name in .json")
    check_writable(arguments.coco, inputs=paths)
    if arguments.coco is not None and arguments.table is not None:
        _check_two(arguments.table, arguments.coco)
    if arguments.filter or arguments.sort or arguments.tag:
        from astroclassify.cli._night import run_filter

        refuse(arguments, _OF_BOXES, "verdicts (--filter, --sort, --tag) have no use for")
        return run_filter(paths, errors, arguments)
    refuse(arguments, {"known_stars": "--known-stars"}, "without --filter there is no use for")
    arguments.output = arguments.output or Path()
    check_folder(arguments.output)
    found, failed = [], []
    try:
        _find_all(paths, arguments, found, failed)
    except KeyboardInterrupt:  # what is done is kept
        _tell(found, arguments)
        raise
    status = report_errors([*errors, *failed])
    _tell(found, arguments)
    return status


def _check_two(table, coco):
    if table.resolve() == coco.resolve():
        raise ParameterError(
            f"--table and --coco are both {coco}: one would replace the other; name two files"
        )


def _find_all(paths, arguments, found, errors):
    """Add the detections of every frame of every file, and what failed."""
    from astroclassify.io import told_apart

    taken = set()
    for path, stem, source in zip(paths, stems_of(paths), told_apart(paths), strict=True):
        try:
            for frame, chip in frames_of(path, arguments.chip):
                name = free_name(f"{stem}_chip{chip}" if chip else stem, taken)
                targets = _targets(name, paths, arguments)
                found.append(one_found(frame, source, arguments))
                unwritten = _write_all(found[-1], targets, arguments.overwrite)
                errors += (told_of(path, why, source=source) for why in unwritten)
        except USAGE_ERRORS:  # what was asked for is wrong, of every file
            raise
        except (AstroclassifyError, OSError) as error:
            errors.append(told_of(path, error, source=source))


def frames_of(path, chip):
    """
    Give the images of a file.

    Parameters
    ----------
    path : path-like
        A picture, or a file of frames.
    chip : int or None
        Only this one.

    Returns
    -------
    list of tuple
        A picture with its colours, or each frame; and its chip, empty where it has no number.

    Raises
    ------
    FrameError
        If the file has no such chip; the next one may have it.
    """
    from astroclassify.detect import load_image
    from astroclassify.io import is_picture, read_frames

    try:
        with open(path, "rb") as file:
            if is_picture(file.read(12)):
                return [(load_image(path, chip=chip), "")]
        return [(frame, frame.meta.get("ACCHIP", "")) for frame in read_frames(path, chip=chip)]
    except ParameterError as error:
        raise FrameError(str(error)) from error


def _targets(stem, inputs, arguments):
    kinds = [kind for kind in arguments.kinds or _FILES[:1] if kind != "none"]
    targets = [arguments.output / f"{stem}_{arguments.method or _METHOD}.{kind}" for kind in kinds]
    check_free(targets, inputs, arguments.overwrite)
    return targets


def _write_all(found, targets, overwrite):
    """Write every file that can be written; say of the others why they could not be."""
    unwritten = []
    for target in targets:
        try:
            found.write(target, overwrite=overwrite)
        except FrameError as error:  # a form that this image cannot have
            unwritten.append(str(error))
        except OSError as error:  # the disk is full
            unwritten.append(f"{target} could not be written: {error.strerror or error}")
    return unwritten


def one_found(frame, source, arguments):
    """
    Find the objects of an image as it was asked for.

    Parameters
    ----------
    frame : SearchImage or astropy.nddata.CCDData
        The image.
    source : str
        Its name.
    arguments : argparse.Namespace
        Of `add_method`.

    Returns
    -------
    Detections
        What was found.
    """
    from astroclassify.detect import detect

    found = detect(frame, identify=arguments.catalogue or True, **how_asked(arguments))
    found.meta["source"] = source
    return found


def _tell(found, arguments):
    """Write the table of all objects, and say how many there are."""
    from astroclassify.detect import coco_text, plain_table

    if not found:
        return
    if arguments.coco is not None:
        write_text(coco_text(found), arguments.coco)
    table = vstack([plain_table(each) for each in found], metadata_conflicts="silent")
    if arguments.table is not None:
        write_result(table, output=arguments.table)
    elif len(table):
        write_result(table)
    empty = sum(not len(each) for each in found)
    say(f"{len(table)} objects in {len(found) - empty} of {len(found)} images")
