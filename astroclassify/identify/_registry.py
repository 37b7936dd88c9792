"""Catalogues by name: the package's own, OpenNGC, services that are asked by cone, and plug-ins."""

from astropy.table import Table

from astroclassify.core import ParameterError, Registry
from astroclassify.identify._catalogue import Catalogue
from astroclassify.identify._source import CatalogueSource

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
