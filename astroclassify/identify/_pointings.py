"""Bodies of many pointings at once, and positions of names, for lists of observations."""

import re

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astroclassify.core import OptionalDependencyError, ParameterError
from astroclassify.datasets import disk_outlines, label_bodies, sky_shares
from astroclassify.identify._footprint import CHIP_RADIUS, field_radius, margin_of
from astroclassify.identify._identify import LABELS, sizes_away
from astroclassify.identify._registry import bodies_around, find_catalogue
from astroclassify.identify._services import ConeCatalogue

_NAMES_IN = ("builtin", "openngc")  # where names are looked for at last; they need no network
_CORNERS = 12  # of a pointing's outline, which has the disk's area
_CORNER = 1.05  # how far its corners are out, in radii; generous
_PAIRS_AT_A_TIME = 20_000  # so that they fit into a cache


def name_pointings(positions, *, radius=CHIP_RADIUS * u.arcmin, catalogue="builtin", margin=0.0):
    """
    Find the body that gives each of many pointings its label.

    Parameters
    ----------
    positions : `~astropy.coordinates.SkyCoord`
        Middles of the fields, shape (N,); those that are NaN have no body.
    radius : `~astropy.units.Quantity` or float, default 1.35 arcmin
        Of the fields, which are taken as disks since their roll is not known: with the area of a chip of
        ACS/WFC or WFC3/UVIS. A plain number is in arcminutes.
    catalogue : str, `~astropy.table.QTable` or CatalogueSource, default "builtin"
        As for `identify`; one that is all at hand.
    margin : `~astropy.units.Quantity` or float, default 0
        How far beyond a field that touches no body one is looked for; a plain number is in arcminutes.

    Returns
    -------
    astropy.table.QTable
        A row for each pointing: ``name``, ``class`` and ``label`` of its body (empty where no body touches
        it) and ``frame_in_body``, the share of the field that it covers. A body beyond the field has ``name``
        and ``class`` but gives no ``label``: the nearest in units of its size, within the margin.

    Raises
    ------
    ParameterError
        If the positions are none, the catalogue must be asked position by position, or the radius or margin
        is not possible.

    Notes
    -----
    Bodies are found by k-d trees, one for each range of their sizes.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astroclassify.identify import name_pointings
    >>> name_pointings(SkyCoord([11.0, 10.67, 200], [41.5, 40.87, 80], unit="deg"))["name", "label"].pprint()
    name label
    ---- ------
     M31 galaxy
     M32 galaxy
    <BLANKLINE>
    """
    if not isinstance(positions, SkyCoord) or positions.ndim != 1:
        raise ParameterError(
            "positions must be a SkyCoord of one axis, for example SkyCoord(ra, dec, unit='deg')"
        )
    source, degrees, margin = find_catalogue(catalogue), field_radius(radius), margin_of(margin)
    if isinstance(source, ConeCatalogue):
        raise ParameterError(
            f"the catalogue {catalogue!r} is asked position by position; use identify for each pointing"
        )
    bodies = bodies_around(source, positions[:1], degrees * u.deg)
    ra, dec = positions.icrs.ra.deg, positions.icrs.dec.deg
    field, body, of_field = _touching(bodies, ra, dec, degrees)
    areas, hosts = bodies.ellipses.areas, bodies.hosts
    chosen = label_bodies(field, body, of_field, areas=areas, hosts=hosts)
    covered = np.zeros(chosen[0].size)
    won = body == chosen[1][np.searchsorted(chosen[0], field)] if field.size else np.zeros(0, dtype=bool)
    covered[np.searchsorted(chosen[0], field[won])] = of_field[won]
    named = _named(len(positions), bodies.table, *chosen, covered)
    if margin > 0:
        _name_beside(named, bodies, ra, dec, degrees, margin)
    return named


def _touching(bodies, ra, dec, radius):
    """Pairs of fields and bodies that touch, of those that give a label, and the shares of the fields."""
    field, body, apart = bodies.pairs(ra, dec, radius)
    able = (bodies.table["class"] != "")[body]
    field, body, apart = field[able], body[able], apart[able]
    covered = np.ones(body.size)
    # What lies deep in a body, farther from its edge than any corner of the outline, needs no areas.
    edge = np.flatnonzero(apart + _CORNER * radius > bodies.ellipses.minor[body] / 2)
    touched = np.ones(body.size, dtype=bool)
    for start in range(0, edge.size, _PAIRS_AT_A_TIME):
        piece = edge[start : start + _PAIRS_AT_A_TIME]
        outlines = disk_outlines(ra[field[piece]], dec[field[piece]], radius, corners=_CORNERS)
        covered[piece], of_body = sky_shares(outlines, bodies.ellipses[body[piece]])
        touched[piece] = of_body > 0
    return field[touched], body[touched], covered[touched]


