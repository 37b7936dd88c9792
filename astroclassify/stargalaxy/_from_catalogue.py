"""A sample of sources of which there is a catalogue only."""

import numpy as np
from astropy.table import QTable

from astroclassify.core import ParameterError
from astroclassify.stargalaxy._sample import CUTOUT, SourceSample

_MAGNITUDE = "mag_"


def sample_of_catalogue(catalogue, *, pixel_scale=0.074):
    """
    Make a sample of a catalogue without images.

    Parameters
    ----------
    catalogue : astropy.table.Table
        A row for each source; ``mag_B`` for each band *B*, and as many as there are of the other columns of a
        `SourceSample`.
    pixel_scale : float, default 0.074
        Arcseconds per pixel of the images that it was measured on.

    Returns
    -------
    SourceSample
        Whose cut-outs are empty.

    Raises
    ------
    ParameterError
        If it has no magnitudes.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astroclassify.stargalaxy import sample_of_catalogue
    >>> sample_of_catalogue(QTable({"mag_g": [22.0], "mag_i": [21.0]})).bands
    ('g', 'i')
    """
    table = QTable(catalogue, copy=True)
    bands = tuple(name.removeprefix(_MAGNITUDE) for name in table.colnames if name.startswith(_MAGNITUDE))
    bands = tuple(band for band in bands if not band.startswith("err_"))
    if not bands:
        raise ParameterError(
            f"the catalogue has the columns {', '.join(table.colnames)}; expected magnitudes such as mag_i"
        )
    for name in ("x", "y", *(f"noise_{band}" for band in bands)):
        if name not in table.colnames:
            table[name] = np.full(len(table), np.nan)
    cutouts = np.full((len(table), len(bands), CUTOUT, CUTOUT), np.nan, np.float32)
    return SourceSample(table, cutouts, bands, pixel_scale)
