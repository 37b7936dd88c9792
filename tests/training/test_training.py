"""What the default model is trained on, and how its weights become a release."""

import json
import threading
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from astroclassify import classify
from astroclassify.core import ParameterError, WeightsError, fingerprint
from astroclassify.datasets import labelled_frames
from astroclassify.models import PATCHNET, verified_sha256
from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.preprocess import counts_planes, working_planes
from astroclassify.simulate import CLASSES, ExposurePlan
from astroclassify.training import FramePool, _sources, release
from astroclassify.training._data import PoolStream
from astroclassify.training._log import TrainingLog
from astroclassify.training._loss import consistency_loss
from astroclassify.training._pool import PLANES, Mixture, quantised, restored, wait_for
from astroclassify.training._pretrained import described, imagenet_state, widened_state
from astroclassify.training._release import field_limit
from astroclassify.training._shrunk import ShrunkChips
from astroclassify.training._sources import (
    _AS_PRODUCT,
    FRAMES_OF_A_BODY,
    NOTHING,
    SOURCES,
    _styled,
    blank_frames,
    chip_frames,
    views,
)
from astroclassify.training._vary import varied
from astroclassify.training.default import mixture_of, shares_of, sources

small_views = partial(views, blocks={1: 1.0})


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    pool = FramePool(tmp_path_factory.mktemp("pool"), capacity=24, side=64)
    pool.produce(small_views, seed=3, limit=24)
    return pool


def test_a_pool_is_filled_and_the_same_seed_fills_it_alike(pool, tmp_path):
    again = FramePool(tmp_path, capacity=24, side=64)
    again.produce(small_views, seed=3, limit=24)
    assert pool.filled == 24
    np.testing.assert_array_equal(pool.planes, again.planes)
    np.testing.assert_array_equal(pool.labels, again.labels)


def test_what_no_producer_has_written_yet_is_not_drawn(tmp_path):
    ring = FramePool(tmp_path, capacity=12, side=64)
    sky = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    for producer, limit in ((0, 5), (1, 1)):  # one is far ahead
        ring.produce(lambda rng: [(sky, 2)], seed=1, producer=producer, producers=2, limit=limit)
    np.testing.assert_array_equal(ring.slots(), [0, 1, 2, 4, 6, 8])
    _, labels, _ = ring.draw(np.random.default_rng(0), 100)
    assert set(labels) == {2}
    assert [len(labels) for _, labels, _ in ring.in_order(4)] == [4, 2]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"producer": 2, "producers": 2}, "producer is 2; expected a whole number, 0 to 1"),
        ({"producer": -1}, "producer is -1"),
        ({"producers": 13}, "producers is 13; expected a whole number, 1 to 12"),
    ],
)
def test_a_producer_that_has_no_place_is_refused(tmp_path, wrong, told):
    with pytest.raises(ParameterError, match=told):
        FramePool(tmp_path, capacity=12, side=64).produce(small_views, seed=1, limit=1, **wrong)


def test_a_ring_holds_something(tmp_path):
    with pytest.raises(ParameterError, match="capacity is 0"):
        FramePool(tmp_path, capacity=0, side=64)


def test_what_is_waited_for_is_told(tmp_path, caplog, monkeypatch):
    ring = FramePool(tmp_path, capacity=12, side=64)
    monkeypatch.setattr("time.sleep", lambda _: ring.produce(small_views, seed=1, limit=2))
    wait_for(ring, 2)
    assert "holds 0 entries; waiting until there are 2" in caplog.text
    caplog.clear()
    wait_for(ring, 2)
    assert not caplog.text


def test_a_producer_stops_when_told(tmp_path):
    endless = FramePool(tmp_path, capacity=8, side=64)
    producer = threading.Thread(target=endless.produce, args=(small_views,), kwargs={"seed": 1})
    producer.start()
    (tmp_path / "stop").touch()
    producer.join(30)
    assert not producer.is_alive()


def test_batches_hold_planes_of_the_pool(pool):
    planes, labels, _ = pool.draw(np.random.default_rng(0), 16)
    assert planes.shape == (16, PLANES, 64, 64)
    assert set(labels) <= {0, 1, 2, 3}
    sums = {int(frame.sum()) for frame in pool.planes}
    assert {int(frame.sum()) for frame in planes} <= sums


