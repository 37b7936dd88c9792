"""The second look at boxes: what is cut out, how edges are moved, and the weights that are shipped."""

import json

import numpy as np
import pytest
import torch
from astropy.table import QTable

from astroclassify.core import MissingWeightsError, fingerprint
from astroclassify.detect import _again
from astroclassify.models.nets.boxnet import SIDE, BoxNet, looks_at, refined_boxes

LARGEST_FILE = 10e6


def rectangle(shape, x_min, x_max, y_min, y_max):
    """Five planes that are 1 in a box whose edges lie between pixels, and 0 elsewhere."""
    planes = torch.zeros(5, *shape)
    planes[:, round(y_min + 0.5) : round(y_max + 0.5), round(x_min + 0.5) : round(x_max + 0.5)] = 1
    return planes, torch.tensor([[x_min, x_max, y_min, y_max]])


@pytest.mark.parametrize("side", [24, 48, 96, 384])
def test_a_box_of_any_size_is_the_middle_half_of_its_look(side):
    planes, box = rectangle((1000, 1000), 300.5, 300.5 + side, 200.5, 200.5 + side)
    look = looks_at(planes, box)[0]
    expected = torch.zeros(SIDE, SIDE)
    expected[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = 1
    assert look.shape == (6, SIDE, SIDE)
    assert (look[0] - expected).abs().mean() < 0.03


def test_an_elongated_box_keeps_its_shape():
    planes, box = rectangle((300, 300), 100.5, 196.5, 150.5, 174.5)
    bright = looks_at(planes, box)[0, 0] > 0.5
    rows, columns = np.nonzero(bright.numpy())
    assert (np.ptp(columns) + 1) / (np.ptp(rows) + 1) == pytest.approx(4, rel=0.15)


def test_a_look_says_what_lies_beyond_the_image():
    planes, box = rectangle((200, 200), -0.5, 47.5, 80.5, 128.5)
    look = looks_at(planes + 2, box)[0]
    assert (look[:, :, : SIDE // 4 - 1] == 0).all()
    torch.testing.assert_close(look[-1, :, SIDE // 4 + 1 :], torch.ones(SIDE, SIDE - SIDE // 4 - 1))


def test_looks_do_not_depend_on_each_other():
    planes = torch.rand(5, 200, 200)
    boxes = torch.tensor([[10.0, 40.0, 20.0, 60.0], [0.0, 190.0, 30.0, 180.0], [100.0, 110.0, 90.0, 120.0]])
    together = looks_at(planes, boxes)
    for look, box in zip(together, boxes, strict=True):
        torch.testing.assert_close(looks_at(planes, box[None])[0], look)


def test_edges_are_moved_about_the_middle():
    boxes = torch.tensor([[0.0, 20.0, 10.0, 50.0]])
    torch.testing.assert_close(refined_boxes(boxes, torch.zeros(1, 7)), boxes)
    told = torch.tensor([[2.0, 0.5, 1.0, 1.5]]).log()
    torch.testing.assert_close(refined_boxes(boxes, told), torch.tensor([[-10.0, 15.0, 10.0, 60.0]]))


def test_a_network_that_has_learnt_nothing_leaves_boxes_as_they_are():
    planes, box = rectangle((100, 100), 20.5, 60.5, 30.5, 70.5)
    network = BoxNet().eval()
    told = network(looks_at(planes, box), box)
    torch.testing.assert_close(refined_boxes(box, told), box)


def test_without_boxes_nothing_is_looked_at():
    boxes, scores = _again.looked_again(torch.zeros(5, 64, 64), torch.zeros(0, 4))
    assert (boxes.shape, scores.shape) == ((0, 4), (0, 3))


def test_missing_weights_are_said_to_be_missing(tmp_path):
    with pytest.raises(MissingWeightsError, match="train-detector boxes"):
        _again.looked_again(torch.zeros(5, 64, 64), torch.zeros(1, 4), weights=tmp_path / "none")


def test_the_weights_fit_and_are_small():
    card = json.loads(_again.WEIGHTS.with_suffix(".json").read_text())
    assert _again.WEIGHTS.stat().st_size < LARGEST_FILE
    assert card["sha256"] == fingerprint(_again.WEIGHTS)
    _again.looked_again(torch.zeros(5, 64, 64), torch.tensor([[10.0, 40.0, 10.0, 40.0]]))


def test_boxes_of_a_table_that_are_one_body_become_one(monkeypatch):
    names = ("class", "score", "x_min", "x_max", "y_min", "y_max")
    rows = [("galaxy", 0.9, 10.0, 30.0, 10.0, 30.0), ("nebula", 0.4, 20.0, 40.0, 20.0, 40.0)]
    body = torch.tensor([[10.0, 40.0, 10.0, 40.0]] * 2)
    told = (body, torch.tensor([[0.4, 0.0, 0.0], [0.0, 0.3, 0.0]]))
    monkeypatch.setattr(_again, "looked_again", lambda *_, **__: told)
    table = _again.better_boxes(QTable(rows=rows, names=names), np.zeros((64, 64), np.float32))
    assert list(table["class"]) == ["galaxy"]
    assert table["score"][0] == pytest.approx(0.6)
    assert table["x_max"][0] == 40.0
