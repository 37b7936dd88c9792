"""Large planes pass a local chain in strips, and nothing changes but the memory that takes."""

import pytest
import torch
from torch import nn

from astroclassify.explain import _less_memory
from astroclassify.explain._less_memory import Field, field_of, in_strips, less_memory

CHAINS = {
    "a convolution without a pad": [nn.Conv2d(2, 4, 7), nn.BatchNorm2d(4), nn.ReLU(inplace=True)],
    "a convolution and a pooling": [nn.Conv2d(2, 4, 5, padding=2), nn.ReLU(), nn.MaxPool2d(8, 4)],
    "strides and pads": [nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.GELU(), nn.AvgPool2d(3, 2, padding=1)],
    "two convolutions": [nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 5, stride=3, padding=2)],
    "spread apart": [nn.Conv2d(2, 4, 3, padding=4, dilation=4)],
    "in place from the start": [nn.ReLU(inplace=True), nn.Conv2d(2, 4, 3)],
}


def gradient(network, x):
    x = x.clone().requires_grad_()
    found = network(x)
    weights = torch.linspace(-1, 1, found.numel()).reshape(found.shape)
    (own,) = torch.autograd.grad((found * weights).sum(), x)
    return found.detach(), own


@pytest.mark.parametrize("rows", [64, 97, 201])
@pytest.mark.parametrize("layers", CHAINS.values(), ids=CHAINS)
def test_strips_are_stitched_to_the_whole(layers, rows, monkeypatch):
    monkeypatch.setattr(_less_memory, "_ROWS", 24)
    torch.manual_seed(1)
    chain = nn.Sequential(*layers).eval()
    x = torch.randn(1, 2, rows, 40)
    whole = gradient(lambda x: chain(x.clone()), x)
    stitched = gradient(lambda x: in_strips(chain, x, field_of(chain)), x)
    for one, other in zip(whole, stitched, strict=True):
        assert one.shape == other.shape
        assert (one - other).abs().max() <= 1e-5 * one.abs().max()


def test_what_a_row_sees_is_worked_out():
    chain = nn.Sequential(nn.Conv2d(1, 1, 7), nn.ReLU(), nn.MaxPool2d(8, 4))
    assert field_of(chain) == Field(step=4, before=0, seen=14)


@pytest.mark.parametrize(
    "layer",
    [
        nn.AdaptiveAvgPool2d(1),
        nn.Linear(3, 3),
        nn.Conv2d(1, 1, 3, padding="same"),
        nn.MaxPool2d(2, ceil_mode=True),
    ],
)
def test_what_is_not_known_to_be_local_is_not_cut(layer):
    assert field_of(nn.Sequential(nn.Conv2d(1, 1, 3), layer)) is None


def test_a_large_network_gives_the_same_gradients_in_strips(monkeypatch):
    monkeypatch.setattr(_less_memory, "_ROWS", 24)
    monkeypatch.setattr(_less_memory, "_LARGE_PIECE", 1000)
    torch.manual_seed(1)
    chain = nn.Sequential(
        *(nn.Conv2d(1, 4, 7), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(4, 2)),
        *(nn.Conv2d(4, 8, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
    )
    network = nn.Sequential(chain, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)).eval()
    x = torch.randn(1, 1, 301, 64)
    whole = gradient(network, x)
    with less_memory(network):
        stitched = gradient(network, x)
    assert torch.allclose(whole[0], stitched[0], atol=1e-5)
    assert (whole[1] - stitched[1]).abs().max() <= 1e-4 * whole[1].abs().max()