def test_a_mixture_draws_from_every_pool_by_its_share(pool, tmp_path):
    blank = FramePool(tmp_path, capacity=4, side=64)
    mixture = Mixture([pool, blank], [0.75, 0.25])
    assert mixture.filled == 0  # one is empty
    blank.produce(blank_frames, seed=1, limit=4)
    assert mixture.filled == 28
    _, labels, _ = mixture.draw(np.random.default_rng(0), 2000)
    assert len(labels) == 2000
    assert np.mean(labels == NOTHING) == pytest.approx(0.25, abs=0.04)


def test_a_mixture_can_give_smaller_planes_of_the_same_light(pool):
    small, labels, _ = Mixture([pool], [1.0], side=48).draw(np.random.default_rng(0), 8)
    whole, same, _ = Mixture([pool], [1.0]).draw(np.random.default_rng(0), 8)
    small, whole = np.stack(small), np.stack(whole)
    assert small.shape == (8, PLANES, 48, 48)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_allclose(small.mean((2, 3)), whole.mean((2, 3)), atol=1.0)


def test_pools_of_several_shapes_mix_in_a_batch_and_whole_chips_keep_their_detail(pool, tmp_path):
    chip = np.random.default_rng(0).normal(size=(512, 1024)).astype(np.float32)
    wide = FramePool(tmp_path, capacity=4, side=48, width=96, detail=72)
    wide.produce(lambda rng: [(chip, 1)], seed=1, limit=4)
    assert FramePool(tmp_path).shape == (48, 96)
    stream = PoolStream(Mixture([pool, wide], [0.5, 0.5], vary=True), PATCHNET, minimum=1)
    batch = stream.batch(0, 40)
    assert {planes.shape[1:] for planes, *_ in batch.parts()} == {(PLANES, 64, 64), (PLANES, 48, 96)}
    shown = working_planes(chip, side=72, peaks=True)  # 51 x 102: whole but for a margin
    np.testing.assert_allclose(restored(wide.planes[0, 2].astype(float)).mean(), shown[2].mean(), atol=0.02)


def test_frames_of_one_body_come_together_where_their_answers_are_to_agree(pool):
    stream = PoolStream(Mixture([pool, pool], [0.5, 0.5]), PATCHNET, minimum=1, together=True)
    bodies = stream.batch(0, 60).bodies
    _, sizes = np.unique(bodies, return_counts=True)
    assert len(bodies) == 60
    assert np.mean(sizes % FRAMES_OF_A_BODY == 0) > 0.8  # all but the last of each pool
    alone = PoolStream(Mixture([pool, pool], [0.5, 0.5]), PATCHNET, minimum=1).batch(0, 60).bodies
    assert len(np.unique(alone)) > len(sizes)


def test_answers_that_differ_within_a_body_cost_and_those_of_different_bodies_do_not():
    logits = torch.tensor([[4.0, 0.0], [0.0, 4.0], [4.0, 0.0], [4.0, 0.0], [0.0, 9.0]], requires_grad=True)
    loss = consistency_loss(logits, torch.tensor([0, 0, 1, 1, 2]))
    p = 1 / (1 + np.exp(-4))
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    np.testing.assert_allclose(loss.detach(), [np.log(2) - entropy] * 2 + [0, 0, 0], atol=1e-5)
    loss.sum().backward()
    assert logits.grad[0, 0] > 0 > logits.grad[1, 0]


def test_varied_frames_are_the_same_bodies_in_other_windows_and_stretches(pool):
    plain, labels, _ = Mixture([pool], [1.0]).draw(np.random.default_rng(0), 64)
    other, same, _ = Mixture([pool], [1.0], vary=True).draw(np.random.default_rng(0), 64)
    plain, other = np.stack(plain), np.stack(other)
    assert other.shape == plain.shape
    assert other.dtype == np.uint8
    np.testing.assert_array_equal(labels, same)
    correlation = [np.corrcoef(a[2].ravel(), b[2].ravel())[0, 1] for a, b in zip(plain, other, strict=True)]
    alike = np.array(correlation) > 0.999  # the ranks of a frame that was not cut stay as they are
    assert 0.3 < alike.mean() < 0.7
    stretched = (plain[alike][:, 0] != other[alike][:, 0]).any(axis=(1, 2))
    assert stretched.mean() > 0.5  # a change may be smaller than the rounding
    assert "varied" in Mixture([pool], [1.0], vary=True).described()


