"""The bodies of a frame: a table that can be drawn, and turned into regions."""

import numpy as np
from astropy.table import QTable
from astropy.wcs import WCS

from astroclassify.core import ParameterError, optional_import, render
from astroclassify.identify._footprint import footprint_of


class BodiesTable(QTable):
    """
    Bodies that lie in or near a frame, the likeliest first: a QTable that can draw itself.

    Its ``meta`` has ``catalogue``, ``centre`` (degrees), ``shape`` and ``wcs`` (the frame's, as FITS cards),
    ``likeliest`` (the name of the body that the frame's label is of, or ``""``) and ``label`` (``"galaxy"``,
    ``"nsc"`` or ``""``).

    Parameters
    ----------
    *args, **kwargs
        As for `~astropy.table.QTable`; `identify` makes such a table.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    @property
    def likeliest(self):
        """The row of the body that the frame is labelled by; `None` if there is none (astropy.table.Row)."""
        chosen = np.flatnonzero(self["likeliest"])
        return self[int(chosen[0])] if chosen.size else None

    @property
    def wcs(self):
        """World coordinates of the frame, without tables of distortion (astropy.wcs.WCS)."""
        wcs = WCS(self.meta["wcs"])
        wcs.array_shape = tuple(self.meta["shape"])
        return wcs

    def outlines(self, *, points=180):
        """
        Give the outline of each body in the frame's pixels.

        Parameters
        ----------
        points : int, default 180
            Of each outline.

        Returns
        -------
        list of tuple of numpy.ndarray
            For each row ``x`` and ``y``, 0-based; of a body without size one point.

        Raises
        ------
        ParameterError
            If the table is of a round field, which has no pixels.
        """
        if not self.meta.get("wcs"):
            raise ParameterError("these bodies are of a round field, which has no pixels; identify a frame")
        pixels = footprint_of(self.wcs).pixels
        return [tuple(pixels(_outline(row, points))) for row in self]

    def plot(self, ax=None, *, frame=None):
        """
        Outline the bodies on the frame, and name them; see `~astroclassify.visualization.plot_bodies`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw, in the frame's pixels; by default in a new figure.
        frame : astropy.nddata.CCDData, astropy.nddata.NDData or numpy.ndarray, optional
            The frame itself, to be shown below; by default only its edge.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.

        Raises
        ------
        ParameterError
            If the bodies are of a round field, which has no pixels.
        OptionalDependencyError
            If matplotlib is not installed.
        """
        return render("bodies", self, ax=ax, frame=frame)

    def to_regions(self):
        """
        Give the bodies as regions of the sky, for DS9 and others.

        Returns
        -------
        regions.Regions
            An ellipse for each body, or a point where its size is not known; each has its name as text.

        Raises
        ------
        OptionalDependencyError
            If the package regions, of the extra ``catalogue``, is not installed.

        Examples
        --------
        >>> from astropy import units as u
        >>> from astropy.coordinates import SkyCoord
        >>> from astroclassify.identify import identify
        >>> bodies = identify(SkyCoord(202.47, 47.20, unit="deg"), radius=2 * u.arcmin)
        >>> print(bodies["name"][0], type(bodies.to_regions()[0]).__name__)
        M51 EllipseSkyRegion
        """
        regions = optional_import("regions", needed_for="making regions", extra="catalogue")
        return regions.Regions([_region(row, regions) for row in self])


def _outline(row, points):
    """Positions once around a body."""
    if row["major_axis"] == 0:
        return row["position"].reshape(1)
    turn = np.linspace(0, 2 * np.pi, points)
    along, across = row["major_axis"] / 2 * np.cos(turn), row["minor_axis"] / 2 * np.sin(turn)
    angle = row["position_angle"] + np.arctan2(across, along)
    return row["position"].directional_offset_by(angle, np.hypot(along, across))


def _region(row, regions):
    named = {"meta": {"text": str(row["name"])}}
    if row["major_axis"] == 0:
        return regions.PointSkyRegion(row["position"], **named)
    # A region's width is along the longitude: the major axis, which is counted from north, is its height.
    return regions.EllipseSkyRegion(
        row["position"],
        width=row["minor_axis"],
        height=row["major_axis"],
        angle=row["position_angle"],
        **named,
    )
