"""Measured sources and the objects that were simulated: which is which, and how much light is another's."""

import numpy as np
from astropy import units as u
from astropy.table import QTable
from scipy.spatial import cKDTree

from astroclassify.stargalaxy._sample import SourceSample

#: An object is found within this many of its half-light radii, and from 2 to 15 pixels.
_RADII, _LEAST, _MOST = 1.0, 2.0, 15.0
#: A detection that is no object of its own is a fragment of a galaxy within this many half-light radii of
#: it, or of a saturated star within so many pixels.
_FRAGMENT, _STAR_REACH, _STAR_MAGNITUDE = 4.0, 40.0, 18.5
#: The band in which light of others is counted, if it is there; else the middle one.
_COMMON_BAND = "i"


def with_truth(sample, truth):
    """
    Add what is true to measured sources.

    Parameters
    ----------
    sample : SourceSample
        Measured on the images of a simulated field.
    truth : astropy.table.QTable
        Its objects, as of `astroclassify.simulate.SurveyField`.

    Returns
    -------
    SourceSample
        With the ``true_`` columns; ``true_class`` is empty where a detection is none of the objects, and
        ``true_kind`` then says whether it is a ``"fragment"`` of one or ``"noise"``.

    Notes
    -----
    From the brightest object to the faintest, each takes the nearest detection that is left, within its
    half-light radius (2 to 15 pixels). ``true_blend`` is the part of the light within a circle around a
    source's ellipse that belongs to other objects, as if these were points.
    """
    band = _COMMON_BAND if _COMMON_BAND in sample.bands else sample.bands[len(sample.bands) // 2]
    light = 10 ** (-0.4 * np.nan_to_num(truth[f"mag_{band}"].value, nan=60.0))
    places = np.stack([truth["y"], truth["x"]], axis=1)
    found = np.stack([sample.catalogue["y"], sample.catalogue["x"]], axis=1)
    reach = np.clip(
        _RADII * truth["half_light_radius"].to_value(u.arcsec) / sample.pixel_scale, _LEAST, _MOST
    )
    object_of = _matched(found, places, reach, light)
    fragments = _fragments(found, places, truth, sample.pixel_scale) & (object_of < 0)
    catalogue = QTable(sample.catalogue, copy=True)
    for name, values in _columns(truth, object_of, sample.bands).items():
        catalogue[name] = values
    catalogue["true_kind"][object_of < 0] = "noise"
    catalogue["true_kind"][fragments] = "fragment"
    ellipse = sample.catalogue["kron_radius"].value / sample.pixel_scale
    catalogue["true_blend"] = _blends(found, ellipse, places, light, object_of)
    return SourceSample(catalogue, sample.cutouts, sample.bands, sample.pixel_scale, dict(sample.meta))


def _matched(found, places, reach, light):
    """Give the object of each detection, -1 for none."""
    object_of = np.full(len(found), -1)
    if not len(found) or not len(places):
        return object_of
    near = cKDTree(found).query_ball_point(places, reach)
    for number in np.argsort(-light):
        free = [source for source in near[number] if object_of[source] < 0]
        if free:
            distance = np.hypot(*(found[free] - places[number]).T)
            object_of[free[int(distance.argmin())]] = number
    return object_of


def _fragments(found, places, truth, pixel_scale):
    """Say which detections lie in the outskirts of a galaxy or of a very bright star."""
    bright = (
        truth["mag_i"].value < _STAR_MAGNITUDE if "mag_i" in truth.colnames else np.zeros(len(truth), bool)
    )
    reach = _FRAGMENT * truth["half_light_radius"].to_value(u.arcsec) / pixel_scale
    reach = np.maximum(reach, np.where(bright, _STAR_REACH, 0.0))
    inside = np.zeros(len(found), bool)
    if len(found) and len(places):
        for members in cKDTree(found).query_ball_point(places, reach):
            inside[members] = True
    return inside


def _columns(truth, object_of, bands):
    none, number = object_of < 0, np.maximum(object_of, 0)
    columns = {}
    for name in ("class", "kind"):
        values = (
            np.asarray(truth[name]).astype("U12")[number] if len(truth) else np.full(none.size, "", "U12")
        )
        columns[f"true_{name}"] = np.where(none, "", values)
    numbers = ("x", "y", "redshift", "half_light_radius", "separation", *(f"mag_{band}" for band in bands))
    for name in numbers:
        column = truth[name]
        values = np.asarray(getattr(column, "value", column), np.float32)[number]
        values = np.where(none, np.float32(np.nan), values)
        unit = getattr(column, "unit", None)
        columns[f"true_{name}"] = u.Quantity(values, unit, dtype=np.float32) if unit else values
    return columns


def _blends(found, ellipse, places, light, object_of):
    """Part of the light within each detection's ellipse that is not of its object."""
    parts = np.zeros(len(found), np.float32)
    if not len(found) or not len(places):
        return parts
    inside = cKDTree(places).query_ball_point(found, ellipse)
    for source, members in enumerate(inside):
        own = light[object_of[source]] if object_of[source] >= 0 else 0.0
        others = light[[m for m in members if m != object_of[source]]].sum()
        parts[source] = others / max(own + others, 1e-30)
    return parts
