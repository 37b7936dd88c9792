"""Errors carry facts beside their sentence, wherever they go."""

import pickle

import numpy as np
import pytest

import astroclassify.archive._sources as sources
import astroclassify.core as core
from astroclassify.core import (
    AstroclassifyError,
    FrameError,
    ParameterError,
    ReadError,
    UnknownNameError,
    rules,
)
from astroclassify.datasets import build_set, read_frame
from astroclassify.instruments import INSTRUMENTS, find_layout
from astroclassify.preprocess import frame_array

ERRORS = [
    each
    for module in (core, sources)
    for each in vars(module).values()
    if isinstance(each, type) and issubclass(each, AstroclassifyError)
]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_keeps_its_facts_from_one_process_to_another(error):
    raised = error("sentence").with_facts(file="a.fits", hdu=1, found=(2, 3), expected="more")
    moved = pickle.loads(pickle.dumps(raised))
    assert (str(moved), moved.facts) == (str(raised), raised.facts)
    assert moved.facts == {"file": "a.fits", "hdu": 1, "found": (2, 3), "expected": "more"}


def test_an_error_without_facts_has_none():
    error = FrameError("sentence")
    assert error.facts == {}
    assert error.file is error.hdu is error.found is error.expected is None


def test_who_raises_an_error_knows_better_than_who_passes_it_on():
    error = ReadError("sentence").with_facts(hdu=4).with_facts(file="a.fits", hdu=1)
    assert error.facts == {"file": "a.fits", "hdu": 4}


def test_facts_of_one_error_are_not_those_of_the_next():
    ReadError("sentence").with_facts(hdu=4)
    assert ReadError("sentence").hdu is None


def test_a_file_that_is_not_there_is_named_by_the_error(tmp_path):
    path = tmp_path / "j0001_raw.fits"
    with pytest.raises(ReadError) as caught:
        read_frame(path, 1)
    assert (caught.value.file, caught.value.hdu) == (str(path), 1)


def test_a_number_out_of_range_is_told_as_it_was_given(tmp_path):
    with pytest.raises(ParameterError) as caught:
        build_set(tmp_path / "list.csv", tmp_path, processes=0)
    assert (caught.value.found, caught.value.expected) == (0, "a whole number, 1 or more")


def test_a_size_that_no_layout_has_is_told_with_those_there_are():
    with pytest.raises(ReadError) as caught:
        find_layout(INSTRUMENTS["acs-wfc"], 1, (100, 100))
    assert caught.value.found == (100, 100)
    assert (2068, 4144) in caught.value.expected


def test_an_unknown_name_is_told_with_those_there_are():
    with pytest.raises(UnknownNameError) as caught:
        INSTRUMENTS["acs-wfd"]
    assert caught.value.found == "acs-wfd"
    assert "acs-wfc" in caught.value.expected


def test_a_shape_that_is_no_frame_is_told():
    with pytest.raises(FrameError) as caught:
        frame_array(np.zeros((2, 3, 4)))
    assert caught.value.found == (2, 3, 4)


def test_a_parameter_that_a_rule_refuses_is_told_and_an_array_only_by_its_kind():
    refused = rules.wrong("angle", np.zeros(1000), "a number")
    assert refused.facts == {"found": "a ndarray", "expected": "a number"}
    assert rules.wrong("angle", -1.0, "a number of 0 or more").found == -1.0
