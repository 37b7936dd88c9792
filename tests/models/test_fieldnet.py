"""FieldNet: cells, boxes, and which of them stay."""

import math

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.metrics import box_overlaps
from astroclassify.models import FIELDNET, built_module
from astroclassify.models.nets.fieldnet import STRIDES, box_iou, cell_centres, decoded_boxes, matrix_nms


@pytest.mark.parametrize("shape", [(64, 64), (100, 132), (32, 200)])
def test_every_cell_says_edges_and_classes(shape):
    with torch.inference_mode():
        told = built_module(FIELDNET).eval()(torch.zeros((2, 5, *shape)))
    cells = sum(math.ceil(shape[0] / s) * math.ceil(shape[1] / s) for s in STRIDES)
    assert told.shape == (2, cells, 4 + len(FIELDNET.classes))
    assert len(cell_centres(shape)[0]) == cells


def test_small_planes_are_refused():
    with pytest.raises(ParameterError, match="31"):
        built_module(FIELDNET)(torch.zeros((1, 5, 31, 64)))


def test_bodies_are_rare_before_anything_is_learnt():
    with torch.inference_mode():
        told = built_module(FIELDNET).eval()(torch.zeros((1, 5, 64, 64)))
    assert float(told[..., 4:].sigmoid().max()) < 0.05


def test_the_first_cell_is_centred_in_its_pixels():
    centres, strides = cell_centres((64, 64))
    assert centres[0].tolist() == [3.5, 3.5]
    assert strides[0] == 8
    assert centres[-1].tolist() == [31.5, 31.5]


def test_distances_become_edges():
    edges = torch.log(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
    boxes = decoded_boxes(edges, torch.tensor([[100.0, 50.0]]), torch.tensor([8.0]))
    torch.testing.assert_close(boxes, torch.tensor([[50 - 8.0, 50 + 16.0, 100 - 24.0, 100 + 32.0]]))


def random_boxes(seed, number):
    rng = np.random.default_rng(seed)
    low, sides = rng.uniform(0, 60, (number, 2)), rng.uniform(5, 60, (number, 2))
    edges = np.stack([low[:, 0], low[:, 0] + sides[:, 0], low[:, 1], low[:, 1] + sides[:, 1]], axis=1)
    return torch.from_numpy(edges), torch.from_numpy(rng.random(number))


def test_overlaps_are_those_of_the_metrics():
    boxes, _ = random_boxes(0, 30)
    np.testing.assert_allclose(box_iou(boxes, boxes[:9]), box_overlaps(boxes, boxes[:9]), atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("overlap", [0.2, 0.5, 0.8])
def test_matrix_nms_is_greedy_nms(seed, overlap):
    boxes, scores = random_boxes(seed, 60)
    kept = []
    for n in np.argsort(-scores.numpy(), kind="stable"):
        if not kept or box_overlaps(boxes[n : n + 1], boxes[kept]).max() <= overlap:
            kept.append(int(n))
    assert matrix_nms(boxes, scores, overlap=overlap).tolist() == kept


def test_a_box_in_a_better_one_of_its_class_is_left_out():
    boxes = torch.tensor([[0.0, 100, 0, 100], [20, 40, 20, 40], [20, 40, 20, 40.5]])
    scores, classes = torch.tensor([0.9, 0.8, 0.7]), torch.tensor([0, 0, 1])
    assert matrix_nms(boxes, scores, classes, inside=0.8).tolist() == [0, 2]
    assert matrix_nms(boxes, scores, classes).tolist() == [0, 1]


def test_of_no_boxes_none_stays():
    assert matrix_nms(torch.zeros((0, 4)), torch.zeros(0)).tolist() == []
