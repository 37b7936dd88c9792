"""OpenNGC: NGC, IC and some others, through the package pyongc, which brings the data (CC BY-SA 4.0)."""

import sqlite3
from contextlib import closing
from math import degrees

from astropy.table import QTable

from astroclassify.core import ReadError, optional_import
from astroclassify.identify._builtin import LocalCatalogue

#: OpenNGC's types, as `Catalogue` names them: type and class. Stars, novae and what is not there have no
#: class.
_TYPES = {
    "G": ("galaxy", "galaxy"),
    "GPair": ("pair of galaxies", "galaxy"),
    "GTrpl": ("triple of galaxies", "galaxy"),
    "GGroup": ("group of galaxies", "galaxy"),
    "OCl": ("open cluster", "star cluster"),
    "GCl": ("globular cluster", "star cluster"),
    "*Ass": ("association of stars", "star cluster"),
    "Cl+N": ("cluster with nebula", "nebula"),
    "HII": ("emission nebula", "nebula"),
    "EmN": ("emission nebula", "nebula"),
    "Neb": ("nebula", "nebula"),
    "PN": ("planetary nebula", "nebula"),
    "RfN": ("reflection nebula", "nebula"),
    "SNR": ("supernova remnant", "nebula"),
    "DrkN": ("dark nebula", "nebula"),
    "*": ("star", ""),
    "**": ("double star", ""),
    "Nova": ("nova", ""),
    "Other": ("other", ""),
}
_QUERY = (
    "SELECT name, type, ra, dec, majax, minax, pa, messier, ngc, ic, identifiers, commonnames FROM objects"
)

_AGAIN = "SELECT name, messier, ngc, ic FROM objects WHERE type = 'Dup'"


def load_openngc():
    """
    Read OpenNGC.

    Returns
    -------
    astropy.table.QTable
        As `Catalogue` takes it: every entry that has a position, and is neither a duplicate of another
        nor known not to be there.

    Raises
    ------
    OptionalDependencyError
        If pyongc, of the extra ``catalogue``, is not installed.
    ReadError
        If its file cannot be read.
    """
    pyongc = optional_import("pyongc", needed_for="the catalogue OpenNGC", extra="catalogue")
    try:
        with closing(sqlite3.connect(f"file:{pyongc.DBPATH}?mode=ro", uri=True)) as database:
            found = database.execute(_QUERY).fetchall()
            again = database.execute(_AGAIN).fetchall()
    except (sqlite3.Error, AttributeError) as error:
        raise ReadError(f"the database of pyongc cannot be read: {error}; install pyongc again") from error
    twins = _twins(again)
    rows = [_row(row, twins) for row in found if row[1] in _TYPES and None not in row[2:4]]
    names = (
        "name",
        "other_names",
        "type",
        "class",
        "ra",
        "dec",
        "major_axis",
        "minor_axis",
        "position_angle",
    )
    return QTable(rows=rows, names=(*names, "source"))


def _twins(again):
    """Names that are listed twice, by the designation under which the body itself stands."""
    twins = {}
    for name, *numbers in again:
        for designation in _designations(*numbers):
            twins.setdefault(designation, []).append(name)
    return twins


def _row(row, twins):
    name, kind, ra, dec, major, minor, angle, *numbers, identifiers, common = row
    others = _designations(*numbers)
    others += [twin for known in (name, *others) for twin in twins.get(known, [])]
    others += _words(identifiers) + _words(common)
    major = float(major or 0)
    minor = min(float(minor or major), major)
    position = (degrees(ra), degrees(dec))
    return (name, ";".join(others), *_TYPES[kind], *position, major, minor, float(angle or 0), "OpenNGC")


def _designations(messier, ngc, ic):
    """Names as Messier's list, NGC and IC have them."""
    return [
        prefix + number
        for prefix, text in zip(("M", "NGC", "IC"), (messier, ngc, ic), strict=True)
        for number in _words(text)
    ]


def _words(text):
    return [word.strip() for word in (text or "").split(",") if word.strip()]


OPENNGC = LocalCatalogue(load_openngc)
