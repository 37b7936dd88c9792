"""``simulate`` makes a set, completes it, says what is there, and refuses what cannot be."""

import pytest
from astropy.table import Table

from astroclassify.io import read_frames
from astroclassify.simulate import SimulationConfig

CONFIG = SimulationConfig(
    classes={"galaxy": 1, "star cluster": 1},
    kinds={"elliptical": 1, "globular": 1},
    instruments={"wfc3-uvis": 1},
    bands={"wfc3-uvis": {"F606W": 1, "F275W": 1}},
    apertures={"wfc3-uvis": ["UVIS1-C512A-SUB"]},
    optics="typical",
)


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "asked.toml"
    CONFIG.write(path)
    return path


def test_it_makes_a_set_then_completes_it_and_says_so(command, tmp_path, config_file):
    folder = tmp_path / "set"
    asked = "simulate", "-o", folder, "--seed", 3, "--config", config_file
    status, out, err = command(*asked, "--count", 2)
    assert (status, err) == (0, "")
    assert f"{folder}: 2 exposures (2 new, 0 kept), 2 frames" in out
    status, out, _ = command(
        "simulate", "-o", folder, "--count", 3, "--seed", 3, "--config", config_file, "--preview"
    )
    assert status == 0
    assert "3 exposures (3 new, 0 kept)" in out  # the pictures were missing
    manifest = Table.read(folder / "manifest.ecsv")
    assert len(manifest) == 3
    for name in manifest["OBSID"]:
        assert read_frames(folder / f"{name}_raw.fits")[0].shape == (512, 513)
        assert (folder / f"{name}_raw.png").stat().st_size > 1000


def test_blurry_frames_have_their_causes_in_the_truth(command, tmp_path, config_file):
    status, _, _ = command(
        "simulate", "-o", tmp_path / "b", "--count", 2, "--config", config_file, "--blurry"
    )
    assert status == 0
    truth = Table.read(tmp_path / "b" / "truth.ecsv")
    assert set(truth["cause"]) <= {"exposure time", "filter", "sed", "instrument effects"}
    assert (truth["snr"] < 1).all()
    assert (truth["snr_without_cause"] >= 1).all()
    assert SimulationConfig.read(tmp_path / "b" / "config.toml").blurry


def test_another_set_in_the_folder_is_wrong_usage(command, tmp_path, config_file):
    command("simulate", "-o", tmp_path / "set", "--count", 1, "--seed", 3, "--config", config_file)
    status, out, err = command(
        "simulate", "-o", tmp_path / "set", "--count", 1, "--seed", 4, "--config", config_file
    )
    assert (status, out) == (2, "")
    assert "its set.seed is 3, not 4" in err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "--count"),
        (("--count", 0), "count is 0; expected a whole number, 1 to 10000000"),
        (("--count", 1, "--config", "absent.toml"), "absent.toml"),
    ],
    ids=["no count", "none", "no file"],
)
def test_wrong_usage_is_status_2(command, tmp_path, arguments, named):
    status, out, err = command("simulate", "-o", tmp_path / "set", *arguments)
    assert (status, out) == (2, "")
    assert named in err
    assert not (tmp_path / "set").exists()


def test_an_exposure_that_fails_is_told_and_makes_status_1(command, tmp_path, config_file, monkeypatch):
    from astroclassify.simulate.sets import _campaign

    def fail(config, seed, index):
        raise ValueError("a star exploded")

    monkeypatch.setattr(_campaign, "plan_exposure", fail)
    status, out, err = command("simulate", "-o", tmp_path / "set", "--count", 1, "--config", config_file)
    assert status == 1
    assert "0 exposures (0 new, 0 kept, 1 failed), 0 frames (none) of 0 bodies" in out
    assert "error: exposure 0 (i" in err
    assert "ValueError: a star exploded" in err
