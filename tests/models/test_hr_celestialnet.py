"""HR-CelestialNet is the network of Table 2, row by row."""

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.models import HR_CELESTIALNET, built_module, summarise_model

# Table 2 of arXiv:2312.04948: type, kernel, stride, output size, trainable parameters.
# Row 7 prints 128x121x248; 498 / 2 is 249, and row 8 (119x247) agrees: a misprint.
TABLE_2 = [
    ("Conv2d", "7x7", "1x1", "32x2042x4090", 1_600),
    ("MaxPool2d", "8x8", "4x4", "32x509x1021", 0),
    ("Conv2d", "7x7", "1x1", "64x503x1015", 100_416),
    ("MaxPool2d", "4x4", "2x2", "64x250x506", 0),
    ("Conv2d", "5x5", "1x1", "128x246x502", 204_928),
    ("Conv2d", "5x5", "1x1", "128x242x498", 409_728),
    ("MaxPool2d", "2x2", "2x2", "128x121x249", 0),
    ("Conv2d", "3x3", "1x1", "256x119x247", 295_168),
    ("Conv2d", "3x3", "1x1", "256x117x245", 590_080),
    ("MaxPool2d", "2x2", "2x2", "256x58x122", 0),
    ("Conv2d", "3x3", "1x1", "256x56x120", 590_080),
    ("Conv2d", "3x3", "1x1", "256x54x118", 590_080),
    ("MaxPool2d", "2x2", "2x2", "256x27x59", 0),
    ("Conv2d", "3x3", "1x1", "512x25x57", 1_180_160),
    ("Conv2d", "3x3", "1x1", "512x23x55", 2_359_808),
    ("MaxPool2d", "2x2", "2x2", "512x11x27", 0),
    ("Conv2d", "3x3", "1x1", "512x9x25", 2_359_808),
    ("Conv2d", "3x3", "1x1", "512x7x23", 2_359_808),
    ("MaxPool2d", "2x2", "2x2", "512x3x11", 0),
    ("Linear", "", "", "4096", 69_210_112),
    ("Linear", "", "", "4096", 16_781_312),
    ("Linear", "", "", "2", 8_194),
]


@pytest.fixture(scope="module")
def table():
    return summarise_model(HR_CELESTIALNET)


@pytest.fixture(scope="module")
def meta_network():
    with torch.device("meta"):
        return built_module(HR_CELESTIALNET).eval()


@pytest.mark.parametrize("number", range(len(TABLE_2)))
def test_each_row_of_table_2(table, number):
    rows = [row for row in table if row["layer"] in ("Conv2d", "MaxPool2d", "Linear")]
    assert tuple(rows[number]) == TABLE_2[number]


def test_there_are_no_other_rows(table):
    rows = [row for row in table if row["layer"] in ("Conv2d", "MaxPool2d", "Linear")]
    assert len(rows) == len(TABLE_2)


def test_the_parameters_with_and_without_batch_normalisation(table):
    normalisation = table["parameters"][table["layer"] == "BatchNorm2d"].sum()
    assert table.meta["parameters"] == table["parameters"].sum() == 97_048_130
    assert 97_048_130 - normalisation == 97_041_282 == sum(row[-1] for row in TABLE_2)


def test_normalisation_and_relu_follow_every_convolution(table):
    layers = list(table["layer"])
    convolutions = [i for i, layer in enumerate(layers) if layer == "Conv2d"]
    assert len(convolutions) == 12
    assert all(layers[i + 1 : i + 3] == ["BatchNorm2d", "ReLU"] for i in convolutions)


def test_relu_stands_between_the_fully_connected_layers(table):
    assert list(table["layer"])[-6:] == ["Flatten", "Linear", "ReLU", "Linear", "ReLU", "Linear"]


@pytest.mark.parametrize("rows", [2048, 2051])
@pytest.mark.parametrize("frames", [1, 3])
def test_one_row_of_logits_per_frame(meta_network, rows, frames):
    planes = torch.empty((frames, 1, rows, 4096), device="meta")
    assert tuple(meta_network(planes).shape) == (frames, 2)


@pytest.mark.parametrize(("frames", "shape"), [(1, (2068, 4144)), (11, (2070, 4206))])
def test_uncropped_frames_are_refused_and_never_reshaped_into_others(meta_network, frames, shape):
    # 11 maps of 512 x 3 x 12 would fill 12 rows of 16896 exactly.
    with pytest.raises(ParameterError, match=r"\(512, 3, 12\)"):
        meta_network(torch.empty((frames, 1, *shape), device="meta"))


@pytest.mark.parametrize("shape", [(2068, 4144), (2070, 4206), (64, 64), (1500, 3000)])
def test_its_preprocessing_makes_any_frame_fit(meta_network, shape):
    planes = HR_CELESTIALNET.planes(np.ones(shape, dtype="f4"))
    assert tuple(meta_network(torch.empty((1, *planes.shape), device="meta")).shape) == (1, 2)


def test_weights_start_with_the_variance_of_he():
    # He et al. 2015, Eq. (10): the variance is 2 / fan-in, biases are 0.
    from astroclassify.models.nets.hr_celestialnet import _initialise

    torch.manual_seed(3)
    layer = torch.nn.Conv2d(32, 64, 7)
    _initialise(layer)
    assert float(layer.weight.detach().var()) == pytest.approx(2 / (32 * 49), rel=0.03)
    assert not layer.bias.detach().any()
