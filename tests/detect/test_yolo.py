"""The detector yolo: from what the network says to boxes of the image, and the weights that are shipped."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from astroclassify.detect import YOLO, _yolo, load_image
from astroclassify.detect._tiles import search
from astroclassify.metrics import box_edges, box_overlaps, box_sides
from astroclassify.models import FIELDNET, build_model, locate_weights
from astroclassify.models.nets.fieldnet import cell_centres
from astroclassify.simulate import wide_field
from astroclassify.testing import check_detector

CLASSES = FIELDNET.classes
LARGEST_FILE = 10e6


class Knowing(torch.nn.Module):
    """A network that knows where the bodies are, in pixels of a whole image of the given height."""

    def __init__(self, bodies, height):
        super().__init__()
        self.bodies, self.height = bodies, height

    def forward(self, planes):
        step = 2 if planes.shape[2] < self.height else 1
        centres, strides = cell_centres(planes.shape[2:])
        y, x = centres.T
        told = torch.full((1, len(centres), 4 + len(CLASSES)), -9.0)
        for label, *edges in self.bodies:
            x0, x1, y0, y1 = ((edge + 0.5) / step - 0.5 for edge in edges)
            inside = (x > x0) & (x < x1) & (y > y0) & (y < y1)
            to_edges = torch.stack([x - x0, x1 - x, y - y0, y1 - y], dim=1) / strides[:, None]
            told[0, inside, :4] = to_edges[inside].log()
            told[0, inside, 4 + CLASSES.index(label)] = 2.0 + 50.0 / (edges[1] - edges[0])
        return told


@pytest.fixture
def knowing(monkeypatch):
    def use(bodies, height):
        model = SimpleNamespace(module=Knowing(bodies, height), device="cpu", classes=CLASSES, card={})
        monkeypatch.setattr(_yolo, "_network", lambda *_: model)

    return use


def found_in(shape, **options):
    table = _yolo.find_by_yolo(np.zeros((*shape, 5), np.float32), **options)
    return [(row["class"], *(round(float(row[name]), 2) for name in table.colnames[2:])) for row in table]


def test_boxes_are_in_the_pixels_of_the_image(knowing):
    body = ("nebula", 20.5, 80.5, 10.5, 60.5)
    knowing([body], 100)
    assert found_in((100, 140)) == [body]


def test_bodies_of_all_sizes_are_found_once(knowing):
    bodies = {("galaxy", 100.5, 540.5, 90.5, 500.5), ("nebula", 10.5, 50.5, 520.5, 560.5)}
    bodies |= {("star cluster", 400.5, 600.5, 505.5, 605.5)}
    knowing(bodies, 608)
    assert set(found_in((608, 608))) == bodies
    assert len(found_in((608, 608))) == 3


def test_boxes_end_at_the_edge_of_the_image(knowing):
    knowing([("galaxy", -30.5, 40.5, 60.5, 150.5)], 100)
    assert found_in((100, 140)) == [("galaxy", -0.5, 40.5, 60.5, 99.5)]


def test_a_limit_leaves_out_what_is_less_sure(knowing):
    knowing([("galaxy", 20.5, 80.5, 10.5, 60.5)], 100)
    assert found_in((100, 140), least=0.99) == []


def test_it_keeps_the_contract():
    check_detector(YOLO)


def test_the_weights_fit_and_are_small():
    path, card, _ = locate_weights(FIELDNET)
    assert path.stat().st_size < LARGEST_FILE
    assert 0 < card["detection"]["least"] < 1
    assert card["training"]["pictures"]
    assert build_model(FIELDNET).sha256 == card["sha256"]


@pytest.mark.parametrize("seed", [4, 7])
def test_small_boxes_of_tiles_are_those_of_the_whole_image(seed):
    field = wide_field(np.random.default_rng(seed), shape=(1216, 1216), starless=False)
    values, whole = load_image(field.image).values, replace(YOLO, tile=4096)
    for one, other in ((YOLO, whole), (whole, YOLO)):
        found = box_edges(search(one, values))
        found = found[box_sides(found) < 100]
        fainter = box_edges(search(other, values, least=0.02))  # near seams scores differ by 0.1
        assert len(found)
        assert box_overlaps(found, fainter).max(axis=1).min() > 0.8
