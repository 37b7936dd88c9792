"""What moves among the stars of a night's frames, and stars that a catalogue does not have."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from scipy.spatial import cKDTree
from scipy.stats import poisson

from astroclassify.detect._aligned import NEAR, laid_upon

#: A star is at its place in this share of the frames that show the place (float); a place so near to a
#: frame's edge, in pixels, is shown by chance.
_SHARE, _EDGE = 0.5, 6.0
#: A frame is compared with so many others, spread over the night (int).
_OTHERS = 24
#: Of each frame, so many sources that are no stars of the field are followed; their light is alike within
#: this factor.
_FOLLOWED, _ALIKE = 40, 1.5
#: A pair of sources so many frames apart begins a way; it is followed through so many frames before and
#: after, by steps of half as many, or of one.
_GAPS, _WINDOW = (1, 2, 4, 8, 16, 32, 64, 128), 8
#: Pixels between the two at least, and from one frame to the next at most.
_LEAST_WAY, _FARTHEST = 4.0, 100.0
#: What moves is seen in so many frames at least; in more where so many ways would be expected by chance.
_LEAST_FRAMES, _BY_CHANCE = 3, 0.02
#: A star is in a catalogue that has one so near.
_MATCH = 5.0 * u.arcsec


def moving_in(many, shifts, shape):
    """
    Find what moves, in frames of one field in the order in which they were taken.

    Parameters
    ----------
    many : sequence of Stars
        Of each frame.
    shifts : numpy.ndarray
        How frames are shifted, from `~astroclassify.detect._aligned.fields_of`.
    shape : tuple of int
        Rows and columns of all.

    Returns
    -------
    list of list of int
        For each frame, which of its sources move.

    Notes ----- Two sources that are in no other frame give a place and a velocity, and so a place in every
    other frame. Sources lie there by chance too: their number is Poisson's, with the mean of the density of
    such sources times the area within 2.5 pixels, in all frames that are looked at. As many are asked for as
    chance would give in 0.02 of all pairs of the night.
    """
    found = [[] for _ in many]
    if len(many) < _LEAST_FRAMES:
        return found
    places = laid_upon(many, shifts)
    trees = [cKDTree(each) for each in places]
    strange = [_strange(number, places, trees, shifts, shape) for number in range(len(many))]
    seen = _Sources(
        [places[n][which] for n, which in enumerate(strange)],
        [stars.flux[which] for stars, which in zip(many, strange, strict=True)],
    )
    for number, source in seen.on_a_way(shape):
        found[number].append(int(strange[number][source]))
    return [sorted(set(each)) for each in found]


def _strange(number, places, trees, shifts, shape):
    """Sources of a frame that few other frames have where they show that place, the brightest first."""
    own, limit = places[number], np.array(shape[::-1]) - 1 - _EDGE
    shown, seen = np.zeros(len(own)), np.zeros(len(own))
    others = [n for n in range(len(places)) if n != number]
    for n in others[:: -(-len(others) // _OTHERS)]:
        inside = ((own - shifts[n] >= _EDGE) & (own - shifts[n] <= limit)).all(axis=1)
        shown += inside
        seen += inside & (trees[n].query(own)[0] < NEAR)
    return np.flatnonzero((shown >= 2) & (seen < _SHARE * shown))[:_FOLLOWED]


class _Sources:
    """Places and light of the sources of each frame that are no stars of the field."""

    def __init__(self, places, light):
        self.places, self.light = places, light
        self.trees = [cKDTree(each) if len(each) else None for each in places]

    def on_a_way(self, shape):
        """Give the sources that lie on straight ways at steady paces: numbers of frame and source."""
        ways = [
            way for gap in _GAPS for first in range(len(self.places) - gap) if (way := self._ways(first, gap))
        ]
        if not ways:
            return
        pairs = sum(len(way["sources"]) for way in ways)
        expected = self._expected(
            shape, sum(way["alike"] for way in ways) / max(1, sum(way["all"] for way in ways))
        )
        more = next(n for n in range(1, 99) if pairs * poisson.sf(n - 1, expected) < _BY_CHANCE)
        for way in ways:
            for hits in self._followed(way, max(more + 2, _LEAST_FRAMES)):
                yield from hits

    def _expected(self, shape, alike):
        """How many of these sources lie by chance where one pair leads, in all frames looked at."""
        number = np.mean([len(each) for each in self.places]) * min(2 * _WINDOW, len(self.places) - 2)
        return number * alike * np.pi * NEAR**2 / (shape[0] * shape[1])

    def _ways(self, first, gap):
        """Pairs of sources that may be one that moves."""
        second = first + gap
        if not (len(self.places[first]) and len(self.places[second])):
            return None
        step = self.places[second][None] - self.places[first][:, None]
        length = np.hypot(*step.T).T
        alike = np.abs(np.log(self.light[second][None] / self.light[first][:, None])) <= np.log(_ALIKE)
        chosen = np.argwhere(alike & (length >= _LEAST_WAY) & (length <= _FARTHEST * gap))
        velocity = step[chosen[:, 0], chosen[:, 1]] / gap
        return {"first": first, "gap": gap, "sources": chosen, "velocity": velocity} | {
            "alike": int(alike.sum()),
            "all": alike.size,
        }

    def _followed(self, way, least):
        """Follow pairs through frames before and after; those that are seen often enough."""
        first, gap, chosen = way["first"], way["gap"], way["sources"]
        if not len(chosen):
            return
        begin, light = self.places[first][chosen[:, 0]], self.light[first][chosen[:, 0]]
        hits = [[(first, int(a)), (first + gap, int(b))] for a, b in chosen]
        stride = max(1, gap // 2)
        for number in range(first - _WINDOW * stride, first + (_WINDOW + 2) * stride + 1, stride):
            if (
                number in (first, first + gap)
                or not 0 <= number < len(self.places)
                or self.trees[number] is None
            ):
                continue
            away, which = self.trees[number].query(begin + way["velocity"] * (number - first))
            alike = np.abs(np.log(self.light[number][which] / light)) <= np.log(_ALIKE)
            for n in np.flatnonzero((away < NEAR) & alike):
                hits[n].append((number, int(which[n])))
        yield from (each for each in hits if len(each) >= least)


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
