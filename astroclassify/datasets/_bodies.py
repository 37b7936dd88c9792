"""Bodies by name and by position: those of the paper's lists, and others that HST has often looked at.

The table ``data/bodies.csv`` holds facts only. Positions are J2000, after NED (galaxies), Harris' catalogue
of globular clusters (2010 edition) and SIMBAD (all others), good to the arcminute that is asked of them;
a test compares those of the paper's bodies with where its frames lie. Diameters are major axes: RC3's D25 of
galaxies, and what observers' catalogues give for the rest. Minor axes and position angles are RC3's; where
it gives none, and for nebulae and clusters, a body is a circle. Distances are rounded: a median of NED,
Harris' value, or 50 and 61 kpc for the Magellanic Clouds unless a cluster has its own. ``kind`` is the
simulator's, ``host`` the body that a body lies in, ``source`` where its place and shape are from.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from astropy import units as u
from astropy.coordinates import angular_separation

from astroclassify.core import ParameterError, in_unit
from astroclassify.datasets._nested import label_bodies
from astroclassify.datasets._sky_overlap import SkyEllipses, disk_outlines, sky_shares

_ARCMIN = 60.0  # in a degree
_CATALOGUES = re.compile(r"(?:messier|m|ngc|ic|ugc|arp|hcg|eso|caldwell|c|n|b|k|l|kron|lindsay|hodge)(?=\d)")
_LONG_NAMES = {"messier": "m", "caldwell": "c"}
_CLOUDS = frozenset(("LMC", "SMC"))


@dataclass(frozen=True)
class KnownBody:
    """
    A body of the table: names, class, position, size, distance.

    Parameters
    ----------
    name : str
        Its usual name, without a space after the catalogue, such as ``"M43"`` or ``"NGC346"``.
    aliases : tuple of str
        Other names, of the whole or of a part that cannot be told apart in a frame.
    body_class : str
        ``"galaxy"``, ``"nebula"`` or ``"star cluster"``.
    kind : str
        The simulator's kind that resembles it most, a key of ``astroclassify.simulate.KINDS``.
    ra, dec : float
        Of the middle, degrees J2000.
    diameter : float
        Major axis, arcminutes.
    distance : float
        Parsecs.
    paper : str, default ""
        Where the paper names it first: ``"test"`` and ``"blurry"`` (its released lists), ``"table A1"``,
        ``"text"``, or nowhere.
    minor : float, optional
        Minor axis, arcminutes; by default that of a circle.
    angle : float, default 0
        Of the major axis, degrees from north through east.
    host : str, default ""
        Name of the known body that it lies in: ``"SMC"`` for NGC 346.
    source : str, default ""
        Where its place and shape are from.
    """

    name: str
    aliases: tuple[str, ...]
    body_class: str
    kind: str
    ra: float
    dec: float
    diameter: float
    distance: float
    paper: str = ""
    minor: float | None = None
    angle: float = 0.0
    host: str = ""
    source: str = ""

    @property
    def label(self):
        """The label in the paper's lists, ``"galaxy"`` or ``"nsc"`` (str)."""
        return "galaxy" if self.body_class == "galaxy" else "nsc"

    @property
    def radius(self):
        """Half the major axis, parsecs (float)."""
        return self.distance * np.radians(self.diameter / _ARCMIN) / 2

    def separation(self, ra, dec):
        """
        Give the distance of positions from the body's middle.

        Parameters
        ----------
        ra, dec : float or array_like
            Degrees J2000.

        Returns
        -------
        float or numpy.ndarray
            Arcminutes.
        """
        return _separation(self.ra, self.dec, ra, dec)


def _separation(ra, dec, other_ra, other_dec):
    """Arcminutes between positions in degrees."""
    angles = (np.radians(angle) for angle in (ra, dec, other_ra, other_dec))
    return np.degrees(angular_separation(*angles)) * _ARCMIN


@cache
def _bodies():
    text = resources.files("astroclassify.datasets").joinpath("data/bodies.csv").read_text(encoding="utf-8")
    return tuple(_body(row) for row in csv.DictReader(text.splitlines()))


def _body(row):
    return KnownBody(
        name=row["name"],
        aliases=tuple(filter(None, row["aliases"].split(";"))),
        body_class=row["class"],
        kind=row["kind"],
        paper=row["paper"],
        minor=float(row["minor"]) if row["minor"] else None,
        angle=float(row["angle"] or 0),
        host=row["host"],
        source=row["source"],
        **{name: float(row[name]) for name in ("ra", "dec", "diameter", "distance")},
    )


@cache
def _names():
    return {body_key(name): body for body in _bodies() for name in (body.name, *body.aliases)}


