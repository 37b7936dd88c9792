"""``astroclassify tag``: copies of FITS files with answers in their headers, and a table for archives."""

import warnings
from pathlib import Path

from astropy.io import fits
from astropy.table import Table

from astroclassify.cli._output import check_output, report_errors, say, told_of, write_result
from astroclassify.cli._parsing import (
    add_device,
    add_files,
    add_model,
    add_output_dir,
    add_reading,
    add_subparser,
    reading,
)
from astroclassify.cli._results import check_folder
from astroclassify.core import AstroclassifyError, ReadError, atomic_path

_EXAMPLES = """
astroclassify tag j8xi01abc_raw.fits
astroclassify tag night1/ --output tagged/ --table answers.vot
astroclassify tag night1/ --output tagged/ --overwrite --model patchnet
"""
#: Columns of the table that are the answer's, with their UCDs.
_ANSWER = {
    "chip": "meta.id;instr.det",
    "label": "meta.code.class;src",
    "probability": "stat.probability",
    "p_galaxy": "stat.probability",
    "model": "meta.id;meta.software",
    "weights_sha256": "meta.checksum",
}
_WRITTEN = (".fits", ".fit", ".fts", ".gz", ".fz", ".bz2")


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
        "tag",
        run,
        summary="Write copies of FITS files with label, probability and model in their headers.",
        examples=_EXAMPLES,
    )
    add_files(parser)
    add_output_dir(
        parser, "folder of the copies, which keep their names (default: %(default)s)", default=Path("tagged")
    )
    parser.add_argument("--overwrite", action="store_true", help="replace copies that are there")
    parser.add_argument(
        "--table",
        type=Path,
        metavar="OUT",
        help="also a table of all frames in the columns of IVOA ObsCore: .vot with UCDs, .fits, .ecsv, ...",
    )
    add_model(parser)
    add_device(parser)
    add_reading(parser)


def run(arguments):
    """
    Classify every frame of the files, and write the answers into copies.

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
        check_output(arguments.table, inputs=paths)
    check_folder(arguments.output)
    rows = []
    for path in paths:
        try:
            target = _target(path, arguments)
            found = _answers(path, arguments)
            write_tagged(path, target, found)
            rows += [_row(frame, answer) for frame, answer in found]
        except (AstroclassifyError, OSError) as error:
            errors.append(told_of(path, error, source=path.name))
    status = report_errors(errors)
    if rows:
        say(f"{len(rows)} frames are tagged in {arguments.output}")
        if arguments.table is not None:
            write_result(_table(rows), output=arguments.table)
    return status


def _target(path, arguments):
    target = arguments.output / path.name
    if path.suffix.lower() not in _WRITTEN:
        raise ReadError(f"{path.name}: only FITS files have a header to write into")
    if target.exists() and (not arguments.overwrite or target.samefile(path)):
        raise ReadError(f"{target} exists; give --overwrite, or another --output than the files' own folder")
    return target


def _answers(path, arguments):
    from astroclassify import classify, read_frames

    options = {"model": arguments.model, "weights": arguments.weights, "device": arguments.device}
    frames = read_frames(path, **reading(arguments))
    return [(frame, classify(frame, return_evidence=False, **options)) for frame in frames]


def write_tagged(path, target, found):
    """
    Copy a FITS file with answers in its headers; pixels stay as they are, byte for byte.

    Parameters
    ----------
    path, target : pathlib.Path
        The file and its copy.
    found : list of tuple
        Each frame of the file and its answer. Of a single one the cards go to the primary header, of several
        to that of each frame's own extension.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asis = {"do_not_scale_image_data": True, "disable_image_compression": True}
        with fits.open(path, mode="readonly", **asis) as hdulist, atomic_path(target) as unfinished:
            for number, (frame, answer) in enumerate(found):
                hdu = hdulist[0] if len(found) == 1 else _own(hdulist, frame, number)
                hdu.header.update(answer.to_header())
            hdulist.writeto(unfinished, output_verify="silentfix", overwrite=True)


def _own(hdulist, frame, number):
    """Find the extension that a frame is from: by name and EXTVER, else by its place among the images."""
    wanted = (frame.meta.get("EXTNAME", ""), frame.meta.get("EXTVER", 1))
    named = [hdu for hdu in hdulist[1:] if (hdu.header.get("EXTNAME", ""), hdu.ver) == wanted]
    images = [hdu for hdu in hdulist if hdu.header.get("NAXIS", 0) == 2]
    return named[0] if wanted[0] and len(named) == 1 else images[min(number, len(images) - 1)]


def _row(frame, answer):
    from astroclassify.io import observation

    return {
        **observation(frame),
        "chip": int(frame.meta.get("ACCHIP", 0) or 0),
        "label": answer.label,
        "probability": answer.probability,
        "p_galaxy": answer.p_galaxy,
        "model": str(answer.meta.get("model", "")),
        "weights_sha256": str(answer.meta.get("weights_sha256", "")),
    }


def _table(rows):
    from astroclassify.io import OBSCORE

    table = Table(rows=[list(row.values()) for row in rows], names=list(rows[0]))
    for name, (ucd, unit) in OBSCORE.items():
        table[name].unit, table[name].meta["ucd"] = unit, ucd
    for name, ucd in _ANSWER.items():
        table[name].meta["ucd"] = ucd
    return table
