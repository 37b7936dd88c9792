"""`simulate_set`: the same bytes however they are made, nothing lost or repeated, failures named."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from astroclassify.core import ParameterError, RunFolder
from astroclassify.datasets import MANIFEST_COLUMNS
from astroclassify.io import read_frames
from astroclassify.simulate.sets import _campaign
from astroclassify.simulate.sets._campaign import DrawnPlans, simulate_set
from astroclassify.simulate.sets._config import SimulationConfig
from astroclassify.simulate.sets._plan import plan_exposure

COUNT = 4
CONFIG = SimulationConfig(
    classes={"galaxy": 1, "star cluster": 1},
    kinds={"elliptical": 1, "globular": 1},
    instruments={"wfc3-uvis": 1},
    bands={"wfc3-uvis": {"F606W": 1}},
    apertures={"wfc3-uvis": ["UVIS1-C512A-SUB", "UVIS2-C512D-SUB"]},
    optics="typical",
)
#: A set in a process of its own, as a script would make it.
SCRIPT = """
import sys
from astroclassify.simulate.sets._campaign import DrawnPlans, simulate_set
from astroclassify.simulate.sets._config import SimulationConfig
if __name__ == "__main__":
    simulate_set(sys.argv[1], count=int(sys.argv[3]), seed=5, config=SimulationConfig.read(sys.argv[2]))
"""


def contents(folder):
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Make a set without interruption, in one process."""
    return simulate_set(tmp_path_factory.mktemp("whole") / "set", count=COUNT, seed=5, config=CONFIG)


def test_it_says_what_it_made(whole):
    assert (whole.made, whole.kept, len(whole.failures)) == (COUNT, 0, 0)
    names = {f"{name}_raw.fits" for name in whole.truth["OBSID"]}
    assert set(contents(whole.folder)) == names | {"config.toml", "manifest.ecsv", "truth.ecsv", ".lock"}


def test_the_manifest_has_the_columns_of_the_papers_lists_and_fits_the_files(whole):
    manifest = Table.read(whole.folder / "manifest.ecsv")
    assert tuple(manifest.colnames) == MANIFEST_COLUMNS
    assert set(manifest["Label"]) == {"galaxy", "nsc"}
    assert set(manifest["Instrument"]) == {"WFC3/UVIS"}
    for row in manifest:
        path = whole.folder / f"{row['OBSID']}_raw.fits"
        assert fits.getval(path, "EXTNAME", ext=row["HDU Index"]) == "SCI"
        (frame,) = read_frames(path)
        assert row["Filter"] == frame.meta["FILTER"]
        middle = frame.wcs.pixel_to_world((frame.shape[1] - 1) / 2, (frame.shape[0] - 1) / 2)
        assert (middle.ra.deg, middle.dec.deg) == pytest.approx((row["RA"], row["DEC"]), abs=1e-6)
        assert frame.meta["ACCHIP"] == (1 if frame.meta["APERTURE"].startswith("UVIS1") else 2)


def test_the_truth_is_that_of_the_plans_and_not_in_the_manifest(whole):
    truth = Table.read(whole.folder / "truth.ecsv")
    for index, row in enumerate(truth):
        plan = plan_exposure(CONFIG, 5, index).truth()
        assert (row["index"], row["kind"], row["cause"]) == (index, plan["kind"], "none")
        assert row["body_brightness"] == plan["body_brightness"]
        assert np.ma.is_masked(row["earthshine"]) == (plan["earthshine"] is None)
    manifest = (whole.folder / "manifest.ecsv").read_text()
    assert "elliptical" not in manifest
    assert "globular" not in manifest


def test_two_processes_give_the_bytes_of_one(whole, tmp_path):
    simulate_set(tmp_path / "set", count=COUNT, seed=5, config=CONFIG, processes=2)
    assert contents(tmp_path / "set") == contents(whole.folder)


def test_a_set_that_was_killed_is_completed_without_repeating_anything(whole, tmp_path):
    folder, script = tmp_path / "set", tmp_path / "script.py"
    script.write_text(SCRIPT)
    CONFIG.write(tmp_path / "asked.toml")
    running = subprocess.Popen([sys.executable, script, folder, tmp_path / "asked.toml", str(COUNT)])
    while len(list(folder.glob("*_raw.fits"))) < 2:
        assert running.poll() is None, "the set was finished, or failed, before it could be killed"
        time.sleep(0.005)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*_raw.fits")}
    assert 2 <= len(before) < COUNT
    resumed = simulate_set(folder, count=COUNT, seed=5, config=CONFIG)
    assert (resumed.made, resumed.kept) == (COUNT - len(before), len(before))
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == before
    assert contents(folder) == contents(whole.folder)


