"""Training frames and held-out frames: apart by body."""

import warnings

import numpy as np

from astroclassify.core import AstroclassifyWarning, ParameterError

#: What can be kept apart.
SPLITS = ("body", "frame")


def split_by_body(bodies, labels=None, *, fraction=0.2, seed=0):
    """
    Hold out whole bodies, of every class alike.

    Parameters
    ----------
    bodies : array_like of str
        The body that each frame shows, shape (N,).
    labels : array_like of str, optional
        The label of each frame, shape (N,); a body has that of its first frame.
    fraction : float, default 0.2
        Share of each class' bodies that is held out, more than 0 and less than 1; at least one
        body of each class that has two or more.
    seed : int, default 0
        Of the choice.

    Returns
    -------
    numpy.ndarray of bool
        Shape (N,): True where a frame is held out.

    Raises
    ------
    ParameterError
        If the fraction is out of range, or nothing could be held out: no class has two bodies.

    Examples
    --------
    >>> from astroclassify.datasets import split_by_body
    >>> split_by_body(["M31", "M31", "M33", "M13", "M5"], ["galaxy"] * 3 + ["nsc"] * 2, fraction=0.5)
    array([ True,  True, False,  True, False])
    """
    _check_fraction(fraction)
    bodies = np.asarray(bodies, dtype=str)
    labels = np.full(bodies.shape, "") if labels is None else np.asarray(labels, dtype=str)
    names, first = np.unique(bodies, return_index=True)
    rng, held = np.random.default_rng(seed), []
    for label in np.unique(labels):
        own = names[labels[first] == label]
        count = min(max(1, round(fraction * own.size)), own.size - 1)
        if count > 0:
            held += rng.permutation(own)[:count].tolist()
    if not held:
        raise ParameterError(
            f"the frames show {names.size} bodies, and no class has two: no body can be held out; "
            "give frames of more bodies, or validation=0 to train without a check"
        )
    return np.isin(bodies, held)


def split_frames(bodies, labels=None, *, fraction=0.2, seed=0, by="body"):
    """
    Hold out frames, by body unless told otherwise.

    Parameters
    ----------
    bodies, labels : array_like of str
        As for `split_by_body`.
    fraction : float, default 0.2
        Share that is held out.
    seed : int, default 0
        Of the choice.
    by : {"body", "frame"}, default "body"
        What is kept apart.

    Returns
    -------
    numpy.ndarray of bool
        Shape (N,): True where a frame is held out.

    Raises
    ------
    ParameterError
        If there is no such split, or nothing can be held out.

    Warns
    -----
    AstroclassifyWarning
        With ``by="frame"``: frames of one body are then in both parts, and accuracy flatters.
    """
    if by not in SPLITS:
        raise ParameterError(f"a split is by one of {', '.join(SPLITS)}; got {by!r}")
    if by == "body":
        return split_by_body(bodies, labels, fraction=fraction, seed=seed)
    _check_fraction(fraction)
    warnings.warn(
        "the split is by frame: frames of one body are both learnt from and judged on, so the accuracy "
        "says little of bodies never seen; use split='body'",
        AstroclassifyWarning,
        stacklevel=3,
    )
    number = len(bodies)
    count = min(max(1, round(fraction * number)), number - 1)
    held = np.zeros(number, dtype=bool)
    held[np.random.default_rng(seed).permutation(number)[:count]] = True
    return held


def _check_fraction(fraction):
    if not 0 < fraction < 1:
        raise ParameterError(f"the fraction held out is {fraction}; expected more than 0 and less than 1")
