"""Scores of detections: COCO's own program is the reference; what the definitions promise."""

import contextlib
import io

import numpy as np
import pytest
from astropy.table import Table

from astroclassify.core import ParameterError
from astroclassify.metrics import COCO_OVERLAPS, score_detections

NAMES = ("class", "score", "x_min", "x_max", "y_min", "y_max")
CLASSES = ("galaxy", "nebula", "star cluster")


def table(*rows):
    return Table(rows=list(rows), names=NAMES) if rows else Table({name: np.zeros(0) for name in NAMES})


def random_images(seed, number=25):
    """Boxes, and detections near most of them, of some wrong classes, and others nowhere near."""
    rng = np.random.default_rng(seed)
    found, truth = [], []
    for _ in range(number):
        count = int(rng.integers(0, 6))
        corner, sides = rng.uniform(0, 200, (count, 2)), rng.uniform(4, 60, (count, 2))
        boxes = np.stack(
            [corner[:, 0], corner[:, 0] + sides[:, 0], corner[:, 1], corner[:, 1] + sides[:, 1]], 1
        )
        labels = rng.choice(CLASSES, count)
        truth.append(_table(labels, np.ones(count), boxes))
        again = np.repeat(np.arange(count), rng.integers(0, 3, count))
        shaken = boxes[again] + rng.normal(0, 0.08, (len(again), 4)) * np.repeat(sides, 2, axis=1)[again]
        wild = np.sort(rng.uniform(0, 250, (3, 2, 2)), axis=2).reshape(3, 4)
        swapped = np.where(rng.random(len(again)) < 0.2, rng.choice(CLASSES, len(again)), labels[again])
        every = np.concatenate([shaken, wild])
        found.append(
            _table(np.append(swapped, rng.choice(CLASSES, 3)), np.round(rng.random(len(every)), 2), every)
        )
    return found, truth


def _table(labels, scores, boxes):
    columns = dict(zip(NAMES[2:], boxes.T, strict=True))
    return Table({"class": labels.astype(str), "score": scores} | columns)


def reference(found, truth, sizes=None):
    """Average precisions of COCO's own program, [overlap, recall, class, area, most]."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def entries(tables, extra):
        return [
            {
                "image_id": n + 1,
                "category_id": CLASSES.index(row["class"]) + 1,
                "bbox": [
                    float(row["x_min"]),
                    float(row["y_min"]),
                    float(row["x_max"] - row["x_min"]),
                    float(row["y_max"] - row["y_min"]),
                ],
                "area": float((row["x_max"] - row["x_min"]) * (row["y_max"] - row["y_min"])),
            }
            | extra(row)
            for n, each in enumerate(tables)
            for row in each
        ]

    with contextlib.redirect_stdout(io.StringIO()):
        there = COCO()
        annotations = entries(truth, lambda row: {"iscrowd": 0})
        there.dataset = {
            "info": {},
            "images": [{"id": n + 1} for n in range(len(truth))],
            "categories": [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)],
            "annotations": [{"id": n + 1} | each for n, each in enumerate(annotations)],
        }
        there.createIndex()
        run = COCOeval(
            there, there.loadRes(entries(found, lambda row: {"score": float(row["score"])})), "bbox"
        )
        if sizes:
            run.params.areaRng, run.params.areaRngLbl = [[sizes[0] ** 2, sizes[1] ** 2]], ["chosen"]
        run.evaluate()
        run.accumulate()
    return run.eval["precision"][..., 0, -1]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sizes", [None, (16.0, 40.0)])
def test_average_precision_is_that_of_coco(seed, sizes):
    found, truth = random_images(seed)
    expected = reference(found, truth, sizes)
    scores = score_detections(found, truth, **({"sizes": sizes} if sizes else {}))
    assert scores.map50 == pytest.approx(expected[0].mean(), abs=1e-12)
    assert scores.map50_95 == pytest.approx(expected.mean(), abs=1e-12)
    for name, value in scores.average_precision.items():
        assert value == pytest.approx(expected[0, :, CLASSES.index(name)].mean(), abs=1e-12)


def test_overlaps_are_those_of_coco():
    assert pytest.approx(np.arange(0.5, 0.96, 0.05)) == COCO_OVERLAPS


def test_finding_everything_exactly_is_perfect():
    _, truth = random_images(1)
    scores = score_detections(truth, truth)
    assert (scores.precision, scores.recall, scores.f1, scores.map50_95) == (1, 1, 1, 1)


def test_the_threshold_leaves_out_what_lowers_f1():
    true = table(("nebula", 1.0, 0, 10, 0, 10), ("nebula", 1.0, 20, 30, 0, 10))
    found = table(
        ("nebula", 0.9, 0, 10, 0, 10), ("nebula", 0.6, 20, 30, 0, 10), ("nebula", 0.2, 70, 80, 0, 10)
    )
    scores = score_detections([found], [true])
    assert (scores.f1, scores.threshold, scores.recall) == (1.0, 0.6, 1.0)


def test_detections_of_one_score_are_taken_together():
    true = table(("nebula", 1.0, 0, 10, 0, 10))
    found = table(("nebula", 0.5, 0, 10, 0, 10), ("nebula", 0.5, 70, 80, 0, 10))
    scores = score_detections([found], [true])
    assert (scores.precision, scores.recall) == (0.5, 1.0)


def test_a_wrong_class_is_wrong_unless_classes_do_not_count():
    true, found = table(("galaxy", 1.0, 0, 10, 0, 10)), table(("nebula", 0.9, 0, 10, 0, 10))
    assert score_detections([found], [true]).f1 == 0
    assert score_detections([found], [true], by_class=False).f1 == 1


def test_a_second_box_on_one_body_is_wrong():
    true = table(("galaxy", 1.0, 0, 10, 0, 10))
    found = table(("galaxy", 0.9, 0, 10, 0, 10), ("galaxy", 0.9, 0, 10, 0, 10.5))
    assert score_detections([found], [true]).precision == 0.5


def test_bodies_out_of_range_are_neither_right_nor_wrong():
    true = table(("galaxy", 1.0, 0, 100, 0, 100), ("galaxy", 1.0, 200, 210, 0, 10))
    found = table(("galaxy", 0.9, 0, 100, 0, 100), ("galaxy", 0.8, 200, 210, 0, 10))
    scores = score_detections([found], [true], sizes=(16, np.inf))
    assert (scores.precision, scores.recall, scores.objects) == (1, 1, 1)


def test_nothing_found_has_no_recall_and_nothing_there_no_score():
    true = table(("galaxy", 1.0, 0, 10, 0, 10))
    assert score_detections([table()], [true]).recall == 0
    assert np.isnan(score_detections([true], [table()]).map50)


def test_different_numbers_of_images_are_refused():
    with pytest.raises(ParameterError, match="2 images, and the truth of 1"):
        score_detections([table(), table()], [table()])
