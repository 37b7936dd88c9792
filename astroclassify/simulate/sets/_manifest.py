"""Tables of a simulated set: what a model may know of its frames, and the truth."""

import json
import os

import numpy as np
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from astropy.wcs import WCS

from astroclassify.core import ReadError
from astroclassify.datasets import MANIFEST_COLUMNS
from astroclassify.instruments import ANY_CHIP, INSTRUMENTS, find_layout

FAILURE_COLUMNS = ("index", "OBSID", "ID", "error")
_TRUTH = "simulated by astroclassify: "


def truth_card(truth):
    """
    Say the truth in one line of HISTORY.

    Parameters
    ----------
    truth : dict
        As of `ExposurePlan.truth`.

    Returns
    -------
    str
        JSON without any space, since cards lose those at their ends.
    """
    return _TRUTH + json.dumps(truth, separators=(",", ":")).replace(" ", "\\u0020")


def read_exposure(path):
    """
    Read what the tables say of an exposure from its file.

    Parameters
    ----------
    path : path-like
        A file of a simulated set.

    Returns
    -------
    rows : list of tuple
        Rows of the manifest, one for each chip, by ``HDU Index``.
    truth : dict
        Row of the table of truth.

    Raises
    ------
    ReadError
        If the file is not whole, or not one of a simulated set.
    """
    try:
        with fits.open(path, memmap=True) as hdus:
            last = hdus[-1].fileinfo()
            whole = os.path.getsize(path) == last["datLoc"] + last["datSpan"]
            if not whole or len(hdus) != hdus[0].header["NEXTEND"] + 1:
                raise ReadError(f"{path}: the file is not whole")
            return table_rows(hdus)
    except (OSError, ValueError, KeyError) as error:
        raise ReadError(f"{path}: not a whole file of a simulated set: {error}") from error


def table_rows(hdus):
    """
    Give what the tables say of an exposure.

    Parameters
    ----------
    hdus : fits.HDUList
        Its raw file, on disk or in memory; only headers are looked at.

    Returns
    -------
    rows : list of tuple
        Rows of the manifest, one for each chip, by ``HDU Index``.
    truth : dict
        Row of the table of truth.
    """
    truth = _read_truth(hdus[0].header)
    return [_row(hdus, number, truth) for number in range(1, len(hdus), 3)], truth


def _read_truth(header):
    text = "".join(header.get("HISTORY", []))
    if _TRUTH not in text:
        raise ValueError("no truth in HISTORY")
    return json.loads(text.partition(_TRUTH)[2])


def _row(hdus, number, truth):
    primary, chip = hdus[0].header, hdus[number].header
    camera, middle = _csst_middle(chip) if primary["TELESCOP"] == "CSST" else _hst_middle(primary, chip)
    ra, dec = WCS(chip).wcs_pix2world(*middle, 1)
    return (
        truth["ID"],
        "/".join(
            (camera.instrume, camera.detector) if camera.detector else (camera.telescope, camera.instrume)
        ),
        truth["OBSID"],
        _band(primary),
        round(float(ra), 6),
        round(float(dec), 6),
        number,
        truth["label"],
    )


def _hst_middle(primary, chip):
    """The camera, and the middle of the science pixels, x and y as FITS counts."""
    camera = next(
        entry
        for entry in (INSTRUMENTS[name] for name in INSTRUMENTS)
        if (entry.instrume, entry.detector) == (primary["INSTRUME"], primary["DETECTOR"])
    )
    layout = find_layout(
        camera,
        chip["CCDCHIP"],
        (chip["NAXIS2"], chip["NAXIS1"]),
        binning=chip["BINAXIS1"],
        amplifiers=primary["CCDAMP"],
        offset=(chip["LTV1"], chip["LTV2"]),
    )
    (rows, columns), start = layout.science_shape, layout.science_start
    # The linear WCS counts raw pixels.
    return camera, (start[1] + (columns + 1) / 2, start[0] + (rows + 1) / 2)


def _csst_middle(chip):
    """The same; sky coordinates of a raw CSST frame are those of its trimmed image."""
    camera = INSTRUMENTS["csst-msc"]
    window = (chip["LTV1"], chip["LTV2"]) if "LTV1" in chip else None
    layout = find_layout(camera, ANY_CHIP, (chip["NAXIS2"], chip["NAXIS1"]), offset=window)
    rows, columns = layout.science_shape
    return camera, ((columns + 1) / 2, (rows + 1) / 2)


def _band(header):
    names = (header.get(key, "") for key in ("FILTER", "FILTER1", "FILTER2"))
    return next(name for name in names if name and not name.startswith("CLEAR"))


def manifest_table(rows):
    """
    Make the manifest.

    Parameters
    ----------
    rows : list of tuple
        As of `read_exposure`.

    Returns
    -------
    astropy.table.Table
        In the columns of the paper's lists, RA and DEC in degrees.
    """
    types = ("str", "str", "str", "str", "f8", "f8", "i8", "str")
    return Table(rows=rows or None, names=MANIFEST_COLUMNS, dtype=types)


def truth_table(truths):
    """
    Make the table of truth.

    Parameters
    ----------
    truths : list of dict
        As of `ExposurePlan.truth`.

    Returns
    -------
    astropy.table.Table
        One row for each exposure; masked where there is nothing to say.
    """
    table = Table()
    for name in truths[0] if truths else ("OBSID",):
        values = [truth[name] for truth in truths]
        known = [value for value in values if value is not None]
        filling = known[0] if known else np.nan
        missing = [value is None for value in values]
        filled = [filling if value is None else value for value in values]
        column = MaskedColumn(filled, mask=missing) if any(missing) else filled
        table[name] = column
    return table


def failure_table(failures):
    """
    Make the table of frames that could not be made.

    Parameters
    ----------
    failures : list of tuple
        Number, rootname, body and error of each.

    Returns
    -------
    astropy.table.Table
        One row for each.
    """
    return Table(rows=failures or None, names=FAILURE_COLUMNS, dtype=("i8", "str", "str", "str"))
