"""How well are bodies found in wide images? ``python benchmarks/detection.py --kept FOLDER``.

Every registered detector looks at the same images, which none of them has learnt from:

* *simulated*: wide fields of all cameras with drawn bodies (fixed seed), ``--count`` of them;
* *real bodies* (``--pictures FOLDER``, as for ``semireal.py``): fields of pictures of real bodies, none of
  which any training has seen;
* *photographs* (``--photographs FOLDER``: ``labels.csv`` with file, label and subclass): pictures of
  one body each, without boxes. Does the surest box hold the middle of the picture, and is its class right?

Precision, recall and F1 are at the best threshold, at an overlap (intersection over union) of 0.5, of 0.3 for
detectors that make boxes of heat maps; the class must be right, except in the column *place*. Bodies of
16 pixels and more count; those of 8 to 16 pixels stand in a column of their own. What was found is kept in
FOLDER, so that a run that was stopped goes on; ``--rst`` writes the table.
"""

import argparse
import json
import time
import warnings
from importlib.resources import files
from pathlib import Path

import numpy as np
from astropy.table import Table

SEED, SHAPE = 20_190, (608, 608)
COUNT, REAL_COUNT = 1000, 200
#: Detectors that make boxes of heat maps are judged at a smaller overlap.
HEAT_MAPS, OVERLAP, HEAT_MAP_OVERLAP = ("heatmap", "xrai"), 0.5, 0.3
LEAST, SMALL, LARGE = 0.02, (8.0, 16.0), (16.0, np.inf)
BOTH = {"nebula+cluster": ("nebula", "star cluster")}
COLUMNS = ("class", "score", "x_min", "x_max", "y_min", "y_max")
#: Models whose weights a detector uses: the default one says what lies in boxes that are only places.
WEIGHTS = {"yolo": ("fieldnet", "default"), "xrai": ("default", "patchnet-presence")} | dict.fromkeys(
    ("segmentation", "starless", "heatmap"), ("default",)
)
#: Weights that are no model's, by detector: of the networks that remove stars, and that look again.
_AGAIN = "data/boxnet.safetensors"
FILES = {"starless": ("data/starless.safetensors", _AGAIN)} | dict.fromkeys(("xrai", "heatmap"), (_AGAIN,))


def main():
    """Look at all images with all detectors, and print the tables."""
    from astroclassify.core import AstroclassifyWarning
    from astroclassify.detect import DETECTORS

    chosen = _parser().parse_args()
    warnings.simplefilter("ignore", AstroclassifyWarning)
    names = chosen.detectors or [name for name in DETECTORS if not name.startswith("my-")]
    tables = []
    if chosen.count:
        tables.append(_fields_table("simulated", names, chosen, chosen.count, {"pictures": ()}))
    if chosen.pictures:
        from astroclassify.training.detection import picture_bodies

        bodies = picture_bodies(chosen.pictures, held=True)
        settings = {"pictures": bodies, "real": 1.0}
        tables.append(_fields_table("real bodies", names, chosen, chosen.real_count, settings))
    if chosen.photographs:
        tables.append(_photographs_table(names, chosen))
    text = "\n\n".join("\n".join(table) for table in tables)
    print(text)
    if chosen.rst:
        chosen.rst.write_text(text + "\n")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", type=Path, required=True, help="folder of what was found")
    parser.add_argument("--count", type=int, default=COUNT, help="simulated fields")
    parser.add_argument("--slow-count", type=int, default=COUNT, help="fields for those that use heat maps")
    parser.add_argument("--slow-photographs", type=int, help="photographs for these; by default all")
    parser.add_argument("--real-count", type=int, default=REAL_COUNT, help="fields of real bodies")
    parser.add_argument("--detectors", nargs="*", help="names; by default all that are registered")
    parser.add_argument("--pictures", type=Path, help="folder of labelled pictures of real bodies")
    parser.add_argument("--photographs", type=Path, help="folder of labelled photographs of one body each")
    parser.add_argument("--rst", type=Path, help="file for the tables")
    return parser


# What is found ----------------------------------------------------------------------------------------


