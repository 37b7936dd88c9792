"""Catalogues that are asked by cone, through astroquery: SIMBAD, NED, and VizieR's copy of HyperLEDA.

Only what is a galaxy, nebula or star cluster is kept: SIMBAD alone has thousands of stars in a frame.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astroclassify.identify._asking import ask, astroquery_module
from astroclassify.identify._catalogue import Catalogue
from astroclassify.identify._source import CatalogueSource

#: Types of SIMBAD and of NED, by class.
_SIMBAD = {
    "galaxy": "G LSB bCG SBG H2G EmG AGN SyG Sy1 Sy2 rG LIN GiP GiG GiC BiC IG PaG GrG CGG",
    "nebula": "HII PN SNR RNe DNe GNe ISM Cld MoC bub sh glb cor",
    "star cluster": "GlC OpC Cl* As*",
}
_NED = {
    "galaxy": "G GPair GTrpl GGroup",
    "nebula": "HII PN SNR Neb RfN EmN",
    "star cluster": "*Cl *Ass",
}
_SIMBAD_CLASSES, _NED_CLASSES = (
    {code: name for name, codes in table.items() for code in codes.split()} for table in (_SIMBAD, _NED)
)
_SIMBAD_COLUMNS = "main_id, otype, basic.ra, basic.dec, galdim_majaxis, galdim_minaxis, galdim_angle, ids"
_HYPERLEDA = "VII/237/pgc"
_HYPERLEDA_COLUMNS = ["PGC", "_RAJ2000", "_DEJ2000", "OType", "logD25", "logR25", "PA", "ANames"]


@dataclass(frozen=True)
class ConeCatalogue(CatalogueSource):
    """
    A service that gives the bodies within a circle.

    Parameters
    ----------
    name : str
        For messages.
    rows : callable
        ``rows(position, radius) -> QTable``, as `Catalogue` takes it.
    position_of : callable, optional
        ``position_of(name) -> SkyCoord or None``; a service without it knows no names.
    reach : float, default 0.5
        Degrees beyond the circle that are asked for: how far the middle of a large body may lie from a frame
        that it covers.
    """

    name: str
    rows: Callable
    position_of: Callable | None = None
    reach: float = 0.5

    def around(self, position, radius):
        """
        Ask for the bodies of a part of the sky.

        Parameters
        ----------
        position : astropy.coordinates.SkyCoord
            Of a circle's centre.
        radius : astropy.units.Quantity
            Of the circle.

        Returns
        -------
        Catalogue
            The bodies whose middles lie within the circle, or ``reach`` beyond it.

        Raises
        ------
        ReadError
            If the service does not answer.
        OptionalDependencyError
            If astroquery, of the extra ``catalogue``, is not installed.
        """
        return Catalogue(self._asked(self.rows, position, radius + self.reach * u.deg))

    def resolve(self, name):
        """
        Ask where a body is.

        Parameters
        ----------
        name : str
            Any of its names.

        Returns
        -------
        astropy.coordinates.SkyCoord or None
            Its position; None if the service does not know the name.

        Raises
        ------
        ReadError
            If the service does not answer.
        OptionalDependencyError
            If astroquery, of the extra ``catalogue``, is not installed.
        """
        return None if self.position_of is None else self._asked(self.position_of, name)

    def _asked(self, question, *arguments):
        hint = "use the catalogue 'builtin' or 'openngc', which need no network"
        return ask(self.name, question, *arguments, hint=hint)


def _simbad_rows(position, radius):
    circle = f"{position.ra.deg:.7f}, {position.dec.deg:.7f}, {radius.to_value(u.deg):.7f}"
    codes = ", ".join(f"'{code}'" for code in _SIMBAD_CLASSES)
    found = _simbad(
        f"SELECT {_SIMBAD_COLUMNS} FROM basic LEFT JOIN ids ON ids.oidref = basic.oid "
        f"WHERE CONTAINS(POINT('ICRS', basic.ra, basic.dec), CIRCLE('ICRS', {circle})) = 1 "
        f"AND otype IN ({codes})"
    )
    types = _text(found, "otype")
    return QTable(
        {
            "name": [" ".join(name.split()) for name in _text(found, "main_id")],
            "other_names": [_joined(names.split("|")) for names in _text(found, "ids")],
            "type": types,
            "class": [_SIMBAD_CLASSES.get(code, "") for code in types],
            "ra": _numbers(found, "ra"),
            "dec": _numbers(found, "dec"),
            "major_axis": _numbers(found, "galdim_majaxis"),
            "minor_axis": _numbers(found, "galdim_minaxis"),
            "position_angle": _numbers(found, "galdim_angle"),
            "source": np.full(len(found), "SIMBAD"),
        }
    )


def _simbad_position(name):
    quoted = " ".join(str(name).split()).replace("'", "''")
    found = _simbad(f"SELECT ra, dec FROM basic JOIN ident ON ident.oidref = basic.oid WHERE id = '{quoted}'")
    return SkyCoord(found["ra"][0], found["dec"][0], unit="deg") if len(found) else None


def _simbad(query):
    return astroquery_module("simbad", "SIMBAD").Simbad.query_tap(query)


def _ned_rows(position, radius):
    found = astroquery_module("ipac.ned", "NED").Ned.query_region(position, radius=radius)
    types = _text(found, "Type")
    known = np.array([code in _NED_CLASSES for code in types], dtype=bool)
    found = found[known]
    return QTable(
        {
            "name": _text(found, "Object Name"),
            "type": _text(found, "Type"),
            "class": [_NED_CLASSES[code] for code in _text(found, "Type")],
            "ra": _numbers(found, "RA"),
            "dec": _numbers(found, "DEC"),
            "source": np.full(len(found), "NED"),
        }
    )


def _ned_position(name):
    exceptions = astroquery_module("exceptions", "NED")
    try:
        found = astroquery_module("ipac.ned", "NED").Ned.query_object(name)
    except exceptions.RemoteServiceError as error:
        if "not currently recognized" in str(error):
            return None
        raise
    return SkyCoord(found["RA"][0], found["DEC"][0], unit="deg") if len(found) else None


def _vizier_rows(position, radius):
    vizier = astroquery_module("vizier", "VizieR").Vizier(
        catalog=_HYPERLEDA, columns=_HYPERLEDA_COLUMNS, row_limit=-1
    )
    tables = vizier.query_region(position, radius=radius)
    if not len(tables):
        return QTable({"name": np.zeros(0, dtype=str), "ra": np.zeros(0), "dec": np.zeros(0)})
    found = tables[0]
    major = 0.1 * 10 ** _numbers(found, "logD25")
    return QTable(
        {
            "name": [f"PGC{number}" for number in _text(found, "PGC")],
            "other_names": [_joined(names.split()) for names in _text(found, "ANames")],
            "type": _text(found, "OType"),
            "class": np.full(len(found), "galaxy"),
            "ra": _numbers(found, "_RAJ2000"),
            "dec": _numbers(found, "_DEJ2000"),
            "major_axis": major,
            "minor_axis": major / 10 ** _numbers(found, "logR25").clip(0),
            "position_angle": _numbers(found, "PA"),
            "source": np.full(len(found), "HyperLEDA"),
        }
    )


def _joined(names):
    return ";".join(" ".join(name.split()) for name in names if name.strip())


def _numbers(table, name):
    """A column as floats, NaN where it is empty or not there."""
    if name not in table.colnames:
        return np.full(len(table), np.nan)
    return np.ma.filled(np.ma.asarray(table[name]).astype(float), np.nan)


def _text(table, name):
    """A column as a list of text, empty where it is empty or not there."""
    if name not in table.colnames:
        return [""] * len(table)
    return [str(value) for value in np.ma.filled(np.ma.asarray(table[name]).astype(str), "")]


SIMBAD = ConeCatalogue("SIMBAD", _simbad_rows, _simbad_position)
NED = ConeCatalogue("NED", _ned_rows, _ned_position)
VIZIER = ConeCatalogue("VizieR", _vizier_rows)
