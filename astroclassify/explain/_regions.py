"""Which parts of a frame a heat map points at: tables of regions, outlines, and the curve of area."""

import numpy as np
from astropy.table import QTable
from astropy.wcs.utils import pixel_to_skycoord
from scipy import ndimage

from astroclassify.core import FrameError, optional_import
from astroclassify.io import add_sky_boxes

#: A map of single cells is smoothed by this share of its longer side before regions are looked for (float).
_SMOOTHED = 1 / 64
#: Regions that add less than this share of what all add, and those beyond so many, are left out.
_LEAST_SHARE, _MOST = 0.01, 20
#: Outlines follow the edges of cells, which are drawn so many times finer for that (int).
_FINER = 4


def number_regions(heat, *, share=0.5):
    """
    Find the regions that a heat map points at.

    Parameters
    ----------
    heat : astropy.nddata.CCDData
        The map; one without regions of its own (``flags``) is smoothed first.
    share : float, default 0.5
        Of what speaks for the target, how much the regions are to hold.

    Returns
    -------
    numpy.ndarray of int
        ``[y, x]``: the connected parts of the smallest area that holds the share, 1 for the one that adds
        most; 0 elsewhere.
    """
    values = speaking_for(heat)
    order = np.argsort(-values, axis=None, kind="stable")
    sums = np.cumsum(values.ravel()[order])
    if not sums[-1] > 0:
        return np.zeros(values.shape, dtype=int)
    number = min(int(np.searchsorted(sums, share * sums[-1])), sums.size - 1)
    labels, count = ndimage.label(values >= values.ravel()[order[number]], structure=np.ones((3, 3)))
    scores = ndimage.sum_labels(values, labels, np.arange(1, count + 1))
    kept = [n for n in np.argsort(-scores, kind="stable") if scores[n] >= _LEAST_SHARE * scores.sum()]
    kept = kept[:_MOST]
    ranks = np.zeros(count + 1, dtype=int)
    ranks[np.array(kept, dtype=int) + 1] = np.arange(1, len(kept) + 1)
    return ranks[labels]


def speaking_for(heat):
    """
    Give what speaks for the target: the positive part of a map.

    Parameters
    ----------
    heat : astropy.nddata.CCDData
        The map; one without regions of its own (``flags``), in which neighbours may cancel each other, is
        smoothed first.

    Returns
    -------
    numpy.ndarray
        Float64 ``[y, x]``, 0 or more.
    """
    values = heat.data.astype(float)
    if heat.flags is None:
        values = ndimage.gaussian_filter(values, _SMOOTHED * max(values.shape), mode="nearest")
    return np.maximum(values, 0)


def regions_table(heat, labels, pixels, wcs=None):
    """
    Describe numbered regions.

    Parameters
    ----------
    heat : astropy.nddata.CCDData
        The map.
    labels : numpy.ndarray of int
        From `number_regions`.
    pixels : tuple of int
        Rows and columns of the frame.
    wcs : astropy.wcs.WCS, optional
        The frame's; the table has positions where it is celestial.

    Returns
    -------
    astropy.table.QTable
        As `Explanation` describes it.
    """
    values = speaking_for(heat)
    size = [n / m for n, m in zip(pixels, labels.shape, strict=True)]
    total = values.sum()
    rows = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[box] == number
        peak = np.unravel_index(np.where(inside, values[box], -np.inf).argmax(), inside.shape)
        y, x = ((b.start + p + 0.5) * s - 0.5 for b, p, s in zip(box, peak, size, strict=True))
        (y_min, y_max), (x_min, x_max) = (
            (b.start * s - 0.5, b.stop * s - 0.5) for b, s in zip(box, size, strict=True)
        )
        score = values[box][inside].sum()
        rows.append(
            (number, score, score / total, inside.sum() / labels.size, x, y, x_min, x_max, y_min, y_max)
        )
    names = ["rank", "score", "share", "area", "x", "y", "x_min", "x_max", "y_min", "y_max"]
    table = QTable(rows=rows or None, names=names, dtype=[int, *[float] * 9])
    for name in names[1:]:
        table[name].info.format = ".3f" if name in ("score", "share", "area") else ".1f"
    return _with_sky(table, wcs) if getattr(wcs, "has_celestial", False) else table


