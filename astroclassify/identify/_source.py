"""The interface of catalogues of bodies."""

from abc import ABC, abstractmethod


class CatalogueSource(ABC):
    """Bodies of the sky, by position and by name: what an entry of `CATALOGUES` derives from."""

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
