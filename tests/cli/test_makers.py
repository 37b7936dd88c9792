"""The commands that make what comes with the package: the default model, fast maps, tables of bands."""

import pytest


def test_an_unknown_source_of_frames_is_wrong_usage(command, tmp_path):
    status, _, err = command("train-default", "produce", tmp_path, "--source", "sketches")
    assert status == 2
    assert "source is 'sketches'; expected one of small," in err


def test_curves_that_are_not_there_are_told(command, tmp_path):
    status, _, err = command("fit-bands", tmp_path, "-o", tmp_path)
    assert status == 1
    assert "no curve with a known name" in err


@pytest.mark.parametrize("name", ["train-default", "train-fast-map", "fit-bands"])
def test_each_has_its_help(command, name):
    status, out, _ = command(name, "--help")
    assert status == 0
    assert f"astroclassify {name}" in out
