"""Identification: the catalogued bodies in a frame by its WCS, and the one that its label is of."""

import os

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from astroclassify.datasets import label_bodies, sky_shares
from astroclassify.identify._footprint import footprint_of, margin_of, round_field
from astroclassify.identify._registry import bodies_around, find_catalogue
from astroclassify.identify._table import BodiesTable
from astroclassify.io import read_frame

#: What a class of bodies is called in the labels of frames.
LABELS = {"galaxy": "galaxy", "nebula": "nsc", "star cluster": "nsc", "": ""}
_FORMATS = {
    **dict.fromkeys(("separation", "x", "y"), ".1f"),
    **dict.fromkeys(("major_axis", "minor_axis"), ".2f"),
    **dict.fromkeys(("body_in_frame", "frame_in_body"), ".3f"),
    "position_angle": ".0f",
}


def identify(frame, *, catalogue="builtin", margin=1.0 * u.arcmin, shape=None, chip=None, radius=None):
    """
    Name the catalogued bodies that lie in or near a frame, by its WCS.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.wcs.WCS`, path or `~astropy.coordinates.SkyCoord`
        A frame with a celestial WCS, a WCS, a file, read by `~astroclassify.io.read_frames`, or the middle
        of a round field.
    catalogue : str, `~astropy.table.QTable` or CatalogueSource, default "builtin"
        A name of `CATALOGUES` (``"builtin"``, ``"openngc"``, ``"combined"``, ``"simbad"``, ``"ned"``,
        ``"vizier"``), or a table of your own as `Catalogue` takes it.
    margin : `~astropy.units.Quantity` or float, default 1 arcmin
        How far beyond the frame a body's outline may lie; a plain number is in arcminutes.
    shape : tuple of int, optional
        Rows and columns, for a WCS that does not know them.
    chip : int, optional
        Which chip of a file; needed where it has more than one.
    radius : `~astropy.units.Quantity` or float, optional
        Of the field about a position; a plain number is in arcminutes. By default that of a disk with the
        area of a chip of ACS/WFC or WFC3/UVIS, 1.35 arcmin.

    Returns
    -------
    BodiesTable
        A row for each body, the likeliest first, then by the share of the frame that they cover, those that
        do not reach it by their distance in units of their size: ``name``,
        ``other_names``, ``type``, ``class``, ``position``, ``separation`` (of its middle from the frame's),
        ``major_axis``, ``minor_axis``, ``position_angle``, ``body_in_frame`` and ``frame_in_body`` (shares,
        0 to 1), ``x`` and ``y`` (pixels, 0-based; NaN without a WCS), ``likeliest`` (bool), ``host`` and
        ``source``.

    Raises
    ------
    FrameError
        If the frame has no celestial WCS, its size is not known, or the file has several chips.
    ReadError
        If the file cannot be read, or a service does not answer.
    UnknownNameError
        If there is no catalogue of that name.
    ParameterError
        If the catalogue is none, or a margin, radius or position is not possible.
    OptionalDependencyError
        If the catalogue needs a package that is not installed.
    PluginError
        If the catalogue is a plug-in that fails.

    Notes
    -----
    Footprints are compared, not centres: a frame on an arm of M31 finds M31. The frame is a polygon of 32
    corners (by its WCS with distortion), a body the ellipse of its catalogue, and what they share is exact
    for these; see `~astroclassify.datasets.sky_shares`. The likeliest body is the smallest that covers at
    least a fifth of the frame, else the host of what it shows (`~astroclassify.datasets.label_bodies`).

    Examples
    --------
    >>> from astropy.wcs import WCS
    >>> from astroclassify.identify import identify
    >>> wcs = WCS(naxis=2)
    >>> wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [10.3, 40.9]
    >>> wcs.wcs.cdelt = [-1.4e-5, 1.4e-5]
    >>> bodies = identify(wcs, shape=(2048, 4096))
    >>> bodies["name", "class", "frame_in_body"].pprint()
    name class  frame_in_body
    ---- ------ -------------
     M31 galaxy           1.0
    """
    if isinstance(frame, str | os.PathLike):
        frame = read_frame(frame, chip=chip)
    margin = margin_of(margin)
    footprint = round_field(frame, radius) if isinstance(frame, SkyCoord) else footprint_of(frame, shape)
    source = find_catalogue(catalogue)
    bodies = bodies_around(source, footprint.centre, (footprint.radius + margin) * u.deg)
    near, of_frame, of_body = _near(footprint, bodies, margin)
    chosen = _labelling(bodies, near, of_frame, of_body)
    table = _table(footprint, bodies, near, of_frame, of_body, chosen)
    table.meta.update(_meta(footprint, bodies, chosen, catalogue))
    return table


