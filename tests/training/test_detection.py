"""Training a detector: pools, batches, the loss, the start from the classifier, a run that goes on."""

import json

import numpy as np
import pytest
import torch
from astropy.table import QTable
from PIL import Image
from safetensors.torch import load_file

from astroclassify.cli import main
from astroclassify.core import ParameterError, ReadError, UnknownNameError, WeightsError, fingerprint
from astroclassify.models import (
    FIELDNET,
    PATCHNET,
    build_model,
    built_module,
    load_state,
    locate_weights,
)
from astroclassify.models.nets.fieldnet import cell_centres
from astroclassify.preprocess import Plane
from astroclassify.simulate import WIDE_CLASSES
from astroclassify.training import read_log
from astroclassify.training.detection import FieldPool, annotated_source, fit_detector, release_detector
from astroclassify.training.detection._fit import CLASSIFIER, classifier_start
from astroclassify.training.detection._loss import detection_loss
from astroclassify.training.detection._stream import FieldAugmentation, FieldStream

PLAIN = FieldAugmentation(side=64, scales=(0.5, 1.0), mosaic=0.0, noise=0.0, contrast=0.0, blur=0.0, grey=0.0)


class _Field:
    """A bright rectangle on noise, and its box."""

    def __init__(self, rng, side=128):
        (y0, x0), (high, wide) = rng.integers(5, 60, 2), rng.integers(16, 50, 2)
        self.image = rng.normal(0, 1, (side, side)).astype(np.float32)
        self.image[y0 : y0 + high, x0 : x0 + wide] += 200
        names = ("class", "x_min", "x_max", "y_min", "y_max", "snr")
        row = ("nebula", x0 - 0.5, x0 + wide - 0.5, y0 - 0.5, y0 + high - 0.5, 99.0)
        self.objects = QTable(rows=[row], names=names)


@pytest.fixture
def pool(tmp_path):
    made = FieldPool(tmp_path / "pool", capacity=8, side=128)
    made.produce(_Field, seed=3, limit=6)
    return made


def test_a_pool_is_filled_and_goes_on(pool):
    assert len(pool) == 6
    assert (pool.boxes[:6, 0, 0] == 1).all()
    assert (pool.boxes[:6, 1:, 0] == -1).all()
    first = pool.planes[0].copy()
    pool.produce(_Field, seed=3, limit=11)
    assert (pool.filled, len(pool)) == (11, 8)
    assert not np.array_equal(pool.planes[0], first)


@pytest.mark.parametrize("mosaic", [0.0, 1.0])
def test_boxes_stay_on_their_bodies(pool, mosaic):
    stream = FieldStream(pool, augmentation=FieldAugmentation(**{**vars(PLAIN), "mosaic": mosaic}), minimum=1)
    batch = stream.batch(0, 12)
    for planes, boxes in zip(batch.planes, batch.allowed, strict=True):
        bright = planes[0] > 0.6
        inside = np.zeros_like(bright)
        for label, x0, x1, y0, y1 in boxes:
            if label != -1:
                inside[round(y0 + 0.5) : round(y1 + 0.5), round(x0 + 0.5) : round(x1 + 0.5)] = True
        assert planes.shape == (5, 64, 64)
        assert (bright & ~inside).mean() < 0.02
        assert bright[inside].mean() > 0.85 or not inside.any()


