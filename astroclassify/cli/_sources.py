"""``astroclassify sources``: a star or a galaxy for every source in images of a field."""

import argparse
from pathlib import Path

from astropy.table import Column, Table

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import check_output, say, write_result
from astroclassify.cli._parsing import add_device, add_model, add_output, add_progress, add_subparser, prior
from astroclassify.core import ParameterError

_EXAMPLES = """
astroclassify sources g=field_g.fits r=field_r.fits i=field_i.fits -o sources.parquet
astroclassify sources field_i.fits --format ecsv -o sources.ecsv
astroclassify sources i=field_i.fits --catalogue mine.ecsv --prior star=0.7,galaxy=0.3 -o sources.fits
astroclassify sources --catalogue magnitudes.fits --prior field -o classes.fits
"""
#: Columns that are shown in a plain table; files have all.
_SHOWN = ("id", "x", "y", "ra", "dec", "label", "probability", "snr")


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
        "sources",
        run,
        summary="Classify every source in images of a field as star or galaxy.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "images",
        nargs="*",
        metavar="[BAND=]IMAGE",
        help="a calibrated image of each band, all on one grid of pixels; BAND unless the header says it",
    )
    parser.add_argument(
        "--catalogue",
        type=Path,
        metavar="FILE",
        help="sources of your own: positions (sky_centroid, ra and dec, or x and y) where there are images, "
        "magnitudes such as mag_i where there are none",
    )
    parser.add_argument("--chip", type=int, metavar="N", help="the chip of files that hold several")
    add_model(parser)
    parser.add_argument(
        "--prior",
        type=shares,
        metavar="SHARES",
        help="expected shares, as in star=0.8,galaxy=0.2; or 'field': from the sources, by magnitude",
    )
    add_device(parser)
    add_output(parser)
    add_progress(parser)


def run(arguments):
    """
    Classify the sources, and write their table.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``images`` and the options.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify._classify_sources import classify_sources

    images = named(arguments.images)
    inputs = [*_files(images), *([] if arguments.catalogue is None else [arguments.catalogue])]
    check_output(arguments.output, arguments.format, inputs=inputs)
    table = classify_sources(
        images or None,
        catalogue=arguments.catalogue,
        model=arguments.model,
        weights=arguments.weights,
        device=arguments.device,
        prior=arguments.prior,
        chip=arguments.chip,
        progress=arguments.progress,
    )
    counts = ", ".join(f"{(table['label'] == label).sum()} {label}" for label in sorted(set(table["label"])))
    say(f"{len(table)} sources" + (f": {counts}" if counts else ""))
    write_result(_flat(table, arguments), format=arguments.format, output=arguments.output)
    return _exit_codes.DONE


def shares(text):
    """
    Read a prior.

    Parameters
    ----------
    text : str
        Such as ``"star=0.8,galaxy=0.2"``, or ``"field"``.

    Returns
    -------
    dict of str to float, or str
        As `~astroclassify.classify_sources` takes it.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is anything else.
    """
    if text == "catalogue":
        raise argparse.ArgumentTypeError(
            "a catalogue says nothing of single sources; expected shares, or 'field'"
        )
    return text if text == "field" else prior(text)


def named(arguments):
    """
    Read which image is of which band.

    Parameters
    ----------
    arguments : list of str
        ``BAND=IMAGE``, or ``IMAGE``.

    Returns
    -------
    dict of str to str, or list of str
        By band where all are named.

    Raises
    ------
    ParameterError
        If some are named and others not, or two have one name.
    """
    pairs = [argument.partition("=") for argument in arguments]
    with_band = [bool(path) and "/" not in band for band, _, path in pairs]
    if not any(with_band):
        return arguments
    if not all(with_band) or len({band for band, _, _ in pairs}) < len(pairs):
        raise ParameterError(
            f"got the images {' '.join(arguments)}; expected BAND=IMAGE of each, with different bands, "
            "or no bands"
        )
    return {band: path for band, _, path in pairs}


def _files(images):
    return [Path(path) for path in (images.values() if isinstance(images, dict) else images)]


def _flat(table, arguments):
    """Plain columns: positions as two of them; on a terminal only those that are read there."""
    flat = Table(table, copy=False)
    if "sky_centroid" in flat.colnames:
        place = flat.index_column("sky_centroid")
        position = flat["sky_centroid"].icrs
        columns = [Column(one.deg, unit="deg", format=".6f") for one in (position.ra, position.dec)]
        flat.add_columns(columns, indexes=[place, place], names=["ra", "dec"])
        flat.remove_column("sky_centroid")
    if arguments.output is None and arguments.format in (None, "table"):
        flat = flat[[name for name in _SHOWN if name in flat.colnames]]
    return flat
