"""Catalogues by name: the package's own, OpenNGC, services that are asked by cone, and plug-ins."""

from typing import Protocol, runtime_checkable

from astropy.table import Table

from astroclassify.core import ParameterError, Registry
from astroclassify.identify._catalogue import Catalogue


@runtime_checkable
class CatalogueSource(Protocol):
    """Where bodies come from: what an entry of `CATALOGUES` is."""

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


#: Every catalogue that an installed distribution declares (Registry).
CATALOGUES = Registry("astroclassify.catalogues", kind="catalogue", expected_type=CatalogueSource)


def find_catalogue(catalogue):
    """
    Turn what a user gives into a catalogue.

    Parameters
    ----------
    catalogue : str, astropy.table.QTable or CatalogueSource
        A name of `CATALOGUES`, a table as `Catalogue` takes it, or what `CATALOGUES` could hold.

    Returns
    -------
    CatalogueSource
        The catalogue.

    Raises
    ------
    UnknownNameError
        If there is no catalogue of that name.
    ParameterError
        If it is none of these, or the table lacks a column.
    """
    if isinstance(catalogue, str):
        return CATALOGUES[catalogue]
    if isinstance(catalogue, Table):
        return Catalogue(catalogue)
    if not isinstance(catalogue, CatalogueSource):
        raise ParameterError(
            f"catalogue is a {type(catalogue).__name__}; expected the name of one ({', '.join(CATALOGUES)}), "
            "a QTable, or a Catalogue"
        )
    return catalogue
