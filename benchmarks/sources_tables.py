"""Tables of what ``sources.py`` found, every figure with its 95% interval by fields."""

from itertools import pairwise

import numpy as np
from judge_tables import Listing

from astroclassify.metrics import (
    ClusterBootstrap,
    area_under_curve,
    balanced_accuracy,
    calibration_error,
    debiased_calibration_error,
    precision_galaxy,
    precision_nsc,
    recall_galaxy,
    recall_nsc,
)
from astroclassify.stargalaxy import FLAGS

#: Bootstrap samples, and those of figures that are computed anew in each.
_DRAWS, _FEWER = 1000, 200
PERCENT, NUMBER = (".2%", ".1%"), (".4f", ".3f")
#: Figures of two classes; stars stand where the metrics say nsc: what is no galaxy.
FIGURES = {
    "recall of galaxies": (recall_galaxy, PERCENT),
    "recall of stars": (recall_nsc, PERCENT),
    "precision of galaxies": (precision_galaxy, PERCENT),
    "precision of stars": (precision_nsc, PERCENT),
    "AUROC": (area_under_curve, NUMBER),
    "ECE": (calibration_error, NUMBER),
}
MAGNITUDES = (16, 20, 21, 22, 23, 24, 24.5, 25, 25.5, 26, 26.5, 27)
REDSHIFTS = (0, 0.5, 1, 1.5, 2, 3, 8)
LATITUDES = (0, 20, 35, 50, 70, 91)
#: Edges of the signal-to-noise in i about the limit of detection.
_FAINT = (3, 4, 4.5, 5.5, 7, 10, 20, 1e9)
#: Fewer sources of a class than this make no figure.
_LEAST = 15
#: Share of the galaxies that a sample of galaxies is to hold.
COMPLETENESS = 0.99


def contamination(p_galaxy, is_galaxy):
    """Share of stars among the sources that are called galaxies where 99% of the galaxies are."""
    if not is_galaxy.any() or is_galaxy.all():
        return float("nan")
    limit = np.quantile(p_galaxy[is_galaxy], 1 - COMPLETENESS, method="lower")
    called = p_galaxy >= limit
    return float((called & ~is_galaxy).sum() / called.sum())


def all_tables(rows, best):
    """Yield every table that the answers allow."""
    methods = [name.removeprefix("p ") for name in rows if name.startswith("p ") and "+" not in name]
    known = np.isin(rows["truth"], ("star", "galaxy"))
    judge = Judge({name: column[known] for name, column in rows.items()})
    yield judge.overall(methods)
    yield judge.limits(best)
    yield judge.contaminations(methods)
    yield judge.binned(best, "magnitude", MAGNITUDES, "By i magnitude")
    yield judge.faint(methods)
    yield judge.binned(best, "latitude", LATITUDES, "By galactic latitude (degrees)")
    if f"p {best} + field's prior" in rows:
        yield judge.binned(
            f"{best} + field's prior", "latitude", LATITUDES, "The same with the prior of the field"
        )
    yield judge.kinds(best)
    yield judge.redshifts(best)
    yield judge.fusion(methods, best)
    yield of_quasars(rows, best)


