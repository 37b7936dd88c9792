"""Labels of nested bodies: NGC 604 in M33, NGC 346 in the Small Magellanic Cloud.

A frame is labelled by the smallest body that covers at least a fifth of it, else by the host of what it
shows.
"""

import numpy as np

from astroclassify.core import ParameterError

#: The share of a frame that a body must cover for the frame to be labelled by it, though it lies in a larger
#: one.
COVERS_AT_LEAST = 0.2


def label_bodies(frame, body, covered, *, areas, hosts):
    """
    Choose the body that gives each frame its label.

    The smallest body that covers at least a fifth of the frame. Where none does: the one that covers most,
    or, if it has a host, that host (and so on to the outermost); a body without a host stands for itself.

    Parameters
    ----------
    frame : array_like of int
        Number of a frame, once for each body that it touches, shape (P,).
    body : array_like of int
        Number of that body, shape (P,). Of bodies that are alike the one that is listed first is taken.
    covered : array_like of float
        Share of the frame that the body covers, 0 to 1, shape (P,).
    areas : array_like of float
        Of all bodies, in any unit, shape (B,).
    hosts : array_like of int
        Number of the body that each lies in, -1 for none, shape (B,).

    Returns
    -------
    frames, bodies : numpy.ndarray of int
        The frames that touch a body, ascending, and the body that each is labelled by.

    Raises
    ------
    ParameterError
        If bodies are hosts of each other in a circle.

    Examples
    --------
    M33, NGC 604 in it, and three frames: on NGC 604, on an arm, and at the rim, where only NGC 604 is
    catalogued.

    >>> from astroclassify.datasets import label_bodies
    >>> label_bodies([0, 0, 1, 2], [0, 1, 0, 1], [1.0, 0.4, 1.0, 0.1], areas=[2300, 2.8], hosts=[-1, 0])
    (array([0, 1, 2]), array([1, 0, 0]))
    """
    frame, body = np.asarray(frame, dtype=int), np.asarray(body, dtype=int)
    covered, hosts = np.asarray(covered, dtype=float), np.asarray(hosts, dtype=int)
    enough = covered >= COVERS_AT_LEAST
    rank = np.where(enough, np.asarray(areas, dtype=float)[body], -covered)
    order = np.lexsort((rank, ~enough, frame))
    frames, first = np.unique(frame[order], return_index=True)
    best = order[first]
    bodies = np.where(enough[best], body[best], _outermost(hosts)[body[best]] if len(hosts) else body[best])
    return frames, bodies


def _outermost(hosts):
    """The last host of each body: itself where it has none."""
    outer = np.where(hosts >= 0, hosts, np.arange(len(hosts)))
    for _ in range(len(outer).bit_length() + 1):  # each step doubles how far it is looked
        further = outer[outer]
        if np.array_equal(further, outer):
            return outer
        outer = further
    raise ParameterError("bodies lie in each other in a circle; each must have one outermost host")
