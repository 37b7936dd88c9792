"""Frames of one field laid upon each other by their stars: which, how shifted, which stars are the same."""

import numpy as np
from scipy.spatial import cKDTree

#: Frames are laid upon each other by their brightest stars; places as near as this, in pixels, are one.
_BRIGHTEST, NEAR = 60, 2.5
#: A shift that brings fewer stars upon stars, or a smaller share of them, may be chance.
_LEAST_MATCHED, _LEAST_SHARE = 3, 0.4
#: Fields of a night that are told apart (int).
_MOST_FIELDS = 20


def fields_of(many):
    """
    Tell which frames show the same field, and how they are shifted against each other; they must not be
    turned.

    Parameters
    ----------
    many : sequence of Stars
        Of each frame.

    Returns
    -------
    list of tuple
        Of each field with two frames or more: the frames' numbers, and for each what is to be added to places
        x, y in it to have those of the frame with the most stars, pixels, ``[N, 2]``.
    """
    left, fields = list(range(len(many))), []
    for _ in range(_MOST_FIELDS):
        shifts = _shifts([many[n] for n in left]) if left else []
        known = [(n, shift) for n, shift in zip(left, shifts, strict=True) if shift is not None]
        if not known:
            break
        left = [n for n, shift in zip(left, shifts, strict=True) if shift is None]
        fields.append(([n for n, _ in known], np.array([shift for _, shift in known])))
    return [field for field in fields if len(field[0]) > 1]


def _shifts(many):
    reference = max(many, key=len)
    first = _places(reference)[:_BRIGHTEST]
    if len(first) < _LEAST_MATCHED:
        return [None] * len(many)
    tree = cKDTree(first)
    return [np.zeros(2) if stars is reference else _shift(_places(stars), first, tree) for stars in many]


def _places(stars):
    return np.stack([stars.x, stars.y], axis=-1)


def _shift(own, first, tree):
    """The shift that brings most stars upon stars."""
    own = own[:_BRIGHTEST]
    if len(own) < _LEAST_MATCHED:
        return None
    shifts = (first[:, None] - own[None]).reshape(-1, 2)
    number = [len(each) for each in cKDTree(shifts).query_ball_point(shifts, NEAR)]
    best = shifts[int(np.argmax(number))]
    away, which = tree.query(own + best, distance_upper_bound=2 * NEAR)
    near = np.isfinite(away)
    if near.sum() < max(_LEAST_MATCHED, _LEAST_SHARE * min(len(own), len(first))):
        return None
    return best + np.median((first[which[near]] - own[near] - best), axis=0)


def laid_upon(many, shifts):
    """
    Give the places of stars in the pixels that all frames share.

    Parameters
    ----------
    many : sequence of Stars
        Of each frame.
    shifts : sequence of numpy.ndarray
        From `fields_of`.

    Returns
    -------
    list of numpy.ndarray
        ``[N, 2]``: x, y.
    """
    return [_places(stars) + shift for stars, shift in zip(many, shifts, strict=True)]


def light_of_the_same(many, shifts):
    """
    Compare the light of the same stars in all frames of a field.

    Parameters
    ----------
    many : sequence of Stars
        Of each frame.
    shifts : sequence of numpy.ndarray
        From `fields_of`.

    Returns
    -------
    light : list of float
        Of each frame's stars in units of their usual light, the median; NaN where there is none.
    number : list of int
        Of how many stars.
    """
    flux = _matched([stars.flux for stars in many], laid_upon(many, shifts))
    often = np.isfinite(flux).sum(axis=0) >= max(2, len(many) / 2)
    ratio = flux[:, often] / np.nanmedian(flux[:, often], axis=0)
    number = np.isfinite(ratio).sum(axis=1).tolist()
    return [float(np.nanmedian(row)) if n else np.nan for row, n in zip(ratio, number, strict=True)], number


def _matched(fluxes, places):
    """Light ``[frame, star]`` of the stars of the frame that has most of them; NaN where one is not seen."""
    reference = places[int(np.argmax([len(each) for each in places]))]
    found = np.full((len(places), len(reference)), np.nan)
    for row, flux, own in zip(found, fluxes, places, strict=True):
        away, which = cKDTree(own).query(reference, distance_upper_bound=NEAR)
        near = np.isfinite(away)
        row[near] = flux[which[near]]
    return found
