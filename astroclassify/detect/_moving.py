"""What moves among the stars of a night's frames, and stars that a catalogue does not have."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from scipy.spatial import cKDTree

#: Frames are laid upon each other by their brightest stars; places as near as this, in pixels, are one.
_BRIGHTEST, _NEAR = 60, 2.5
#: A star is at its place in this share of the frames; what moves is seen in so many, and goes so far.
_SHARE, _LEAST_FRAMES, _LEAST_WAY = 0.5, 3, 4.0
#: Of each frame, so many sources that are no stars of the field are followed, and no farther than these
#: pixels from one frame to the next. Where there are more than a few, three may lie on a line by chance: one
#: frame more is asked for.
_FOLLOWED, _FARTHEST, _A_FEW = 40, 100.0, 5
#: A star is in a catalogue that has one so near.
_MATCH = 5.0 * u.arcsec


def moving_in(many):
    """
    Find what moves, in frames of one field in the order in which they were taken.

    Parameters
    ----------
    many : sequence of Stars
        Of each frame.

    Returns
    -------
    list of list of int
        For each frame, which of its sources move.
    """
    found = [[] for _ in many]
    if len(many) < _LEAST_FRAMES or not all(len(stars) for stars in many):
        return found
    places = _laid_upon(many)
    strange = [_strange(number, places) for number in range(len(many))]
    for first in range(len(many) - 2):
        for a in strange[first]:
            for b in strange[first + 1]:
                _follow((first, a, b), places, strange, found)
    return [sorted(set(each)) for each in found]


def _laid_upon(many):
    """Places of sources in the pixels of the first frame: frames are shifted, not turned."""
    first = np.stack([many[0].x, many[0].y], axis=-1)
    tree = cKDTree(first[:_BRIGHTEST])
    places = [first]
    for stars in many[1:]:
        own = np.stack([stars.x, stars.y], axis=-1)
        places.append(own + _shift(own[:_BRIGHTEST], first[:_BRIGHTEST], tree))
    return places


def _shift(own, first, tree):
    """The shift that brings most stars upon stars."""
    shifts = (first[:, None] - own[None]).reshape(-1, 2)
    number = [len(each) for each in cKDTree(shifts).query_ball_point(shifts, _NEAR)]
    best = shifts[int(np.argmax(number))]
    away, which = tree.query(own + best, distance_upper_bound=2 * _NEAR)
    near = np.isfinite(away)
    return best if not near.any() else best + np.median((first[which[near]] - own[near] - best), axis=0)


def _strange(number, places):
    """Sources of a frame that few other frames have at their place, the brightest first."""
    others = [cKDTree(each) for n, each in enumerate(places) if n != number]
    seen = np.mean([tree.query(places[number])[0] < _NEAR for tree in others], axis=0)
    return np.flatnonzero(seen < _SHARE)[:_FOLLOWED]


def _follow(start, places, strange, found):
    """Note sources that lie where steady motion from two frames leads."""
    first, a, b = start
    begin = places[first][a]
    step = places[first + 1][b] - begin
    length = float(np.hypot(*step))
    if length > _FARTHEST or length * (len(places) - 1) < _LEAST_WAY or length < _NEAR / 2:
        return
    seen = [(first, a), (first + 1, b)]
    for number in range(first + 2, len(places)):
        away = np.hypot(*(places[number][strange[number]] - begin - step * (number - first)).T)
        if len(away) and away.min() < _NEAR:
            seen.append((number, strange[number][int(away.argmin())]))
    most = max(len(strange[number]) for number, _ in seen)
    if len(seen) >= _LEAST_FRAMES + (most > _A_FEW):
        for number, source in seen:
            found[number].append(int(source))


def new_in(stars, wcs, known):
    """
    Find stars that a catalogue does not have.

    Parameters
    ----------
    stars : Stars
        Of a frame.
    wcs : astropy.wcs.WCS
        The frame's.
    known : astropy.coordinates.SkyCoord
        Of the catalogue's stars, as faint as the frame's faintest.

    Returns
    -------
    list of int
        Which of the frame's are not among them.
    """
    if not len(stars) or not len(known):
        return list(range(len(stars)))
    places = SkyCoord(wcs.celestial.pixel_to_world(stars.x, stars.y))
    _, away, _ = places.match_to_catalog_sky(known)
    return np.flatnonzero(away > _MATCH).tolist()
