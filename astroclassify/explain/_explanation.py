"""Why a frame got its answer: a heat map on the sky, and the regions that it points at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from astropy.nddata import CCDData
from astropy.table import QTable
from astropy.wcs import WCS

from astroclassify.core import checked, html_picture, render, rules
from astroclassify.explain._files import write_explanation
from astroclassify.explain._regions import area_curve, as_regions
from astroclassify.inference import Classification, spoken

_ROWS_IN_HTML = 5


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """
    Map of the evidence for an answer, with its regions.

    Parameters
    ----------
    map : astropy.nddata.CCDData
        Heat map ``[y, x]`` of equal cells that cover the frame: how much each speaks for the target
        (positive) or against it, on the frame's WCS. Natural log-odds, but for Grad-CAM++, whose scale says
        nothing. Its ``flags`` are the ranks of the regions of XRAI.
    target : {"galaxy", "nsc", "object"}
        What is explained.
    method : str
        Name of the explainer.
    regions : astropy.table.QTable
        The regions that hold half of what speaks for the target, the first adds most: ``rank``; ``score``,
        the sum of the map, and ``share``, its part of all that speaks for the target; ``area``, its part of
        the frame; ``x``, ``y``, where the map is brightest, and the box ``x_min``, ``x_max``, ``y_min``,
        ``y_max`` (pixels, 0-based, centres at integers). With a celestial WCS also ``position`` of the
        brightest cell, and ``centre``, ``width`` and ``height`` of the box on the sky.
    labels : numpy.ndarray of int
        ``[y, x]``, as the map: the rank of the region that each cell is in, 0 for none.
    answer : Classification
        What is said of the frame.
    wcs : astropy.wcs.WCS or None
        The frame's.
    meta : mapping of str to object
        Provenance and the explainer's options.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.explain import explain
    >>> explanation = explain(np.random.default_rng(1).normal(100, 5, (128, 128)), target="nsc")
    >>> explanation.method, explanation.target, explanation.map.data.shape
    ('evidence', 'nsc', (8, 8))
    """

    map: CCDData
    target: str
    method: str
    regions: QTable
    labels: np.ndarray
    answer: Classification
    wcs: WCS | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self):
        """Rows and columns of the frame (tuple of int)."""
        return self.meta["shape"]

    def area_curve(self):
        """
        Say how much of what speaks for the target lies in the best part of the frame.

        Returns
        -------
        astropy.table.QTable
            ``area`` and ``share``, from 0 to 1: the share of the frame that is taken, best cells or regions
            first, and the share of what speaks for the target that it holds.
        """
        return area_curve(self.map)

    def plot(self, ax=None):
        """
        Draw the frame, small, with the heat map over it, and its regions outlined and numbered.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw, in the frame's pixels; also `~astropy.visualization.wcsaxes.WCSAxes`, made with
            ``projection=explanation.wcs``. By default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.

        Raises
        ------
        OptionalDependencyError
            If matplotlib is not installed.
        """
        return render("explanation", self, ax=ax)

    def to_regions(self, *, sky=None):
        """
        Give the regions as polygons for DS9, CASA and others.

        Parameters
        ----------
        sky : bool, optional
            On the sky, or in pixels of the frame; by default on the sky where the frame has a celestial WCS.

        Returns
        -------
        regions.Regions
            Polygons with the rank of their row of ``regions`` as text: one for each row, or, where parts of a
            region touch at corners only, one for each part. A hole in a region is inside its polygon;
            ``labels`` has it. Its ``write`` knows the formats
            ``ds9``, ``crtf`` and ``fits`` (which is for pixels: ``sky=False``).

        Raises
        ------
        OptionalDependencyError
            If a package of the extra ``explain`` is not installed.
        FrameError
            If ``sky`` is True and the frame has no celestial WCS.

        Examples
        --------
        >>> import numpy as np
        >>> from astroclassify.explain import explain
        >>> frame = np.random.default_rng(1).normal(100, 5, (128, 128))
        >>> outlines = explain(frame, target="nsc").to_regions()
        >>> type(outlines[0]).__name__
        'PolygonPixelRegion'
        >>> outlines.write(getfixture("tmp_path") / "why.reg", format="ds9")
        """
        return as_regions(self, sky=sky)

    @checked(path=rules.path, overwrite=rules.flag)
    def write(self, path, *, overwrite=False):
        """
        Write the explanation into a file; there is never half of it.

        Parameters
        ----------
        path : str or path-like
            Its suffix says what: ``.fits`` (the answer's cards in the primary header, extensions ``MAP``, on
            the frame's WCS, ``LABELS`` and ``REGIONS``), ``.reg`` (DS9) or ``.crtf`` (CASA) for the regions,
            ``.ecsv`` for their table, ``.png``, ``.pdf`` or ``.svg`` for the picture.
        overwrite : bool, default False
            Replace a file that exists.

        Raises
        ------
        ParameterError
            If the suffix is another, or the file exists.
        FrameError
            If it is for CASA and the frame has no celestial WCS.
        OptionalDependencyError
            If a package is not installed that this needs.
        """
        write_explanation(self, path, overwrite=overwrite)

    def __repr__(self):
        number = _counted(len(self.regions), "region")
        return f"<Explanation by {self.method!r} for {self.target!r}, {number}>"

    def __str__(self):
        held = sum(self.regions["share"])
        return (
            f"what speaks for {spoken(self.target)}, by {self.method}: {held:.0%} of it lies in "
            f"{sum(self.regions['area']):.1%} of the frame, in {_counted(len(self.regions), 'region')}\n"
            f"the answer: {self.answer}"
        )

    def _repr_html_(self):
        picture = html_picture("explanation", self, alt="the frame and the heat map", size=(5.0, 3.6))
        first, *others = (escape(line) for line in str(self).splitlines())
        names = [name for name in ("rank", "score", "share", "area", "x", "y") if len(self.regions)]
        shown = self.regions[names][:_ROWS_IN_HTML]
        table = shown._repr_html_() if names else ""
        return (
            f"<div class='astroclassify'>{picture}<p><b>{first}</b><br>{'<br>'.join(others)}</p>{table}</div>"
        )


def _counted(number, what):
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
