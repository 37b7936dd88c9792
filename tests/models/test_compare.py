"""Table 3 of the paper comes out to the printed digits, and the arithmetic is counted right."""

import numpy as np
import pytest
import torch

from astroclassify import models
from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.models import MODELS, built_module, compare_models

# Table 3 of arXiv:2312.04948: input size [MB], model size [MB], estimated total size [GB], for a batch of 4.
TABLE_3 = {
    "alexnet-resize": ("1.53", "385.42", "0.44"),
    "alexnet": ("128.00", "385.42", "6.21"),
    "vgg16-bn-resize": ("1.53", "904.22", "3.40"),
    "vgg16-bn": ("128.00", "904.22", "211.14"),
    "resnet18-resize": ("1.53", "42.62", "0.53"),
    "resnet18": ("128.00", "42.62", "41.17"),
    "hr-celestialnet": ("128.00", "370.21", "32.79"),
}
COLUMNS = ("input_mib", "model_mib", "total_gib")


@pytest.fixture(scope="module")
def table():
    return compare_models()


def test_its_rows_are_those_of_the_paper_in_its_order(table):
    assert list(table["model"]) == list(TABLE_3)


@pytest.mark.parametrize("name", TABLE_3)
def test_every_figure_equals_the_printed_digits(table, name):
    row = table[table["model"] == name][0]
    assert tuple(f"{row[column]:.2f}" for column in COLUMNS) == TABLE_3[name]
    assert tuple(f"{row[f'paper_{column}']:.2f}" for column in COLUMNS) == TABLE_3[name]
    assert row["equal"] == 3


def test_a_figure_that_differs_is_not_called_equal(monkeypatch):
    monkeypatch.setitem(models.TABLE_3, "resnet18-resize", (1.53, 42.63, 0.54))
    assert list(compare_models(["resnet18-resize"])["equal"]) == [1]


@pytest.mark.parametrize(
    "name", ["alexnet", "vgg16-bn", "resnet18-resize", "hr-celestialnet", "efficientnet-b0"]
)
def test_multiplications_agree_with_the_counter_of_torch(name):
    from torch.utils.flop_counter import FlopCounterMode

    row = compare_models([name])[0]
    with torch.device("meta"):
        network = built_module(MODELS[name]).eval()
        planes = torch.empty([1, *(int(n) for n in row["input"].split("x"))])
    with FlopCounterMode(display=False) as counter:
        network(planes)
    assert row["gmac"] == pytest.approx(counter.get_total_flops() / 2e9, rel=1e-12)


def test_other_models_have_no_printed_figures():
    row = compare_models(["patchnet"])[0]
    assert row["parameters"] == 3_057_477
    assert all(row[name] is np.ma.masked for name in ("equal", "paper_total_gib"))


def test_another_batch_scales_the_frames_and_not_the_parameters():
    four, eight = (compare_models(["resnet18-resize"], batch=batch)[0] for batch in (4, 8))
    assert eight["input_mib"] == 2 * four["input_mib"]
    assert eight["model_mib"] == four["model_mib"]
    growth = 2 * (four["total_gib"] - four["model_mib"] / 1024) + four["model_mib"] / 1024
    assert eight["total_gib"] == pytest.approx(growth, rel=1e-12)
    assert eight["equal"] is np.ma.masked


def test_an_unknown_name_is_refused():
    with pytest.raises(UnknownNameError, match="resnet34"):
        compare_models(["resnet34"])


@pytest.mark.parametrize("batch", [0, -1, 1.5, True])
def test_a_batch_of_no_frames_is_refused(batch):
    with pytest.raises(ParameterError, match="batch"):
        compare_models(["resnet18-resize"], batch=batch)
