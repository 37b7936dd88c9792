"""Every shipped model for frames can be trained."""

import pytest
import torch
from safetensors.torch import load_file

from astroclassify.models import MODELS, built_module, load_state
from astroclassify.training import Recipe, fit
from tests.training.conftest import made_frames, small_spec

#: One of each architecture and size; ``hr-celestialnet`` takes frames of its own size only.
NAMES = ("alexnet", "efficientnet-b0", "patchnet", "resnet101", "resnet18", "resnet50", "vgg16-bn")


def test_the_list_has_every_shipped_architecture():
    shipped = {
        name.removesuffix("-resize").removesuffix("-presence")
        for name, spec in MODELS.items()
        if spec.builder.startswith("astroclassify.") and spec.task == "frame"
    }
    assert shipped == {*NAMES, "hr-celestialnet"}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_takes_a_step_and_its_weights_fit(name, tmp_path):
    spec = small_spec(name)
    recipe = Recipe(epochs=1, batch_size=2, micro_batch=2, optimiser="sgd", average=0.0, precision="float32")
    done = fit(spec, made_frames(2, labels=("nsc",)), folder=tmp_path, preset=recipe, validation=0)
    assert done.steps == 1
    load_state(built_module(spec), done.weights)
    torch.manual_seed(recipe.seed)
    before = built_module(spec).state_dict()
    after = load_file(done.weights)
    changed = sum(not torch.equal(before[name], after[name]) for name in after)
    assert changed > 0.9 * len(after)
