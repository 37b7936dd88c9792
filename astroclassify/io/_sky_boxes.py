"""Boxes in pixels, on the sky."""

from astropy import units as u
from astropy.wcs.utils import pixel_to_skycoord


def add_sky_boxes(table, wcs):
    """
    Say where on the sky the boxes of a table lie.

    Parameters
    ----------
    table : astropy.table.QTable
        With the edges ``x_min``, ``x_max``, ``y_min`` and ``y_max`` of a box in each row, in pixels, 0-based,
        centres at integers. It is changed.
    wcs : astropy.wcs.WCS
        Celestial.

    Returns
    -------
    astropy.table.QTable
        The same, with the box's ``centre`` (`~astropy.coordinates.SkyCoord`), and ``width`` and ``height``,
        arcseconds along its middle row and column.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astropy.wcs import WCS
    >>> from astroclassify.io import add_sky_boxes
    >>> wcs = WCS(naxis=2)
    >>> wcs.wcs.ctype, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [-1e-3, 1e-3]
    >>> box = QTable({"x_min": [0.0], "x_max": [10.0], "y_min": [0.0], "y_max": [20.0]})
    >>> print(f"{add_sky_boxes(box, wcs)['width'][0]:.1f}")
    36.0 arcsec
    """
    wcs = wcs.celestial
    x, y = ((table[f"{axis}_min"] + table[f"{axis}_max"]) / 2 for axis in "xy")
    table["centre"] = pixel_to_skycoord(x, y, wcs)
    for name, axis in (("width", "x"), ("height", "y")):
        ends = [
            pixel_to_skycoord(*((end, y) if axis == "x" else (x, end)), wcs)
            for end in (table[f"{axis}_min"], table[f"{axis}_max"])
        ]
        table[name] = ends[0].separation(ends[1]).to(u.arcsec)
        table[name].info.format = ".2f"
    return table
