"""What is measured of boxes: their light and size, where they lie on the sky, what a catalogue calls them."""

import numpy as np

from astroclassify.io import add_sky_boxes
from astroclassify.metrics import EDGES, box_edges, box_sides

#: Width of the frame about a box that tells the sky: a share of the box's side, and pixels at least.
_MARGIN, _LEAST_MARGIN = 0.25, 4
#: A catalogued body is as large as its box within this factor: outlines of catalogues are rough (float).
_SIZE_RATIO = 8.0


def measured(table, image):
    """
    Add what is measured of each box.

    Parameters
    ----------
    table : astropy.table.QTable
        With the columns of detections. It is changed.
    image : SearchImage
        What was searched.

    Returns
    -------
    astropy.table.QTable
        The same, with ``flux``: the sum of the pixels in the box above the median of a frame about it (of
        the image, where that frame is brighter than the box), in the image's unit (of colours: of their
        luminance); ``size``: the side, in pixels, of a square as large as the box; and on the sky ``centre``,
        ``width`` and ``height``.
    """
    grey = image.grey
    edges = box_edges(table)
    fluxes = [image.scale * _flux(grey, image.usable, box) for box in edges]
    table["flux"] = np.array(fluxes, dtype=float) * image.unit
    table["size"] = box_sides(edges)
    for name in (*EDGES, "size"):
        table[name].info.format = ".1f"
    table["flux"].info.format, table["score"].info.format = ".4g", ".3f"
    return table if image.wcs is None else add_sky_boxes(table, image.wcs)


def pixels_in(box, shape):
    """
    Give the pixels whose middles lie in a box; one at least.

    Parameters
    ----------
    box : sequence of float
        ``x_min``, ``x_max``, ``y_min``, ``y_max``.
    shape : tuple of int
        Rows and columns of the image.

    Returns
    -------
    tuple of slice
        Rows and columns.
    """
    cuts = []
    for low, high, size in ((*box[2:], shape[0]), (*box[:2], shape[1])):
        first = int(np.clip(np.ceil(low), 0, size - 1))
        cuts.append(slice(first, min(size, max(first + 1, int(np.floor(high)) + 1))))
    return tuple(cuts)


def _flux(grey, usable, box):
    """
    Light above the sky of the frame about a box; NaN where nothing of it is usable.

    Where the box lies within a larger object, as those of heat maps do, its frame is brighter than it: there
    the image's own sky is taken.
    """
    cuts = pixels_in(box, grey.shape)
    margin = int(max(_LEAST_MARGIN, _MARGIN * max(cut.stop - cut.start for cut in cuts)))
    wide = tuple(slice(max(cut.start - margin, 0), cut.stop + margin) for cut in cuts)
    about = usable[wide].copy()
    about[tuple(slice(c.start - w.start, c.stop - w.start) for c, w in zip(cuts, wide, strict=True))] = False
    inside = usable[cuts]
    if not inside.any():
        return np.nan
    sky = np.median(grey[wide][about]) if about.any() else np.median(grey[usable])
    flux = float((grey[cuts][inside] - sky).sum(dtype=float))
    return flux if flux >= 0 else float((grey[cuts][inside] - np.median(grey[usable])).sum(dtype=float))


def names_of(table, bodies):
    """
    Name boxes by a catalogue.

    Parameters
    ----------
    table : astropy.table.QTable
        Boxes, in pixels.
    bodies : astroclassify.identify.BodiesTable
        The catalogued bodies of the same image.

    Returns
    -------
    list of str
        For each box the body whose middle lies in it and whose size is most like the box's, within a factor
        of 8; empty where there is none. Of several boxes with one body, that most like it has its name.
    """
    names = [""] * len(table)
    pairs = [
        (unlike, row, body)
        for row in range(len(table))
        for body in range(len(bodies))
        if (unlike := _unlike(table[row], bodies[body])) < np.log(_SIZE_RATIO)
    ]
    taken = set()
    for _, row, body in sorted(pairs):
        if not names[row] and body not in taken:
            names[row] = str(bodies["name"][body])
            taken.add(body)
    return names


def _unlike(box, body):
    """How unlike the size of a box and of a body are: a logarithm; infinite where its middle is outside."""
    inside = box["x_min"] < body["x"] < box["x_max"] and box["y_min"] < body["y"] < box["y_max"]
    major = body["major_axis"].to_value("arcsec")
    if not inside:
        return np.inf
    if not major > 0:  # nobody says how large it is
        return np.log(_SIZE_RATIO / 2)
    return float(abs(np.log(max(box["width"], box["height"]).to_value("arcsec") / major)))
