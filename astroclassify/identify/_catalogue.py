"""Catalogues of bodies: a table of names, positions and shapes, with a spatial index."""

from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from scipy.spatial import cKDTree

from astroclassify.core import ParameterError
from astroclassify.datasets import SkyEllipses, body_key, sky_directions
from astroclassify.identify._source import CatalogueSource

#: The columns of a catalogue of bodies, and what stands where a user's table does not have one.
COLUMNS = {
    "name": None,
    "other_names": "",
    "type": "",
    "class": "",
    "position": None,
    "major_axis": 0.0,
    "minor_axis": np.nan,
    "position_angle": 0.0,
    "host": "",
    "source": "",
}
CLASSES = ("galaxy", "nebula", "star cluster")
_UNITS = {"major_axis": u.arcmin, "minor_axis": u.arcmin, "position_angle": u.deg}
#: Bodies are looked for in groups of like size, so that a huge one does not widen the search for all others.
_SIZE_RATIO = 4.0
_POINT = 1e-3  # degrees: the group of what has no size


class Catalogue(CatalogueSource):
    """
    Table of bodies that can be searched by name and by position.

    Parameters
    ----------
    table : astropy.table.QTable
        A row for each body. Needed are ``name`` and ``position`` (`~astropy.coordinates.SkyCoord`; or ``ra``
        and ``dec``, degrees ICRS). Known besides are ``other_names`` (separated by ``;``), ``type`` (free
        text), ``class`` (``"galaxy"``, ``"nebula"``, ``"star cluster"``, or empty), ``major_axis`` and
        ``minor_axis`` (full axes, arcminutes if they have no unit; 0 or NaN where not known),
        ``position_angle`` (north through east, degrees if it has no unit), ``host`` (name of the body that it
        lies in) and ``source``.

    Raises
    ------
    ParameterError
        If a column is missing, or a value is not possible.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astroclassify.identify import Catalogue
    >>> mine = Catalogue(QTable({"name": ["Nice one"], "ra": [10.0], "dec": [20.0], "class": ["nebula"]}))
    >>> len(mine), mine.resolve("nice-one").to_string()
    (1, '10 20')
    """

    def __init__(self, table):
        self.table = _checked(table)

    def __len__(self):
        return len(self.table)

    def around(self, position, radius):
        """
        Give a catalogue that has every body within a circle: this one, which is all in memory.

        Parameters
        ----------
        position : astropy.coordinates.SkyCoord
            Of the circle's centre.
        radius : astropy.units.Quantity
            Of the circle, an angle.

        Returns
        -------
        Catalogue
            This one.
        """
        return self

    def resolve(self, name):
        """
        Find where a body is.

        Parameters
        ----------
        name : str
            Any of its names; spaces, hyphens, case and leading zeros do not matter.

        Returns
        -------
        astropy.coordinates.SkyCoord or None
            Its position; None if no body has the name.
        """
        index = self.numbers.get(body_key(name))
        return None if index is None else self.table["position"][index]

    @cached_property
    def numbers(self):
        """The row of each name, as `~astroclassify.datasets.body_key` writes it (dict)."""
        found = {}
        for column in ("other_names", "name"):  # a body's own name goes before another's other name
            for index, names in enumerate(self.table[column].tolist()):
                found.update((body_key(name), index) for name in str(names).split(";") if name)
        return found

    @cached_property
    def ellipses(self):
        """Outlines on the sky (SkyEllipses)."""
        table, position = self.table, self.table["position"].icrs
        axes = (table[name].to_value("deg") for name in ("major_axis", "minor_axis", "position_angle"))
        return SkyEllipses(position.ra.deg, position.dec.deg, *axes)

    @cached_property
    def hosts(self):
        """The row of the body that each lies in, -1 for none (numpy.ndarray of int)."""
        hosts = [self.numbers.get(body_key(name), -1) if name else -1 for name in self.table["host"].tolist()]
        return np.array(hosts, dtype=int).reshape(len(self))

    def pairs(self, ra, dec, radius):
        """
        Find which bodies may touch round fields.

        Parameters
        ----------
        ra, dec : numpy.ndarray
            Of the fields' middles, degrees, shape (N,).
        radius : float
            Of the fields, degrees.

        Returns
        -------
        fields, bodies : numpy.ndarray of int
            Numbers of those whose middles are no farther apart than the radius and half the major axis.
        apart : numpy.ndarray
            Between their middles, degrees.
        """
        known = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
        fields = cKDTree(sky_directions(ra[known], dec[known]))
        found = [(np.zeros(0, dtype=int),) * 2 + (np.zeros(0),)]
        found += [_pairs(fields, tree, numbers, size / 2 + radius) for size, numbers, tree in self._groups]
        field, body, chord = (np.concatenate(part) for part in zip(*found, strict=True))
        apart = np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1.0)))
        near = apart <= self.ellipses.major[body] / 2 + radius + 1e-9
        return known[field[near]], body[near], apart[near]

    @cached_property
    def _groups(self):
        """Trees of bodies of like size: the largest major axis, rows, tree."""
        major, directions = self.ellipses.major, self.ellipses.directions
        step = np.ceil(np.log(np.maximum(major, _POINT) / _POINT) / np.log(_SIZE_RATIO)).astype(int)
        groups = []
        for which in np.unique(step):
            numbers = np.flatnonzero(step == which)
            groups.append((major[numbers].max(), numbers, cKDTree(directions[numbers])))
        return groups


