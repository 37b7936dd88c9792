"""Building a model: names, devices, plug-ins that fail, and no trace in torch's state."""

import dataclasses

import pytest
import torch

from astroclassify.core import ParameterError, PluginError, UnknownNameError, conf
from astroclassify.models import PATCHNET, build_model, find_spec, resolve_device


def test_a_model_is_found_by_name_or_given_as_spec(spec):
    assert find_spec("default") is PATCHNET
    assert find_spec(spec) is spec
    with conf.set_temp("default_model", "hr-celestialnet"):
        assert find_spec("default").name == "hr-celestialnet"


def test_an_unknown_name_gets_the_list_and_the_nearest():
    with pytest.raises(UnknownNameError, match=r"hr-celestialnet.*did you mean 'patchnet'"):
        build_model("patchnt")


def test_what_is_not_a_model_is_refused():
    with pytest.raises(ParameterError, match="int"):
        find_spec(3)


def test_building_leaves_the_random_state_of_torch_alone(spec, save):
    path = save()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    build_model(spec, weights=path)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()


def test_a_model_is_float32_whatever_the_session_prefers(spec, save):
    torch.set_default_dtype(torch.float64)
    try:
        model = build_model(spec, weights=save())
    finally:
        torch.set_default_dtype(torch.float32)
    assert model.module.weight.dtype == torch.float32


def test_a_builder_that_fails_is_named(spec, save):
    broken = dataclasses.replace(spec, builder_options={"in_features": "many", "out_features": 2})
    with pytest.raises(PluginError, match=r"'tiny'.*'torch\.nn:Linear'.*TypeError"):
        build_model(broken, weights=save())


def test_a_builder_of_something_else_is_named(spec, save):
    with pytest.raises(PluginError, match="gave a dict"):
        build_model(dataclasses.replace(spec, builder="builtins:dict"), weights=save())


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu"), "auto"])
def test_devices_are_resolved_to_names(device):
    assert resolve_device(device) in ("cpu", "cuda", "mps")


def test_without_a_device_the_setting_decides():
    with conf.set_temp("device", "cpu"):
        assert resolve_device() == "cpu"


@pytest.mark.parametrize("device", ["cuda:99", "toaster", "meta", ""])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(ParameterError, match="device"):
        resolve_device(device)
