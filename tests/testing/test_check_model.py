"""The contract kit for models: every registered model keeps it, and each broken rule is named."""

import dataclasses
import sys
import types

import numpy as np
import pytest
import torch

from astroclassify.core import PluginError
from astroclassify.models import MODELS, ModelOutput, ModelSpec
from astroclassify.stargalaxy import source_inputs
from astroclassify.testing import ContractError, check_model, difficult_frames
from astroclassify.testing._model import DEFAULT_SHAPES

SMALL = ((64, 64), (65, 90))


def shapes_for(name):
    """Give every shape to the first model with some preprocessing, and one to those that share it."""
    spec = MODELS[name]
    key = (spec.preprocessing, spec.preprocessing_options)
    first = next(n for n in MODELS if (MODELS[n].preprocessing, MODELS[n].preprocessing_options) == key)
    return DEFAULT_SHAPES if name == first else ((64, 64),)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_registered_network_keeps_the_contract_untrained(name):
    check_model(dataclasses.replace(MODELS[name], weights=None), shapes=shapes_for(name))


@pytest.mark.parametrize("name", [name for name in MODELS if MODELS[name].weights])
def test_every_registered_model_keeps_the_contract_with_its_weights(name):
    check_model(name)


class Good(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))

    def examine(self, planes, *, evidence=True):
        maps = torch.cat([planes, -planes], dim=1) * self.scale
        return ModelOutput(maps.mean(dim=(2, 3)), maps)

    def forward(self, planes):
        return Good.examine(self, planes).logits


def good_planes(array):
    median = np.nanmedian(array) or 1
    return np.clip(np.nan_to_num(array / np.float32(median)), -10, 10)[None].astype("f4")


@pytest.fixture
def make_spec(monkeypatch):
    """Give a function that makes a spec of a network and a preprocessing (callable)."""

    def made(network=Good, planes=good_planes, **changes):
        module = types.ModuleType("a_plugin_for_a_test")
        module.network, module.planes = network, planes
        monkeypatch.setitem(sys.modules, "a_plugin_for_a_test", module)
        spec = ModelSpec(
            name="for-a-test",
            description="For a test",
            builder="a_plugin_for_a_test:network",
            preprocessing="a_plugin_for_a_test:planes",
            classes=("galaxy", "nsc"),
        )
        return dataclasses.replace(spec, **changes)

    return made


def test_a_good_model_passes(make_spec):
    for network in (Good, Examining):
        check_model(make_spec(network), shapes=SMALL)


def test_a_good_large_model_passes_without_computing(make_spec):
    class NeverRun(Good):
        def forward(self, planes):
            if planes.device.type != "meta":
                raise RuntimeError("computed")
            return super().forward(planes)

    check_model(make_spec(NeverRun, tags=("large",)), shapes=SMALL)
    check_model(make_spec(NeverRun), shapes=SMALL, forward=False)
    with pytest.raises(ContractError, match="computed"):
        check_model(make_spec(NeverRun), shapes=SMALL)


def overwriting(array):
    array[np.isnan(array)] = 0
    return good_planes(array)


def random_planes(array):
    return good_planes(array) + np.random.default_rng().random(array.shape, dtype="f4")


def channels_by_size(array):
    return np.repeat(good_planes(array), 1 + (array.shape[0] > 64), axis=0)


@pytest.mark.parametrize(
    ("planes", "message"),
    [
        (lambda array: array[None] / np.float32(1000), "not finite"),
        (lambda array: good_planes(array).astype("f8"), "float64"),
        (lambda array: good_planes(array)[0], "expected a float32 array"),
        (overwriting, "changed its input"),
        (random_planes, "not the same each time"),
        (channels_by_size, r"number of planes depends on the frame: \[1, 2\]"),
        (lambda array: good_planes(array[100:]), "raised"),
    ],
)
def test_a_broken_preprocessing_is_named(make_spec, planes, message):
    with pytest.raises(ContractError, match=message):
        check_model(make_spec(planes=planes), shapes=SMALL)


class ThreeLogits(Good):
    def forward(self, planes):
        return super().forward(planes).repeat(1, 2)[:, :3]


class Infinite(Good):
    def forward(self, planes):
        return super().forward(planes) / 0


class Forgetful(Good):
    def forward(self, planes):
        return super().forward(planes) + torch.rand(1)


class CompanyMatters(Good):
    def forward(self, planes):
        return super().forward(planes) - planes.mean()


class OtherEvidence(Good):
    def examine(self, planes, *, evidence=True):
        output = super().examine(planes)
        return ModelOutput(output.logits + 1, output.evidence)


class OtherWithoutEvidence(OtherEvidence):
    def examine(self, planes, *, evidence=True):
        return Good.examine(self, planes) if evidence else super().examine(planes)


class Examining(Good):
    """Says all that a network can say; ``changes`` break one thing."""

    changes = None

    def examine(self, planes, *, evidence=True):
        output = super().examine(planes)
        told = {"novelty": planes.amax(dim=(1, 2, 3)), "features": planes.mean(dim=3)[:, 0]}
        told |= {name: change(output) for name, change in (self.changes or {}).items()}
        return dataclasses.replace(output, **told)


def breaking(**changes):
    return lambda: setattr(network := Examining(), "changes", changes) or network


class ATuple(Good):
    def examine(self, planes, *, evidence=True):
        return self(planes), None


class WithoutGradients(Good):
    def forward(self, planes):
        return super().forward(planes.detach())


