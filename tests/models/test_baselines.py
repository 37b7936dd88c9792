"""The networks that HR-CelestialNet is compared with are those that were published."""

import math

import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.models import MODELS, build_model, built_module
from astroclassify.models.nets.alexnet import AlexNet
from astroclassify.models.nets.efficientnet import EfficientNetB0
from astroclassify.models.nets.resnet import ResNet
from astroclassify.models.nets.vgg import VGG16BN

# Parameters with one plane and two classes. The three of the paper (arXiv:2312.04948, Table 3) print as
# 385.42, 904.22 and 42.62 MiB; the others follow from the numbers of PUBLISHED.
PARAMETERS = {
    "alexnet": 101_036_738,
    "alexnet-resize": 101_036_738,
    "vgg16-bn": 237_036_482,
    "vgg16-bn-resize": 237_036_482,
    "resnet18": 11_172_290,
    "resnet18-resize": 11_172_290,
    "resnet50": 25_557_032 - 2 * 64 * 49 - 2049 * 1000 + 2049 * 2,
    "resnet101": 44_549_160 - 2 * 64 * 49 - 2049 * 1000 + 2049 * 2,
    "efficientnet-b0": 5_288_548 - 2 * 32 * 9 - 1281 * 1000 + 1281 * 2,
}

# With three planes and the 1000 classes of ImageNet: network, parameters, and 10^9 multiply-accumulations
# for 224 x 224, both as commonly published with weights for ImageNet. Tan & Le 2019 (Table 2) print 5.3 M
# and 0.39 for EfficientNet-B0; He et al. 2016 (Table 1) 1.8 for 18 layers (and 3.8 and 7.6 for 50 and 101,
# whose bottlenecks shrink one convolution earlier than ours).
PUBLISHED = {
    "alexnet": (lambda: AlexNet(3, 1000, pooled=(6, 6)), 61_100_840, 0.71),
    "vgg16-bn": (lambda: VGG16BN(3, 1000, pooled=(7, 7)), 138_365_992, 15.47),
    "resnet18": (lambda: ResNet(18, 3, 1000), 11_689_512, 1.81),
    "resnet50": (lambda: ResNet(50, 3, 1000), 25_557_032, 4.09),
    "resnet101": (lambda: ResNet(101, 3, 1000), 44_549_160, 7.80),
    "efficientnet-b0": (lambda: EfficientNetB0(3, 1000), 5_288_548, 0.39),
}

# As published, but for the width of the fully connected layers: small enough to run.
SMALL = {
    "alexnet": lambda: AlexNet(pooled=(1, 2), hidden=256),
    "vgg16-bn": lambda: VGG16BN(pooled=(1, 2), hidden=256),
    "resnet18": lambda: ResNet(18, pooled=(1, 2)),
    "resnet50": lambda: ResNet(50),
    "efficientnet-b0": EfficientNetB0,
}


def on_meta(build):
    with torch.device("meta"):
        return build().eval()


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def layers(network, kind):
    return [layer for layer in network.modules() if isinstance(layer, kind)]


