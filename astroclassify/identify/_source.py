"""The interface of catalogues of bodies."""

from abc import ABC, abstractmethod


class CatalogueSource(ABC):
    """
    Base class of catalogues, which find bodies by position and by name.

    Examples
    --------
    A catalogue with one body, wherever it is asked for:

    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.table import QTable
    >>> from astroclassify.identify import Catalogue, CatalogueSource, identify
    >>> class Mine(CatalogueSource):
    ...     position = SkyCoord(202.47, 47.20, unit="deg")
    ...
    ...     def around(self, position, radius):
    ...         found = {"name": ["Whirlpool"], "position": self.position[None], "major": [11] * u.arcmin}
    ...         return Catalogue(QTable(found))
    ...
    ...     def resolve(self, name):
    ...         return self.position if name == "Whirlpool" else None
    >>> print(*identify(Mine.position, radius=2 * u.arcmin, catalogue=Mine())["name"])
    Whirlpool
    """

    @abstractmethod
    def around(self, position, radius):
        """
        Give the bodies of a part of the sky.

        Parameters
        ----------
        position : astropy.coordinates.SkyCoord
            Of a circle's centre.
        radius : astropy.units.Quantity
            Of the circle.

        Returns
        -------
        Catalogue
            At least every body that it has within the circle.
        """

    @abstractmethod
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
