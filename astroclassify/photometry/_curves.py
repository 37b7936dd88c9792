"""Reading published throughput curves: two columns, in Angstrom, with or without commas, or FITS tables."""

from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import Table

from astroclassify.core import ReadError

#: What published collections call the curves of a camera: pattern, camera, whether mirrors and detector
#: are in the curve ("total") or only the filter ("filter"), and where the curves come from.
COLLECTIONS = (
    ("acs_wfc_*.par", "acs-wfc", "total", "STScI, ACS/WFC throughputs of 2017"),
    ("wfc3_uvis_*.par", "wfc3-uvis", "total", "STScI, WFC3/UVIS chip 1 system throughputs"),
    ("csst/*.fil", "csst-msc", "total", "CSST curves as in galaxyGenius"),
    ("hst_acs_wfc_*.csv", "acs-wfc", "total", "STScI, ACS/WFC throughputs of 2005 as in pyphot"),
    ("hst_wfc3_f*.csv", "wfc3-uvis", "filter", "STScI, WFC3/UVIS filter curves as in pyphot"),
)
_WAVELENGTHS, _THROUGHPUTS = ("WAVELENGTH", "WAVE", "LAMBDA"), ("THROUGHPUT", "TRANSMISSION", "RESPONSE")
_LONGEST_UVIS_CURVE = 1200.0  # nm; hst_wfc3_* also holds the infrared channel


def read_curve(path):
    """
    Read a two-column curve: wavelength in Angstrom and throughput.

    Parameters
    ----------
    path : path-like
        Text file; lines that do not start with a number are comments. Or a FITS table with columns of
        wavelength and throughput, as the HST archive has them.

    Returns
    -------
    wavelength : numpy.ndarray
        In nm, increasing.
    throughput : numpy.ndarray
        Fractions, not negative.

    Raises
    ------
    ReadError
        If it is neither, there are fewer than three rows of two numbers, or wavelengths are not distinct.
    """
    rows = _rows(Path(path))
    if len(rows) < 3:
        raise ReadError(
            f"{path} has {len(rows)} rows of two numbers; expected wavelength [Angstrom], throughput"
        ).with_facts(file=path, found=len(rows), expected="3 rows or more")
    wavelength, throughput = np.array(sorted(rows)).T
    if not (np.diff(wavelength) > 0).all() or wavelength[0] <= 0:
        raise ReadError(f"{path} has repeated or negative wavelengths; expected one row for each").with_facts(
            file=path
        )
    return wavelength / 10.0, np.maximum(throughput, 0.0)


def _rows(path):
    """Give the pairs of wavelength in Angstrom and throughput of a file."""
    try:
        with path.open("rb") as stream:
            start = stream.read(6)
        if start == b"SIMPLE":
            return _table_rows(path)
        return [row for row in map(_numbers, path.read_text("utf-8").splitlines()) if len(row) == 2]
    except (OSError, ValueError, KeyError, TypeError) as error:  # UnicodeDecodeError is a ValueError
        raise ReadError(
            f"{path} cannot be read as a throughput curve ({type(error).__name__}: {error}); expected a "
            "text of two columns, wavelength [Angstrom] and throughput, or a FITS table of these"
        ).with_facts(file=path, expected="two columns") from error


def _table_rows(path):
    """Read a FITS table: columns by name, or the first two; wavelengths by their unit, or in Angstrom."""
    table = Table.read(path, format="fits")
    names = {name.upper(): name for name in table.colnames}
    wave = next((names[name] for name in _WAVELENGTHS if name in names), table.colnames[0])
    through = next((names[name] for name in _THROUGHPUTS if name in names), table.colnames[1])
    waves = (np.asarray(table[wave], float) * (table[wave].unit or u.AA)).to_value(u.AA)
    return list(zip(waves.tolist(), np.asarray(table[through], float).tolist(), strict=True))


def _numbers(line):
    try:
        return tuple(float(word) for word in line.replace(",", " ").split()[:2])
    except ValueError:
        return ()


def published_curves(folders):
    """Find the curves of known collections; of several for one band the first collection counts."""
    found = {}
    for pattern, instrument, kind, source in COLLECTIONS:
        for path in sorted(p for folder in folders for p in Path(folder).rglob(pattern)):
            name = path.stem.rpartition("_")[2]
            name = name if instrument == "csst-msc" else name.upper()
            wavelength, throughput = read_curve(path)
            if kind == "filter" and wavelength[-1] > _LONGEST_UVIS_CURVE:
                continue
            found.setdefault((instrument, name, kind), (wavelength, throughput, source))
    return found
