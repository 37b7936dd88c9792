"""A tiny model with weights, for the tests of loading."""

import hashlib
import json

import pytest

from astroclassify.models import ModelSpec


@pytest.fixture
def spec():
    """Give a spec whose network has 2 x 3 + 2 numbers (ModelSpec)."""
    return ModelSpec(
        name="tiny",
        description="A tiny network",
        builder="torch.nn:Linear",
        builder_options={"in_features": 3, "out_features": 2},
        preprocessing="astroclassify.preprocess:counts_planes",
        classes=("galaxy", "nsc"),
    )


@pytest.fixture
def tensors():
    """Give tensors that fit the tiny network (dict)."""
    import torch

    return {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.tensor([1.0, -1.0])}


@pytest.fixture
def save(tmp_path, tensors):
    """Give a function that writes a weights file and its card, and returns the file (callable)."""
    from safetensors.torch import save_file

    def saved(changes=None, *, card=None, name="tiny.safetensors"):
        path = tmp_path / name
        save_file({**tensors, **(changes or {})}, path)
        if card is not None:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            path.with_suffix(".json").write_text(json.dumps({"sha256": digest, **card}), encoding="utf-8")
        return path

    return saved