def test_another_stretch_keeps_the_ends_of_the_range():
    planes = np.full((32, 9, 8, 8), 0.5, np.float32)
    planes[:, 0, 0], planes[:, 0, 1], planes[:, 0, 2] = 0.0, 1.0, -0.1
    shown = varied(planes, np.random.default_rng(1))
    assert shown[:, 0].max() == pytest.approx(1.0, abs=0.01)
    assert shown[:, 0].min() >= -0.1001
    assert shown[:, 0, 4].std() > 0.01


def test_shares_of_pools_of_one_source_are_told_together(pool):
    assert Mixture([pool, pool], [0.25, 0.75]).described()["shares"] == {pool.folder.name: 1.0}


#: The default model with the planes of diffuse light and of sources.
NINE = replace(PATCHNET, builder_options={"planes": 9})


def lite0(path, *, stem=(32, 3, 3, 3)):
    """Write random weights in the order of EfficientNet-Lite0's layers, with what follows the trunk."""
    state = PatchNet(planes=3).state_dict()
    trunk = [
        torch.rand(one.shape) for name, one in state.items() if name.startswith(("trunk.stem", "trunk.bl"))
    ]
    tensors = [torch.rand(stem), *trunk[1:], torch.rand(1280, 320, 1, 1), torch.rand(1000, 1280)]
    torch.save({f"layer {n}": one for n, one in enumerate(tensors)}, path)
    return tensors


