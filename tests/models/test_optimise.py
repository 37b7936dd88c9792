"""Networks made fast: the same answers, or the network as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from astroclassify.core import ParameterError, conf
from astroclassify.models import PATCHNET, ModelSpec, build_model, built_module
from astroclassify.models import _optimise as optimise
from astroclassify.models.nets.efficientnet import EfficientNetB0
from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.models.nets.resnet import ResNet

SPEC = ModelSpec(
    name="own",
    description="A network of a test",
    builder="torch.nn:Identity",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options={"height": 32, "width": 32},
    classes=("galaxy", "nsc"),
)


def used(network, seed=0):
    """Give a network the running statistics of one that has seen frames, in evaluation mode."""
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d) and layer.track_running_stats:
            layer.running_mean.normal_(0, 0.3, generator=generator)
            layer.running_var.uniform_(0.5, 2, generator=generator)
            layer.weight.data.uniform_(0.5, 1.5, generator=generator)
            layer.bias.data.normal_(0, 0.3, generator=generator)
    return network.eval()


def seeded(build, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return used(build(), seed)


def small(*layers):
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3), *layers, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
        )
    )


def inputs(channels, side=64):
    return torch.from_numpy(np.random.default_rng(3).normal(0, 1, (2, channels, side, side)).astype("f4"))


def kinds(network, kind):
    return sum(isinstance(layer, kind) for layer in network.modules())


@pytest.fixture(autouse=True)
def own_cache(tmp_path):
    """Let nothing be remembered from another test."""
    with conf.set_temp("cache_dir", str(tmp_path)):
        yield


HOUSE = [(PatchNet, 4), (ResNet, 1), (EfficientNetB0, 1)]


@pytest.mark.parametrize(("build", "channels"), HOUSE)
@torch.inference_mode()
def test_networks_of_the_house_lose_their_normalisation_and_keep_their_logits(build, channels):
    network = seeded(build)
    folded = optimise._prepared(network, SPEC, "float32")
    assert kinds(network, nn.BatchNorm2d) > 0
    assert kinds(folded, nn.BatchNorm2d) == 0
    expected = network(inputs(channels))
    assert optimise.agree(folded(inputs(channels)), expected, 1e-4)


@torch.inference_mode()
def test_what_was_loaded_is_not_changed():
    network = seeded(PatchNet)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimise._prepared(network, SPEC, "bfloat16")
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(layer._forward_pre_hooks for layer in network.modules())


class Skipping(nn.Sequential):
    """Looks like a Sequential, and leaves out what stands in the middle."""

    def forward(self, x):
        return self[2](self[0](x))


def hooked():
    layer = nn.BatchNorm2d(8)
    layer.register_forward_hook(lambda layer, arguments, output: output + 1)
    return layer


def shared():
    convolution = nn.Conv2d(8, 8, 1)
    return nn.Sequential(convolution, nn.BatchNorm2d(8), convolution)


@pytest.mark.parametrize(
    "foreign",
    [
        lambda: Skipping(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.ReLU()),
        lambda: nn.Sequential(nn.Conv2d(8, 8, 1), hooked()),
        lambda: nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8, track_running_stats=False)),
        lambda: nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU(), nn.BatchNorm2d(8)),
        shared,
    ],
    ids=["subclass", "hook", "batch statistics", "something between", "used twice"],
)
@torch.inference_mode()
def test_what_is_not_provably_one_after_the_other_is_left_alone(foreign):
    network = small(foreign())
    folded = optimise._prepared(network, SPEC, "float32")
    assert kinds(folded, nn.BatchNorm2d) == kinds(network, nn.BatchNorm2d)
    torch.testing.assert_close(folded(inputs(1)), network(inputs(1)))


@torch.inference_mode()
def test_in_bfloat16_logits_and_evidence_are_float32_and_still_add_up():
    network = seeded(PatchNet)
    fast = optimise._prepared(network, PATCHNET, "bfloat16")
    assert fast.trunk.stem[0].weight.dtype == torch.bfloat16
    output = fast.examine(inputs(4))
    logits, evidence = output.logits, output.evidence
    assert logits.dtype == evidence.dtype == fast.votes.weight.dtype == torch.float32
    torch.testing.assert_close(evidence.sum(dim=(2, 3)), logits)
    assert optimise.agree(logits, network(inputs(4)), optimise.TOLERANCES["bfloat16"])


@pytest.fixture
def capable(monkeypatch):
    """Pretend that the processor has bfloat16; torch emulates it where it has not."""
    monkeypatch.setattr(optimise, "has_bfloat16", lambda device: True)


class Cancelling(nn.Module):
    """Its logits are a small difference of large sums."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 4, 1)
        nn.init.constant_(self.layer.weight, 1.001)
        nn.init.zeros_(self.layer.bias)

    def forward(self, planes):
        large = self.layer(planes).float().mean(dim=(2, 3))
        return (large - planes.mean(dim=(2, 3)) * 1.0005)[:, :2] * torch.tensor([1.0, -1.0])


