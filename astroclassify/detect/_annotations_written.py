"""Detections as annotations: as COCO (one file of JSON) and YOLO (a text beside each image) have them."""

import json
from collections.abc import Sequence

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.detect._boxes import turned
from astroclassify.metrics import box_edges


def _boxes(found):
    """Edges of detections as both forms count them: from 0, and in a picture from its top."""
    edges = box_edges(found.boxes()) + 0.5
    return turned(edges, found.shape) if found.meta.get("from_top") else edges


def _class_names(many):
    names = [
        name for found in many for name in (*found.meta.get("classes", ()), *map(str, found.boxes()["class"]))
    ]
    return tuple(dict.fromkeys(names))


def yolo_text(many):
    """
    Write detections of one image as YOLO does, with scores.

    Parameters
    ----------
    many : sequence of Detections
        Those of the image; of several the lines follow each other.

    Returns
    -------
    str
        A line for each: number of the class in ``meta["classes"]``, middle, width and height as shares of the
        image, score.
    """
    names, lines = _class_names(many), []
    for found in many:
        for row, (x1, x2, y1, y2) in zip(
            found.boxes(), _boxes(found) / np.repeat(found.shape[::-1], 2), strict=True
        ):
            values = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, row["score"]
            lines.append(" ".join([str(names.index(row["class"])), *(f"{value:.6f}" for value in values)]))
    return "".join(f"{line}\n" for line in lines)


def coco_text(many: Sequence):
    """
    Write detections of images as one file of COCO, with scores.

    Parameters
    ----------
    many : sequence of Detections
        Of each image.

    Returns
    -------
    str
        JSON: images, annotations and categories.
    """
    if not many:
        raise ParameterError("there is no image whose detections could be written")
    names = _class_names(many)
    images, annotations = [], []
    for number, found in enumerate(many, start=1):
        rows, columns = found.shape
        file = str(found.meta.get("source", "")) or f"image{number}"
        images.append({"id": number, "file_name": file, "width": columns, "height": rows})
        for row, (x1, x2, y1, y2) in zip(found.boxes(), np.round(_boxes(found), 3).tolist(), strict=True):
            box = [x1, y1, round(x2 - x1, 3), round(y2 - y1, 3)]
            annotations.append(
                {
                    **{"id": len(annotations) + 1, "image_id": number, "bbox": box, "iscrowd": 0},
                    **{"category_id": names.index(row["class"]) + 1, "area": round(box[2] * box[3], 3)},
                    "score": round(float(row["score"]), 4),
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(names, start=1)]
    told = {"images": images, "annotations": annotations, "categories": categories}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
