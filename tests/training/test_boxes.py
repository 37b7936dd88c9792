"""Training the second stage of the detector: looks, how they are varied, the loss, a short run."""

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.detect._again import looked_again
from astroclassify.training.detection import FieldPool, _boxes

SHARES = (0.25, 0.9)


class Field:
    """A bright rectangle on noise, its box, and what is proposed: that box, a part of it, and nothing."""

    def __init__(self, rng, side=160):
        from astropy.table import QTable

        x0, y0 = rng.integers(20, 60, 2)
        self.image = rng.normal(0, 1, (side, side)).astype(np.float32)
        self.image[y0 : y0 + 40, x0 : x0 + 60] += 200
        names = ("class", "x_min", "x_max", "y_min", "y_max", "snr")
        self.objects = QTable(rows=[("nebula", x0 - 0.5, x0 + 59.5, y0 - 0.5, y0 + 39.5, 99.0)], names=names)


@pytest.fixture
def looks(tmp_path, monkeypatch):
    """Looks at four fields, of which a box beside the body, one about it and the body's own are proposed."""
    pool = FieldPool(tmp_path / "pool", capacity=4, side=160)
    pool.produce(Field, seed=3, limit=4)
    proposed = np.array([[30.0, 110.0, 30.0, 110.0], [125.0, 155.0, 125.0, 155.0]])
    monkeypatch.setattr(_boxes, "proposals", lambda _: proposed)
    return _boxes.drawn_looks(pool, tmp_path / "looks", progress=False)


def test_what_is_known_of_a_look_goes_with_it(looks):
    planes, rows = looks
    assert planes.shape == (4 * 24, 5, 80, 80)
    moved, beside, left = rows[0], rows[2], rows[3:24]
    assert moved[8] == 1
    assert (np.abs(moved[:4] - moved[4:8]) < 40).all()
    assert beside[8] == -1
    assert (left[:, 8] == -2).all()


def test_looks_are_cut_once(looks, tmp_path, monkeypatch):
    monkeypatch.setattr(_boxes, "_of_field", None)
    pool = FieldPool(tmp_path / "pool")
    again, _ = _boxes.drawn_looks(pool, tmp_path / "looks", progress=False)
    np.testing.assert_array_equal(again, looks[0])


def test_looks_go_with_their_fields_wherever_a_training_begins(looks, tmp_path):
    pool = FieldPool(tmp_path / "pool")
    later = _boxes.drawn_looks(pool, tmp_path / "looks", first=3, progress=False)
    assert len(later[0]) == 24
    np.testing.assert_array_equal(later[1], looks[1][3 * 24 :])
    begun = _boxes.drawn_looks(pool, tmp_path / "later", first=2, progress=False)
    again = _boxes.drawn_looks(pool, tmp_path / "later", first=1, progress=False)
    np.testing.assert_array_equal(begun[0], again[0][24:])
    np.testing.assert_array_equal(again[1], looks[1][24:])


def test_a_field_that_the_pool_does_not_have_is_told(looks, tmp_path):
    with pytest.raises(ParameterError, match="first is 4; expected a whole number, 0 to 3"):
        _boxes.drawn_looks(FieldPool(tmp_path / "pool"), tmp_path / "looks", first=4)


def test_looks_of_another_pool_are_refused(looks, tmp_path):
    pool = FieldPool(tmp_path / "larger", capacity=5, side=160)
    pool.produce(Field, seed=3, limit=5)
    with pytest.raises(ParameterError, match="of this pool: move the folder away"):
        _boxes.drawn_looks(pool, tmp_path / "looks")


def test_true_boxes_stay_on_their_bodies(looks):
    planes, rows = (torch.from_numpy(np.array(each[rows_of(looks)])) for each in looks)
    for seed in range(8):
        seen, boxes, true = _boxes.varied_looks(planes, rows, np.random.default_rng(seed))
        for look, box, body in zip(seen, boxes, true, strict=True):
            side = look.shape[-1]
            scale = side / (2 * float((box[1::2] - box[::2]).max()))
            middle = (box[::2] + box[1::2]) / 2
            low, high = ((each - middle) * scale + side / 2 for each in (body[::2], body[1::2]))
            (x0, y0), (x1, y1) = (each.round().long().clamp(0, side).tolist() for each in (low, high))
            bright = look[0] > 0.5 * look[0].max()
            assert bright[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].float().mean() > SHARES[1]
            bright[y0:y1, x0:x1] = False
            assert bright.float().mean() < SHARES[0]


def rows_of(looks):
    return np.flatnonzero(looks[1][:, 8] == 1)


BOX = torch.tensor([[20.0, 60.0, 20.0, 60.0]])


def test_the_right_answer_costs_less_than_any_other():
    def cost(label, factor, score):
        told = torch.full((1, 7), -6.0)
        told[0, :4] = np.log(factor)
        told[0, 4 + label] = score
        scores, edges = _boxes.box_loss(told, BOX / 1.0, BOX, torch.tensor([1]))
        return float(scores + edges)

    right = cost(1, 1.0, 6.0)
    assert all(other > 2 * right for other in (cost(0, 1.0, 6.0), cost(1, 0.6, 6.0), cost(1, 1.0, -6.0)))


def test_a_box_that_does_not_fit_should_not_be_sure():
    sure, unsure = (
        _boxes.box_loss(torch.tensor([[0.0] * 4 + [-6.0, score, -6.0]]), BOX, BOX + 25, torch.tensor([1]))[0]
        for score in (4.0, -4.0)
    )
    assert unsure < sure


def test_where_there_is_no_body_edges_cost_nothing():
    _, edges = _boxes.box_loss(torch.ones(1, 7), BOX, BOX, torch.tensor([-1]))
    assert edges == 0


def test_a_short_training_gives_weights_that_are_used(looks, tmp_path, monkeypatch):
    monkeypatch.setattr(_boxes, "_BATCH", 8)
    path = _boxes.fit_boxes(*looks, tmp_path / "run", steps=4)
    boxes, scores = looked_again(
        torch.zeros(5, 64, 64), torch.tensor([[10.0, 40.0, 10.0, 40.0]]), weights=path
    )
    assert boxes.shape == (1, 4)
    assert ((scores > 0) & (scores < 1)).all()
    assert (tmp_path / "run" / "log.csv").read_text().startswith("0,")
