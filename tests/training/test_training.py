"""Pool, training loop, calibration and scores."""

import json
import threading

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.training import (
    FramePool,
    Recipe,
    area_under_curve,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    fit,
    fit_calibration,
    release,
)
from astroclassify.training._pool import quantised, restored


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    pool = FramePool(tmp_path_factory.mktemp("pool"), capacity=24, side=64)
    pool.produce(seed=3, limit=24)
    return pool


def test_a_pool_is_filled_and_the_same_seed_fills_it_alike(pool, tmp_path):
    again = FramePool(tmp_path, capacity=24, side=64)
    again.produce(seed=3, limit=24)
    assert pool.filled == 24
    np.testing.assert_array_equal(pool.planes, again.planes)
    np.testing.assert_array_equal(pool.labels, again.labels)


def test_a_producer_stops_when_told(pool, tmp_path):
    endless = FramePool(tmp_path, capacity=8, side=64)
    producer = threading.Thread(target=endless.produce, kwargs={"seed": 1})
    producer.start()
    (tmp_path / "stop").touch()
    producer.join(30)
    assert not producer.is_alive()


def test_batches_hold_planes_of_the_pool(pool):
    planes, labels = pool.draw(np.random.default_rng(0), 16)
    assert planes.shape == (16, 4, 64, 64)
    assert set(labels) <= {0, 1, 2, 3}
    sums = {int(frame.sum()) for frame in pool.planes}
    assert {int(frame.sum()) for frame in planes} <= sums


def test_quantised_planes_come_back_to_their_rounding():
    planes = np.linspace(-0.5, 3, 1000)
    np.testing.assert_allclose(restored(quantised(planes).astype(float)), planes, atol=3.5 / 255 / 2 + 1e-9)


def test_a_short_training_lowers_the_loss_and_leaves_usable_weights(pool, tmp_path):
    weights = fit(pool, tmp_path, Recipe(seconds=4.0, batch_size=8), minimum_frames=8)
    assert weights.exists()
    assert json.loads((tmp_path / "recipe.json").read_text())["batch_size"] == 8
    checkpoint = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert checkpoint["spent"] >= 4.0
    assert checkpoint["steps"] > 1


def test_a_training_that_was_stopped_goes_on(pool, tmp_path):
    fit(pool, tmp_path, Recipe(seconds=1.0, batch_size=4), minimum_frames=8)
    first = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["steps"]
    fit(pool, tmp_path, Recipe(seconds=2.0, batch_size=4), minimum_frames=8)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["steps"] > first


def test_a_release_is_calibrated_and_has_a_card(pool, tmp_path):
    fit(pool, tmp_path, Recipe(seconds=1.0, batch_size=4), minimum_frames=8)
    (tmp_path / "log.csv").write_text("1,4,24,1,1.3\n")
    card = release(tmp_path, tmp_path / "tiny.safetensors", frames=60, progress=False)
    assert json.loads((tmp_path / "tiny.json").read_text()) == card
    assert card["calibration"]["temperature"] > 0
    assert len(card["calibration"]["bias"]) == 4
    assert (
        0
        <= float(card["metrics"]["simulated, bodies never seen (95% by body)"]["balanced_accuracy"][:5])
        <= 1
    )


def test_calibration_finds_the_temperature_that_spoilt_the_logits():
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1.5, (50_000, 4))
    labels = (true + rng.gumbel(size=true.shape)).argmax(axis=1)  # drawn from softmax(true)
    temperature, bias = fit_calibration(true * 3 + 1, labels)
    assert temperature == pytest.approx(3, rel=0.05)
    np.testing.assert_allclose(np.subtract(bias, bias[0]), 0, atol=0.07)  # 4 standard errors


def test_scores_agree_with_scikit_learn():
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    rng = np.random.default_rng(1)
    truth = rng.random(300) < 0.3
    p = np.round(np.clip(0.5 * truth + 0.5 * rng.random(300), 0, 1), 2)
    assert area_under_curve(p, truth) == pytest.approx(roc_auc_score(truth, p))
    assert balanced_accuracy(p, truth) == pytest.approx(balanced_accuracy_score(truth, p > 0.5))


def test_calibration_error_is_small_for_true_probabilities_and_large_for_boasts():
    rng = np.random.default_rng(2)
    p = rng.random(50_000)
    truth = rng.random(50_000) < p
    assert calibration_error(p, truth) < 0.01
    assert calibration_error(np.where(p > 0.5, 1.0, 0.0), truth) == pytest.approx(0.25, abs=0.01)


def test_the_interval_is_wider_when_frames_share_bodies():
    rng = np.random.default_rng(3)
    truth = np.arange(400) % 2 == 0
    right_body = rng.random(20) < 0.7
    body = np.arange(400) // 20
    p = np.where(right_body[body], truth, ~truth).astype(float)
    by_frame = bootstrap(balanced_accuracy, p, truth, np.arange(400), draws=300)
    by_body = bootstrap(balanced_accuracy, p, truth, body, draws=300)
    assert by_body.high - by_body.low > 2 * (by_frame.high - by_frame.low)


def test_scoring_one_class_only_is_refused():
    with pytest.raises(ParameterError, match="both classes"):
        bootstrap(balanced_accuracy, [0.2, 0.3], [True, True], [1, 2])


def test_evidence_sums_to_the_logits_and_size_is_free():
    torch.manual_seed(0)
    net = PatchNet().eval()
    with torch.inference_mode():
        for shape in ((16, 16), (65, 130), (157, 315)):
            logits, evidence = net.evidence(torch.rand(2, 4, *shape))
            torch.testing.assert_close(evidence.sum((2, 3)), logits)
            torch.testing.assert_close(net(torch.rand(1, 4, *shape)).shape, torch.Size([1, 4]))


def test_mirrored_and_turned_frames_get_the_same_answer():
    torch.manual_seed(1)
    net, planes = PatchNet().eval(), torch.rand(1, 4, 65, 130)
    with torch.inference_mode():
        for axes in ((2,), (3,), (2, 3)):
            torch.testing.assert_close(net(torch.flip(planes, axes)), net(planes))


def test_planes_too_small_for_the_network_are_refused():
    with pytest.raises(ParameterError, match="16x16"):
        PatchNet()(torch.rand(1, 4, 12, 40))
