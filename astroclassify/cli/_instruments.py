"""``astroclassify instruments``: the detectors whose raw frames are understood."""

import numpy as np
from astropy.table import Table

from astroclassify.cli import _exit_codes
from astroclassify.cli._output import say, write_result
from astroclassify.cli._parsing import add_output, add_subparser
from astroclassify.core import AstroclassifyError

_EXAMPLES = """
astroclassify instruments
astroclassify instruments --format json
"""

_MOST_SHOWN = 4
_COLUMNS = {
    "name": str,
    "camera": str,
    "chips": str,
    "raw_shape": str,
    "layouts": int,
    "amplifiers": str,
    "bands": int,
    "pixel_scale": float,
    "owner": str,
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
        subparsers, "instruments", run, summary="List the instruments.", examples=_EXAMPLES
    )
    add_output(parser)


def run(arguments):
    """
    List every declared instrument; a broken plug-in is listed as such.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``format`` and ``output``.

    Returns
    -------
    int
        The exit status.
    """
    from astroclassify.instruments import INSTRUMENTS

    rows = []
    for entry in INSTRUMENTS.entries():
        try:
            rows.append(_describe(INSTRUMENTS[entry.name], entry))
        except AstroclassifyError as error:
            say(str(error))
            rows.append(_broken(entry))
    table = Table(rows, names=list(_COLUMNS), dtype=list(_COLUMNS.values()))
    table["pixel_scale"].unit = "arcsec"
    table["pixel_scale"].info.format = ".4f"
    write_result(table, format=arguments.format, output=arguments.output)
    return _exit_codes.DONE


def _broken(entry):
    empty = {name: kind() if kind is not float else np.nan for name, kind in _COLUMNS.items()}
    return empty | {"name": entry.name, "camera": "broken", "owner": entry.owner}


def _shown(names):
    """Write ``A B C D``, but ``1 to 16``: a list of many would make the table too wide."""
    many = len(names) > _MOST_SHOWN
    return f"{names[0]} to {names[-1]}" if many else " ".join(names)


def _describe(instrument, entry):
    layouts = instrument.layouts
    largest = max(layouts, key=lambda layout: layout.shape[0] * layout.shape[1], default=None)
    return {
        "name": entry.name,
        "camera": " ".join(filter(None, (instrument.telescope, instrument.instrume, instrument.detector))),
        "chips": ", ".join(str(chip or "any") for chip in sorted({layout.chip for layout in layouts})),
        "raw_shape": "x".join(map(str, largest.shape)) if largest else "",
        "layouts": len(layouts),
        "amplifiers": _shown(list(instrument.amplifiers)),
        "bands": len(instrument.bands),
        "pixel_scale": instrument.pixel_scale,
        "owner": entry.owner,
    }