class Judge:
    """The stars and galaxies, and the bootstrap of their fields."""

    def __init__(self, rows):
        self.rows, self.is_galaxy = rows, rows["truth"] == "galaxy"
        self.samples = ClusterBootstrap(rows["field"], draws=_DRAWS)
        self.fewer = ClusterBootstrap(rows["field"], draws=_FEWER)

    def p(self, method):
        """Probabilities of a method."""
        return self.rows[f"p {method}"]

    def enough(self, where):
        """Whether there are enough sources of both classes."""
        return min((where & self.is_galaxy).sum(), (where & ~self.is_galaxy).sum()) >= _LEAST

    def figure(self, metric, style, method, where):
        """One cell."""
        sums = metric not in (area_under_curve, contamination, debiased_calibration_error)
        samples = self.samples if sums else self.fewer
        return samples.estimate(metric, self.p(method), self.is_galaxy, where=where).text(*style)

    def row(self, name, method, where):
        """A row of all figures, with the numbers of both classes."""
        galaxies, stars = (where & self.is_galaxy).sum(), (where & ~self.is_galaxy).sum()
        cells = [self.figure(metric, style, method, where) for metric, style in FIGURES.values()]
        return [name, str(galaxies), str(stars), *cells]

    def overall(self, methods):
        """All methods on all sources."""
        everything = np.ones(len(self.is_galaxy), bool)
        fields = len(np.unique(self.rows["field"]))
        rows = [self.row(name, name, everything) for name in methods]
        return Listing(f"All stars and galaxies of {fields} unseen fields", [["method", *_HEAD], *rows])

    def limits(self, best):
        """Samples limited in magnitude."""
        rows = [
            self.row(f"i < {limit}", best, self.rows["magnitude"] < limit)
            for limit in (22, 23, 24, 25, 26)
            if self.enough(self.rows["magnitude"] < limit)
        ]
        return Listing(f"{best}: samples limited in (true) i magnitude", [["sample", *_HEAD], *rows])

    def contaminations(self, methods):
        """Stellar contamination at fixed completeness, magnitude by magnitude."""
        rows = []
        for (low, high), where in self.bins("magnitude", MAGNITUDES):
            values = [contamination(self.p(name)[where], self.is_galaxy[where]) for name in methods]
            cells = [self.figure(contamination, PERCENT, name, where) for name in methods]
            if "trees" in methods:
                trees = values[methods.index("trees")]
                cells = [
                    f"{cell} [{trees / value:.1f}x]" if value > 0 and name != "trees" else cell
                    for cell, value, name in zip(cells, values, methods, strict=True)
                ]
            rows.append([f"{low:g} to {high:g}", str(where.sum()), *cells])
        title = "Stars among what is called galaxy where 99% of the galaxies are [times less than trees]"
        return Listing(title, [["i (mag)", "sources", *methods], *rows])

    def bins(self, column, edges):
        """Bins of a number that hold enough of both classes."""
        values = self.rows[column]
        for low, high in pairwise(edges):
            where = (np.abs(values) if column == "latitude" else values) >= low
            where &= (np.abs(values) if column == "latitude" else values) < high
            if self.enough(where):
                yield (low, high), where

    def binned(self, method, column, edges, title):
        """All figures in bins of a number."""
        rows = [
            [*self.row(f"{low:g} to {high:g}", method, where), self.unbiased(method, where)]
            for (low, high), where in self.bins(column, edges)
        ]
        return Listing(f"{method}: {title}", [[column, *_HEAD, "ECE without chance"], *rows])

    def unbiased(self, method, where):
        """The calibration error without what chance adds."""
        p, truth, groups = (one[where] for one in (self.p(method), self.is_galaxy, self.rows["field"]))
        return f"{debiased_calibration_error(p, truth, groups=groups):.4f}"

    def faint(self, methods):
        """Balanced accuracy about the limit of detection in i."""
        rows = []
        for (low, high), where in self.bins("snr_i", _FAINT):
            cells = [self.figure(balanced_accuracy, PERCENT, name, where) for name in methods]
            middle = np.nanmedian(self.rows["magnitude"][where])
            rows.append([f"{low:g} to {high:g}", f"{middle:.2f}", str(where.sum()), *cells])
        title = "Balanced accuracy by signal-to-noise in i"
        return Listing(title, [["S/N in i", "median i", "sources", *methods], *rows])

    def kinds(self, best):
        """Recall of groups that are hard: pairs, saturated stars, binaries, compact galaxies."""
        rows = [
            [name, str(where.sum()), self.recall(best, where), self.recall("trees", where)]
            for name, where in self.groups().items()
            if where.sum() >= _LEAST
        ]
        return Listing(
            f"Recall of hard sources: {best} and trees", [["sources", "number", best, "trees"], *rows]
        )

    def recall(self, method, where):
        """Share of some sources that is called what they are."""
        if f"p {method}" not in self.rows:
            return "-"
        right = ((self.p(method) >= 0.5) == self.is_galaxy).astype(float)
        return self.samples.mean(np.where(where, right, np.nan), bounds=(0, 1)).text(*PERCENT)

    def groups(self):
        """Groups of sources by what makes them hard."""
        rows, star, galaxy = self.rows, ~self.is_galaxy, self.is_galaxy
        near, binary = rows["neighbour"] < 1.0, rows["kind"] == "binary"
        saturated = (rows["flag"].astype(int) & FLAGS["saturated"]) > 0
        found = {
            "stars with a neighbour within 1 arcsec": star & near,
            "galaxies with a neighbour within 1 arcsec": galaxy & near,
            "stars with 10% or more foreign light": star & (rows["blend"] >= 0.1),
            "galaxies with 10% or more foreign light": galaxy & (rows["blend"] >= 0.1),
            "saturated stars": star & saturated,
            "single stars": star & (rows["kind"] == "single"),
            "binaries closer than half a point's width": binary & (rows["separation"] < 0.5 * rows["point"]),
            "binaries, half to one width": binary
            & (rows["separation"] >= 0.5 * rows["point"])
            & (rows["separation"] < rows["point"]),
            "binaries wider than a point": binary & (rows["separation"] >= rows["point"]),
        }
        kinds = [kind for kind in np.unique(rows["kind"][galaxy]) if kind]
        return found | {f"galaxies: {kind}": galaxy & (rows["kind"] == kind) for kind in kinds}

    def redshifts(self, best):
        """Recall of galaxies by redshift."""
        rows = []
        for low, high in pairwise(REDSHIFTS):
            where = self.is_galaxy & (self.rows["redshift"] >= low) & (self.rows["redshift"] < high)
            if where.sum() >= _LEAST:
                rows.append(
                    [
                        f"{low:g} to {high:g}",
                        str(where.sum()),
                        self.recall(best, where),
                        self.recall("trees", where),
                    ]
                )
        return Listing("Recall of galaxies by redshift", [["redshift", "galaxies", best, "trees"], *rows])

    def fusion(self, methods, best):
        """By how much the best is more often right than each other method."""
        right = {name: ((self.p(name) >= 0.5) == self.is_galaxy).astype(float) for name in methods}
        rows = []
        for name in methods:
            if name != best:
                estimate, chance = self.samples.difference(right[best] - right[name])
                rows.append([name, estimate.text("+.2%"), f"{chance:.3g}"])
        return Listing(f"How much more often {best} is right", [["than", "difference", "p value"], *rows])


_HEAD = ["galaxies", "stars", *FIGURES]


def of_quasars(rows, best):
    """What quasars, of which no method has a class, are called."""
    where = rows["truth"] == "quasar"
    samples = ClusterBootstrap(rows["field"], draws=_DRAWS)
    cells = []
    for low, high in ((14, 22), (22, 24), (24, 26), (26, 30)):
        here = where & (rows["magnitude"] >= low) & (rows["magnitude"] < high)
        if here.any():
            point = np.where(here, (rows[f"p {best}"] < 0.5).astype(float), np.nan)
            share = samples.mean(point, bounds=(0, 1)).text(*PERCENT)
            cells.append([f"{low} to {high}", str(here.sum()), share])
    return Listing("Quasars: the share that is called star", [["i (mag)", "quasars", best], *cells])
