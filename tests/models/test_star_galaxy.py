"""The networks for single sources: two modes, fused, of any bands."""

import pytest
import torch

from astroclassify.core import MissingWeightsError, ParameterError
from astroclassify.models import MODELS, build_model, built_module
from astroclassify.models.nets.resnet import ResNet
from astroclassify.models.nets.star_galaxy import StarGalaxyNet, image_planes

NAMES = [name for name in MODELS if name.startswith("star-galaxy")]


def inputs(number=3):
    generator = torch.Generator().manual_seed(5)
    cutouts, bands, source = (
        torch.randn(shape, generator=generator)
        for shape in ((number, 7, 32, 32), (number, 7, 7), (number, 14))
    )
    bands[:, :, 0] = 1
    return cutouts, bands, source


@pytest.mark.parametrize("name", NAMES)
def test_two_logits_for_every_source(name):
    with torch.device("meta"):
        network = built_module(MODELS[name]).eval()
    assert network(*(one.to("meta") for one in inputs())).shape == (3, 2)


def test_the_paper_s_image_encoder_is_resnet_50():
    with torch.device("meta"):
        ours = built_module(MODELS["star-galaxy-fusion"]).image.network.trunk
        theirs = ResNet(50).trunk
    assert [p.shape for p in ours.parameters()] == [p.shape for p in theirs.parameters()]


def test_the_paper_s_catalogue_encoder_reads_the_bands_in_both_directions():
    with torch.device("meta"):
        lstm = built_module(MODELS["star-galaxy-fusion"]).catalogue.lstm
    assert lstm.bidirectional
    assert lstm.input_size == 7 + 14 - 3


def test_the_image_alone_does_not_look_at_the_catalogue():
    network, (cutouts, bands, source) = built_module(MODELS["star-galaxy-image"]).eval(), inputs()
    other = bands.clone(), source.clone()
    other[0][:, :, 1:5] += 1  # the next is the width of a point
    other[1][:, 3:] += 1
    assert torch.equal(network(cutouts, bands, source), network(cutouts, *other))


def test_the_catalogue_alone_does_not_look_at_the_pixels():
    network, (cutouts, bands, source) = built_module(MODELS["star-galaxy-catalogue"]).eval(), inputs()
    assert torch.equal(network(cutouts, bands, source), network(cutouts + 1, bands, source))


def test_the_profile_does_not_change_with_the_flux():
    y, x = torch.meshgrid(*[torch.arange(32.0) - 16] * 2, indexing="ij")
    body = 100 * torch.exp(-(x**2 + y**2) / 8).expand(1, 7, 32, 32)
    there = torch.ones(1, 7)
    torch.testing.assert_close(image_planes(body, there)[:, -1], image_planes(10 * body, there)[:, -1])


def test_a_band_that_is_not_there_adds_no_noise_to_the_mean():
    body = inputs(1)[0].abs() + 5
    there = torch.ones(1, 7)
    there[0, 3:] = 0
    alone = image_planes(body * there[:, :, None, None], there)
    others = body.clone()
    others[:, 3:] = 0
    torch.testing.assert_close(alone[:, -2:], image_planes(others, there)[:, -2:])


@pytest.mark.parametrize("options", [{"size": "huge"}, {"modes": ()}, {"modes": ("image", "radio")}])
def test_unknown_sizes_and_modes_are_refused(options):
    with pytest.raises(ParameterError, match="expected"):
        StarGalaxyNet(**options)


def test_other_numbers_of_bands_and_classes_can_be_built():
    network = StarGalaxyNet(bands=2, band_measures=6, source_measures=4, classes=3).eval()
    said = network(torch.zeros(5, 2, 16, 16), torch.zeros(5, 2, 6), torch.zeros(5, 4))
    assert said.shape == (5, 3)


def test_a_network_for_sources_is_made_faster_with_the_same_answers(tmp_path):
    from safetensors.torch import save_file

    spec = MODELS["star-galaxy-image"]
    network = built_module(spec).eval()
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    fast = build_model(spec, weights=tmp_path / "weights.safetensors", precision="float32")
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in fast.module.modules())
    with torch.inference_mode():
        torch.testing.assert_close(fast.module(*inputs()), network(*inputs()), rtol=1e-3, atol=1e-3)


def test_without_weights_it_is_told_how_to_train_on_sources():
    with pytest.raises(MissingWeightsError, match="train star-galaxy-fusion --data SOURCES --output run"):
        build_model("star-galaxy-fusion")


@pytest.mark.parametrize("hidden", ["pixels", "catalogue"])
def test_a_mode_without_anything_to_look_at_says_nothing(hidden):
    network, (cutouts, bands, source) = built_module(MODELS["star-galaxy-lite"]).eval(), inputs()
    if hidden == "pixels":
        first = network(torch.zeros_like(cutouts), bands, source)
        other = source.clone()
        other[:, :3] += 1
        second = network(torch.zeros_like(cutouts), bands, other)
    else:
        nothing = bands.clone()
        nothing[:, :, 1:] = 0
        first, second = (
            network(cutouts, nothing, one) for one in (source, source * torch.tensor([1.0] * 3 + [2.0] * 11))
        )
    torch.testing.assert_close(first, second)
