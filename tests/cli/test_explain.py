"""``astroclassify explain`` writes a picture, a FITS map and regions, and says what it wrote."""

import numpy as np
import pytest
from astropy.io import fits

from astroclassify.cli import main
from astroclassify.simulate import random_frames


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "night1.fits"
    fits.writeto(path, random_frames(7, kind="spiral", shape=(128, 160))[0].array)
    return path


def test_a_picture_a_map_and_regions_are_written(file, tmp_path, capsys):
    assert main(["explain", str(file), "-o", str(tmp_path / "why")]) == 0
    files = {path.name for path in (tmp_path / "why").iterdir()}
    assert files == {f"night1_evidence.{kind}" for kind in ("png", "fits", "reg")}
    said = capsys.readouterr().out
    assert "night1_evidence.{png,fits,reg}" in said
    assert "galaxy" in said


@pytest.mark.filterwarnings("ignore:2 steps missed")
def test_method_target_options_and_files_can_be_chosen(file, tmp_path):
    asked = ["--method", "integrated-gradients", "--option", "steps=2", "--option", "flips=false"]
    asked += ["--target", "nsc", "--write", "ecsv"]
    assert main(["explain", str(file), "-o", str(tmp_path), *asked]) == 0
    assert (tmp_path / "night1_integrated-gradients.ecsv").exists()
    assert not (tmp_path / "night1_integrated-gradients.png").exists()


def _copied(file, *paths):
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(file.read_bytes())
    return [str(path) for path in paths]


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (("m51.f814w.fits", "m51.f606w.fits"), ("m51.f606w", "m51.f814w")),
        (("a/x.fits", "b/x.fits"), ("a_x", "b_x")),
        (("x.fits", "X.fit", "c/y.fits"), None),
    ],
)
def test_each_file_has_results_of_its_own(file, tmp_path, names, stems):
    files = _copied(file, *(tmp_path / name for name in names))
    out = tmp_path / "out"
    assert main(["explain", *files, "-o", str(out), "--write", "ecsv"]) == 0
    found = sorted(path.name.removesuffix("_evidence.ecsv") for path in out.iterdir())
    assert len({name.casefold() for name in found}) == len(names)
    assert stems is None or found == list(stems)


def test_results_of_an_earlier_run_are_replaced_only_if_asked_for(file, tmp_path, capsys):
    asked = ["explain", str(file), "-o", str(tmp_path), "--write", "ecsv"]
    (tmp_path / "night1_evidence.ecsv").write_text("mine")
    assert main(asked) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "night1_evidence.ecsv").read_text() == "mine"
    assert main([*asked, "--overwrite"]) == 0
    assert (tmp_path / "night1_evidence.ecsv").read_text() != "mine"


def test_a_bad_file_does_not_stop_the_others(file, tmp_path, capsys):
    bad = tmp_path / "bad.fits"
    fits.writeto(bad, np.full((64, 64), np.nan))
    assert main(["explain", str(bad), str(file), "-o", str(tmp_path), "--write", "reg"]) == 1
    told = capsys.readouterr()
    assert "bad.fits" in told.err
    assert "night1.fits" in told.out


@pytest.mark.parametrize(
    "wrong",
    [
        ["--option", "steps=2"],
        ["--method", "lime"],
        ["--model", "nothing"],
        ["--target", "nsc", "--chip", "7"],
    ],
)
def test_a_wrong_choice_ends_with_a_status_and_a_message(file, tmp_path, capsys, wrong):
    assert main(["explain", str(file), "-o", str(tmp_path), *wrong]) in (1, 2)
    assert "error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--option", "steps"], "NAME=VALUE"),
        (["--option", "=3"], "NAME=VALUE"),
        (["--option", "target=nsc"], "--target"),
        (["--option", "frame=x"], "FILE"),
        (["--write", "doc"], "png"),
    ],
)
def test_malformed_arguments_are_refused_with_what_is_meant(file, capsys, wrong, told):
    with pytest.raises(SystemExit):
        main(["explain", str(file), *wrong])
    assert told in capsys.readouterr().err.rpartition("error:")[2]


def test_without_the_package_for_regions_the_others_are_written(file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("astroclassify.cli._explain.find_spec", lambda name: None)
    assert main(["explain", str(file), "-o", str(tmp_path / "why")]) == 0
    assert {path.suffix for path in (tmp_path / "why").iterdir()} == {".png", ".fits"}
    assert "astroclassify[explain]" in capsys.readouterr().err
