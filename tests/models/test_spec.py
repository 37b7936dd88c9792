"""A spec and its weights are plain, frozen, checked data."""

import dataclasses
import pickle

import pytest

from astroclassify.core import ParameterError, PluginError
from astroclassify.models import MODELS, PATCHNET, ModelSpec, Options, Weights

GOOD = {
    "name": "tiny-1",
    "description": "For tests",
    "builder": "torch.nn:Linear",
    "preprocessing": "astroclassify.preprocess:counts_planes",
    "classes": ("galaxy", "nsc"),
}
SHA = "0123456789abcdef" * 4


def test_a_spec_pickles_hashes_and_compares_by_value():
    spec = ModelSpec(**GOOD, builder_options={"in_features": 3, "sizes": [1, 2]})
    same = pickle.loads(pickle.dumps(spec))
    assert same == spec
    assert hash(same) == hash(spec)
    assert spec != dataclasses.replace(spec, builder_options={})


def test_a_spec_cannot_be_changed_afterwards():
    options = {"height": 16}
    spec = ModelSpec(**GOOD, preprocessing_options=options)
    options["height"] = 99
    assert spec.preprocessing_options == {"height": 16}
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "other"
    with pytest.raises(TypeError):
        spec.preprocessing_options["height"] = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Tiny Net"}, "name"),
        ({"name": ""}, "name"),
        ({"description": ""}, "description"),
        ({"description": "two\nlines"}, "description"),
        ({"builder": "torch.nn.Linear"}, "import path"),
        ({"preprocessing": "no colon"}, "import path"),
        ({"classes": "galaxy"}, "tuple of str"),
        ({"classes": ("galaxy", "planet")}, "unknown class 'planet'"),
        ({"classes": ("galaxy", "field")}, "nsc"),
        ({"classes": ("nebula", "star cluster")}, "galaxy"),
        ({"classes": ("galaxy", "nsc", "nebula")}, "either 'nsc' or its parts"),
        ({"classes": ("galaxy", "nsc", "nsc")}, "twice"),
        ({"weights": "file.safetensors"}, "Weights"),
        ({"builder_options": {"not a name": 1}}, "identifier"),
        ({"builder_options": {"function": len}}, "plain data"),
    ],
)
def test_a_wrong_value_is_refused_with_its_reason(change, message):
    with pytest.raises(ParameterError, match=message):
        ModelSpec(**{**GOOD, **change})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "resource or a url"),
        ({"resource": "a:b", "url": "http://x/y", "sha256": SHA}, "resource or a url"),
        ({"resource": "/a/file"}, "form"),
        ({"url": "http://x/y"}, "need a sha256"),
        ({"url": "http://x/y", "sha256": SHA.upper()}, "hexadecimal"),
        ({"resource": "a:b", "sha256": "123"}, "hexadecimal"),
    ],
)
def test_malformed_weights_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        Weights(**values)


def test_options_are_a_mapping_equal_to_a_dict():
    options = Options({"b": 1, "a": [1, [2]]})
    assert dict(options) == {"b": 1, "a": (1, (2,))}
    assert Options({"a": [1, [2]], "b": 1}) == options
    assert hash(Options({"a": [1, [2]], "b": 1})) == hash(options)


def test_a_builder_that_is_not_there_is_a_plugin_error():
    with pytest.raises(PluginError, match="no_such_module"):
        ModelSpec(**{**GOOD, "builder": "no_such_module:Net"}).build()


def test_the_built_in_models_come_through_their_entry_points():
    assert MODELS["patchnet"] is PATCHNET
    assert {"hr-celestialnet", "patchnet"} <= set(MODELS)
    assert {e.owner for e in MODELS.entries() if e.name == "patchnet"} == {"astroclassify"}


def test_a_model_is_for_frames_unless_it_says_otherwise(spec):
    assert spec.task == "frame"


@pytest.mark.parametrize(
    ("task", "classes"), [("detection", ("nebula",)), ("source", ("star", "galaxy", "quasar"))]
)
def test_each_task_has_a_rule_of_its_own_for_classes(spec, task, classes):
    assert dataclasses.replace(spec, task=task, classes=classes).classes == classes
    with pytest.raises(ParameterError):
        dataclasses.replace(spec, classes=classes)


@pytest.mark.parametrize(
    ("task", "classes", "message"),
    [
        ("weather", ("galaxy", "nsc"), "'frame', 'detection', 'source'"),
        ("source", ("star",), "2 or more classes"),
        ("detection", (), "1 or more classes"),
        ("source", ("star", "star"), "twice"),
        ("source", ("star", " "), "each with a name"),
    ],
)
def test_an_unknown_task_or_a_broken_rule_is_named(spec, task, classes, message):
    with pytest.raises(ParameterError, match=message):
        dataclasses.replace(spec, task=task, classes=classes)