class OneSize(Good):
    def forward(self, planes):
        return super().forward(planes.reshape(-1, 1, 64, 64))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (ThreeLogits, r"shape \(2, 3\), not \(2, 2\)"),
        (Infinite, "not finite"),
        (Forgetful, "not the same each time"),
        (CompanyMatters, "depend on the others"),
        (OtherEvidence, "other logits"),
        (OtherWithoutEvidence, r"examine\(\) comes with other logits"),
        (
            breaking(evidence=lambda said: said.evidence.mean(dim=1)),
            r"evidence .* \(2, 2, any, any\)",
        ),
        (breaking(novelty=lambda said: said.logits[:1, 0]), r"novelty .* shape \(1,\); expected \(2,\)"),
        (breaking(novelty=lambda said: said.logits[:, 0] / 0), r"novelty of examine\(\) is not finite"),
        (breaking(features=lambda said: said.logits[:, 0]), r"features .* shape \(2,\); expected \(2, any\)"),
        (ATuple, "gave a tuple; expected a ModelOutput"),
        (WithoutGradients, "following gradients"),
        (OneSize, r"frame \(65, 90\) raised RuntimeError"),
        (dict, "gave a dict"),
        (lambda: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_broken_network_is_named(make_spec, network, message):
    with pytest.raises(ContractError, match=message):
        check_model(make_spec(network), shapes=SMALL)


def test_of_a_model_for_another_task_only_spec_and_network_are_checked(make_spec):
    other = {"task": "detection", "classes": ("star", "galaxy")}
    check_model(make_spec(planes=lambda array: None, **other))
    with pytest.raises(ContractError, match="ZeroDivisionError"):
        check_model(make_spec(lambda: 1 / 0, **other))


def test_what_is_not_a_spec_is_named():
    with pytest.raises(ContractError, match="expected a ModelSpec"):
        check_model({"name": "a dict"})


def test_weights_that_do_not_fit_are_named(make_spec, tmp_path):
    from safetensors.torch import save_file

    save_file({"other": torch.ones(1)}, tmp_path / "w.safetensors")
    with pytest.raises(ContractError, match="missing: scale; unexpected: other"):
        check_model(make_spec(), weights=tmp_path / "w.safetensors", shapes=SMALL)


def test_all_problems_are_listed_and_counted(make_spec):
    with pytest.raises(PluginError, match=r"'for-a-test' breaks \d+ rule") as caught:
        check_model(make_spec(planes=lambda array: overwriting(array).astype("f8")), shapes=SMALL)
    assert len(caught.value.problems) == str(caught.value).count("\n  * ") == 2


@pytest.mark.parametrize("shape", SMALL)
def test_difficult_frames_are_reproducible_float32(shape):
    first, second = difficult_frames(shape), difficult_frames(shape, rng=0)
    for kind, frame in first.items():
        assert frame.shape == shape
        assert frame.dtype == np.float32
        assert np.isfinite(frame).any()
        assert np.array_equal(frame, second[kind], equal_nan=True)


class Failing(Good):
    def forward(self, planes):
        raise RuntimeError("no")


class NotANumber(Good):
    def forward(self, planes):
        return super().forward(planes) * float("nan")


def failing_planes(array):
    raise KeyError("no")


def infinite_planes(array):
    return np.full((1, 8, 8), np.inf, "f4")


@pytest.mark.parametrize("planes", [failing_planes, infinite_planes, overwriting])
def test_one_fault_of_a_preprocessing_is_one_line(make_spec, planes):
    with pytest.raises(ContractError, match=r"and so for \d+ more") as caught:
        check_model(make_spec(planes=planes))
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("network", [Failing, NotANumber])
def test_one_fault_of_a_network_is_one_line(make_spec, network):
    with pytest.raises(ContractError, match=r"and so for \d+ more") as caught:
        check_model(make_spec(network), shapes=[(64, 64), (48, 70)])
    assert len(caught.value.problems) == 1


def source_spec(name, *, network=None, planes=None):
    """Give a spec for sources of a network and a preprocessing of a module made for it."""
    module = types.ModuleType("a_plugin_for_sources")
    module.network, module.planes = network, planes
    sys.modules["a_plugin_for_sources"] = module
    changes = {"builder": "a_plugin_for_sources:network", "builder_options": {}} if network else {}
    changes |= {"preprocessing": "a_plugin_for_sources:planes"} if planes else {}
    return dataclasses.replace(MODELS["star-galaxy-image"], name=name, **changes)


def test_a_model_for_sources_must_not_look_at_the_others_of_a_batch():
    class Ranked(torch.nn.Module):
        def forward(self, cutouts, bands, source):
            light = cutouts.sum(dim=(1, 2, 3))
            return torch.stack([light - light.mean(), light], dim=1)

    with pytest.raises(ContractError, match="depend on the others of the batch"):
        check_model(source_spec("ranked", network=Ranked))


def test_the_inputs_of_a_model_for_sources_must_be_finite():
    def with_holes(sample):
        inputs = source_inputs(sample)
        return inputs._replace(cutouts=inputs.cutouts * np.float32(np.nan))

    with pytest.raises(ContractError, match="values that are not finite"):
        check_model(source_spec("holes", planes=with_holes))


def test_a_model_for_sources_must_give_a_row_for_each():
    def half(sample):
        inputs = source_inputs(sample)
        return inputs._replace(source=inputs.source[::2])

    with pytest.raises(ContractError, match="expected one for each of the 24 sources"):
        check_model(source_spec("half", planes=half))