@cache
def _outlines():
    """Ellipses of all bodies, and the number of the body that each lies in, -1 for none."""
    bodies = _bodies()
    facts = [(b.ra, b.dec, b.diameter, b.diameter if b.minor is None else b.minor, b.angle) for b in bodies]
    ra, dec, major, minor, angle = np.array(facts).T
    number = {body.name: index for index, body in enumerate(bodies)}
    hosts = np.array([number[body.host] if body.host else -1 for body in bodies])
    return SkyEllipses(ra, dec, major / _ARCMIN, minor / _ARCMIN, angle), hosts


def body_key(name):
    """
    Normalise a name, so that its spellings compare as equal.

    Parameters
    ----------
    name : str
        For example ``"NGC 0628"``, ``"ngc-628"``, ``"Messier 5"``.

    Returns
    -------
    str
        Lower case, without spaces, hyphens, underscores and leading zeros: ``"ngc628"``, ``"m5"``.

    Examples
    --------
    >>> from astroclassify.datasets import body_key
    >>> body_key("NGC 0628"), body_key("Messier-5")
    ('ngc628', 'm5')
    """
    key = re.sub(r"[\s_'’-]", "", str(name).casefold())
    catalogue = _CATALOGUES.match(key)
    if catalogue is None:
        return key
    return _LONG_NAMES.get(catalogue[0], catalogue[0]) + key[catalogue.end() :].lstrip("0")


def known_bodies(*, label=None, paper=None):
    """
    List the bodies of the table.

    Parameters
    ----------
    label : {"galaxy", "nsc"}, optional
        Only those of one class of the paper; by default both.
    paper : bool, optional
        Only those that the paper names (True) or does not name (False); by default all.

    Returns
    -------
    tuple of KnownBody
        The paper's first.

    Raises
    ------
    ParameterError
        If there is no such label.

    Examples
    --------
    >>> from astroclassify.datasets import known_bodies
    >>> [body.name for body in known_bodies(label="nsc", paper=True)][:4]
    ['M3', 'M5', 'M16', 'NGC346']
    """
    if label not in (None, "galaxy", "nsc"):
        raise ParameterError(f"the label of a known body is 'galaxy' or 'nsc'; got {label!r}")
    return tuple(
        body for body in _bodies() if label in (None, body.label) and paper in (None, bool(body.paper))
    )


def resolve_body(name):
    """
    Find a body by any of its names.

    Parameters
    ----------
    name : str
        A name or alias; spaces, hyphens, case and leading zeros do not matter.

    Returns
    -------
    KnownBody or None
        The body; None if the table does not have it.

    Examples
    --------
    >>> from astroclassify.datasets import resolve_body
    >>> resolve_body("NGC 1982").name, resolve_body("RMC136").name, resolve_body("HD 1")
    ('M43', 'NGC2070', None)
    """
    return _names().get(body_key(name))


def body_at(ra, dec, *, radius=1.35, clouds=True):
    """
    Find the body of a pointing: the smallest that covers at least a fifth of the frame, or its host.

    Parameters
    ----------
    ra, dec : astropy.units.Quantity or float
        Of the frame's middle, degrees J2000.
    radius : astropy.units.Quantity or float, default 1.35
        Of the frame, arcminutes, which is taken as a disk: its roll is not known. The default has the area
        of a chip of ACS/WFC or WFC3/UVIS.
    clouds : bool, default True
        Whether the Magellanic Clouds may be the answer. The table has few of their clusters and nebulae, so
        for a frame of one that it does not have the Cloud is no answer.

    Returns
    -------
    KnownBody or None
        As of `label_bodies`: M32 at M32, although M31 covers it too. None where no body of the table touches
        the frame.

    Raises
    ------
    ParameterError
        If the position is none.

    Examples
    --------
    >>> from astroclassify.datasets import body_at
    >>> body_at(10.69, 40.88).name, body_at(11.0, 41.5).name, body_at(200.0, 80.0)
    ('M32', 'M31', None)
    >>> body_at(14.77, -72.18).name, body_at(13.2, -72.8).name
    ('NGC346', 'SMC')
    """
    ra, dec = in_unit("ra", ra, u.deg), in_unit("dec", dec, u.deg)
    radius = in_unit("radius", radius, u.arcmin)
    if not (np.isfinite(ra) and -90 <= dec <= 90):
        raise ParameterError(f"({ra}, {dec}) is no position; expected degrees, DEC from -90 to 90")
    ellipses, hosts = _outlines()
    bodies = _bodies()
    near = _separation(ellipses.ra, ellipses.dec, ra, dec) <= 30 * ellipses.major + radius
    near = [i for i in np.flatnonzero(near) if clouds or bodies[i].name not in _CLOUDS]
    of_frame, of_body = sky_shares(disk_outlines(ra, dec, radius / _ARCMIN), ellipses[near])
    touched = np.array(near, dtype=int)[of_body > 0]
    if not clouds:
        hosts = np.where([body.host in _CLOUDS for body in bodies], -1, hosts)
    _, chosen = label_bodies(
        np.zeros_like(touched), touched, of_frame[of_body > 0], areas=ellipses.areas, hosts=hosts
    )
    return bodies[chosen[0]] if chosen.size else None
