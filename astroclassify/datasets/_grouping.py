"""Groups of frames: those of one body under any name, of one place on the sky, of one visit."""

from collections import Counter

import numpy as np
from astropy import units as u
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from astroclassify.core import in_unit
from astroclassify.datasets._bodies import body_at, body_key, resolve_body
from astroclassify.datasets._visits import visit_of

_ARCMIN = np.radians(1 / 60)


def canonical_bodies(manifest, *, tolerance=2.0):
    """
    Give each body of a list one canonical name.

    Names are looked up first. One that the table of known bodies does not have is that of the known body
    which covers the middle of its frames, if there is one. Last, names whose frames lie on each other
    are one body: what one frame shows, the other shows too.

    Parameters
    ----------
    manifest : astropy.table.Table
        The list, as of `read_manifest`; without ``RA`` and ``DEC`` only names count.
    tolerance : astropy.units.Quantity or float, default 2
        Arcminutes within which the middles of two frames are one place, and as for `body_at`.

    Returns
    -------
    numpy.ndarray of str
        One name for each row: a known body's own, else the list's.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import canonical_bodies
    >>> canonical_bodies(Table({"ID": ["NGC1982", "M43", "HD 36982", "NGC 346"],
    ...                         "RA": [83.88, 83.88, 83.87, 14.77], "DEC": [-5.27, -5.27, -5.29, -72.18]}))
    array(['M43', 'M43', 'M43', 'NGC346'], dtype='<U6')
    """
    tolerance = in_unit("tolerance", tolerance, u.arcmin)
    listed = np.asarray(manifest["ID"], dtype=str)
    names, rows = np.unique(listed, return_inverse=True)
    directions = _directions(manifest)
    called, known = [], {}
    for index, name in enumerate(names):
        body = resolve_body(name) or _body_of(directions, rows == index, tolerance)
        called.append(body.name if body else known.setdefault(body_key(name), name))
    bodies = np.array(called, dtype=str)[rows] if names.size else listed
    return bodies if directions is None else _merged(bodies, directions, tolerance)


def _directions(manifest):
    """Unit vectors to the middles of the frames, shape (N, 3); None if the list does not say."""
    if not {"RA", "DEC"} <= set(manifest.colnames) or not len(manifest):
        return None
    ra, dec = (np.radians(np.asarray(manifest[name], dtype=float)) for name in ("RA", "DEC"))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def _body_of(directions, chosen, tolerance):
    """The known body that covers the middle of some frames."""
    if directions is None:
        return None
    x, y, z = directions[chosen].mean(axis=0)
    ra, dec = np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))])
    return body_at(ra % 360, dec, radius=tolerance, clouds=False)


def _merged(bodies, directions, tolerance):
    """Merge bodies whose frames overlap into the one with most frames, a body of the table first."""
    names, number = np.unique(bodies, return_inverse=True)
    links = number[overlapping(directions, tolerance)]
    together = components(links, names.size)
    if together.max() + 1 == names.size:
        return bodies
    frames = Counter(bodies.tolist())
    best = {}
    for name, group in zip(names.tolist(), together.tolist(), strict=True):
        rank = (resolve_body(name) is not None, frames[name], name)
        best[group] = max(best.get(group, rank), rank)
    return np.array([best[group][2] for group in together.tolist()], dtype=str)[number]


def overlapping(directions, tolerance):
    """
    Find the pairs of frames that overlap on the sky.

    Parameters
    ----------
    directions : numpy.ndarray
        Unit vectors, shape (N, 3).
    tolerance : float
        Arcminutes between the middles of two such frames, at most.

    Returns
    -------
    numpy.ndarray of int
        Numbers of the frames, shape (P, 2); frames of exactly one place stand for each other in a chain.
    """
    unique, first, inverse = np.unique(directions, axis=0, return_index=True, return_inverse=True)
    near = cKDTree(unique).query_pairs(2 * np.sin(tolerance * _ARCMIN / 2), output_type="ndarray")
    same = np.stack([np.arange(len(directions)), first[inverse.ravel()]], axis=1)
    return np.concatenate([first[near], same])


def components(links, size):
    """
    Give the connected components of a graph: the same number to whatever is linked, directly or in steps.

    Parameters
    ----------
    links : numpy.ndarray of int
        Pairs, shape (P, 2).
    size : int
        How many things there are.

    Returns
    -------
    numpy.ndarray of int
        For each thing the number of its group, shape (size,).
    """
    graph = coo_array((np.ones(len(links), dtype=bool), (links[:, 0], links[:, 1])), shape=(size, size))
    return connected_components(graph, directed=False)[1]


def visits(manifest):
    """
    Give the visit of each frame.

    Parameters
    ----------
    manifest : astropy.table.Table
        The list.

    Returns
    -------
    numpy.ndarray of str
        As of `visit_of`, one for each row.
    """
    return np.array([visit_of(obsid) for obsid in manifest["OBSID"]], dtype=str)


def independent_groups(manifest):
    """
    Number the groups of frames that a split must not part: those of one body, and of bodies of one visit.

    Parameters
    ----------
    manifest : astropy.table.Table
        The list.

    Returns
    -------
    numpy.ndarray of int
        One number for each row.
    """
    names, body = np.unique(canonical_bodies(manifest), return_inverse=True)
    _, visit = np.unique(visits(manifest), return_inverse=True)
    links = np.stack([body, names.size + visit], axis=1)
    return components(links, names.size + int(visit.max(initial=-1)) + 1)[body]
