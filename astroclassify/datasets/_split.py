"""Splits into training and held-out frames, by body."""

import warnings
from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from astroclassify.core import AstroclassifyWarning, ParameterError
from astroclassify.datasets._bodies import resolve_body
from astroclassify.datasets._grouping import canonical_bodies, independent_groups, visits
from astroclassify.datasets._leakage import Leakage, check_leakage
from astroclassify.datasets._manifest import check_manifest

#: What `split_frames` can keep apart.
SPLITS = ("body", "frame")
#: What `split_manifest` can keep apart, and what the parts then share at worst.
_SHARED = {"body": None, "paper": None, "instrument": None, "visit": "body", "frame": "frame"}
#: The seed of the split that this project calls paper-like: the number of the paper at arXiv, 2312.04948.
PAPER_SEED = 231204948
_COLUMNS = ("ID", "Instrument", "OBSID", "Label")
#: How many draws the best balanced is chosen from, where there are few groups; and how many groups in all.
_CANDIDATES, _DRAWN = 300, 50_000


def split_by_body(bodies, labels=None, *, fraction=0.2, seed=0):
    """
    Hold out whole bodies, of every class alike.

    Parameters
    ----------
    bodies : array_like of str
        The body that each frame shows, shape (N,); all names of a known body are one.
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
    bodies = canonical_bodies(Table({"ID": np.asarray(bodies, dtype=str)}))
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


@dataclass(frozen=True, eq=False)
class Split:
    """
    A split of a list into training and test frames.

    Parameters
    ----------
    train, test : astropy.table.Table
        Rows of the list, in its order; ``meta["split"]`` says which part of which split they are.
    by : str
        The groups that were kept apart: bodies, frames or cameras.
    leakage : Leakage
        The leakage between the parts.
    left_out : int, default 0
        Rows in neither part: with ``by="instrument"`` those of other cameras that show a body of the test.
    """

    train: Table
    test: Table
    by: str
    leakage: Leakage
    left_out: int = 0

    @property
    def counts(self):
        """Frames and groups of each part, by label and instrument (astropy.table.Table)."""
        rows = []
        for part, table in (("train", self.train), ("test", self.test)):
            labels, cameras = (np.asarray(table[name], dtype=str) for name in ("Label", "Instrument"))
            for label, camera in sorted(set(zip(labels.tolist(), cameras.tolist(), strict=True))):
                own = table[(labels == label) & (cameras == camera)]
                rows.append((part, label, camera, len(own), len(set(own["ID"])), len(set(visits(own)))))
        names = ("part", "label", "instrument", "frames", "bodies", "visits")
        return Table(rows=rows or None, names=names, dtype=("str", "str", "str", "i8", "i8", "i8"))


def split_manifest(manifest, *, by="body", fraction=0.2, seed=0, allow_leakage=False):
    """
    Split a list into training and test frames.

    Bodies are told by all of their names and by position, and bodies of one visit stay together. Of many
    drawn choices of bodies, for each class the one is taken whose share of frames is nearest to the
    fraction, for each instrument too, with at least that share of its bodies. A class of one body is
    learnt from, and not tested.

    Parameters
    ----------
    manifest : astropy.table.Table
        The list, as of `read_manifest`.
    by : {"body", "paper", "visit", "instrument", "frame"}, default "body"
        What is kept apart. ``"paper"`` tests on the bodies of the paper's released test list;
        ``"instrument"`` tests on the camera whose share is nearest to the fraction, without its bodies in
        training; with ``"visit"`` the parts share bodies, with ``"frame"`` everything.
    fraction : float, default 0.2
        Share of the frames to test on, more than 0 and less than 1.
    seed : int, default 0
        Of the draws. ``PAPER_SEED`` is the one of this project's paper-like split.
    allow_leakage : bool, default False
        Needed for ``by="frame"``.

    Returns
    -------
    Split
        The parts; the same for the same rows in any order.

    Raises
    ------
    ParameterError
        If there is no such split, the fraction is out of range, nothing can be held out, or the split is
        by frame and `allow_leakage` is not set.
    ReadError
        If a row is wrong.

    Warns
    -----
    AstroclassifyWarning
        With ``by="frame"``: frames of one body are in both parts, and accuracy flatters.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import split_manifest
    >>> listed = Table({"ID": ["M31", "NGC 224", "M33", "M13", "M5"], "Label": ["galaxy"] * 3 + ["nsc"] * 2,
    ...                 "OBSID": [f"jaaa{n}1abq" for n in range(5)], "Instrument": ["ACS/WFC"] * 5})
    >>> parts = split_manifest(listed, fraction=0.4)
    >>> len(parts.train), len(parts.test), parts.leakage.level
    (3, 2, None)
    """
    _check_fraction(fraction)
    _check_way(by, allow_leakage)
    manifest = _checked(manifest)
    if by == "instrument":
        return min(_by_instrument(manifest), key=lambda part: abs(_share(part) - fraction))
    held = _paper_bodies(manifest) if by == "paper" else _held(manifest, by, fraction, seed)
    return _parts(manifest, ~held, held, by=by, seed=None if by == "paper" else seed)


def kfold(manifest, k=5, *, by="body", seed=0, allow_leakage=False):
    """
    Split a list into k folds for cross-validation.

    Parameters
    ----------
    manifest : astropy.table.Table
        The list, as of `read_manifest`.
    k : int, default 5
        Number of folds, 2 or more; not used with ``by="instrument"``, which has a fold for each camera.
    by : {"body", "visit", "instrument", "frame"}, default "body"
        What is kept apart, as for `split_manifest`.
    seed : int, default 0
        Of the draws.
    allow_leakage : bool, default False
        Needed for ``by="frame"``.

    Returns
    -------
    list of Split
        One for each fold, which is its test part. Each has bodies of every class; frames, classes and
        instruments are shared out as evenly as whole bodies allow.

    Raises
    ------
    ParameterError
        If there is no such split, or a class has fewer bodies than folds.
    ReadError
        If a row is wrong.

    Warns
    -----
    AstroclassifyWarning
        With ``by="frame"``.
    """
    _check_way(by, allow_leakage)
    manifest = _checked(manifest)
    if by == "instrument":
        return _by_instrument(manifest)
    if by == "paper":
        raise ParameterError("the paper has one test list, not folds; use split_manifest(by='paper')")
    if k < 2:
        raise ParameterError(f"got {k} folds; expected 2 or more")
    fold = _folds(manifest, by, k, seed)
    return [_parts(manifest, fold != n, fold == n, by=by, seed=seed, fold=n + 1, folds=k) for n in range(k)]


def _checked(manifest):
    if not len(manifest):
        raise ParameterError("the list is empty: there is nothing to split")
    return check_manifest(manifest, required=_COLUMNS)


def _check_way(by, allow_leakage):
    if by not in _SHARED:
        raise ParameterError(f"a split is by one of {', '.join(_SHARED)}; got {by!r}")
    if by == "frame":
        if not allow_leakage:
            raise ParameterError(
                "a split by frame has frames of one body in both parts, and often the same view: what is "
                "measured says little of bodies never seen; split by body, or say allow_leakage=True"
            )
        warnings.warn(
            "the split is by frame: frames of one body are both learnt from and judged on",
            AstroclassifyWarning,
            stacklevel=3,
        )


def _parts(manifest, train, test, *, by, **settings):
    """The tables of a split, after a check for leakage."""
    parts = {}
    for part, rows in (("train", train), ("test", test)):
        parts[part] = manifest[rows]
        given = {name: value for name, value in settings.items() if value is not None}
        parts[part].meta["split"] = {"part": part, "by": by, **given}
    leakage = check_leakage(parts["train"], parts["test"], allow=_SHARED[by])
    return Split(**parts, by=by, leakage=leakage, left_out=int(np.sum(~(train | test))))


def _share(part):
    return len(part.test) / (len(part.train) + len(part.test))


def _paper_bodies(manifest):
    """True for the bodies that the paper's released test list names, and what cannot be parted from them."""
    names = np.unique(np.asarray(manifest["ID"], dtype=str))
    named = [name for name in names if (body := resolve_body(name)) and body.paper == "test"]
    groups = independent_groups(manifest)
    held = np.isin(groups, groups[np.isin(manifest["ID"], named)])
    if held.all() or not held.any():
        raise ParameterError(
            f"{'all' if held.all() else 'none'} of the list's bodies are of the paper's test list; "
            "by='paper' needs both, by='body' does not"
        )
    return held