def _near(footprint, bodies, margin):
    """Rows of bodies that reach the frame, or a margin about it, nearest first, and their shares."""
    centre = footprint.centre
    middle = np.array([centre.ra.deg]), np.array([centre.dec.deg])
    _, rows, _ = bodies.pairs(*middle, footprint.radius + margin)
    separation = bodies.table["position"][rows].separation(centre)
    rows = rows[np.argsort(sizes_away(separation.deg, bodies.ellipses.major[rows]), kind="stable")]
    ellipses = bodies.ellipses[rows]
    _, reached = sky_shares(footprint.outline, ellipses.grown(margin))
    rows, ellipses = rows[reached > 0], ellipses[reached > 0]
    return rows, *sky_shares(footprint.outline, ellipses)


def sizes_away(apart, major):
    """Distance from a body's middle in halves of its major axis: infinite for a body without size."""
    return np.divide(apart, major / 2, out=np.full(np.shape(apart), np.inf), where=major > 0)


def _labelling(bodies, near, of_frame, of_body):
    """The row of the body that the frame is labelled by, an array of one or none; stars give no label."""
    able = (of_body > 0) & (bodies.table["class"][near] != "")
    frame = np.zeros(able.sum(), dtype=int)
    areas, hosts = bodies.ellipses.areas, bodies.hosts
    return label_bodies(frame, near[able], of_frame[able], areas=areas, hosts=hosts)[1]


def _meta(footprint, bodies, chosen, catalogue):
    """Metadata of the table, in values that files can hold."""
    names, classes = (bodies.table[column][chosen].tolist() for column in ("name", "class"))
    return {
        "catalogue": catalogue if isinstance(catalogue, str) else type(catalogue).__name__,
        "centre": [float(footprint.centre.ra.deg), float(footprint.centre.dec.deg)],
        "shape": None if footprint.shape is None else list(footprint.shape),
        "wcs": "" if footprint.wcs is None else footprint.wcs.to_header_string(relax=True),
        "likeliest": names[0] if names else "",
        "label": LABELS[classes[0]] if classes else "",
    }


def _table(footprint, bodies, near, of_frame, of_body, chosen):
    likeliest = np.isin(near, chosen)
    order = np.lexsort((np.arange(near.size), -of_frame, ~likeliest))
    near, of_frame, of_body, likeliest = (each[order] for each in (near, of_frame, of_body, likeliest))
    found = bodies.table[near]
    x, y = footprint.pixels(found["position"])
    columns = {name: found[name] for name in ("name", "other_names", "type", "class", "position")}
    columns["separation"] = footprint.centre.separation(found["position"]).to(u.arcmin)
    columns |= {name: found[name] for name in ("major_axis", "minor_axis", "position_angle")}
    columns |= {"body_in_frame": of_body, "frame_in_body": of_frame, "x": x, "y": y, "likeliest": likeliest}
    columns |= {name: found[name] for name in ("host", "source")}
    table = BodiesTable(columns)
    for name, form in _FORMATS.items():
        table[name].info.format = form
    return table