def _with_sky(table, wcs):
    """Add the position of each brightest cell, and of the box its middle and its sides on the sky."""
    table["position"] = pixel_to_skycoord(table["x"], table["y"], wcs.celestial)
    return add_sky_boxes(table, wcs)


def outlines(labels, pixels):
    """
    Give the outer contours of numbered regions.

    Parameters
    ----------
    labels : numpy.ndarray of int
        From `number_regions`.
    pixels : tuple of int
        Rows and columns of the frame.

    Returns
    -------
    list of list of tuple of numpy.ndarray
        Of each region its contours: x and y of the corners, in pixels, the first corner not repeated. Parts
        that touch at corners only have a contour each, the longest first; holes are not left out.

    Raises
    ------
    OptionalDependencyError
        If scikit-image, of the extra ``explain``, is not installed.
    """
    measure = optional_import("skimage.measure", needed_for="outlining regions", extra="explain")
    size = [n / m / _FINER for n, m in zip(pixels, labels.shape, strict=True)]
    found = []
    for number in range(1, labels.max() + 1):
        contours = sorted(_contours(measure, labels == number), key=len, reverse=True)
        corners = [measure.approximate_polygon(each, _FINER / 2)[:-1] for each in contours]
        found.append([tuple((each[:, axis] - 0.5) * size[axis] - 0.5 for axis in (1, 0)) for each in corners])
    return found


def _contours(measure, region):
    """Give the contour of each part that hangs together by sides, in finer cells, of a padded frame."""
    # A hole whose cells reach the outside over a corner is none: the contour goes in there.
    filled = ndimage.binary_fill_holes(region, structure=np.ones((3, 3)))
    parts, _ = ndimage.label(filled)
    for part, box in enumerate(ndimage.find_objects(parts), start=1):
        fine = np.kron(parts[box] == part, np.ones((_FINER, _FINER)))
        contour = max(measure.find_contours(np.pad(fine, 1), 0.5), key=len)
        yield contour + _FINER * np.array([cut.start for cut in box])


def area_curve(heat):
    """
    Say how much of what speaks for the target lies in the best part of the frame.

    Parameters
    ----------
    heat : astropy.nddata.CCDData
        The map.

    Returns
    -------
    astropy.table.QTable
        ``area`` and ``share``, each rising from 0 to 1: how large a part of the frame the cells or regions
        with the largest values are, and what they hold of all that speaks for the target.
    """
    values = np.sort(speaking_for(heat), axis=None)[::-1]
    held = np.concatenate([[0], np.cumsum(values)])
    points = np.unique(np.linspace(0, values.size, min(values.size, 200) + 1).astype(int))
    return QTable({"area": points / values.size, "share": held[points] / (held[-1] or 1)})


def as_regions(explanation, *, sky=None):
    """
    Give outlines as regions of the package ``regions``.

    Parameters
    ----------
    explanation : Explanation
        What is outlined.
    sky : bool, optional
        On the sky, or in pixels; by default on the sky where the frame has a celestial WCS.

    Returns
    -------
    regions.Regions
        A polygon for each part of each region, with the region's rank as text.

    Raises
    ------
    FrameError
        If they are asked for on the sky and the frame has no celestial WCS.
    """
    regions = optional_import("regions", needed_for="making regions", extra="explain")
    wcs, celestial = explanation.wcs, getattr(explanation.wcs, "has_celestial", False)
    if sky and not celestial:
        raise FrameError("the frame has no celestial WCS; give sky=False, for regions in pixels")
    on_sky = celestial if sky is None else sky
    made = []
    contours = outlines(explanation.labels, explanation.shape)
    for row, parts in zip(explanation.regions, contours, strict=True):
        for x, y in parts:
            meta = regions.RegionMeta({"text": str(row["rank"])})
            polygon = regions.PolygonPixelRegion(regions.PixCoord(x, y), meta=meta)
            made.append(polygon.to_sky(wcs.celestial) if on_sky else polygon)
    return regions.Regions(made)
