"""Leakage between two lists, such as training and test: bodies, visits and frames that both have."""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table, vstack

from astroclassify.core import ParameterError
from astroclassify.datasets._bodies import body_key, resolve_body
from astroclassify.datasets._grouping import canonical_bodies, visits

#: What two lists may share, from the least harm to the most; each comes with all before it.
LEVELS = ("body", "visit", "exposure", "frame")
_SHOWN = 5


@dataclass(frozen=True)
class Leakage:
    """
    Leakage: the bodies, visits and frames that two lists share.

    Parameters
    ----------
    bodies : tuple of str
        Bodies in both, by any name or by position, under their usual names.
    same_names : tuple of str
        Those of them that are in both by name.
    visits, exposures : tuple of str
        In both.
    frames : tuple of str
        Exposures with the number of an HDU, such as ``"iddt11fxq[1]"``, in both.
    """

    bodies: tuple[str, ...]
    same_names: tuple[str, ...]
    visits: tuple[str, ...]
    exposures: tuple[str, ...]
    frames: tuple[str, ...]

    @property
    def level(self):
        """The worst that is shared, one of ``"frame"``, ``"exposure"``, ``"visit"``, ``"body"``, or None."""
        shared = (self.bodies, self.visits, self.exposures, self.frames)
        found = [name for name, what in zip(LEVELS, shared, strict=True) if what]
        return found[-1] if found else None

    def __str__(self):
        if self.level is None:
            return "nothing: no body, visit, exposure or frame is in both"
        by_position = len(self.bodies) - len(self.same_names)
        bodies = _some(self.bodies, "body", "bodies")
        where = f", {by_position} of them by position only" if by_position else ""
        rest = (
            _some(self.visits, "visit", "visits"),
            _some(self.exposures, "exposure", "exposures"),
            _some(self.frames, "frame", "frames"),
        )
        return "; ".join([bodies + where, *(text for text in rest if text)])


def _some(names, one, many):
    """``2 bodies (M31, M33)``; nothing if there are none."""
    if not names:
        return ""
    more = ", ..." if len(names) > _SHOWN else ""
    return f"{len(names)} {one if len(names) == 1 else many} ({', '.join(names[:_SHOWN])}{more})"


def find_leakage(first, second):
    """
    Find the bodies, visits and frames that two lists share.

    Parameters
    ----------
    first, second : astropy.table.Table
        Lists, as of `read_manifest`.

    Returns
    -------
    Leakage
        Of bodies, visits, exposures and frames.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import find_leakage
    >>> train = Table({"ID": ["NGC1982"], "OBSID": ["j8dw03yeq"], "HDU Index": [1]})
    >>> test = Table({"ID": ["M43"], "OBSID": ["j8dw04abq"], "HDU Index": [1]})
    >>> print(find_leakage(train, test))
    1 body (M43)
    """
    columns = [name for name in ("ID", "RA", "DEC") if {name} <= set(first.colnames) & set(second.colnames)]
    both = vstack([_plain(first, columns), _plain(second, columns)])
    bodies = canonical_bodies(both)
    return Leakage(
        bodies=_common(bodies[: len(first)], bodies[len(first) :]),
        same_names=_common(_by_name(first), _by_name(second)),
        visits=_common(visits(first), visits(second)),
        exposures=_common(_exposures(first), _exposures(second)),
        frames=_common(_frames(first), _frames(second)),
    )


def _plain(table, columns):
    return Table({name: np.asarray(table[name]) for name in columns})


def _common(first, second):
    return tuple(sorted(set(map(str, first)) & set(map(str, second))))


def _by_name(table):
    resolved = ((name, resolve_body(name)) for name in set(table["ID"]))
    return [body.name if body else body_key(name) for name, body in resolved]


def _exposures(table):
    return [str(obsid).lower() for obsid in table["OBSID"]]


def _frames(table):
    hdus = table["HDU Index"] if "HDU Index" in table.colnames else [1] * len(table)
    return [f"{obsid}[{hdu}]" for obsid, hdu in zip(_exposures(table), hdus, strict=True)]


def check_leakage(train, test, *, allow=None):
    """
    Check that two lists do not share more than is allowed.

    Parameters
    ----------
    train, test : astropy.table.Table
        Lists, as of `read_manifest`.
    allow : {"body", "visit", "exposure", "frame"}, optional
        The worst that they may share; by default nothing. Bodies are told by all of their names
        and by position, as by `canonical_bodies`.

    Returns
    -------
    Leakage
        The leakage, which is within what is allowed.

    Raises
    ------
    ParameterError
        If they share more; the message names what.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import check_leakage
    >>> train = Table({"ID": ["M31"], "OBSID": ["j8dw03yeq"], "HDU Index": [1]})
    >>> test = Table({"ID": ["M33"], "OBSID": ["j8dw04abq"], "HDU Index": [1]})
    >>> check_leakage(train, test).level is None
    True
    """
    if allow not in (None, *LEVELS):
        raise ParameterError(f"what lists may share is one of {', '.join(LEVELS)}, or None; got {allow!r}")
    found = find_leakage(train, test)
    if found.level is not None and (allow is None or LEVELS.index(found.level) > LEVELS.index(allow)):
        raise ParameterError(
            f"the lists share {found}; what is learnt from one is no proof on the other: "
            f"split by body, or say allow={found.level!r} if it is meant"
        )
    return found
