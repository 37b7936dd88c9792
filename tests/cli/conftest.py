"""A command in this process, small frames, and a model that needs no training."""

import json
import sys
from types import ModuleType

import numpy as np
import pytest
from astropy.io import fits

from astroclassify.cli import main
from astroclassify.models import MODELS, ModelSpec


@pytest.fixture
def command(capsys):
    """Run the command; give its exit status, standard output and standard error."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as leaving:
            status = leaving.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def frame_file(tmp_path):
    """Write small FITS images of a given brightness."""

    def write(name, brightness=1000.0):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = np.random.default_rng(5).normal(brightness, 5, (64, 96)).astype("float32")
        header = fits.Header({"FILTER": "F814W", "EXPTIME": 600.0, "BUNIT": "ELECTRONS"})
        fits.PrimaryHDU(image, header).writeto(path)
        return path

    return write


@pytest.fixture
def bright_is_galaxy(monkeypatch, tmp_path):
    """Register a model that calls frames brighter than 0 galaxies; give the arguments that choose it."""
    import torch
    from safetensors.torch import save_file

    class Brightness(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.steepness = torch.nn.Parameter(torch.tensor(0.01))

        def forward(self, planes):
            mean = self.steepness * planes.mean(dim=(1, 2, 3))
            return torch.stack([mean, -mean], dim=1)

    module = ModuleType("astroclassify_cli_test_model")
    module.Brightness = Brightness
    module.planes = lambda array: np.nan_to_num(array)[None].astype(np.float32)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    weights = tmp_path / "weights" / "brightness.safetensors"
    weights.parent.mkdir()
    save_file(Brightness().state_dict(), weights)
    weights.with_suffix(".json").write_text(json.dumps({"classes": ["galaxy", "nsc"]}))
    spec = ModelSpec(
        name="cli-test-brightness",
        description="Bright frames are galaxies",
        builder=f"{module.__name__}:Brightness",
        preprocessing=f"{module.__name__}:planes",
        classes=("galaxy", "nsc"),
    )
    MODELS.register(spec.name, spec)
    yield "--model", spec.name, "--weights", weights
    MODELS.unregister(spec.name)