class Kept:
    """What a detector found, a line for each image, in a file."""

    def __init__(self, path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = {row["image"]: row for row in map(json.loads, lines)}

    def add(self, image, seconds, table):
        """Keep what was found in an image, and how long it took."""
        rows = [[str(row["class"]), *(round(float(row[name]), 4) for name in COLUMNS[1:])] for row in table]
        self.rows[image] = {"image": image, "seconds": round(seconds, 4), "found": rows}
        with self.path.open("a") as file:
            file.write(json.dumps(self.rows[image]) + "\n")

    def table(self, image):
        """What was found in an image."""
        found = self.rows[image]["found"]
        return Table(rows=found, names=COLUMNS) if found else Table({name: np.zeros(0) for name in COLUMNS})


def look(name, image, kept, key):
    """Search an image, unless that has been done."""
    from astroclassify.detect import DETECTORS, detect

    if key in kept.rows:
        return
    options = {"least": LEAST} if "least" in DETECTORS[name].options() else {}
    start = time.perf_counter()
    found = detect(image, method=name, identify=False, **options)
    kept.add(key, time.perf_counter() - start, found)


def _size_of(name):
    """Megabytes of the weights that a detector uses, and a dash where it is not known."""
    from astroclassify.core import conf
    from astroclassify.models import MODELS, locate_weights

    models = [conf.default_model if model == "default" else model for model in WEIGHTS.get(name, ())]
    sizes = [locate_weights(MODELS[model])[0].stat().st_size for model in models]
    if name in FILES:
        sizes += [len(files("astroclassify.detect").joinpath(path).read_bytes()) for path in FILES[name]]
    return f"{sum(sizes) / 1e6:.1f}" if sizes else "-"


# Fields -------------------------------------------------------------------------------------------------


def _fields_table(kind, names, chosen, count, settings):
    from astroclassify.simulate import wide_field

    kept = {name: Kept(chosen.kept / kind.replace(" ", "_") / f"{name}.jsonl") for name in names}
    truth = []
    for number in range(count):
        rng = np.random.default_rng([SEED, len(kind), number])
        field = wide_field(rng, shape=SHAPE, starless=False, **settings)
        truth.append(field.objects)
        for name in names:
            if name not in HEAT_MAPS or number < chosen.slow_count:
                look(name, field.image, kept[name], str(number))
    boxes = sum((table["size"] >= LARGE[0]).sum() for table in truth)
    return [
        f"{kind}: {count} images of {SHAPE[1]} x {SHAPE[0]} pixels, {boxes} bodies of 16 pixels and more",
        f"{'detector':14} {'images':>6} {'P':>5} {'R':>5} {'F1':>5} {'mAP50':>6} {'mAP50-95':>8} "
        f"{'place F1':>8} {'8-16 px R':>9} {'ms':>6} {'MB':>5}",
        *(_row(name, kept[name], truth) for name in names),
    ]


def _row(name, kept, truth):
    from astroclassify.metrics import COCO_OVERLAPS, score_detections

    looked = [number for number in range(len(truth)) if str(number) in kept.rows]
    found, truth = [kept.table(str(n)) for n in looked], [truth[n] for n in looked]
    least = HEAT_MAP_OVERLAP if name in HEAT_MAPS else OVERLAP
    overlaps = (least, *(each for each in COCO_OVERLAPS if each > least))
    scores = score_detections(found, truth, overlaps=overlaps, sizes=LARGE)
    place = score_detections(found, truth, overlaps=(least,), sizes=LARGE, by_class=False)
    sure = [table[np.asarray(table["score"], float) >= scores.threshold] for table in found]
    recall = _recall_of_small(sure, truth, least)
    milliseconds = 1e3 * np.median([row["seconds"] for row in kept.rows.values()])
    return (
        f"{name:14} {len(looked):6} {scores.precision:5.2f} {scores.recall:5.2f} {scores.f1:5.2f} "
        f"{scores.map50:6.2f} {scores.map50_95:8.2f} {place.f1:8.2f} {recall:9.2f} "
        f"{milliseconds:6.0f} {_size_of(name):>5}"
    )


def _recall_of_small(sure, truth, least):
    """Of small bodies, how many are found above the threshold of the large ones, with the right class."""
    from astroclassify.metrics import box_edges, box_overlaps

    hits = number = 0
    for table, objects in zip(sure, truth, strict=True):
        for body in objects[(objects["size"] >= SMALL[0]) & (objects["size"] < SMALL[1])]:
            same = table[np.asarray(table["class"]).astype(str) == str(body["class"])]
            edges, here = box_edges(same), box_edges(body)
            hits += bool(len(edges)) and bool(box_overlaps(here, edges).max() >= least)
            number += 1
    return hits / max(number, 1)


# Photographs --------------------------------------------------------------------------------------------


def _photographs_table(names, chosen):
    from astroclassify.datasets import read_labels

    rows = read_labels(chosen.photographs / "labels.csv")
    lines = [
        f"photographs: {len(rows)} of one body each, no boxes",
        f"{'detector':14} {'images':>6} {'found':>6} {'galaxy or nsc right':>20} {'class right':>12} "
        f"{'ms':>6}",
    ]
    for name in names:
        kept = Kept(chosen.kept / "photographs" / f"{name}.jsonl")
        some = rows[: chosen.slow_photographs] if name in HEAT_MAPS else rows
        told = [_of_photograph(name, chosen.photographs / row["file"], row, kept) for row in some]
        found = [each for each in told if each[0]]
        shares = [np.mean([each[k] for each in found]) if found else np.nan for k in (1, 2)]
        milliseconds = 1e3 * np.median([row["seconds"] for row in kept.rows.values()])
        lines.append(
            f"{name:14} {len(some):6} {len(found) / len(some):6.1%} {shares[0]:20.1%} {shares[1]:12.1%} "
            f"{milliseconds:6.0f}"
        )
    return lines


def _of_photograph(name, path, row, kept):
    """Whether the surest box holds the middle, and whether its class is right, roughly and exactly."""
    from PIL import Image

    look(name, path, kept, path.name)
    found = kept.table(path.name)
    with Image.open(path) as picture:
        x, y = ((side - 1) / 2 for side in picture.size)
    if not len(found):
        return False, False, False
    best = found[int(np.argmax(found["score"]))]
    holds = best["x_min"] <= x <= best["x_max"] and best["y_min"] <= y <= best["y_max"]
    label = str(best["class"])
    rough = ("galaxy" if label == "galaxy" else "nsc") == row["label"]
    return bool(holds), rough, label in BOTH.get(row["subclass"], (row["subclass"],))


if __name__ == "__main__":
    main()
