"""The package's own catalogue: the bodies of `astroclassify.datasets`, and all of Messier's and Caldwell's.

``data/more_bodies.csv`` has those of Messier's and Caldwell's lists that the table of known bodies does not
have, with the catalogue that each row's facts are of.
"""

import csv
from functools import cached_property
from importlib import resources

from astropy.table import QTable

from astroclassify.datasets import known_bodies
from astroclassify.identify._catalogue import Catalogue
from astroclassify.identify._source import CatalogueSource

_TYPES = {
    "globular": "globular cluster",
    "open": "open cluster",
    "young": "young cluster",
    "planetary": "planetary nebula",
    "remnant": "supernova remnant",
    "emission": "emission nebula",
    "reflection": "reflection nebula",
    "dark": "dark nebula",
    "bubble": "wind-blown bubble",
    "group": "group of galaxies",
    "merger": "interacting galaxies",
    "edge-on": "edge-on galaxy",
    "spiral": "spiral galaxy",
    "elliptical": "elliptical galaxy",
    "irregular": "irregular galaxy",
}


class LocalCatalogue(CatalogueSource):
    """
    A catalogue that is read when it is first asked for.

    Parameters
    ----------
    load : callable
        ``load() -> QTable``, as `Catalogue` takes it.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.table import QTable
    >>> from astroclassify.identify import LocalCatalogue
    >>> rows = {"name": ["Leo T"], "ra": [143.72] * u.deg, "dec": [17.05] * u.deg, "class": ["galaxy"]}
    >>> dwarfs = LocalCatalogue(lambda: QTable(rows))
    >>> f"{dwarfs.resolve('Leo T').ra.deg:.2f}"
    '143.72'
    """

    def __init__(self, load):
        self._load = load

    @cached_property
    def catalogue(self):
        """All of it (Catalogue)."""
        return Catalogue(self._load())

    def around(self, position, radius):
        """
        Give all of it, since all is at hand.

        Parameters
        ----------
        position : astropy.coordinates.SkyCoord
            Of a circle's centre; not used.
        radius : astropy.units.Quantity
            Of the circle; not used.

        Returns
        -------
        Catalogue
            Every body.
        """
        return self.catalogue

    def resolve(self, name):
        """
        Find where a body is.

        Parameters
        ----------
        name : str
            Any of its names.

        Returns
        -------
        astropy.coordinates.SkyCoord or None
            Its position; None if the name is not known.
        """
        return self.catalogue.resolve(name)


def load_builtin():
    """
    Make the package's own table of bodies.

    Returns
    -------
    astropy.table.QTable
        As `Catalogue` takes it.
    """
    text = (
        resources.files("astroclassify.identify").joinpath("data/more_bodies.csv").read_text(encoding="utf-8")
    )
    rows = [_known(body) for body in known_bodies()]
    rows += [_listed(row) for row in csv.DictReader(text.splitlines())]
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
    return QTable(rows=rows, names=(*names, "host", "source"))


def _known(body):
    minor = body.diameter if body.minor is None else body.minor
    return (
        *(body.name, ";".join(body.aliases), _TYPES[body.kind], body.body_class, body.ra, body.dec),
        *(body.diameter, minor, body.angle, body.host, _after(body.source)),
    )


def _listed(row):
    major = float(row["diameter"] or 0)
    return (
        *(row["name"], row["aliases"], row["type"], row["class"], float(row["ra"]), float(row["dec"])),
        *(major, float(row["minor"] or major), float(row["angle"] or 0), row["host"], _after(row["source"])),
    )


def _after(source):
    """Say that values follow a catalogue: they were not copied from it, nor compared with it row by row."""
    return source if source.startswith("not sourced") else f"after {source}"


BUILTIN = LocalCatalogue(load_builtin)
