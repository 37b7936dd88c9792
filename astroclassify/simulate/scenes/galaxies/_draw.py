"""Galaxies, each drawn as the scene that a view shows: spirals to irregulars, mergers, groups."""

from dataclasses import replace

import numpy as np

from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate.scenes.galaxies import _edge_on, _ellipticals, _irregulars, _mergers, _spirals
from astroclassify.simulate.scenes.galaxies._canvas import Sheet
from astroclassify.simulate.scenes.galaxies._tides import encounter

_SPIRAL = (_spirals.paint_spiral, _spirals.REACH)
_ELLIPTICAL = (_ellipticals.paint_elliptical, _ellipticals.REACH)
_EDGE_ON = (_edge_on.paint_edge_on, _edge_on.REACH)
_IRREGULAR = (_irregulars.paint_irregular, _irregulars.REACH)
_DWARF = (_irregulars.paint_dwarf, _irregulars.REACH)
_REMNANT = (_mergers.paint_remnant, _mergers.REACH)


def spiral(body, view, streams):
    """
    Draw a spiral: bulge, bar, arms with H II regions, dust, inter-arm disk.

    Parameters
    ----------
    body : Body
        The galaxy; its brightness is that of the disk's centre, face on.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    return _alone(_SPIRAL, body, view, streams)


def elliptical(body, view, streams):
    """
    Draw an elliptical or lenticular with globular clusters and satellites.

    Parameters
    ----------
    body : Body
        The galaxy; its brightness is that at the effective radius.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    return _alone(_ELLIPTICAL, body, view, streams)


def edge_on(body, view, streams):
    """
    Draw a disk seen from the side, with its dust lane and bulge.

    Parameters
    ----------
    body : Body
        The galaxy; its brightness is that of the disk's middle without dust.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    return _alone(_EDGE_ON, body, view, streams)


def irregular(body, view, streams):
    """
    Draw an irregular: a lumpy disk, associations, resolved stars, H II shells.

    Parameters
    ----------
    body : Body
        The galaxy; its brightness is that of the disk's centre.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    return _alone(_IRREGULAR, body, view, streams)


def dwarf(body, view, streams):
    """
    Draw a dwarf spheroidal: stars in a faint, round body.

    Parameters
    ----------
    body : Body
        The galaxy; its brightness is that of the centre.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    return _alone(_DWARF, body, view, streams)


def merger(body, view, streams):
    """
    Draw galaxies in interaction: two with tails and a bridge, or what they have become.

    Parameters
    ----------
    body : Body
        Both galaxies; the brightness is that of the brighter one's disk.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng, sheet = streams.rng, Sheet(view, streams.device)
    late = bool(rng.random() < 0.35)
    # Either an early stage, two disks with tails and a bridge, or a late one, in which they have become
    # one body.
    tides = encounter(int(rng.integers(2**31)), late=late)
    if late:
        _add_member(sheet, _REMNANT, body, streams, centre=(0.0, 0.0), size=1.0, disturbance=0.04, points=0.7)
    else:
        kinds = (_SPIRAL, _SPIRAL, _ELLIPTICAL, _IRREGULAR)
        for centre, size, angle in zip(tides.centres, tides.sizes, tides.angles, strict=True):
            fainter = replace(body, brightness=body.brightness + rng.uniform(0, 1.0))
            where = {"centre": centre, "size": size, "angle": angle, "disturbance": 0.08}
            _add_member(sheet, kinds[rng.integers(len(kinds))], fainter, streams, points=0.35, **where)
    debris = _mergers.tidal_painter(_mergers.MergerShape(streams, tides, late=late))
    sheet.paint(debris, body, view, streams, reach=_mergers.REACH, points=0.3)
    return sheet.finished()


def group(body, view, streams):
    """
    Draw a few galaxies on one frame, none of which fills it.

    Parameters
    ----------
    body : Body
        The group; its brightness is that of the brightest member's reference level.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng, sheet = streams.rng, Sheet(view, streams.device)
    kinds = (_SPIRAL, _ELLIPTICAL, _EDGE_ON, _IRREGULAR, _ELLIPTICAL)
    number = int(rng.integers(1, 6))
    for _ in range(number):
        kind = kinds[rng.integers(len(kinds))]
        # Members are up to 1.7 mag / arcsec2 fainter than the reference level.
        fainter = replace(body, brightness=body.brightness + rng.uniform(0, 1.7))
        centre, size = rng.normal(0, 0.45, 2), float(streams.log_uniform(0.06, 0.45))
        _add_member(sheet, kind, fainter, streams, centre=centre, size=size, points=1 / number)
    return sheet.finished()


def _alone(kind, body, view, streams):
    painter, reach = kind
    sheet = Sheet(view, streams.device)
    sheet.paint(painter, body, view, streams, reach=reach)
    return sheet.finished()


def _add_member(sheet, kind, body, streams, *, centre, size, points, angle=None, disturbance=0.0):
    """Add one galaxy of several, with a seed and, if none is given, an orientation of its own."""
    painter, reach = kind
    seed, own_angle = int(streams.rng.integers(2**31)), float(streams.rng.uniform(0, 2 * np.pi))
    angle = own_angle if angle is None else angle
    member = replace(body, radius=body.radius * size, seed=seed)
    seen = sheet.view.moved(centre=tuple(map(float, centre)), size=size, angle=angle)
    own = RandomStreams(seed, device=streams.device)
    sheet.paint(painter, member, seen, own, reach=reach, disturbance=disturbance, points=points)
