"""Reports on lists: contents, metadata-only baselines, repeated frames, leakage."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from astropy.table import Table

from astroclassify.core import ParameterError
from astroclassify.datasets._bodies import resolve_body
from astroclassify.datasets._grouping import canonical_bodies, visits
from astroclassify.datasets._leakage import Leakage, find_leakage
from astroclassify.datasets._manifest import check_manifest
from astroclassify.metrics import ClusterBootstrap, wilson_interval

#: Columns that a rule may look at, alone or together.
_RULES = (("Instrument",), ("Filter",), ("Instrument", "Filter"), ("HDU Index",))
_LARGEST = 3
#: Arcminutes that the middle of a frame may lie off a body that its corner still shows.
_CHIP = 2.0


@dataclass(frozen=True, eq=False)
class ManifestReport:
    """
    The report of a list.

    Parameters
    ----------
    name : str
        Name of the list.
    frames, exposures, visits : int
        How many.
    bodies : astropy.table.Table
        One row for each body, by label and number of frames: ``body`` (as listed), ``known as``, ``label``,
        ``frames``, ``visits``, ``share`` of its label's frames, ``instruments``, ``outside`` (frames whose
        middle is more than half a chip beyond the body's catalogue size).
    counts : astropy.table.Table
        ``column``, ``value``, then a number of frames for each label, and ``total``.
    rules : astropy.table.Table
        Rules that look at no pixel, the best first: ``rule`` (the columns it looks at), ``accuracy`` of the
        best such rule on this list, ``unseen`` (its accuracy on bodies that it was not made from), its 95%
        intervals when bodies, visits or frames are drawn again (``body low``, ``body high``, ...; NaN of
        one body or visit), and ``says`` (its answers).
    repeats : astropy.table.Table
        ``what``, ``frames``: rows that list a frame again, and frames that look the same way in the same
        band, visit and chip as an earlier one.
    intervals : astropy.table.Table
        ``drawn``, ``number``, ``low``, ``high``: what the accuracy that was asked about may be worth.
    leakage : dict
        Name of another list to `Leakage`.
    """

    name: str
    frames: int
    exposures: int
    visits: int
    bodies: Table
    counts: Table
    rules: Table
    repeats: Table
    intervals: Table
    leakage: dict[str, Leakage] = field(default_factory=dict)

    def largest(self, label, number=_LARGEST):
        """
        Say how much of a class comes from its largest fields.

        Parameters
        ----------
        label : str
            A label of the list.
        number : int, default 3
            How many fields.

        Returns
        -------
        names : tuple of str
            The bodies, the one with most frames first.
        frames, total : int
            How many frames they have, and the class has.

        Raises
        ------
        ParameterError
            If no frame has the label.
        """
        own = self.bodies[self.bodies["label"] == label]
        if not len(own):
            raise ParameterError(f"{self.name}: no frame is labelled {label!r}")
        chosen = own[:number]
        return tuple(map(str, chosen["body"])), int(chosen["frames"].sum()), int(own["frames"].sum())


def report_manifest(manifest, *, name=None, others=None, accuracy=None, draws=2000, rng=0):
    """
    Report on a list from its metadata alone.

    Parameters
    ----------
    manifest : astropy.table.Table
        The list, as of `read_manifest`.
    name : str, optional
        What to call it; by default what it was read from.
    others : dict, optional
        Further lists by name, compared with this one.
    accuracy : float, optional
        A published accuracy on this list, 0 to 1, whose intervals are asked for.
    draws : int, default 2000
        Draws of the bootstrap.
    rng : int or numpy.random.Generator, default 0
        Of the draws.

    Returns
    -------
    ManifestReport
        The report.

    Raises
    ------
    ParameterError
        If the list is empty, or the accuracy out of range.
    ReadError
        If a row is wrong.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.datasets import MANIFEST_COLUMNS, report_manifest
    >>> rows = [("M31", "ACS/WFC", "jaaa01abq", "F606W", 10.68, 41.27, 1, "galaxy"),
    ...         ("M13", "WFC3/UVIS", "iaaa01abq", "F606W", 250.42, 36.46, 1, "nsc")]
    >>> found = report_manifest(Table(rows=rows, names=MANIFEST_COLUMNS), name="two frames")
    >>> print(found.frames, found.visits, found.rules["rule"][0], found.rules["says"][0], sep="; ")
    2; 2; Instrument; ACS/WFC: galaxy, WFC3/UVIS: nsc
    """
    if not len(manifest):
        raise ParameterError("the list is empty: there is nothing to report")
    manifest = check_manifest(manifest)
    bodies, visit = canonical_bodies(manifest), visits(manifest)
    return ManifestReport(
        name=name or str(manifest.meta.get("source", "the list")),
        frames=len(manifest),
        exposures=len({str(obsid).lower() for obsid in manifest["OBSID"]}),
        visits=len(set(visit)),
        bodies=_body_table(manifest, bodies, visit),
        counts=_count_table(manifest),
        rules=_rule_table(manifest, bodies, visit, draws, rng),
        repeats=_repeat_table(manifest, visit),
        intervals=_interval_table(accuracy, len(manifest), len(set(visit)), len(set(bodies))),
        leakage={other: find_leakage(manifest, table) for other, table in (others or {}).items()},
    )


def _body_table(manifest, bodies, visit):
    labels = np.asarray(manifest["Label"], dtype=str)
    of_label, rows = Counter(labels.tolist()), []
    for body, label in sorted(set(zip(bodies.tolist(), labels.tolist(), strict=True))):
        own = (bodies == body) & (labels == label)
        listed = Counter(manifest["ID"][own].tolist()).most_common()
        frames = int(own.sum())
        rows.append(
            {
                "body": ", ".join(str(name) for name, _ in listed),
                "known as": body if resolve_body(body) else "",
                "label": label,
                "frames": frames,
                "visits": len(set(visit[own])),
                "share": frames / of_label[label],
                "instruments": ", ".join(sorted(set(manifest["Instrument"][own]))),
                "outside": _outside(manifest[own], body),
            }
        )
    return Table(rows=sorted(rows, key=lambda row: (row["label"], -row["frames"], row["body"])))


def _outside(frames, name):
    body = resolve_body(name)
    if body is None:
        return 0
    return int(np.sum(body.separation(frames["RA"], frames["DEC"]) > body.diameter / 2 + _CHIP))


def _count_table(manifest):
    labels = np.asarray(manifest["Label"], dtype=str)
    rows = []
    for column in ("Instrument", "Filter", "HDU Index"):
        values = np.asarray(manifest[column]).astype(str)
        for value in np.unique(values):
            own = Counter(labels[values == value].tolist())
            counted = {label: own[label] for label in sorted(set(labels.tolist()))}
            rows.append({"column": column, "value": value, **counted, "total": own.total()})
    return Table(rows=rows)


def _rule_table(manifest, bodies, visit, draws, rng):
    labels = np.asarray(manifest["Label"], dtype=str)
    drawn = {"body": bodies, "visit": visit, "frame": np.arange(len(manifest))}
    drawn = {what: ClusterBootstrap(groups, draws=draws, rng=rng) for what, groups in drawn.items()}
    rows = []
    for columns in _RULES:
        values = np.array(
            [" ".join(map(str, row)) for row in zip(*(manifest[c] for c in columns), strict=True)]
        )
        answers, unseen = _rule(values, labels, bodies)
        row = {"rule": " + ".join(columns), "accuracy": np.mean(answers == labels), "unseen": unseen}
        for what, bootstrap in drawn.items():
            share = bootstrap.mean(answers == labels, bounds=(0, 1))
            row |= {f"{what} low": share.low, f"{what} high": share.high}
        said = dict(zip(values.tolist(), answers.tolist(), strict=True))
        row["says"] = ", ".join(f"{value}: {said[value]}" for value in sorted(said))
        rows.append(row)
    table = Table(rows=rows)
    return table[np.argsort(-table["accuracy"], kind="stable")]


def _rule(values, labels, bodies):
    """The metadata-only baseline: for each value the majority label, and its accuracy on bodies left out."""
    names, value = np.unique(values, return_inverse=True)
    classes, label = np.unique(labels, return_inverse=True)
    counted = np.zeros((names.size, classes.size), dtype=int)
    np.add.at(counted, (value, label), 1)
    right = 0
    for body in np.unique(bodies):
        own = bodies == body
        others = counted.copy()
        np.subtract.at(others, (value[own], label[own]), 1)
        # A value that no other body has says nothing: the most frequent class is the guess.
        others[others.sum(axis=1) == 0] = others.sum(axis=0)
        right += np.sum(others.argmax(axis=1)[value[own]] == label[own])
    return classes[counted.argmax(axis=1)[value]], right / labels.size


def _repeat_table(manifest, visit):
    frames = list(zip(np.char.lower(manifest["OBSID"].astype(str)), manifest["HDU Index"], strict=True))
    positions = (np.round(np.asarray(manifest[name]), 4) for name in ("RA", "DEC"))  # 0.4 arcseconds
    views = list(zip(visit, manifest["Filter"], manifest["HDU Index"], *positions, strict=True))
    return Table(
        {
            "what": ["listed again", "same view as an earlier frame"],
            "frames": [len(frames) - len(set(frames)), len(views) - len(set(views))],
        }
    )


def _interval_table(accuracy, frames, visit, bodies):
    drawn = {"bodies": bodies, "visits": visit, "frames": frames}
    limits = [] if accuracy is None else [wilson_interval(accuracy, number) for number in drawn.values()]
    rows = [(what, n, *limit) for (what, n), limit in zip(drawn.items(), limits, strict=False)]
    return Table(rows=rows or None, names=("drawn", "number", "low", "high"), dtype=("str", "i8", "f8", "f8"))