def _by_instrument(manifest):
    """Each camera as the test, without its bodies in training."""
    cameras, groups = np.asarray(manifest["Instrument"], dtype=str), independent_groups(manifest)
    found = []
    for camera in np.unique(cameras):
        test = cameras == camera
        train = ~np.isin(groups, groups[test])
        if train.any():
            found.append(_parts(manifest, train, test, by="instrument", camera=str(camera)))
    if not found:
        raise ParameterError(
            f"the list's cameras are {', '.join(np.unique(cameras))}: no body is left to learn from "
            "when one of them is held out with all of its bodies; split by body"
        )
    return found


def _groups(manifest, by):
    """The number of the group of each row, which do not depend on the order of the rows."""
    if by == "body":
        return independent_groups(manifest)
    names = visits(manifest)
    if by == "frame":
        hdus = (
            manifest["HDU Index"] if "HDU Index" in manifest.colnames else np.ones(len(manifest), dtype=int)
        )
        names = [f"{obsid} {hdu}" for obsid, hdu in zip(manifest["OBSID"], hdus, strict=True)]
    return np.unique(names, return_inverse=True)[1]


def _strata(manifest, by):
    """For each class: its label, the group of each row, the class' groups, their frames by camera [G, C]."""
    labels, groups = np.asarray(manifest["Label"], dtype=str), _groups(manifest, by)
    classes, label = np.unique(labels, return_inverse=True)
    cameras, camera = np.unique(np.asarray(manifest["Instrument"], dtype=str), return_inverse=True)
    counted = np.zeros((groups.max(initial=-1) + 1, classes.size), dtype=int)
    np.add.at(counted, (groups, label), 1)
    frames = np.zeros((len(counted), cameras.size), dtype=int)
    np.add.at(frames, (groups, camera), 1)
    of_group = counted.argmax(axis=1)  # a body with frames of two classes is of the one with more
    for index, name in enumerate(classes):
        own = np.flatnonzero(of_group == index)
        if own.size:
            yield str(name), groups, own, frames[own]


