"""``astroclassify info``: what the readers see in files."""

import math

from astropy.table import Table

from astroclassify.cli._output import check_output, report_errors, write_result
from astroclassify.cli._parsing import add_files, add_output, add_reading, add_subparser, reading
from astroclassify.core import AstroclassifyError

_EXAMPLES = """
astroclassify info j8xi01abc_raw.fits
astroclassify info night1/ night2/
astroclassify info 'night1/*_flc.fits' --format json
"""

_COLUMNS = {
    "file": str,
    "reader": str,
    "instrument": str,
    "chip": str,
    "shape": str,
    "unit": str,
    "filter": str,
    "exptime": float,
    "amplifiers": str,
    "ra": float,
    "dec": float,
    "pixel_scale": float,
}


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
        "info",
        run,
        summary="Show what the readers see in files, a row for each frame.",
        examples=_EXAMPLES,
    )
    add_files(parser)
    add_reading(parser)
    add_output(parser)


def run(arguments):
    """
    Describe every frame of the files.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``files``, ``format`` and ``output``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.io import expand_inputs, read_frames

    paths, errors = expand_inputs(arguments.files)
    check_output(arguments.output, arguments.format, inputs=paths)
    rows = []
    for path in paths:
        try:
            rows += [describe(frame, path) for frame in read_frames(path, **reading(arguments))]
        except (AstroclassifyError, OSError) as error:
            errors.append(error)
    status = report_errors(errors)
    if rows:
        table = Table(rows, names=list(_COLUMNS), dtype=list(_COLUMNS.values()))
        _format(table)
        write_result(table, format=arguments.format, output=arguments.output)
    return status


def describe(frame, path):
    """
    Describe one frame.

    Parameters
    ----------
    frame : astropy.nddata.CCDData
        As a reader gave it.
    path : pathlib.Path
        Its file.

    Returns
    -------
    dict
        A value for each column of the result; NaN or empty where the frame does not know.
    """
    meta = frame.meta
    ra, dec, scale = _sky(frame)
    return {
        "file": path.name,
        "reader": meta.get("ACREADER", ""),
        "instrument": meta.get("ACINSTR", ""),
        "chip": str(meta.get("ACCHIP", "")),
        "shape": "x".join(map(str, frame.shape)),
        "unit": str(frame.unit) or "-",
        "filter": meta.get("ACBAND", ""),
        "exptime": _number(meta.get("EXPTIME")),
        "amplifiers": str(meta.get("CCDAMP", "")).strip(),
        "ra": ra,
        "dec": dec,
        "pixel_scale": scale,
    }


def _number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _sky(frame):
    """Right ascension and declination of the centre (degrees), and arcseconds per pixel."""
    if frame.wcs is None or not frame.wcs.has_celestial:
        return math.nan, math.nan, math.nan
    from astropy.wcs.utils import pixel_to_skycoord, proj_plane_pixel_scales

    wcs = frame.wcs.celestial
    scale = float(proj_plane_pixel_scales(wcs)[0]) * 3600
    rows, columns = frame.shape
    try:
        centre = pixel_to_skycoord((columns - 1) / 2, (rows - 1) / 2, wcs).icrs
    except (ValueError, TypeError):  # a sky without right ascension: another planet's, supergalactic, ...
        return math.nan, math.nan, scale
    return centre.ra.deg, centre.dec.deg, scale


def _format(table):
    for name in ("ra", "dec"):
        table[name].info.format = ".5f"
        table[name].unit = "deg"
    table["pixel_scale"].info.format = ".4f"
    table["pixel_scale"].unit = "arcsec"
    table["exptime"].info.format = "g"
    table["exptime"].unit = "s"
