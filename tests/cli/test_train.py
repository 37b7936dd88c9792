"""``train`` leaves weights that ``classify`` takes, goes on with a training, and refuses what cannot be."""

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

MODEL = "resnet18-resize"


@pytest.fixture
def manifest(tmp_path):
    """Six frames of six bodies, in the columns of the paper's lists."""
    rng, rows = np.random.default_rng(0), []
    for number in range(6):
        name, label = f"frame{number}", ("galaxy", "NSC")[number % 2]
        image = rng.normal(100 if label == "NSC" else 300, 5, (64, 96)).astype("f4")
        fits.PrimaryHDU(image).writeto(tmp_path / f"{name}.fits")
        rows.append((f"body {number}", name, 0, label))
    Table(rows=rows, names=("ID", "OBSID", "HDU Index", "Label")).write(tmp_path / "list.csv")
    return tmp_path / "list.csv"


@pytest.fixture
def small(monkeypatch):
    """Let the model take small planes, so that a step takes no time."""
    from dataclasses import replace

    from astroclassify.models import MODELS

    spec = replace(MODELS[MODEL], name="small-resnet", preprocessing_options={"height": 32, "width": 64})
    MODELS.register(spec.name, spec)
    yield spec.name
    MODELS.unregister(spec.name)


def test_it_trains_says_how_good_it_is_and_goes_on_when_asked(command, manifest, small, tmp_path):
    folder = tmp_path / "run"
    asked = (
        "train", small, "--data", manifest, "--output", folder, "--preset", "paper", "--epochs", 2,
        "--batch-size", 2, "--precision", "float32", "--validation", 0.34, "--augment", "flips",
    )  # fmt: skip
    status, out, err = command(*asked)
    assert (status, out) == (0, f"{folder / 'weights.safetensors'}\n")
    assert "4 steps" in err
    assert "balanced_accuracy" in err
    recipe = json.loads((folder / "weights.json").read_text())["training"]["recipe"]
    assert (recipe["optimiser"], recipe["epochs"], recipe["augmentation"]["flips"]) == ("sgd", 2, 0.5)
    status, out, err = command(*asked)
    assert (status, out) == (2, "")
    assert "--resume" in err or "resume=True" in err
    assert command(*asked, "--resume")[0] == 0
    frame = manifest.with_name("frame0.fits")
    weights = folder / "weights.safetensors"
    status, out, _ = command("classify", frame, "--model", small, "--weights", weights, "--format", "csv")
    assert status == 0
    assert "frame0.fits" in out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("--preset", "ancient"), "paper, modern, fine-tune"),
        (("--epochs", 0), "epochs is 0"),
        (("--augment", "rotation"), "rotation"),
        (("--validation", 3), "validation is 3.0"),
    ],
)
def test_wrong_usage_is_status_2(command, manifest, tmp_path, changes, message):
    status, out, err = command("train", MODEL, "--data", manifest, "--output", tmp_path / "run", *changes)
    assert (status, out) == (2, "")
    assert message in err


def test_a_manifest_that_is_not_there_is_status_1(command, tmp_path):
    status, _, err = command("train", MODEL, "--data", tmp_path / "no.csv", "--output", tmp_path / "run")
    assert status == 1
    assert "no such manifest" in err