def test_a_start_from_imagenet_sees_the_same_picture_in_its_first_layer(tmp_path):
    first = lite0(tmp_path / "lite0.pth")[0]
    state = imagenet_state(tmp_path / "lite0.pth", spec=NINE)
    net = PatchNet(planes=9)
    net.load_state_dict(state)
    grey = torch.rand(1, 1, 8, 8)
    shown = (0, 2, 5)  # range and rank, and the range of the diffuse light; the others start unseen
    planes = torch.cat([grey if plane in shown else 9 * grey for plane in range(9)], dim=1)
    with torch.inference_mode():
        found = net.trunk.stem[0](planes)
    expected = torch.nn.functional.conv2d(grey.expand(-1, 3, -1, -1), first, stride=2, padding=1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_earlier_weights_answer_alike_where_all_light_is_diffuse(tmp_path):
    torch.manual_seed(1)
    earlier = PatchNet(planes=5).eval()
    save_file(earlier.state_dict(), tmp_path / "five.safetensors")
    net = PatchNet(planes=9)
    net.load_state_dict(widened_state(tmp_path / "five.safetensors", spec=NINE))
    planes = torch.rand(2, 5, 64, 64)
    with torch.inference_mode():
        told = net.eval()(torch.cat([planes, planes[:, :2], torch.rand(2, 2, 64, 64)], dim=1))
        torch.testing.assert_close(told, earlier(planes), rtol=1e-4, atol=1e-5)
    with pytest.raises(WeightsError, match=r"sees 5 planes.*fit --weights"):
        widened_state(tmp_path / "five.safetensors", spec=replace(PATCHNET, builder_options={"planes": 5}))
    save_file(net.state_dict(), tmp_path / "nine.safetensors")
    with pytest.raises(WeightsError, match="with 5 planes, from which those with 9 can start"):
        widened_state(tmp_path / "nine.safetensors", spec=NINE)


def test_other_weights_than_those_of_lite0_are_refused(tmp_path):
    lite0(tmp_path / "other.pth", stem=(24, 3, 3, 3))
    with pytest.raises(WeightsError, match="not the weights of EfficientNet-Lite0"):
        imagenet_state(tmp_path / "other.pth")
    torch.save({"a": torch.zeros(3)}, tmp_path / "few.pth")
    with pytest.raises(WeightsError, match="has 1 tensors"):
        imagenet_state(tmp_path / "few.pth")


def test_a_pool_of_other_planes_is_refused(tmp_path):
    FramePool(tmp_path, capacity=2, side=64)
    (tmp_path / "pool.json").write_text(json.dumps({"capacity": 2, "side": 64, "planes": 3}))
    with pytest.raises(ParameterError, match=f"of 3 planes, but patchnet sees {PLANES}; draw them again"):
        FramePool(tmp_path)


def test_planes_that_do_not_fit_the_pool_are_cut_or_surrounded(tmp_path):
    pool = FramePool(tmp_path, capacity=2, side=64)
    rng = np.random.default_rng(0)
    frames = iter([rng.normal(size=shape).astype(np.float32) for shape in ((40, 100), (100, 40))])
    pool.produce(lambda _: [(next(frames), 1)], seed=0, limit=2)
    coverage = restored(pool.planes[:, 3].astype(float))
    np.testing.assert_allclose(coverage.mean(axis=(1, 2)), 40 / 64, atol=0.02)


def test_quantised_planes_come_back_to_their_rounding():
    planes = np.linspace(-0.5, 3, 1000)
    np.testing.assert_allclose(restored(quantised(planes).astype(float)), planes, atol=3.5 / 255 / 2 + 1e-9)


def test_whole_chips_can_be_kept_shrunk_with_their_list(tmp_path):
    kept = ShrunkChips(tmp_path / "kept")
    for _ in range(2):  # the same exposures again, as of a producer that was stopped
        chip = np.random.default_rng(0).normal(size=(2048, 4096)).astype(np.float32)
        kept.keep([np.ones((2051, 4096), np.float32), chip], "nebula", body="s1-170")
        kept.keep([np.ones((64, 128), np.float32)], "galaxy", body="s1-180")
    frames = labelled_frames(tmp_path / "kept" / "manifest.csv")
    assert [(one.label, one.body) for one in frames] == [
        ("nsc", "s1-170"),
        ("nsc", "s1-170"),
        ("galaxy", "s1-180"),
    ]
    np.testing.assert_allclose(frames[1].array(), counts_planes(chip, height=224, width=448)[0])


def test_both_chips_are_shown_and_a_square_of_one():
    chips = [np.arange(2048 * 4096, dtype=np.float32).reshape(2048, 4096), np.zeros((2051, 4096), np.float32)]
    frames = chip_frames(chips, 2, np.random.default_rng(1))
    assert [label for _, label in frames] == [2] * FRAMES_OF_A_BODY
    (first, _), (second, _), (square, _) = frames
    assert first is chips[0]
    assert second is chips[1]
    assert square.shape[0] == square.shape[1] <= 2048


@pytest.mark.parametrize("name", ["small", "acs", "uvis", "csst", "blank", "outliers"])
def test_every_source_gives_frames_that_the_model_takes(name):
    frames = SOURCES[name][0](np.random.default_rng(5))
    for array, label in frames:
        assert array.dtype == np.float32
        assert label in range(len(CLASSES) + (name in ("blank", "outliers")))
        assert np.isfinite(working_planes(array, peaks=True)).all()


@pytest.mark.parametrize(("name", "is_field"), [("whole chips", True), ("csst", True), ("csst", False)])
def test_a_cameras_frames_do_not_always_hold_a_body(name, is_field, monkeypatch):
    monkeypatch.setattr(_sources, "_EMPTY", float(is_field))
    monkeypatch.setattr(_sources, "exposed_arrays", lambda hdus: [np.zeros((2048, 2048), np.float32)])
    monkeypatch.setattr(ExposurePlan, "expose", lambda plan: None)
    labels = {label for seed in range(4) for _, label in SOURCES[name][0](np.random.default_rng(seed))}
    assert (labels == {CLASSES.index("field")}) == is_field


def test_the_shares_of_the_sources_add_up():
    assert sum(share for _, share in SOURCES.values()) == pytest.approx(1)


@pytest.fixture(scope="module")
def released(pool, tmp_path_factory):
    run = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    save_file(PatchNet(planes=PLANES).state_dict(), run / "weights.safetensors")
    (run / "recipe.json").write_text("{}")
    log = TrainingLog(run)
    log.write(step=1, samples=64, seconds=2.0)
    log.write(step=9, samples=576, seconds=3.5)
    log.close()
    held = FramePool(tmp_path_factory.mktemp("held"), capacity=120, side=64)
    held.produce(small_views, seed=4, limit=120)
    target = run / "tiny.safetensors"
    return target, release(run, target, {"small": held}, bodies=["M 104"]), held


def test_a_release_is_calibrated_and_has_a_card(released):
    target, card, _ = released
    assert json.loads(target.with_suffix(".json").read_text()) == card
    assert card["calibration"]["temperature"] > 0
    assert len(card["calibration"]["bias"]) == 4
    assert 0.5 <= card["uncertain_below"] <= 1
    assert card["training"]["stages"] == [{"samples": 576, "seconds": 3.5}]
    assert 0 < card["field_above"] <= 1
    assert card["bodies"] == {"learnt": ["M 104"]}
    assert all(low <= high for ranges in card["planes"].values() for low, high in ranges)
    measured, fields = card["metrics"].values()
    assert fields["empty fields labelled as a body"].split(" of ")[0].isdecimal()
    assert 0 <= float(measured["small"]["balanced_accuracy"][:5]) <= 1


def p_field_logits(p_field):
    """Logits of frames that are clear galaxies but for what P(field) takes."""
    p = np.clip(np.asarray(p_field, dtype=float), 1e-9, 1 - 1e-9)[:, None]
    return np.log(np.hstack([0.998 * (1 - p), 0.001 * (1 - p), 0.001 * (1 - p), p]))


@pytest.mark.parametrize(
    ("of_fields", "of_bodies", "expected"),
    [
        (np.full(1000, 0.9), np.full(1000, 0.01), 0.5),  # told apart by any limit
        (np.full(1000, 0.3), np.full(1000, 0.01), 0.3),  # just under what fields have
        (np.full(1000, 0.3), np.linspace(0, 1, 1001), 0.9),  # nine bodies of ten keep their label
        (np.full(1000, 0.001), np.zeros(0), 0.5),
        (np.zeros(0), np.full(1000, 0.7), 0.5),
    ],
)
def test_the_limit_of_p_field_stops_empty_fields_unless_that_costs_bodies(of_fields, of_bodies, expected):
    labels = np.repeat([CLASSES.index("field"), CLASSES.index("galaxy")], [len(of_fields), len(of_bodies)])
    found = field_limit(p_field_logits(np.concatenate([of_fields, of_bodies])), labels, 0.6)
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_mean_of_several_trainings_can_be_released(released, tmp_path):
    target, _, held = released
    run, other = target.parent, tmp_path / "other.safetensors"
    first = load_file(run / "weights.safetensors")
    save_file({name: 1.02 * one if one.ndim == 4 else one for name, one in first.items()}, other)
    card = release(run, tmp_path / "mean.safetensors", {"small": held}, average_with=[other])
    found = load_file(tmp_path / "mean.safetensors")
    name = next(name for name, one in first.items() if one.ndim == 4)
    torch.testing.assert_close(found[name].float(), 1.01 * first[name], atol=1e-6, rtol=1e-3)
    assert len(card["training"]["mean of the weights"]) == 2


def test_a_card_goes_on_from_its_parent_and_names_each_picture_once(released, tmp_path):
    target, _, held = released
    picture = {"file": "a.jpg", "body": "M13", "source": "somebody", "licence": "CC0"}
    parent = tmp_path / "parent.json"
    start = {"network": "EfficientNet-Lite0", "sha256": "0"}
    before = {"stages": [{"samples": 5}], "pictures": [picture], "pretrained": start}
    parent.write_text(json.dumps({"training": before}))
    run = target.parent
    (run / "recipe.json").write_text(
        json.dumps({"data": {"pictures": [picture, picture | {"file": "b.jpg"}]}})
    )
    card = release(
        run, tmp_path / "child.safetensors", {"small": held}, parent=parent, bodies=["M13"], calibrated=["M5"]
    )
    (run / "recipe.json").write_text("{}")
    assert [stage["samples"] for stage in card["training"]["stages"]] == [5, 576]
    assert "pictures" not in card["training"]["stages"][1]["data"]
    assert [one["file"] for one in card["training"]["pictures"]] == ["a.jpg", "b.jpg"]
    assert card["training"]["pretrained"] == start
    assert card["bodies"] == {"learnt": ["M13"], "calibrated": ["M5"]}


def test_a_name_of_a_file_is_as_good_as_its_path(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"weights")
    assert described(str(path))["sha256"] == described(path)["sha256"] == fingerprint(path)
    assert verified_sha256(str(path), None) == fingerprint(path)


def test_a_release_knows_what_is_usual(released):
    target, card, held = released
    net = PatchNet(planes=PLANES).eval()
    net.load_state_dict(load_file(target))
    with torch.inference_mode():
        planes = restored(torch.from_numpy(held.planes[:]).float())
        usual = net.examine(planes).novelty
        strange = net.examine(3 * planes + 1).novelty
    assert 20 < usual.median() < 2 * 192  # a chi-squared variable in up to 192 dimensions
    assert strange.median() > usual.median()
    assert card["novelty"]["above"] > np.quantile(usual, 0.9)


def test_a_release_keeps_convolutions_in_half_precision(released):
    target, _, _ = released
    state = load_file(target)
    assert {one.dtype for one in state.values() if one.ndim == 4} == {torch.float16}
    assert {one.dtype for one in state.values() if one.ndim < 4} == {torch.float32, torch.int64}
    assert target.stat().st_size < 10e6


def test_classify_takes_a_release(released):
    frame = np.random.default_rng(0).normal(100, 5, (64, 64))
    answer = classify(frame, weights=released[0])
    assert sum(answer.probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize("product", sorted(_AS_PRODUCT))
def test_a_reduced_product_is_a_frame_of_which_enough_is_left(product):
    chip = np.random.default_rng(1).normal(100, 5, (512, 512)).astype(np.float32)
    for seed in range(4):
        array = _AS_PRODUCT[product](chip, np.random.default_rng(seed))
        assert array.dtype == np.float32
        assert np.isfinite(array).mean() > 0.15
        assert np.nanmean(array) == pytest.approx(100, rel=0.05)
        assert working_planes(array, peaks=True).shape[0] == 5


def test_an_empty_field_is_photographed_or_exposed():
    rng, frames = np.random.default_rng(3), []
    while len(frames) < 9:
        frames += _styled(rng, "field")
    assert {label for _, label in frames} == {CLASSES.index("field")}


def test_a_pool_keeps_whose_frame_each_is(tmp_path):
    array = np.zeros((64, 64), np.float32)
    drawn, named = (FramePool(tmp_path / name, capacity=8, side=16) for name in ("drawn", "named"))
    drawn.produce(lambda rng: [(array, 0)] * 2, seed=1, limit=8)
    named.produce(lambda rng: [(array, 0, 77), (array, 1, 78)], seed=1, limit=8)
    (_, _, bodies), (_, labels, numbers) = next(drawn.in_order(8)), next(named.in_order(8))
    np.testing.assert_array_equal(bodies, np.repeat([0, 2, 4, 6], 2))
    np.testing.assert_array_equal(numbers, 77 + labels)


def test_sources_in_several_folders_share_what_they_hold_and_may_still_be_empty(tmp_path):
    for folder, number in (("a", 6), ("b", 18)):
        FramePool(tmp_path / folder / "pools" / "small", capacity=18, side=64).produce(
            small_views, seed=3, limit=number
        )
    for name in set(SOURCES) - {"small"}:
        FramePool(tmp_path / "a" / "pools" / name, capacity=2, side=64)  # its producer has only begun
    chosen = SimpleNamespace(
        folder=tmp_path / "a", also=[tmp_path / "b"], pictures=None, shares={}, side=None, vary=False
    )
    mixture = mixture_of(chosen)
    assert sum(mixture.shares) == pytest.approx(1)
    small = [s for p, s in zip(mixture.pools, mixture.shares, strict=True) if p.folder.name == "small"]
    np.testing.assert_allclose(small, SOURCES["small"][1] * np.array([0.25, 0.75]))
    chosen.shares = {"small": 0.5, "csst": 0.0}
    mixture = mixture_of(chosen)
    names = [pool.folder.name for pool in mixture.pools]
    assert sum(mixture.shares) == pytest.approx(1)
    assert sum(s for n, s in zip(names, mixture.shares, strict=True) if n == "small") == pytest.approx(0.5)
    assert "csst" not in names
    of = dict(zip(names, mixture.shares, strict=True))
    assert of["acs"] / of["styled"] == pytest.approx(SOURCES["acs"][1] / SOURCES["styled"][1])


@pytest.mark.parametrize("shares", [{"chips": -0.1}, {"chips": 0.7, "csst": 0.4}, {"chipz": 0.1}])
def test_shares_that_cannot_be_are_refused(shares):
    with pytest.raises(ParameterError, match="expected"):
        shares_of(shares, sources(None))


def test_shares_may_not_all_be_nothing():
    with pytest.raises(ParameterError, match="not all 0"):
        shares_of(dict.fromkeys(SOURCES, 0.0), SOURCES)
