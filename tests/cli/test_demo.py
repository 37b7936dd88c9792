"""``demo`` goes the whole way once, with the weights that ship with the package."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from astroclassify import read_frames
from astroclassify.cli import main


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the demo once; give its exit status, output and folder."""
    folder = tmp_path_factory.mktemp("demo")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main(["demo", "-o", str(folder / "new"), "--seed", "3"])
    return status, printed.getvalue(), folder / "new"


def test_it_succeeds_and_times_each_step(demo):
    status, printed, _ = demo
    assert status == 0
    for step in ("simulate", "write", "read", "load", "classify", "draw", "in all"):
        assert f"s  {step} " in printed.replace("\n", " \n")


def test_it_classifies_both_chips_beside_the_truth(demo):
    _, printed, _ = demo
    answers = [line for line in printed.splitlines() if "classify" in line]
    assert ["chip 1" in answers[0], "chip 2" in answers[1]] == [True, True]
    assert all("probability" in line and "[truth: galaxy]" in line for line in answers)


def test_the_raw_file_is_one_that_the_reader_takes(demo):
    frames = read_frames(demo[2] / "demo_raw.fits")
    assert [frame.shape for frame in frames] == [(2048, 4096)] * 2


def test_the_picture_shows_something(demo):
    with Image.open(demo[2] / "demo.png") as picture:
        assert min(picture.size) > 500
        assert np.asarray(picture.convert("L")).std() > 20


def test_an_unknown_body_is_wrong_usage(command, tmp_path):
    status, _, err = command("demo", "-o", tmp_path, "--body", "teapot")
    assert status == 2
    assert "teapot" in err