def _name_beside(named, bodies, ra, dec, radius, margin):
    """Name the nearest body, in units of its size, of fields that touch none."""
    empty = np.flatnonzero(named["name"] == "")
    field, body, apart = bodies.pairs(ra[empty], dec[empty], radius + margin)
    order = np.lexsort((sizes_away(apart, bodies.ellipses.major[body]), field))
    order = order[(bodies.table["class"] != "")[body[order]]]
    outlines = disk_outlines(ra[empty][field[order]], dec[empty][field[order]], radius, corners=_CORNERS)
    reached = sky_shares(outlines, bodies.ellipses[body[order]].grown(margin))[1] > 0
    order = order[reached]
    fields, first = np.unique(field[order], return_index=True)
    nearest = body[order][first]
    for column in ("name", "class"):
        named[column][empty[fields]] = bodies.table[column][nearest]


def _named(size, table, fields, bodies, covered):
    classes = np.full(size, "", dtype=table["class"].dtype)
    names, share = np.full(size, "", dtype=table["name"].dtype), np.zeros(size)
    names[fields], classes[fields] = table["name"][bodies], table["class"][bodies]
    share[fields] = covered
    labels = np.array([LABELS[each] for each in ("", "galaxy", "nebula", "star cluster")])
    which = np.select([classes == each for each in ("galaxy", "nebula", "star cluster")], [1, 2, 3])
    return QTable({"name": names, "class": classes, "label": labels[which], "frame_in_body": share})


def find_position(name, *, catalogue="builtin"):
    """
    Find the position of a name, or parse a position.

    Parameters
    ----------
    name : str
        A body's name, as ``"NGC 604"``, or right ascension and declination (ICRS): degrees, as ``"10.68
        41.27"``, or sexagesimal, as ``"00:42:44 +41:16:09"`` and ``"00h42m44s +41d16m09s"``.
    catalogue : str, `~astropy.table.QTable` or CatalogueSource, default "builtin"
        Where to look for a name first, as for `identify`; then in ``"builtin"`` and ``"openngc"``. One whose
        package is not installed is left out.

    Returns
    -------
    astropy.coordinates.SkyCoord
        The position.

    Raises
    ------
    ParameterError
        If it is no position, and no catalogue has the name.
    UnknownNameError
        If there is no catalogue of that name.
    ReadError
        If the catalogue is a service that does not answer.

    Examples
    --------
    >>> from astroclassify.identify import find_position
    >>> find_position("Whirlpool Galaxy").to_string()
    '202.47 47.1953'
    >>> find_position("13:29:52.7 +47:11:43").to_string(precision=3)
    '202.470 47.195'
    """
    position = _as_position(name)
    if position is not None:
        return position
    asked, first = [], catalogue if isinstance(catalogue, str) else type(catalogue).__name__
    sources = {first: catalogue} | {other: other for other in _NAMES_IN if other != first}
    for label, source in sources.items():
        try:
            position = find_catalogue(source).resolve(name)
        except OptionalDependencyError:
            continue
        if position is not None:
            return position
        asked.append(label)
    raise ParameterError(
        f"{name!r} is neither a position (as '10.68 41.27' or '00:42:44 +41:16:09') "
        f"nor a name in {', '.join(asked)}"
    )


def _as_position(text):
    """A position, or None if the text does not look like one."""
    if not re.fullmatch(r"[\d\s:.,+\-hmsd°'\"]+", text) or not re.search(r"\d[\s,hmsd:'\"]*[\s,+-]+\d", text):
        return None
    sexagesimal = re.search(r"[:hd]", text) or len(text.replace(",", " ").split()) > 2
    try:
        return SkyCoord(text.replace(",", " "), unit=("hourangle" if sexagesimal else "deg", "deg"))
    except ValueError as error:
        raise ParameterError(f"{text!r} is no position: {error}") from error
