"""Lists of small frames on disk, a model that needs no training, and answers made up."""

import sys
from types import ModuleType

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from astroclassify.models import Calibration, Model, ModelSpec

SHAPE = (64, 96)


def made_list(folder, count=12, *, seed=0):
    """Write a manifest and its files: bright frames are galaxies, in turn, two of each body."""
    rng, rows = np.random.default_rng(seed), []
    folder.mkdir(exist_ok=True)
    for number in range(count):
        label = ("galaxy", "nsc")[number // 2 % 2]
        camera, letter = (("ACS/WFC", "j"), ("WFC3/UVIS", "i"))[number // 4 % 2]
        obsid = f"{letter}zz{number // 2:03d}{number:02d}q"
        image = rng.normal(3 if label == "galaxy" else -3, 5, SHAPE) + rng.normal(0, 2)
        fits.PrimaryHDU(image.astype("float32")).writeto(folder / f"{obsid}_raw.fits", overwrite=True)
        rows.append((f"body {number // 2}", camera, obsid, ("F606W", "F814W")[number % 2], label))
    table = Table(rows=rows, names=("ID", "Instrument", "OBSID", "Filter", "Label"))
    table.write(folder / "list.ecsv", overwrite=True)
    return folder / "list.ecsv"


@pytest.fixture
def listed(tmp_path):
    return made_list(tmp_path / "frames")


@pytest.fixture
def brightness(monkeypatch):
    """Build a model that calls frames brighter than a limit galaxies; many with one preprocessing."""
    import torch

    class Brightness(torch.nn.Module):
        def __init__(self, above=0.0, broken=False):
            super().__init__()
            self.above, self.broken, self.seen = above, broken, 0

        def forward(self, planes):
            self.seen += 1
            if self.broken:
                raise RuntimeError("two lines\nof trouble")
            mean = planes.mean(dim=(1, 2, 3)) - self.above
            return torch.stack([mean, -mean], dim=1)

    module = ModuleType("astroclassify_evaluation_test_model")
    module.Brightness = Brightness
    module.planes = lambda array: np.nan_to_num(array)[None].astype(np.float32)
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def build(name="brightness", *, above=0.0, sha256="0" * 64, broken=False):
        spec = ModelSpec(
            name=name,
            description="Bright frames are galaxies",
            builder=f"{module.__name__}:Brightness",
            preprocessing=f"{module.__name__}:planes",
            classes=("galaxy", "nsc"),
        )
        return Model(spec, Brightness(above, broken), {}, Calibration(), sha256, "cpu")

    return build


def made_answers(p_galaxy, truth, *, model="m", body=None, visit=None, label=None):
    """Answers as of an evaluation, for tables that need no pixels."""
    p_galaxy, truth = np.asarray(p_galaxy, float), np.asarray(truth, bool)
    number = np.arange(p_galaxy.size)
    leaning = np.where(p_galaxy >= 0.5, "galaxy", "nsc")
    return Table(
        {
            "model": np.full(p_galaxy.size, model),
            "name": np.array([f"frame {i}" for i in number]),
            "OBSID": np.array([f"jzz{i:03d}01q" for i in number]),
            "HDU Index": np.ones(p_galaxy.size, int),
            "body": number.astype(str) if body is None else np.asarray(body).astype(str),
            "visit": number.astype(str) if visit is None else np.asarray(visit).astype(str),
            "Instrument": np.where(number % 2 == 0, "ACS/WFC", "WFC3/UVIS"),
            "Filter": np.where(number % 3 == 0, "F606W", "F814W"),
            "truth": np.where(truth, "galaxy", "nsc"),
            "path": np.full(p_galaxy.size, ""),
            "label": leaning if label is None else label,
            "leaning": leaning,
            "p_galaxy": p_galaxy,
            "probability": np.maximum(p_galaxy, 1 - p_galaxy),
            "planes": np.full(p_galaxy.size, "1x64x96"),
            "read_ms": np.full(p_galaxy.size, 40.0),
            "preprocess_ms": 20.0 + number,
            "classify_ms": np.full(p_galaxy.size, 50.0),
            "threads": np.ones(p_galaxy.size, int),
            "error": np.full(p_galaxy.size, "", dtype="U40"),
        }
    )