def _draws(groups):
    return max(20, min(_CANDIDATES, _DRAWN // groups))


def _held(manifest, by, fraction, seed):
    """True for the rows of the groups that are held out."""
    held, rng = np.zeros(len(manifest), dtype=bool), np.random.default_rng(seed)
    for _, groups, own, frames in _strata(manifest, by):
        if own.size > 1:
            held |= np.isin(groups, own[_best_choice(frames, fraction, rng)])
    if not held.any():
        raise ParameterError(
            f"no class of the list has two groups by {by}: nothing can be held out; add other bodies"
        )
    return held


def _best_choice(frames, fraction, rng):
    """The groups of one class whose shares are nearest to the fraction, in all and by camera."""
    number = len(frames)
    orders = rng.permuted(np.tile(np.arange(number), (_draws(number), 1)), axis=1)
    reached = frames[orders].cumsum(axis=1)[:, :-1]  # frames by camera of the first groups of each order
    last = np.abs(reached.sum(axis=2) / frames.sum() - fraction).argmin(axis=1)
    held = reached[np.arange(len(orders)), last]
    too_few = np.maximum(0.0, fraction - (last + 1) / number)
    best = (_cost(held, frames.sum(axis=0), fraction) + too_few**2).argmin()
    return orders[best, : last[best] + 1]


def _cost(held, there, fraction):
    """Distance from the fraction of the shares of frames by camera ``[..., C]``, and of all frames."""
    held, there = held[..., there > 0], there[there > 0]
    by_camera = np.average((held / there - fraction) ** 2, weights=there, axis=-1)
    return by_camera + (held.sum(axis=-1) / there.sum() - fraction) ** 2


def _folds(manifest, by, k, seed):
    """The number of each row's fold."""
    fold, rng = np.zeros(len(manifest), dtype=int), np.random.default_rng(seed)
    for label, groups, own, frames in _strata(manifest, by):
        if own.size < k:
            raise ParameterError(f"{label!r} has {own.size} groups by {by}: {k} folds are too many")
        of_group = np.full(groups.max() + 1, -1)
        of_group[own] = _best_folds(frames, k, rng)
        rows = of_group[groups] >= 0
        fold[rows] = of_group[groups[rows]]
    return fold


def _best_folds(frames, k, rng):
    """Share out the groups of one class, large ones first, each to the fold that has least."""
    number, sizes, best, least = len(frames), frames.sum(axis=1), None, np.inf
    for _ in range(_draws(number)):
        fold, filled = np.empty(number, dtype=int), np.zeros((k, frames.shape[1]), dtype=int)
        for group in np.argsort(-sizes * rng.uniform(0.5, 1.5, number)):
            fold[group] = filled.sum(axis=1).argmin()
            filled[fold[group]] += frames[group]
        cost = _cost(filled, frames.sum(axis=0), 1 / k).sum()
        if cost < least:
            best, least = fold, cost
    return best