def test_bfloat16_is_used_where_the_device_has_it_and_the_answers_agree(capable):
    fast, precision = optimise.optimised(small(nn.BatchNorm2d(8)), SPEC, device="cpu")
    assert (precision, fast[0].weight.dtype) == ("bfloat16", torch.bfloat16)


def test_without_bfloat16_in_hardware_nothing_is_rounded(monkeypatch):
    monkeypatch.setattr(optimise, "has_bfloat16", lambda device: False)
    fast, precision = optimise.optimised(small(nn.BatchNorm2d(8)), SPEC, device="cpu")
    assert (precision, fast[0].weight.dtype) == ("float32", torch.float32)
    assert kinds(fast, nn.BatchNorm2d) == 0


def test_answers_that_change_in_bfloat16_keep_the_network_in_float32(capable):
    network = Cancelling()
    fast, precision = optimise.optimised(network, SPEC, device="cpu")
    assert (precision, fast.layer.weight.dtype) == ("float32", torch.float32)
    with pytest.raises(ParameterError, match="'own' does not give the same answers in bfloat16"):
        optimise.optimised(network, SPEC, device="cpu", precision="bfloat16")


class Stubborn(nn.Module):
    """Cannot be copied."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 2, 3)

    def forward(self, planes):
        return self.layer(planes).mean(dim=(2, 3))

    def __deepcopy__(self, memo):
        raise TypeError("one is enough")


@pytest.mark.parametrize("network", [Stubborn(), nn.Sequential(nn.Conv2d(7, 2, 3)), nn.Linear(3, 2)])
def test_a_network_that_nothing_can_be_made_of_is_used_as_it_is(network, capable):
    found, precision = optimise.optimised(network, SPEC, device="cpu")
    assert found is network
    assert precision == "float32"
    with pytest.raises(ParameterError, match="bfloat16"):
        optimise.optimised(network, SPEC, device="cpu", precision="bfloat16")


def test_a_lengthy_comparison_is_made_once_for_the_same_weights(capable, monkeypatch):
    network, probes = small(nn.BatchNorm2d(8)), []
    make_probe = optimise._probe
    monkeypatch.setattr(optimise, "_probe", lambda *what: probes.append(what) or make_probe(*what))
    monkeypatch.setattr(optimise, "_REMEMBERED_FROM", -1)
    found = [optimise.optimised(network, SPEC, device="cpu", sha256=sha) for sha in ("aa", "aa", "bb")]
    assert [precision for _, precision in found] == ["bfloat16"] * 3
    assert len(probes) == 2
    assert torch.equal(found[0][0](inputs(1)), found[1][0](inputs(1)))


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ([[0.0, 1.0]], [[0.0, 1.04]], True),
        ([[0.0, 1.0]], [[0.0, 1.3]], False),
        ([[500.0, 501.0]], [[0.0, 1.0]], True),  # only differences between classes count
        ([[0.0, 100.0]], [[0.0, 104.0]], True),
        ([[0.0, float("nan")]], [[0.0, 1.0]], False),
        ([[0.0, 1.0]], [[0.0, float("inf")]], False),
    ],
)
def test_logits_agree_where_their_differences_do(found, expected, same):
    assert optimise.agree(torch.tensor(found), torch.tensor(expected), 0.05) is same


def test_a_precision_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match=r"float16.*'auto', 'float32', 'bfloat16'"):
        build_model("patchnet", precision="float16")


def test_the_default_model_says_its_precision_and_answers_as_it_was_loaded():
    from astroclassify.models import load_state, locate_weights

    loaded = built_module(PATCHNET).eval()
    load_state(loaded, locate_weights(PATCHNET)[0])
    planes = torch.from_numpy(PATCHNET.planes(optimise._probe_frames()[0]))[None]
    for precision in ("auto", "float32"):
        model = build_model("patchnet", precision=precision)
        assert model.precision in repr(model)
        with torch.inference_mode():
            assert optimise.agree(model.module(planes), loaded(planes), optimise.TOLERANCES[model.precision])
    assert model.precision == "float32"