@pytest.mark.parametrize("wrong", [{"scales": (2.0, 1.0)}, {"scales": (-1.0, 1.0)}, {"side": 8}])
def test_crops_that_cannot_be_are_refused(pool, tmp_path, wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        fit_detector(pool, tmp_path / "run", **wrong)


def test_a_batch_follows_from_its_number(pool):
    stream = FieldStream(pool, minimum=1)
    one, again, other = (stream.batch(number, 2) for number in (4, 4, 5))
    np.testing.assert_array_equal(one.planes[0], again.planes[0])
    assert not np.array_equal(one.planes[0], other.planes[0])


def told_exactly(boxes, labels, shape, sure=8.0):
    """What a network that knows everything says, in its cells of 16 pixels."""
    centres, strides = cell_centres(shape)
    told = torch.full((1, len(centres), 7), -sure)
    for box, label in zip(boxes, labels, strict=True):
        y, x = centres.T
        inside = (x > box[0]) & (x < box[1]) & (y > box[2]) & (y < box[3]) & (strides == 16)
        edges = torch.stack([x - box[0], box[1] - x, y - box[2], box[3] - y], dim=1) / strides[:, None]
        told[0, inside, :4] = edges[inside].clamp_min(1e-3).log()
        told[0, inside, 4 + label] = sure
    return told


BOX, TARGET = (20.0, 70.0, 30.0, 60.0), torch.tensor([[[1.0, 20, 70, 30, 60], [-1, -1, -1, -1, -1]]])


def test_the_right_answer_costs_less_than_any_other():
    right = detection_loss(told_exactly([BOX], [1], (96, 96)), TARGET, (96, 96))
    others = [
        told_exactly([BOX], [0], (96, 96)),
        told_exactly([(30.0, 80.0, 20.0, 50.0)], [1], (96, 96)),
        told_exactly([BOX], [1], (96, 96), sure=-3.0),
        told_exactly([BOX, (0.0, 15.0, 70.0, 90.0)], [1, 0], (96, 96)),
    ]
    assert all(detection_loss(told, TARGET, (96, 96)) > 1.5 * right for told in others)


def test_of_what_is_unknown_nothing_is_asked():
    unknown = torch.tensor([[[-2.0, 20, 70, 30, 60]]])
    claimed = told_exactly([BOX], [1], (96, 96))
    nothing = told_exactly([], [], (96, 96))
    assert detection_loss(claimed, unknown, (96, 96)) <= detection_loss(nothing, unknown, (96, 96))


def test_an_empty_image_has_finite_gradients():
    told = torch.zeros((1, len(cell_centres((96, 96))[0]), 7), requires_grad=True)
    detection_loss(told, torch.full((1, 1, 5), -1.0), (96, 96)).sum().backward()
    assert bool(told.grad.isfinite().all())


def test_the_trunk_sees_what_the_classifier_sees():
    detector, classifier = built_module(FIELDNET).eval(), build_model(PATCHNET, precision="float32")
    detector.load_state_dict(classifier_start())
    planes = torch.zeros((1, PATCHNET.builder_options["planes"], 128, 128))
    planes[:, :3] = planes[:, Plane.DIFFUSE_RANGE : Plane.SOURCES] = torch.rand((1, 3, 128, 128))
    planes[:, Plane.COVERAGE] = 1.0
    known = classifier.differentiable.trunk
    with torch.no_grad():
        ours = detector.blocks[0](detector.stem(planes[:, :3]))
        theirs = known.blocks[0](known.stem(planes))
    # At the edges the classifier's padding has no coverage.
    torch.testing.assert_close(ours[..., 2:-2, 2:-2], theirs[..., 2:-2, 2:-2], rtol=1e-3, atol=1e-3)


def test_a_training_learns_and_goes_on(pool, tmp_path):
    settings = {"batch_size": 2, "side": 64, "mosaic": 0.0, "learning_rate": 1e-3, "seconds": 1e-3}
    path = fit_detector(pool, tmp_path / "run", **settings)
    load_state(built_module(FIELDNET), path)
    assert int(read_log(tmp_path / "run" / "log.csv")[-1]["step"]) == 1
    assert fit_detector(pool, tmp_path / "run", **settings) == path
    with pytest.raises(ParameterError, match="another"):
        fit_detector(pool, tmp_path / "run", **{**settings, "learning_rate": 2e-3})


def test_the_command_trains_with_what_is_asked_for(tmp_path):
    FieldPool(tmp_path / "pools", capacity=8, side=128).produce(_Field, seed=3, limit=6)
    asked = {"side": 64, "batch-size": 2, "mosaic": 0.5, "noise": 0.0, "average": 0.9, "trainable": "all"}
    given = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
    assert (
        main(["train-detector", "fit", str(tmp_path), "--minutes", "1e-6", "--scales", "0.5", "1", *given])
        == 0
    )
    told = json.loads((tmp_path / "run" / "recipe.json").read_text())
    used = told["recipe"] | told["data"]
    assert {name: used[name.replace("-", "_")] for name in asked} == asked


def test_a_release_names_all_stages_and_pictures_of_what_it_started_from(pool, tmp_path):
    settings = {"side": 64, "batch_size": 2, "seconds": 1e-3, "epochs": 1}
    pictures = [{"file": f"{name}.jpg", "body": name} for name in ("M 13", "M 31")]
    first = fit_detector(pool, tmp_path / "first", pictures=pictures[:1], **settings)
    asked = {"count": 1, "source": _Field}
    card = release_detector([first.parent], tmp_path / "one.safetensors", learnt=["M 13"], **asked)
    default = locate_weights(PATCHNET)[1]
    assert [stage["started_from"] for stage in card["training"]["stages"]][-1] == CLASSIFIER
    assert card["training"]["pretrained"] == default["training"]["pretrained"]
    assert {"M 13", *default["bodies"]["learnt"]} == set(card["bodies"]["learnt"])
    second = fit_detector(
        pool, tmp_path / "second", weights=str(tmp_path / "one.safetensors"), pictures=pictures, **settings
    )
    parent, target = tmp_path / "one.json", tmp_path / "two.safetensors"
    parent.write_text(json.dumps(card | {"licence": "CC BY-NC 4.0"}))
    card = release_detector([second.parent], target, parent=parent, learnt=["M 31"], **asked)
    assert [stage["started_from"] for stage in card["training"]["stages"]][-2:] == [
        CLASSIFIER,
        json.loads(parent.read_text())["sha256"],
    ]
    assert card["training"]["pictures"] == [*default["training"]["pictures"], *pictures]
    assert {"M 13", "M 31"} <= set(card["bodies"]["learnt"])
    assert card["licence"] == "BSD-3-Clause AND Apache-2.0 AND CC BY-NC 4.0"
    assert release_detector([first.parent], target, **asked)["training"]["stages"]
    mean = release_detector([first.parent], target, average_with=[str(second)], **asked)
    assert mean["training"]["mean of the weights"] == [fingerprint(first), fingerprint(second)]
    between = load_file(target)["scores.bias"]
    assert torch.equal(between, (load_file(first)["scores.bias"] + load_file(second)["scores.bias"]) / 2)
    with pytest.raises(ParameterError, match="second started from weights"):
        release_detector([first.parent, second.parent], target, **asked)
    with pytest.raises(ParameterError, match=r"their card \(parent="):
        release_detector([second.parent], target, **asked)
    with pytest.raises(ParameterError, match="count is 0"):
        release_detector([second.parent], target, parent=parent, **asked | {"count": 0})
    with pytest.raises(ParameterError, match="there is no card"):
        release_detector([second.parent], target, parent=tmp_path / "none.json", **asked)
    parent.write_text("[")
    with pytest.raises(WeightsError, match=r"one\.json cannot be read"):
        release_detector([second.parent], target, parent=parent, **asked)


def labelled_folder(folder, classes=("nebula",)):
    """A picture of a bright rectangle in 80 x 100 pixels, labelled as YOLO does: from the upper left."""
    folder.mkdir()
    image = np.full((80, 100), 40, np.uint8)
    image[10:30, 60:90] = 220
    Image.fromarray(image).save(folder / "one.png")
    (folder / "one.txt").write_text("0 0.75 0.25 0.3 0.25\n")
    (folder / "classes.txt").write_text("\n".join(classes))
    return folder


def test_labelled_images_become_fields(tmp_path):
    source = annotated_source(labelled_folder(tmp_path / "mine"), side=96)
    field = source(np.random.default_rng(1))
    assert field.image.shape == (96, 96)
    (row,) = field.objects
    rows, columns = (slice(int(row[f"{a}_min"] + 0.5), int(row[f"{a}_max"] + 0.5)) for a in "yx")
    assert field.image[rows, columns].min() > field.image[: rows.start].max()
    assert row["class"] == "nebula"
    pool = FieldPool(tmp_path / "pool", capacity=2, side=96)
    pool.produce(source, seed=1, limit=2)
    assert pool.boxes[0, 0, 0] == 1


def test_labels_of_other_classes_are_renamed_or_named_by_the_default_model(tmp_path):
    folder = labelled_folder(tmp_path / "mine", classes=("dso",))
    (row,) = annotated_source(folder, renamed={"dso": "galaxy"}, side=96)(np.random.default_rng(1)).objects
    assert row["class"] == "galaxy"
    (row,) = annotated_source(folder, renamed={"dso": "model"}, side=96)(np.random.default_rng(1)).objects
    assert row["class"] in WIDE_CLASSES


def test_the_producer_takes_labels_and_images_that_lie_apart(tmp_path):
    folder = labelled_folder(tmp_path / "mine", classes=("dso",))
    (tmp_path / "pictures").mkdir()
    (folder / "one.png").rename(tmp_path / "pictures" / "one.png")
    asked = ["train-detector", "produce", str(tmp_path / "pools"), "--annotations", str(folder)]
    asked += ["--images", str(tmp_path / "pictures"), "--limit", "1", "--capacity", "1"]
    assert main([*asked, "--rename", "dso=star cluster"]) == 0
    pool = FieldPool(tmp_path / "pools" / "pools")
    assert pool.boxes[0, 0, 0] == WIDE_CLASSES.index("star cluster")
    assert main(asked) == 2  # no class of ours


@pytest.mark.parametrize(
    "given", [["--images", "x"], ["--rename", "a=galaxy"], ["--annotations", "x.json", "--pictures", "y"]]
)
def test_what_the_producer_would_pass_over_is_refused(tmp_path, given, capsys):
    assert main(["train-detector", "produce", str(tmp_path), *given]) == 2
    assert f"there is no use for {given[-2]}" in capsys.readouterr().err


def test_labels_of_other_classes_are_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"comet.*rename"):
        annotated_source(labelled_folder(tmp_path / "mine", classes=("comet",)))


def test_a_damaged_image_is_left_out_of_what_is_learnt_from(tmp_path, caplog):
    folder = labelled_folder(tmp_path / "mine")
    for suffix in (".png", ".txt"):
        (folder / f"two{suffix}").write_bytes((folder / f"one{suffix}").read_bytes())
    source = annotated_source(folder, side=96)
    whole = (folder / "two.png").read_bytes()
    (folder / "two.png").write_bytes(whole[: len(whole) // 2])
    shown = [source(np.random.default_rng(seed)).objects for seed in range(8)]
    assert all(len(objects) == 1 for objects in shown)
    assert "two.png is left out" in caplog.text
    (folder / "one.png").write_bytes(b"")
    with pytest.raises(ReadError, match="none of the labelled images"):
        source(np.random.default_rng(9))


def test_an_unknown_preset_is_named_with_the_known_ones(pool, tmp_path):
    with pytest.raises(UnknownNameError, match=r"yolov9.*modern"):
        fit_detector(pool, tmp_path / "run", preset="yolov9")
