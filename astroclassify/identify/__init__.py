"""Names from the sky: which catalogued body a frame shows, by its WCS."""

from astroclassify.identify._beside import CATALOGUE_SHARE, NamedBody, name_body
from astroclassify.identify._builtin import BUILTIN, LocalCatalogue
from astroclassify.identify._catalogue import Catalogue
from astroclassify.identify._combined import COMBINED
from astroclassify.identify._cutout import survey_frame
from astroclassify.identify._identify import LABELS, identify
from astroclassify.identify._openngc import OPENNGC
from astroclassify.identify._pointings import find_position, name_pointings
from astroclassify.identify._registry import CATALOGUES, find_catalogue
from astroclassify.identify._services import NED, SIMBAD, VIZIER, ConeCatalogue
from astroclassify.identify._source import CatalogueSource
from astroclassify.identify._table import BodiesTable

__all__ = [
    "CATALOGUES",
    "Catalogue",
    "CatalogueSource",
    "LocalCatalogue",
    "find_position",
    "identify",
    "name_pointings",
    "survey_frame",
]
