"""How much the command says, in whose words, and completion in the shell."""

import logging

import numpy as np
import pytest
from astropy.io import fits


@pytest.fixture
def doubtful(tmp_path):
    """A file with a warning: of its images none says what it is."""
    images = [fits.ImageHDU(np.ones((32, 32)) * n) for n in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(tmp_path / "two.fits")
    return tmp_path / "two.fits"


pytestmark = pytest.mark.filterwarnings("always::astroclassify.core.FrameWarning")


def test_warnings_name_options_as_they_are_typed(command, doubtful):
    status, _, err = command("info", doubtful)
    assert status == 0
    assert "warning: two.fits: the frame is 1 (ImageHDU)" in err
    assert "Choose with --extension" in err


@pytest.mark.parametrize("place", ["before", "behind"])
def test_quiet_says_errors_only(command, doubtful, place):
    words = ["--quiet", "info"] if place == "before" else ["info", "--quiet"]
    status, out, err = command(*words, doubtful, "missing.fits")
    assert status == 1
    assert "two.fits" in out
    assert err.splitlines() == ["astroclassify: error: missing.fits: there is no such file"]


def test_verbose_says_what_the_package_logs(command, doubtful):
    header = fits.Header({"BUNIT": "furlong"})
    path = doubtful.with_name("odd.fits")
    fits.PrimaryHDU(np.ones((32, 32)), header).writeto(path)
    assert "unknown BUNIT" not in command("info", path)[2]
    assert "unknown BUNIT 'furlong'" in command("info", "-v", path)[2]
    assert logging.getLogger("astroclassify").handlers == []


@pytest.mark.parametrize("name", ["classify", "explain"])
def test_verbose_says_what_is_read_by_what_model_and_each_answer(
    command, frame_file, bright_is_galaxy, name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    asked = [frame_file("a.fits"), *bright_is_galaxy] if name == "classify" else [frame_file("a.fits")]
    said = command(name, "-v", *asked)[2]
    assert "a.fits: read, 1 frame" in said
    assert "model cli-test-brightness from" in said or name == "explain"  # whose model may be there already
    assert "probability" in said
    assert "pixels masked" not in said
    assert "fits-image" in command(name, "-vv", *asked)[2]
    assert "read, 1 frame" not in command(name, *asked)[2]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_commands(command, shell):
    pytest.importorskip("shtab")
    status, out, _ = command("completion", shell)
    assert status == 0
    assert "classify" in out
    assert "--mask-bits" in out


@pytest.mark.parametrize("options", [["--mask-bits", "1"], ["--mask-bits", "BAD,CR"], ["--extension", "2"]])
def test_options_of_reading_are_taken(command, doubtful, options):
    status, _, err = command("info", doubtful, *options, "--format", "csv")
    assert (status == 0) or "no bit named" in err


@pytest.mark.parametrize("wrong", [["--extension", "SCI,x"], ["--extension", ""]])
def test_a_wrong_extension_is_wrong_usage(command, doubtful, wrong):
    assert command("info", doubtful, *wrong)[0] == 2
