"""Networks made ready for training compute what they computed before."""

import copy

import pytest
import torch
from torch import nn

from astroclassify.core import ParameterError, PluginError
from astroclassify.models import MODELS, built_module
from astroclassify.training._network import (
    first_layer,
    fold_scale,
    freeze_all_but_the_head,
    freeze_first_layers,
    keep_first_layer_exact,
    save_memory,
    set_training,
    update_average,
)
from tests.training.conftest import small_spec

NAMES = [name for name in MODELS if name.endswith("-resize")] + ["efficientnet-b0", "patchnet"]


def planes_for(spec, number=2):
    channels = first_layer(built_module(spec)).in_channels
    options = spec.preprocessing_options
    return torch.rand(number, channels, options.get("height", 32), options.get("width", 64)) * 10


def gradients(module, planes):
    torch.manual_seed(2)  # of the dropout
    module(planes).square().sum().backward()
    return [parameter.grad for parameter in module.parameters()]


@pytest.mark.parametrize("name", NAMES)
def test_saved_memory_changes_neither_gradients_nor_statistics(name):
    spec = small_spec(name)
    torch.manual_seed(1)
    planes, plain = planes_for(spec), built_module(spec).train()
    saving = copy.deepcopy(plain)
    save_memory(saving)
    for one, other in zip(gradients(plain, planes), gradients(saving, planes), strict=True):
        torch.testing.assert_close(other, one)
    for one, other in zip(plain.state_dict().items(), saving.state_dict().items(), strict=True):
        assert one[0] == other[0]
        torch.testing.assert_close(other[1], one[1])


def test_saved_memory_keeps_fewer_activations():
    spec = small_spec("resnet18-resize")
    module, kept = built_module(spec).train(), []

    def number_kept():
        kept.clear()
        with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
            module(planes_for(spec))
        return sum(kept)

    before = number_kept()
    save_memory(module)
    assert number_kept() < 0.7 * before


def test_the_first_layer_stays_exact_under_mixed_precision():
    spec = small_spec("resnet18-resize")
    module = built_module(spec)
    counts = 4096 + torch.rand(1, 1, 32, 64)  # bfloat16 knows no fractions here
    expected = first_layer(module)(counts)
    seen = []
    keep_first_layer_exact(module)
    first_layer(module).register_forward_hook(lambda layer, inputs, output: seen.append(output))
    with torch.autocast("cpu", torch.bfloat16):
        module(counts)
    assert seen[0].dtype == torch.bfloat16
    assert torch.equal(seen[0], expected.bfloat16())


def test_only_the_head_learns_when_asked():
    module = built_module(small_spec("resnet18-resize"))
    head = freeze_all_but_the_head(module, 2)
    set_training(module)
    learning = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    assert len(learning) == len(list(head.parameters()))
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms
    assert not any(layer.training for layer in norms)


def test_a_head_that_cannot_be_told_is_named():
    with pytest.raises(PluginError, match="9 outputs"):
        freeze_all_but_the_head(built_module(small_spec("resnet18-resize")), 9)


def test_the_first_layers_stay_when_asked():
    module = built_module(small_spec("resnet18-resize"))
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    freeze_first_layers(module, 3)
    assert [layer.weight.requires_grad for layer in layers[:5]] == [False, False, False, True, True]


def test_a_network_of_which_nothing_would_learn_is_refused():
    with pytest.raises(ParameterError, match="frozen is 1000"):
        freeze_first_layers(built_module(small_spec("resnet18-resize")), 1000)


def test_an_average_moves_towards_the_network_and_copies_counters():
    average, module = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(module.weight, 3.0)
    module.num_batches_tracked.fill_(7)
    update_average(average, module, 0.75)
    assert average.weight.tolist() == [1.5, 1.5]
    assert average.num_batches_tracked == 7


@pytest.mark.parametrize("name", ["resnet18-resize", "alexnet-resize"])
def test_a_folded_scale_changes_no_answer(name):
    spec = small_spec(name)
    module, planes = built_module(spec).eval(), planes_for(spec) * 100
    with torch.no_grad():
        before = module(planes / 1000)
        fold_scale(module, 1000.0, planes)
        torch.testing.assert_close(module(planes), before, rtol=1e-4, atol=1e-5)


def test_a_scale_that_cannot_be_folded_is_refused():
    class Logarithm(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            return self.layer(torch.log1p(x))

    with pytest.raises(PluginError, match="input_scale=1"):
        fold_scale(Logarithm(), 10.0, torch.rand(4, 3))