def _pairs(fields, tree, numbers, reach):
    """Pairs of fields and bodies within an angle, degrees, and the chords between them."""
    chord = 2 * np.sin(np.radians(min(reach, 180.0)) / 2)
    found = fields.sparse_distance_matrix(tree, chord + 1e-9, output_type="ndarray")
    return found["i"], numbers[found["j"]], found["v"]


def _checked(table):
    if not {"name"} <= set(table.colnames):
        raise ParameterError(
            f"a catalogue needs a column 'name'; its columns are {', '.join(table.colnames)}"
        )
    result = QTable({"name": np.asarray(table["name"], dtype=str)})
    for name, missing in COLUMNS.items():
        if name == "position":
            result[name] = _position(table)
        elif name in _UNITS:
            result[name] = _angle(table, name, missing)
        elif name != "name":
            result[name] = _text(table, name)
    major, minor = result["major_axis"], result["minor_axis"]
    # A body of which only the minor axis is known is a circle of it.
    major = result["major_axis"] = np.where((major == 0) & (minor > 0), minor, major)
    result["minor_axis"] = np.where(np.isnan(minor) | (minor == 0), major, minor)
    _check_values(result)
    result.meta.update(table.meta)
    return result


def _position(table):
    if "position" in table.colnames:
        return _known_positions(table["position"])
    if not {"ra", "dec"} <= set(table.colnames):
        raise ParameterError("a catalogue needs a column 'position' (SkyCoord), or 'ra' and 'dec' in degrees")
    ra, dec = (_in_units(np.ma.filled(table[name], np.nan), u.deg, name) for name in ("ra", "dec"))
    if not (np.abs(dec) <= 90 * u.deg).all():
        raise ParameterError("a catalogue has a body without a position; leave its row out")
    return _known_positions(SkyCoord(ra, dec))


def _known_positions(position):
    """Positions that are some and are finite."""
    if not isinstance(position, SkyCoord):
        raise ParameterError("a catalogue's column 'position' must be a SkyCoord; or give 'ra' and 'dec'")
    position = position.icrs
    if not (np.isfinite(position.ra).all() and np.isfinite(position.dec).all()):
        raise ParameterError("a catalogue has a body without a position; leave its row out")
    return position


def _in_units(values, unit, name):
    try:
        return u.Quantity(values, unit, dtype=float)
    except (u.UnitsError, TypeError, ValueError) as error:
        raise ParameterError(
            f"a catalogue's column {name!r} must hold angles in {unit}, or with a unit: {error}"
        ) from error


def _text(table, name):
    if name not in table.colnames:
        return np.full(len(table), "", dtype=str)
    return np.ma.filled(np.ma.asarray(table[name]).astype(str), "")


def _angle(table, name, missing):
    if name not in table.colnames:
        return np.full(len(table), missing) * _UNITS[name]
    column = table[name]
    values = column.filled(np.nan) if hasattr(column, "filled") else column
    values = getattr(values, "unmasked", values)
    if not hasattr(values, "unit") and getattr(column, "unit", None):
        values = values * column.unit
    values = _in_units(values, _UNITS[name], name)
    return np.where(np.isfinite(values), values, missing * _UNITS[name])


def _check_values(table):
    unknown = sorted(set(table["class"].tolist()) - {"", *CLASSES})
    if unknown:
        raise ParameterError(f"a body's class is {unknown[0]!r}; it can be {', '.join(CLASSES)}, or empty")
    wrong = (table["minor_axis"] < 0) | (table["minor_axis"] > table["major_axis"] * (1 + 1e-9))
    if wrong.any():
        name = table["name"][np.flatnonzero(wrong)[0]]
        raise ParameterError(f"{name}: its minor axis is negative, or above its major axis")
