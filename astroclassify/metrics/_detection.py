"""How good detections are: precision, recall, F1 and average precision, as defined by the COCO challenge."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.metrics._boxes import box_edges, box_overlaps, box_sides

#: Overlaps (intersection over union) over which mAP50-95 is averaged (tuple of float).
COCO_OVERLAPS = tuple(np.round(np.arange(0.5, 1.0, 0.05), 2).tolist())
#: Recalls at which precision is read off its envelope; and how many detections of an image and class count.
_RECALLS, _MOST = np.linspace(0, 1, 101), 100
_ANY = "any class"


@dataclass(frozen=True)
class DetectionScores:
    """
    Precision, recall, F1 and average precision of detections.

    Parameters
    ----------
    precision, recall, f1 : float
        At the score above which F1 is highest, at the first of the overlaps, classes together: a detection is
        right if its class is too. NaN where nothing is to be found.
    threshold : float
        That score.
    average_precision : mapping of str to float
        Of each class that is to be found, at the first of the overlaps.
    map50 : float
        Their mean.
    map50_95 : float
        The mean over the overlaps too.
    objects, detections : int
        How many are to be found, and how many were found, sizes out of range left out.

    Examples
    --------
    >>> from astroclassify.metrics import DetectionScores
    >>> scores = DetectionScores(0.8, 0.5, 0.62, 0.4, {"galaxy": 0.6, "nebula": 0.4}, 0.5, 0.3, 120, 75)
    >>> f"mAP50 {scores.map50:.2f} of {scores.objects} objects"
    'mAP50 0.50 of 120 objects'
    """

    precision: float
    recall: float
    f1: float
    threshold: float
    average_precision: Mapping[str, float]
    map50: float
    map50_95: float
    objects: int
    detections: int


def score_detections(found, truth, *, overlaps=COCO_OVERLAPS, sizes=(0.0, np.inf), by_class=True):
    """
    Score detections in images against the true objects.

    Parameters
    ----------
    found : sequence of table
        For each image the columns ``class``, ``score`` and the edges of boxes, ``x_min``, ``x_max``,
        ``y_min``, ``y_max``, in one unit.
    truth : sequence of table
        For each image the same columns without ``score``.
    overlaps : sequence of float, default 0.5, 0.55 ... 0.95
        Intersections over union from which on a box is right; the first one counts for all but ``map50_95``.
    sizes : tuple of float, default (0, infinity)
        Geometric means of the sides. Boxes outside this range are left out: finding them is neither right nor
        wrong.
    by_class : bool, default True
        Whether the class must be right; otherwise all are taken for one.

    Returns
    -------
    DetectionScores
        The scores.

    Raises
    ------
    ParameterError
        If there are not as many images in both.

    Notes
    -----
    Detections of an image, of one class, the surest first, each take the free true box that they overlap
    most. Average precision is the mean of the precisions at 101 recalls, each the best at this recall or a
    higher one. These are the rules of the COCO challenge (Lin et al. 2014, arXiv:1405.0312), with at most 100
    detections of an image and class.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.metrics import score_detections
    >>> names = ("class", "score", "x_min", "x_max", "y_min", "y_max")
    >>> found = Table(rows=[("galaxy", 0.9, 0, 10, 0, 10), ("galaxy", 0.4, 50, 60, 0, 9)], names=names)
    >>> scores = score_detections([found], [found[:1]])
    >>> scores.f1, scores.threshold, scores.map50
    (1.0, 0.9, 1.0)
    """
    if len(found) != len(truth):
        raise ParameterError(f"there are detections of {len(found)} images, and the truth of {len(truth)}")
    boxes = [[_boxes(each, by_class) for each in tables] for tables in (found, truth)]
    images = list(zip(*boxes, strict=True))
    names = sorted({name for _, there in images for name in there})
    others = sorted({name for here, _ in images for name in here} - set(names))
    matched = {
        name: [_matched(*_of(image, name), overlaps, sizes) for image in images] for name in names + others
    }
    curves = {name: _Curve(parts) for name, parts in matched.items()}
    asked = [name for name in names if curves[name].number]
    precisions = {name: curves[name].average_precisions() for name in asked}
    pooled = _Curve([part for parts in matched.values() for part in parts])
    precision, recall, f1, threshold = pooled.best()
    return DetectionScores(
        precision,
        recall,
        f1,
        threshold,
        {name: float(values[0]) for name, values in precisions.items()},
        float(np.mean([values[0] for values in precisions.values()])) if asked else np.nan,
        float(np.mean(list(precisions.values()))) if asked else np.nan,
        pooled.number,
        pooled.scores.size,
    )


def _boxes(table, by_class):
    """Edges, and scores where there are some, by class."""
    edges = box_edges(table)
    scores = np.asarray(table["score"], float) if "score" in table.colnames else np.zeros(len(edges))
    classes = np.asarray(table["class"]).astype(str) if by_class else np.full(len(edges), _ANY)
    return {name: (edges[classes == name], scores[classes == name]) for name in np.unique(classes).tolist()}


def _of(image, name):
    nothing = (np.zeros((0, 4)), np.zeros(0))
    (edges, scores), (true, _) = (boxes.get(name, nothing) for boxes in image)
    order = np.argsort(-scores, kind="stable")[:_MOST]
    return edges[order], scores[order], true


@dataclass(frozen=True)
class _Matched:
    """Detections of one class in one image: scores, whether right and whether left out, for each overlap."""

    scores: np.ndarray
    right: np.ndarray
    ignored: np.ndarray
    number: int


def _matched(edges, scores, true, overlaps, sizes):
    outside = _outside(true, sizes)
    order = np.argsort(outside, kind="stable")  # those that count are taken first
    true, outside = true[order], outside[order]
    shared = box_overlaps(edges, true)
    right = np.zeros((len(overlaps), len(scores)), bool)
    ignored = np.repeat(_outside(edges, sizes)[None], len(overlaps), axis=0)
    for k, least in enumerate(overlaps):
        taken = np.zeros(len(true), bool)
        for n, row in enumerate(shared):
            best = _best(row, taken, outside, least)
            if best is not None:
                taken[best] = True
                right[k, n], ignored[k, n] = not outside[best], outside[best]
    return _Matched(scores, right, ignored, int((~outside).sum()))


def _best(row, taken, outside, least):
    """The free true box that overlaps most; one that counts goes before any that does not."""
    for group in (~outside, outside):
        free = np.where(group & ~taken, row, -1.0)
        if free.size and free.max() >= min(least, 1 - 1e-10):
            # Of equal ones the last, as in the challenge's own program.
            return int(free.size - 1 - np.argmax(free[::-1]))
    return None


def _outside(edges, sizes):
    size = box_sides(edges)
    return (size < sizes[0]) | (size > sizes[1])


class _Curve:
    """Precision and recall of detections of many images."""

    def __init__(self, parts):
        self.number = sum(part.number for part in parts)
        scores = np.concatenate([np.zeros(0), *(part.scores for part in parts)])
        order = np.argsort(-scores, kind="stable")
        self.scores = scores[order]
        stacked = (np.concatenate([getattr(p, n) for p in parts], axis=1) for n in ("right", "ignored"))
        self._right, self._ignored = (each[:, order] for each in stacked) if parts else (None, None)

    def average_precisions(self):
        """One for each overlap."""
        return [
            self._average(right, ~ignored) for right, ignored in zip(self._right, self._ignored, strict=True)
        ]

    def _average(self, right, counts):
        recall, precision = self._rates(right, counts)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        place = np.searchsorted(recall, _RECALLS, side="left")
        return float(np.mean(np.append(envelope, 0.0)[np.minimum(place, len(envelope))]))

    def _rates(self, right, counts):
        hits, all_ = np.cumsum(right & counts), np.cumsum(counts)
        return hits / max(self.number, 1), hits / np.maximum(all_, np.spacing(1))

    def best(self):
        """Precision, recall and F1 where the last is highest, and the score there."""
        if self.number == 0:
            return (float("nan"),) * 4
        if self.scores.size == 0:
            return 0.0, 0.0, 0.0, 1.0
        recall, precision = self._rates(self._right[0], ~self._ignored[0])
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        # All detections of one score are taken or left together.
        last = np.append(self.scores[1:] < self.scores[:-1], True)
        n = int(np.argmax(np.where(last, f1, -1.0)))
        return float(precision[n]), float(recall[n]), float(f1[n]), float(self.scores[n])
