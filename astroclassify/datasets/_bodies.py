"""Bodies by name and by position: those of the paper's lists, and others that HST has often looked at.

The table ``data/bodies.csv`` holds facts only. Positions are J2000, after NED (galaxies), Harris' catalogue
of globular clusters (2010 edition) and SIMBAD (all others), good to the arcminute that is asked of them;
a test compares those of the paper's bodies with where its frames lie. Diameters are major axes: RC3's D25 of
galaxies, and what observers' catalogues give for the rest. Distances are rounded: a median of NED, Harris'
value, or 50 and 61 kpc for the Magellanic Clouds unless a cluster has its own. ``kind`` is the simulator's.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from astropy.coordinates import angular_separation

from astroclassify.core import ParameterError

_ARCMIN = 60.0  # in a degree
_CATALOGUES = re.compile(r"(?:messier|m|ngc|ic|ugc|arp|hcg|eso|n|b|k|l|kron|lindsay|hodge)(?=\d)")
_LONG_NAMES = {"messier": "m"}


@dataclass(frozen=True)
class KnownBody:
    """
    What is known of a body.

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
        **{name: float(row[name]) for name in ("ra", "dec", "diameter", "distance")},
    )


@cache
def _names():
    return {body_key(name): body for body in _bodies() for name in (body.name, *body.aliases)}


@cache
def _positions():
    return np.array([(body.ra, body.dec, body.diameter / 2) for body in _bodies()]).T


def body_key(name):
    """
    Bring the ways of writing a name together.

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


def body_at(ra, dec, *, tolerance=2.0):
    """
    Find the body that covers a position.

    Parameters
    ----------
    ra, dec : float
        Degrees J2000.
    tolerance : float, default 2
        Arcminutes that a position may lie outside of a body's circle; the default is how far the
        corners of a chip of ACS/WFC or WFC3/UVIS are from its middle.

    Returns
    -------
    KnownBody or None
        The one whose middle is nearest, among those whose circle covers the position: M32 at M32,
        although M31 covers it too. None where the table has no body.

    Raises
    ------
    ParameterError
        If the position is none.

    Examples
    --------
    >>> from astroclassify.datasets import body_at
    >>> body_at(10.69, 40.88).name, body_at(11.0, 41.5).name, body_at(200.0, 80.0)
    ('M32', 'M31', None)
    """
    if not (np.isfinite(ra) and -90 <= dec <= 90):
        raise ParameterError(f"({ra}, {dec}) is no position; expected degrees, DEC from -90 to 90")
    own_ra, own_dec, radius = _positions()
    away = _separation(own_ra, own_dec, ra, dec)
    away = np.where(away <= radius + tolerance, away, np.inf)
    nearest = int(away.argmin())
    return _bodies()[nearest] if np.isfinite(away[nearest]) else None