def test_a_set_grows_and_a_damaged_file_is_made_again(whole, tmp_path):
    folder = tmp_path / "set"
    first = simulate_set(folder, count=2, seed=5, config=CONFIG)
    damaged = folder / f"{first.truth['OBSID'][0]}_raw.fits"
    damaged.write_bytes(damaged.read_bytes()[:-2880])
    grown = simulate_set(folder, count=COUNT, seed=5, config=CONFIG)
    assert (grown.made, grown.kept) == (COUNT - 1, 1)
    assert contents(folder) == contents(whole.folder)


def test_a_smaller_count_takes_no_exposure_out_of_the_tables(whole, tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(whole.folder, folder)
    (folder / "stray_raw.fits").write_bytes(b"SIMPLE  = nothing")
    again = simulate_set(folder, count=1, seed=5, config=CONFIG)
    assert (again.made, again.kept, len(again.manifest), len(again.truth)) == (0, COUNT, COUNT, COUNT)
    (folder / "stray_raw.fits").unlink()
    assert contents(folder) == contents(whole.folder)


def test_nothing_is_made_twice(whole):
    before = contents(whole.folder)
    again = simulate_set(whole.folder, count=COUNT, seed=5, config=CONFIG, processes=2)
    assert (again.made, again.kept) == (0, COUNT)
    assert contents(whole.folder) == before


def test_tables_need_no_file_that_was_just_written(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(_campaign, "read_exposure", lambda path: pytest.fail(f"{path} was read"))
    simulate_set(tmp_path / "set", count=COUNT, seed=5, config=CONFIG)
    assert contents(tmp_path / "set") == contents(whole.folder)


@pytest.mark.parametrize(
    ("seed", "config", "named"),
    [
        (6, CONFIG, r"its set\.seed is 5, not 6"),
        (
            5,
            replace(CONFIG, surface_brightness=(21, 22)),
            r"its surface_brightness is \[20\.0, 24\.5\], not \[21\.0, 22\.0\]",
        ),
        (5, replace(CONFIG, bands={"wfc3-uvis": {"F814W": 1}}), r"its bands\.wfc3-uvis\.F606W is 1\.0"),
    ],
    ids=["seed", "range", "filter"],
)
def test_another_set_in_the_same_folder_is_refused(whole, seed, config, named):
    with pytest.raises(ParameterError, match=rf"config\.toml: the folder holds another set: {named}"):
        simulate_set(whole.folder, count=COUNT, seed=seed, config=config)


def test_a_folder_in_which_another_process_is_at_work_is_refused(tmp_path):
    with RunFolder(tmp_path), pytest.raises(ParameterError, match="another process is at work"):
        simulate_set(tmp_path, count=COUNT, seed=5, config=CONFIG)
    assert not (tmp_path / "manifest.ecsv").exists()


def test_a_file_is_no_folder_for_a_set(tmp_path):
    (tmp_path / "set").touch()
    with pytest.raises(ParameterError, match=r"set is a file; expected a folder"):
        simulate_set(tmp_path / "set", count=1, seed=1, config=CONFIG)


def test_a_folder_of_other_raw_files_is_refused(tmp_path):
    (tmp_path / "j8xi01abq_raw.fits").touch()
    with pytest.raises(ParameterError, match=r"holds raw files, but no config\.toml"):
        simulate_set(tmp_path, count=1, seed=1)


def test_an_exposure_that_fails_is_named_and_the_others_are_made(tmp_path, monkeypatch):
    def plan_or_fail(config, seed, index):
        if index == 1:
            raise ValueError("a star exploded")
        return plan_exposure(config, seed, index)

    with monkeypatch.context() as patched:
        patched.setattr(_campaign, "plan_exposure", plan_or_fail)
        made = simulate_set(tmp_path, count=3, seed=5, config=CONFIG)
    assert (made.made, len(made.truth)) == (2, 2)
    (failure,) = Table.read(tmp_path / "failures.ecsv")
    assert (failure["index"], failure["ID"], failure["error"]) == (
        1,
        "SIM-000000",
        "ValueError: a star exploded",
    )
    repaired = simulate_set(tmp_path, count=3, seed=5, config=CONFIG)
    assert (repaired.made, repaired.kept, len(repaired.failures)) == (1, 2, 0)
    assert not (tmp_path / "failures.ecsv").exists()


def test_a_seed_may_be_a_number_of_numpy():
    assert DrawnPlans(CONFIG, np.int64(5), np.int32(1)) == DrawnPlans(CONFIG, 5, 1)
    assert type(DrawnPlans(CONFIG, np.int64(5), 1).seed) is int  # TOML knows no other


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"seed": -1}, {"processes": 0}, {"count": 2.0}, {"count": 10**30}], ids=str
)
def test_numbers_that_cannot_be_are_refused(tmp_path, wrong):
    with pytest.raises(ParameterError, match=rf"{next(iter(wrong))} is .*whole number"):
        simulate_set(tmp_path / "set", **({"count": 1, "seed": 1} | wrong))
    assert not (tmp_path / "set").exists()