@pytest.fixture
def small(request):
    torch.manual_seed(7)
    return SMALL[request.param]().eval()


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_parameters_are_exact(name):
    assert parameters(on_meta(lambda: built_module(MODELS[name]))) == PARAMETERS[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_networks_of_imagenet_have_their_published_size_and_cost(name):
    from torch.utils.flop_counter import FlopCounterMode

    build, expected, gmac = PUBLISHED[name]
    network = on_meta(build)
    with FlopCounterMode(display=False) as counter:
        network(torch.empty((1, 3, 224, 224), device="meta"))
    assert parameters(network) == expected
    assert counter.get_total_flops() / 2e9 == pytest.approx(gmac, abs=0.0051)


@pytest.mark.parametrize("name", PARAMETERS)
def test_one_row_of_logits_per_frame(name):
    options = MODELS[name].preprocessing_options
    planes = torch.empty((3, 1, options["height"], options["width"]), device="meta")
    assert tuple(on_meta(lambda: built_module(MODELS[name]))(planes).shape) == (3, 2)


# The maps that the paper feeds to the fully connected layers: (channels, rows, columns).
@pytest.mark.parametrize(
    ("name", "maps"),
    [("alexnet", (256, 6, 13)), ("vgg16-bn", (512, 7, 14)), ("resnet18", (512, 1, 2))],
)
def test_both_variants_end_in_the_maps_of_the_paper(name, maps):
    for variant, shape in ((name, (2048, 4096)), (f"{name}-resize", (224, 448))):
        network, seen = on_meta(lambda variant=variant: built_module(MODELS[variant])), []
        network.pool.register_forward_hook(lambda *call, seen=seen: seen.extend(call[1:]))
        network(torch.empty((1, 1, *shape), device="meta"))
        before, after = seen[0][0], seen[1]
        assert tuple(after.shape[1:]) == maps
        if variant.endswith("resize") and name != "resnet18":
            assert before.shape == after.shape


@pytest.mark.parametrize("network", [AlexNet, VGG16BN])
def test_pooling_leaves_the_maps_of_the_small_variant_as_they_are(network):
    with torch.device("meta"):
        pool = network().pool
    maps = torch.rand((2, 8, *pool.output_size))
    assert torch.equal(pool(maps), maps)


@pytest.mark.parametrize("small", SMALL, indirect=True)
def test_frames_of_a_batch_are_answered_alone(small):
    planes = torch.rand((3, 1, 65, 91), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        logits = small(planes)
        alone = torch.cat([small(frame[None]) for frame in planes])
    assert logits.isfinite().all()
    assert logits.std(dim=0).min() > 0
    assert torch.allclose(logits, alone, rtol=1e-4, atol=1e-5 * float(logits.abs().max()))


@pytest.mark.parametrize("small", SMALL, indirect=True)
def test_every_parameter_learns(small):
    logits = small.train()(torch.rand((4, 1, 64, 70), generator=torch.Generator().manual_seed(2)))
    logits.square().sum().backward()
    silent = [name for name, p in small.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


# The deviation of the weights of a layer with fan-in i, fan-out o and k classes, by paper.
DEVIATIONS = {
    # Krizhevsky et al. 2012, section 5.
    "alexnet": lambda layer, fan_in, fan_out: 0.01,
    # Glorot & Bengio 2010, Eq. (16).
    "vgg16-bn": lambda layer, fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
    # He et al. 2015, Eq. (10).
    "resnet18": lambda layer, fan_in, fan_out: math.sqrt(2 / fan_in),
    "resnet50": lambda layer, fan_in, fan_out: math.sqrt(2 / fan_in),
    # Uniform within 1 / sqrt(classes); normal with 2 / fan-out, for depthwise ones of one channel.
    "efficientnet-b0": lambda layer, fan_in, fan_out: (
        math.sqrt(1 / (3 * layer.out_features))
        if isinstance(layer, torch.nn.Linear)
        else math.sqrt(2 / (fan_out / layer.groups if layer.groups > 1 else fan_out))
    ),
}


@pytest.mark.parametrize("small", SMALL, indirect=True)
def test_weights_start_as_the_papers_say(small, request):
    deviation = DEVIATIONS[request.node.callspec.params["small"]]
    for layer in layers(small, torch.nn.Conv2d | torch.nn.Linear):
        weight = layer.weight.detach()
        area = weight[0, 0].numel()
        expected = deviation(layer, weight.shape[1] * area, weight.shape[0] * area)
        tolerance = 4 / math.sqrt(2 * weight.numel())  # four standard errors
        assert float(weight.std()) == pytest.approx(expected, rel=tolerance)
        assert abs(float(weight.mean())) < 4 * expected / math.sqrt(weight.numel())


def test_biases_of_alexnet_are_one_where_the_paper_says():
    network = SMALL["alexnet"]()
    biases = [set(layer.bias.tolist()) for layer in layers(network, torch.nn.Conv2d | torch.nn.Linear)]
    assert biases == [{0.0}, {1.0}, {0.0}, {1.0}, {1.0}, {1.0}, {1.0}, {0.0}]


@pytest.mark.parametrize("name", ["vgg16-bn", "resnet18", "efficientnet-b0"])
def test_all_other_biases_are_zero(name):
    parameters = SMALL[name]().named_parameters()
    assert not any(p.any() for name, p in parameters if name.endswith("bias"))


def test_a_skipped_residual_of_efficientnet_leaves_the_frame_and_keeps_the_mean():
    network = EfficientNetB0(drop_blocks=0.5).train()
    block = network.trunk[-2]
    residual = torch.ones((20_000, 1, 1, 1))
    torch.manual_seed(4)
    survivors = block._surviving(residual)
    assert block.has_shortcut
    assert block.dropped == pytest.approx(0.5 * 14 / 16)
    assert survivors.unique().tolist() == pytest.approx([0, 1 / (1 - block.dropped)])
    assert float(survivors.mean()) == pytest.approx(1, abs=0.03)
    assert block.eval()._surviving(residual) is residual


def test_a_depth_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match=r"34.*\[18, 50, 101\]"):
        ResNet(34)


def test_a_baseline_runs_with_weights_of_ones_own(tmp_path):
    from safetensors.torch import save_file

    save_file(built_module(MODELS["resnet18-resize"]).state_dict(), tmp_path / "own.safetensors")
    model = build_model("resnet18-resize", weights=tmp_path / "own.safetensors")
    assert model.classes == ("galaxy", "nsc")
