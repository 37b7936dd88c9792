"""Catalogues by name: the package's own, OpenNGC, services that are asked by cone, and plug-ins."""

from astropy.table import Table

from astroclassify.core import AstroclassifyError, ParameterError, PluginError, Registry
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


def bodies_around(source, position, radius):
    """
    Ask a catalogue for the bodies of a part of the sky.

    Parameters
    ----------
    source : CatalogueSource
        The catalogue.
    position : astropy.coordinates.SkyCoord
        Of a circle's centre.
    radius : astropy.units.Quantity
        Of the circle.

    Returns
    -------
    Catalogue
        Its bodies.

    Raises
    ------
    PluginError
        If the catalogue fails, or gives something else.
    """
    what = f"the catalogue {type(source).__name__}"
    try:
        bodies = source.around(position, radius)
    except AstroclassifyError:
        raise
    except Exception as error:  # a plug-in may fail in any way
        raise PluginError(f"{what} failed: {type(error).__name__}: {error}") from error
    if not isinstance(bodies, Catalogue):
        raise PluginError(f"{what} gave a {type(bodies).__name__}; expected a Catalogue")
    return bodies
